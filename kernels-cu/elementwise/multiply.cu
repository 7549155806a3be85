#include "include/index.cuh"

// y = x o y, elementwise.
// Grid: x over columns, y over rows, any size. Block: 2-D, at most 256 threads. Shared: 0.
// Index ranges: 0 <= i < rows, 0 <= j < columns; wide as in rk_field_activate.
// Owns: a thread owns y[i][j .. j + W - 1]. Defined by: Backend.multiply.
template <int W, typename T>
__device__ __forceinline__ void rk_multiply_rows(
    rk_index rows, rk_index columns, const T* x, rk_index ldx, T* y, rk_index ldy) {
  RK_FOR_ROWS(i, rows) {
    RK_FOR_COLUMNS(j, columns, W) {
      rk_pack<T, W> a = rk_load<W>(x + i * ldx + j);
      rk_pack<T, W> b = rk_load<W>(y + i * ldy + j);
#pragma unroll
      for (int l = 0; l < W; l++) {
        b.v[l] = a.v[l] * b.v[l];
      }
      rk_store<W>(y + i * ldy + j, b);
    }
  }
}

#define RK_MULTIPLY(suffix, T)                                                          \
  extern "C" __global__ void __launch_bounds__(256) rk_matrix_multiply_##suffix(        \
      rk_index rows, rk_index columns, int wide, const T* x, rk_index ldx, T* y,        \
      rk_index ldy) {                                                                   \
    if (wide) {                                                                         \
      rk_multiply_rows<rk_wide<T>::count>(rows, columns, x, ldx, y, ldy);               \
    } else {                                                                            \
      rk_multiply_rows<1>(rows, columns, x, ldx, y, ldy);                               \
    }                                                                                   \
  }

RK_MULTIPLY(f32, float)
RK_MULTIPLY(f64, double)
