#include "include/activations.cuh"
#include "include/index.cuh"

// phi = f(h) and slope = f'(h) in one pass; phi may be h.
// Grid: x over columns, y over rows, any size. Block: 2-D, at most 256 threads. Shared: 0.
// Index ranges: 0 <= i < rows, 0 <= j < columns; wide as in rk_field_activate.
// Owns: a thread owns phi[i][j .. j + W - 1] and slope[i][j .. j + W - 1]; h is read first.
// Defined by: Backend.activateWithDerivative (Activation.value, Activation.derivative).
template <int W, typename F, typename T>
__device__ __forceinline__ void rk_differentiate_rows(
    F unit, rk_index rows, rk_index columns, const T* h, rk_index ldh, T* phi, rk_index ldphi,
    T* slope, rk_index ldslope) {
  RK_FOR_ROWS(i, rows) {
    RK_FOR_COLUMNS(j, columns, W) {
      rk_pack<T, W> x = rk_load<W>(h + i * ldh + j);
      rk_pack<T, W> value;
      rk_pack<T, W> derivative;
#pragma unroll
      for (int l = 0; l < W; l++) {
        value.v[l] = unit.value(x.v[l]);
        derivative.v[l] = unit.slope(x.v[l], value.v[l]);
      }
      rk_store<W>(phi + i * ldphi + j, value);
      rk_store<W>(slope + i * ldslope + j, derivative);
    }
  }
}

template <typename F, typename T>
__device__ __forceinline__ void rk_differentiate_by_width(
    F unit, rk_index rows, rk_index columns, int wide, const T* h, rk_index ldh, T* phi,
    rk_index ldphi, T* slope, rk_index ldslope) {
  // two GELUs and their slopes at once would spill registers in float64, which references use
  if (wide) {
    rk_differentiate_rows<sizeof(T) == 8 ? 1 : rk_wide<T>::count>(
        unit, rows, columns, h, ldh, phi, ldphi, slope, ldslope);
  } else {
    rk_differentiate_rows<1>(unit, rows, columns, h, ldh, phi, ldphi, slope, ldslope);
  }
}

#define RK_ACTIVATE_SLOPE(suffix, T)                                                          \
  extern "C" __global__ void __launch_bounds__(256) rk_field_differentiate_##suffix(          \
      rk_index rows, rk_index columns, int wide, int f, double parameter, const T* h,         \
      rk_index ldh, T* phi, rk_index ldphi, T* slope, rk_index ldslope) {                     \
    RK_WITH_ACTIVATION(f, parameter,                                                         \
      rk_differentiate_by_width(                                                              \
          unit, rows, columns, wide, h, ldh, phi, ldphi, slope, ldslope))                     \
  }

RK_ACTIVATE_SLOPE(f32, float)
RK_ACTIVATE_SLOPE(f64, double)
