#include "include/activations.cuh"
#include "include/index.cuh"

// Positive nodes of the 16-point Gauss-Hermite rule for N(0, 1), each standing for +-x, and their weights.
__constant__ float rk_hermite_nodes[8] = {
    0.3867606045005574f, 1.1638291005549648f, 1.9519803457163334f, 2.7602450476307014f,
    3.6008736241715487f, 4.492955302520011f,  5.472225705949343f,  6.630878198393129f};
__constant__ float rk_hermite_weights[8] = {
    0.286568521238012f,      0.1583383727509497f,    0.04728475235401406f,
    0.007266937601184749f,   0.0005259849265739087f, 1.530003216248732e-05f,
    1.309473216286817e-07f,  1.4978147231618412e-10f};

#define RK_SQRT_HALF 0.70710678f
// Beyond this many widths the normal density underflows the rounding of the rest.
#define RK_FAR 9.0f
#define RK_LEAST_NORMAL 1.17549435e-38f

// h NormCdf(h/s) + s NormPdf(h/s) = h/2 (1 + erf t) + s/sqrt(2 pi) exp(-t^2), t = h/(s sqrt 2). The
// comparisons are written so that NaN stays NaN.
struct rk_smooth_relu {
  static __device__ __forceinline__ float value(float h, float s) {
    float width = s < RK_LEAST_NORMAL ? RK_LEAST_NORMAL : s;
    float t = h * RK_SQRT_HALF / width;
    t = t > RK_FAR ? RK_FAR : t;
    t = t < -RK_FAR ? -RK_FAR : t;
    float bell = (float)RK_TWO_OVER_SQRT_PI * expf(-t * t);
    return __fmaf_rn(0.5f * h, 1.0f + erff(t), 0.5f * RK_SQRT_HALF * s * bell);
  }
};

// sum_k w_k (tanh(h - x_k s) + tanh(h + x_k s)), in the order of the nodes
struct rk_smooth_tanh {
  static __device__ __forceinline__ float value(float h, float s) {
    float sum = 0.0f;
#pragma unroll 1
    for (int k = 0; k < 8; k++) {
      float x = rk_hermite_nodes[k];
      float w = rk_hermite_weights[k];
      sum = __fmaf_rn(w, tanhf(__fmaf_rn(-x, s, h)), sum);
      sum = __fmaf_rn(w, tanhf(__fmaf_rn(x, s, h)), sum);
    }
    return sum;
  }
};

// erf(h / sqrt(1 + 2 s^2))
struct rk_smooth_erf {
  static __device__ __forceinline__ float value(float h, float s) {
    return erff(h / sqrtf(1.0f + 2.0f * s * s));
  }
};

// the mean of h + s z
struct rk_smooth_linear {
  static __device__ __forceinline__ float value(float h, float) { return h; }
};

// phi_ij = E f(h_ij + s_j z) with z ~ N(0, 1); s is 1 x columns; phi may be h.
// Grid: x over columns, y over rows, any size. Block: 2-D, at most 256 threads. Shared: 0.
// Index ranges: 0 <= i < rows, 0 <= j < columns; wide as in rk_field_activate (for h, s and phi).
// Owns: a thread owns phi[i][j .. j + W - 1] and reads the same elements of h.
// Defined by: Backend.activateSmoothed (org.richkernel.compute.cpu.SmoothedActivation).
template <int W, typename F>
__device__ __forceinline__ void rk_smooth_rows(
    rk_index rows, rk_index columns, const float* h, rk_index ldh, const float* s, float* phi,
    rk_index ldphi) {
  RK_FOR_ROWS(i, rows) {
    RK_FOR_COLUMNS(j, columns, W) {
      rk_pack<float, W> x = rk_load<W>(h + i * ldh + j);
      rk_pack<float, W> width = rk_load<W>(s + j);
#pragma unroll
      for (int l = 0; l < W; l++) {
        x.v[l] = F::value(x.v[l], width.v[l]);
      }
      rk_store<W>(phi + i * ldphi + j, x);
    }
  }
}

template <typename F>
__device__ __forceinline__ void rk_smooth_by_width(
    rk_index rows, rk_index columns, int wide, const float* h, rk_index ldh, const float* s,
    float* phi, rk_index ldphi) {
  if (wide) {
    rk_smooth_rows<4, F>(rows, columns, h, ldh, s, phi, ldphi);
  } else {
    rk_smooth_rows<1, F>(rows, columns, h, ldh, s, phi, ldphi);
  }
}

extern "C" __global__ void __launch_bounds__(256) rk_field_smooth_f32(
    rk_index rows, rk_index columns, int wide, int f, const float* h, rk_index ldh, const float* s,
    float* phi, rk_index ldphi) {
  if (f == RK_RELU) {
    rk_smooth_by_width<rk_smooth_relu>(rows, columns, wide, h, ldh, s, phi, ldphi);
  } else if (f == RK_TANH) {
    rk_smooth_by_width<rk_smooth_tanh>(rows, columns, wide, h, ldh, s, phi, ldphi);
  } else if (f == RK_ERF) {
    rk_smooth_by_width<rk_smooth_erf>(rows, columns, wide, h, ldh, s, phi, ldphi);
  } else {
    rk_smooth_by_width<rk_smooth_linear>(rows, columns, wide, h, ldh, s, phi, ldphi);
  }
}
