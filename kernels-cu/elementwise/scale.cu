#include "include/index.cuh"

// x = alpha x.
// Grid: x over columns, y over rows, any size. Block: 2-D, at most 256 threads. Shared: 0.
// Index ranges: 0 <= i < rows, 0 <= j < columns; wide as in rk_field_activate.
// Owns: a thread owns x[i][j .. j + W - 1]. Defined by: Backend.scale.
template <int W, typename T>
__device__ __forceinline__ void rk_scale_matrix(
    rk_index rows, rk_index columns, T alpha, T* x, rk_index ldx) {
  RK_FOR_ROWS(i, rows) {
    RK_FOR_COLUMNS(j, columns, W) {
      rk_pack<T, W> a = rk_load<W>(x + i * ldx + j);
#pragma unroll
      for (int l = 0; l < W; l++) {
        a.v[l] = alpha * a.v[l];
      }
      rk_store<W>(x + i * ldx + j, a);
    }
  }
}

#define RK_SCALE(suffix, T)                                                              \
  extern "C" __global__ void __launch_bounds__(256) rk_matrix_scale_##suffix(            \
      rk_index rows, rk_index columns, int wide, T alpha, T* x, rk_index ldx) {          \
    if (wide) {                                                                          \
      rk_scale_matrix<rk_wide<T>::count>(rows, columns, alpha, x, ldx);                  \
    } else {                                                                             \
      rk_scale_matrix<1>(rows, columns, alpha, x, ldx);                                  \
    }                                                                                    \
  }

RK_SCALE(f32, float)
RK_SCALE(f64, double)
