#include "include/index.cuh"

// A_ij = w_i A_ij; w is rows x 1 with leading dimension ldw.
// Grid: x over columns, y over rows, any size. Block: 2-D, at most 256 threads. Shared: 0.
// Index ranges: 0 <= i < rows, 0 <= j < columns; wide as in rk_field_activate (for a alone).
// Owns: a thread owns a[i][j .. j + W - 1]; w is read only. Defined by: Backend.scaleRows.
template <int W, typename T>
__device__ __forceinline__ void rk_weight_rows(
    rk_index rows, rk_index columns, const T* w, rk_index ldw, T* a, rk_index lda) {
  RK_FOR_ROWS(i, rows) {
    T weight = w[i * ldw];
    RK_FOR_COLUMNS(j, columns, W) {
      rk_pack<T, W> x = rk_load<W>(a + i * lda + j);
#pragma unroll
      for (int l = 0; l < W; l++) {
        x.v[l] = weight * x.v[l];
      }
      rk_store<W>(a + i * lda + j, x);
    }
  }
}

#define RK_SCALE_ROWS(suffix, T)                                                           \
  extern "C" __global__ void __launch_bounds__(256) rk_rows_scale_##suffix(                \
      rk_index rows, rk_index columns, int wide, const T* w, rk_index ldw, T* a,           \
      rk_index lda) {                                                                      \
    if (wide) {                                                                            \
      rk_weight_rows<rk_wide<T>::count>(rows, columns, w, ldw, a, lda);                    \
    } else {                                                                               \
      rk_weight_rows<1>(rows, columns, w, ldw, a, lda);                                    \
    }                                                                                      \
  }

RK_SCALE_ROWS(f32, float)
RK_SCALE_ROWS(f64, double)
