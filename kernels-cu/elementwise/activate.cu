#include "include/activations.cuh"
#include "include/index.cuh"

// phi = f(h), elementwise; phi may be h.
// Grid: x over columns, y over rows, any size. Block: 2-D, at most 256 threads. Shared: 0.
// Index ranges: 0 <= i < rows, 0 <= j < columns; wide != 0 asks for 16-byte accesses and needs
// columns, strides and pointers to be multiples of 16 bytes.
// Owns: a thread owns phi[i][j .. j + W - 1] and reads the same elements of h.
// Defined by: Backend.activate (org.richkernel.compute.Activation.value).
template <int W, typename F, typename T>
__device__ __forceinline__ void rk_activate_rows(
    F unit, rk_index rows, rk_index columns, const T* h, rk_index ldh, T* phi, rk_index ldphi) {
  RK_FOR_ROWS(i, rows) {
    RK_FOR_COLUMNS(j, columns, W) {
      rk_pack<T, W> x = rk_load<W>(h + i * ldh + j);
#pragma unroll
      for (int l = 0; l < W; l++) {
        x.v[l] = unit.value(x.v[l]);
      }
      rk_store<W>(phi + i * ldphi + j, x);
    }
  }
}

template <typename F, typename T>
__device__ __forceinline__ void rk_activate_by_width(
    F unit, rk_index rows, rk_index columns, int wide, const T* h, rk_index ldh, T* phi,
    rk_index ldphi) {
  if (wide) {
    rk_activate_rows<rk_wide<T>::count>(unit, rows, columns, h, ldh, phi, ldphi);
  } else {
    rk_activate_rows<1>(unit, rows, columns, h, ldh, phi, ldphi);
  }
}

#define RK_ACTIVATE(suffix, T)                                                               \
  extern "C" __global__ void __launch_bounds__(256) rk_field_activate_##suffix(              \
      rk_index rows, rk_index columns, int wide, int f, double parameter, const T* h,        \
      rk_index ldh, T* phi, rk_index ldphi) {                                                \
    RK_WITH_ACTIVATION(f, parameter,                                                        \
      rk_activate_by_width(unit, rows, columns, wide, h, ldh, phi, ldphi))                   \
  }

RK_ACTIVATE(f32, float)
RK_ACTIVATE(f64, double)
