#include "include/activations.cuh"
#include "include/index.cuh"

#define RK_LEAST_WIDTH 1.17549435e-38f

// clamp(1/2 + h / (reach |pull|), 0, 1); the comparisons are written so that NaN stays NaN.
struct rk_slide_relu {
  typedef rk_relu unit;
  static __device__ __forceinline__ float slope(float h, float, float pull, float reach) {
    float width = reach * fabsf(pull);
    width = width < RK_LEAST_WIDTH ? RK_LEAST_WIDTH : width;
    float slope = 0.5f + h / width;
    slope = slope > 1.0f ? 1.0f : slope;
    return slope < 0.0f ? 0.0f : slope;
  }
};

// a smooth activation has its plain derivative
template <typename F>
struct rk_slide_smooth {
  typedef F unit;
  static __device__ __forceinline__ float slope(float h, float phi, float, float) {
    return F::slope(h, phi);
  }
};

// phi = f(h) and its derivative, at the kink of ReLU resolved under a pull; reach is 1 x columns;
// phi may be h and slope may be pull.
// Grid: x over columns, y over rows, any size. Block: 2-D, at most 256 threads. Shared: 0.
// Index ranges: 0 <= i < rows, 0 <= j < columns; wide as in rk_field_activate (for all operands).
// Owns: a thread owns phi[i][j .. j + W - 1] and slope[i][j .. j + W - 1]; h and pull are read first.
// Defined by: Backend.activateSliding (org.richkernel.compute.cpu.SlidingActivation).
template <int W, typename S>
__device__ __forceinline__ void rk_slide_rows(
    rk_index rows, rk_index columns, const float* h, rk_index ldh, const float* pull,
    rk_index ldpull, const float* reach, float* phi, rk_index ldphi, float* slope,
    rk_index ldslope) {
  RK_FOR_ROWS(i, rows) {
    RK_FOR_COLUMNS(j, columns, W) {
      rk_pack<float, W> x = rk_load<W>(h + i * ldh + j);
      rk_pack<float, W> force = rk_load<W>(pull + i * ldpull + j);
      rk_pack<float, W> width = rk_load<W>(reach + j);
      rk_pack<float, W> value;
#pragma unroll
      for (int l = 0; l < W; l++) {
        value.v[l] = S::unit::value(x.v[l]);
        force.v[l] = S::slope(x.v[l], value.v[l], force.v[l], width.v[l]);
      }
      rk_store<W>(phi + i * ldphi + j, value);
      rk_store<W>(slope + i * ldslope + j, force);
    }
  }
}

template <typename S>
__device__ __forceinline__ void rk_slide_by_width(
    rk_index rows, rk_index columns, int wide, const float* h, rk_index ldh, const float* pull,
    rk_index ldpull, const float* reach, float* phi, rk_index ldphi, float* slope,
    rk_index ldslope) {
  if (wide) {
    rk_slide_rows<4, S>(rows, columns, h, ldh, pull, ldpull, reach, phi, ldphi, slope, ldslope);
  } else {
    rk_slide_rows<1, S>(rows, columns, h, ldh, pull, ldpull, reach, phi, ldphi, slope, ldslope);
  }
}

extern "C" __global__ void __launch_bounds__(256) rk_field_slide_f32(
    rk_index rows, rk_index columns, int wide, int f, const float* h, rk_index ldh,
    const float* pull, rk_index ldpull, const float* reach, float* phi, rk_index ldphi,
    float* slope, rk_index ldslope) {
  if (f == RK_RELU) {
    rk_slide_by_width<rk_slide_relu>(
        rows, columns, wide, h, ldh, pull, ldpull, reach, phi, ldphi, slope, ldslope);
  } else if (f == RK_TANH) {
    rk_slide_by_width<rk_slide_smooth<rk_tanh_unit>>(
        rows, columns, wide, h, ldh, pull, ldpull, reach, phi, ldphi, slope, ldslope);
  } else if (f == RK_ERF) {
    rk_slide_by_width<rk_slide_smooth<rk_erf_unit>>(
        rows, columns, wide, h, ldh, pull, ldpull, reach, phi, ldphi, slope, ldslope);
  } else {
    rk_slide_by_width<rk_slide_smooth<rk_linear>>(
        rows, columns, wide, h, ldh, pull, ldpull, reach, phi, ldphi, slope, ldslope);
  }
}
