#include "include/index.cuh"

// y = alpha x + y.
// Grid: x over columns, y over rows, any size. Block: 2-D, at most 256 threads. Shared: 0.
// Index ranges: 0 <= i < rows, 0 <= j < columns; wide as in rk_field_activate.
// Owns: a thread owns y[i][j .. j + W - 1]. Defined by: Backend.axpy.
template <int W, typename T>
__device__ __forceinline__ void rk_axpy_rows(
    rk_index rows, rk_index columns, T alpha, const T* x, rk_index ldx, T* y, rk_index ldy) {
  RK_FOR_ROWS(i, rows) {
    RK_FOR_COLUMNS(j, columns, W) {
      rk_pack<T, W> a = rk_load<W>(x + i * ldx + j);
      rk_pack<T, W> b = rk_load<W>(y + i * ldy + j);
#pragma unroll
      for (int l = 0; l < W; l++) {
        b.v[l] = alpha * a.v[l] + b.v[l];
      }
      rk_store<W>(y + i * ldy + j, b);
    }
  }
}

#define RK_AXPY(suffix, T)                                                                   \
  extern "C" __global__ void __launch_bounds__(256) rk_matrix_axpy_##suffix(                 \
      rk_index rows, rk_index columns, int wide, T alpha, const T* x, rk_index ldx, T* y,    \
      rk_index ldy) {                                                                        \
    if (wide) {                                                                              \
      rk_axpy_rows<rk_wide<T>::count>(rows, columns, alpha, x, ldx, y, ldy);                 \
    } else {                                                                                 \
      rk_axpy_rows<1>(rows, columns, alpha, x, ldx, y, ldy);                                 \
    }                                                                                        \
  }

RK_AXPY(f32, float)
RK_AXPY(f64, double)
