#include "include/activations.cuh"
#include "include/index.cuh"

#define RK_LEAST_WIDTH 1.17549435e-38f

// clamp(1/2 + h / (reach |pull|), 0, 1); the comparisons are written so that NaN stays NaN.
__device__ __forceinline__ float rk_ramp(float h, float pull, float reach) {
  float width = reach * fabsf(pull);
  width = width < RK_LEAST_WIDTH ? RK_LEAST_WIDTH : width;
  float slope = 0.5f + h / width;
  slope = slope > 1.0f ? 1.0f : slope;
  return slope < 0.0f ? 0.0f : slope;
}

// a smooth activation has its plain derivative
template <typename F>
__device__ __forceinline__ float rk_slide(F unit, float h, float phi, float, float) {
  return unit.slope(h, phi);
}

__device__ __forceinline__ float rk_slide(rk_relu, float h, float, float pull, float reach) {
  return rk_ramp(h, pull, reach);
}

__device__ __forceinline__ float rk_slide(
    rk_leaky_relu unit, float h, float, float pull, float reach) {
  float alpha = (float)unit.alpha;
  return __fmaf_rn(1.0f - alpha, rk_ramp(h, pull, reach), alpha);
}

// phi = f(h) and its derivative, a kink resolved under a pull; reach is 1 x columns;
// phi may be h and slope may be pull.
// Grid: x over columns, y over rows, any size. Block: 2-D, at most 256 threads. Shared: 0.
// Index ranges: 0 <= i < rows, 0 <= j < columns; wide as in rk_field_activate (for all operands).
// Owns: a thread owns phi[i][j .. j + W - 1] and slope[i][j .. j + W - 1]; h and pull are read first.
// Defined by: Backend.activateSliding (org.richkernel.compute.cpu.SlidingActivation).
template <int W, typename F>
__device__ __forceinline__ void rk_slide_rows(
    F unit, rk_index rows, rk_index columns, const float* h, rk_index ldh, const float* pull,
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
        value.v[l] = unit.value(x.v[l]);
        force.v[l] = rk_slide(unit, x.v[l], value.v[l], force.v[l], width.v[l]);
      }
      rk_store<W>(phi + i * ldphi + j, value);
      rk_store<W>(slope + i * ldslope + j, force);
    }
  }
}

template <typename F>
__device__ __forceinline__ void rk_slide_by_width(
    F unit, rk_index rows, rk_index columns, int wide, const float* h, rk_index ldh,
    const float* pull, rk_index ldpull, const float* reach, float* phi, rk_index ldphi,
    float* slope, rk_index ldslope) {
  if (wide) {
    rk_slide_rows<4>(unit, rows, columns, h, ldh, pull, ldpull, reach, phi, ldphi, slope, ldslope);
  } else {
    rk_slide_rows<1>(unit, rows, columns, h, ldh, pull, ldpull, reach, phi, ldphi, slope, ldslope);
  }
}

extern "C" __global__ void __launch_bounds__(256) rk_field_slide_f32(
    rk_index rows, rk_index columns, int wide, int f, double parameter, const float* h,
    rk_index ldh, const float* pull, rk_index ldpull, const float* reach, float* phi,
    rk_index ldphi, float* slope, rk_index ldslope) {
  RK_WITH_ACTIVATION(f, parameter,
    rk_slide_by_width(
        unit, rows, columns, wide, h, ldh, pull, ldpull, reach, phi, ldphi, slope, ldslope))
}
