#include "include/activations.cuh"
#include "include/index.cuh"

// Trapezoidal rule for tanh and what is as smooth: normal weights beyond RK_REACH deviations are dropped (2e-9); the poles of
// tanh(h + s z) lie pi / (2 s) off the real axis, so a spacing d leaves exp(pi^2 / (8 s^2) - pi^2 / (s d)), at most 1e-7.
#define RK_REACH 6.0f
#define RK_WIDEST_SPACING 0.7f
#define RK_SPACING_TIMES_DEVIATION 0.5f
// Wider noise than this is treated with the spacing for this width.
#define RK_WIDEST_RESOLVED 1000.0f
#define RK_INVERSE_SQRT_TWO_PI 0.39894228f

#define RK_SQRT_HALF 0.70710678f
// Beyond this many widths the normal density underflows the rounding of the rest.
#define RK_FAR 9.0f
#define RK_LEAST_NORMAL 1.17549435e-38f

// h NormCdf(h/s) + s NormPdf(h/s) = h/2 (1 + erf t) + s/sqrt(2 pi) exp(-t^2), t = h/(s sqrt 2). The
// comparisons are written so that NaN stays NaN.
__device__ __forceinline__ float rk_smooth(rk_relu, float h, float s) {
  float width = s < RK_LEAST_NORMAL ? RK_LEAST_NORMAL : s;
  float t = h * RK_SQRT_HALF / width;
  t = t > RK_FAR ? RK_FAR : t;
  t = t < -RK_FAR ? -RK_FAR : t;
  float bell = (float)RK_TWO_OVER_SQRT_PI * expf(-t * t);
  return __fmaf_rn(0.5f * h, 1.0f + erff(t), 0.5f * RK_SQRT_HALF * s * bell);
}

// alpha h + (1 - alpha) max(h, 0)
__device__ __forceinline__ float rk_smooth(rk_leaky_relu unit, float h, float s) {
  float alpha = (float)unit.alpha;
  return __fmaf_rn(1.0f - alpha, rk_smooth(rk_relu(), h, s), alpha * h);
}

// sum_k w_k f(h + k d s), w_k = d / sqrt(2 pi) exp(-(k d)^2 / 2), for f as smooth as tanh
template <typename F>
__device__ __forceinline__ float rk_smooth(F unit, float h, float s) {
  float spacing = RK_SPACING_TIMES_DEVIATION / (s < RK_WIDEST_RESOLVED ? s : RK_WIDEST_RESOLVED);
  spacing = spacing < RK_WIDEST_SPACING ? spacing : RK_WIDEST_SPACING;
  int half = (int)ceilf(RK_REACH / spacing);
  float sum = 0.0f;
#pragma unroll 1
  for (int k = -half; k <= half; k++) {
    float z = (float)k * spacing;
    float w = RK_INVERSE_SQRT_TWO_PI * spacing * expf(-0.5f * z * z);
    sum = __fmaf_rn(w, unit.value(__fmaf_rn(z, s, h)), sum);
  }
  return sum;
}

// erf(h / sqrt(1 + 2 s^2))
__device__ __forceinline__ float rk_smooth(rk_erf_unit, float h, float s) {
  return erff(h / sqrtf(1.0f + 2.0f * s * s));
}

// with q = sqrt(1 + s^2) and u = h / q: q gelu(u) + s^2 / q NormPdf(u)
__device__ __forceinline__ float rk_smooth(rk_gelu unit, float h, float s) {
  float q = sqrtf(__fmaf_rn(s, s, 1.0f));
  float u = h / q;
  float bell = RK_INVERSE_SQRT_TWO_PI * expf(-0.5f * u * u);
  return __fmaf_rn(q, unit.value(u), s * s / q * bell);
}

// the mean of h + s z
__device__ __forceinline__ float rk_smooth(rk_linear, float h, float) { return h; }

// phi_ij = E f(h_ij + s_j z) with z ~ N(0, 1); s is 1 x columns; phi may be h.
// Grid: x over columns, y over rows, any size. Block: 2-D, at most 256 threads. Shared: 0.
// Index ranges: 0 <= i < rows, 0 <= j < columns; wide as in rk_field_activate (for h, s and phi).
// Owns: a thread owns phi[i][j .. j + W - 1] and reads the same elements of h.
// Defined by: Backend.activateSmoothed (org.richkernel.compute.cpu.SmoothedActivation).
template <int W, typename F>
__device__ __forceinline__ void rk_smooth_rows(
    F unit, rk_index rows, rk_index columns, const float* h, rk_index ldh, const float* s,
    float* phi, rk_index ldphi) {
  RK_FOR_ROWS(i, rows) {
    RK_FOR_COLUMNS(j, columns, W) {
      rk_pack<float, W> x = rk_load<W>(h + i * ldh + j);
      rk_pack<float, W> width = rk_load<W>(s + j);
#pragma unroll
      for (int l = 0; l < W; l++) {
        x.v[l] = rk_smooth(unit, x.v[l], width.v[l]);
      }
      rk_store<W>(phi + i * ldphi + j, x);
    }
  }
}

template <typename F>
__device__ __forceinline__ void rk_smooth_by_width(
    F unit, rk_index rows, rk_index columns, int wide, const float* h, rk_index ldh,
    const float* s, float* phi, rk_index ldphi) {
  if (wide) {
    rk_smooth_rows<4>(unit, rows, columns, h, ldh, s, phi, ldphi);
  } else {
    rk_smooth_rows<1>(unit, rows, columns, h, ldh, s, phi, ldphi);
  }
}

extern "C" __global__ void __launch_bounds__(256) rk_field_smooth_f32(
    rk_index rows, rk_index columns, int wide, int f, double parameter, const float* h,
    rk_index ldh, const float* s, float* phi, rk_index ldphi) {
  RK_WITH_ACTIVATION(f, parameter,
    rk_smooth_by_width(unit, rows, columns, wide, h, ldh, s, phi, ldphi))
}
