#include "include/index.cuh"

// A_ij = w_j A_ij; w is 1 x columns.
// Grid: x over columns, y over rows, any size. Block: 2-D, at most 256 threads. Shared: 0.
// Index ranges: 0 <= i < rows, 0 <= j < columns; wide as in rk_field_activate (for w and a).
// Owns: a thread owns a[i][j .. j + W - 1]; w is read only. Defined by: Backend.scaleColumns.
template <int W, typename T>
__device__ __forceinline__ void rk_weight_columns(
    rk_index rows, rk_index columns, const T* w, T* a, rk_index lda) {
  RK_FOR_ROWS(i, rows) {
    RK_FOR_COLUMNS(j, columns, W) {
      rk_pack<T, W> weight = rk_load<W>(w + j);
      rk_pack<T, W> x = rk_load<W>(a + i * lda + j);
#pragma unroll
      for (int l = 0; l < W; l++) {
        x.v[l] = weight.v[l] * x.v[l];
      }
      rk_store<W>(a + i * lda + j, x);
    }
  }
}

#define RK_SCALE_COLUMNS(suffix, T)                                                       \
  extern "C" __global__ void __launch_bounds__(256) rk_columns_scale_##suffix(            \
      rk_index rows, rk_index columns, int wide, const T* w, T* a, rk_index lda) {        \
    if (wide) {                                                                           \
      rk_weight_columns<rk_wide<T>::count>(rows, columns, w, a, lda);                     \
    } else {                                                                              \
      rk_weight_columns<1>(rows, columns, w, a, lda);                                     \
    }                                                                                     \
  }

RK_SCALE_COLUMNS(f32, float)
RK_SCALE_COLUMNS(f64, double)
