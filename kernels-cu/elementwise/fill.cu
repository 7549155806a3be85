#include "include/index.cuh"

// Every element of x = value.
// Grid: x over columns, y over rows, any size. Block: 2-D, at most 256 threads. Shared: 0.
// Index ranges: 0 <= i < rows, 0 <= j < columns; wide as in rk_field_activate.
// Owns: a thread owns x[i][j .. j + W - 1]. Defined by: Backend.fill.
template <int W, typename T>
__device__ __forceinline__ void rk_fill_rows(
    rk_index rows, rk_index columns, T value, T* x, rk_index ldx) {
  rk_pack<T, W> a;
#pragma unroll
  for (int l = 0; l < W; l++) {
    a.v[l] = value;
  }
  RK_FOR_ROWS(i, rows) {
    RK_FOR_COLUMNS(j, columns, W) { rk_store<W>(x + i * ldx + j, a); }
  }
}

#define RK_FILL(suffix, T)                                                              \
  extern "C" __global__ void __launch_bounds__(256) rk_matrix_fill_##suffix(            \
      rk_index rows, rk_index columns, int wide, T value, T* x, rk_index ldx) {         \
    if (wide) {                                                                         \
      rk_fill_rows<rk_wide<T>::count>(rows, columns, value, x, ldx);                    \
    } else {                                                                            \
      rk_fill_rows<1>(rows, columns, value, x, ldx);                                    \
    }                                                                                   \
  }

RK_FILL(f32, float)
RK_FILL(f64, double)
