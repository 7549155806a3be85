#include "include/index.cuh"
#include "include/reductions.cuh"

// out_i = sum_j a_ij b_ij, accumulated in float64; out has leading dimension ldout.
// Grid: any, 1-D. Block: 256 threads, 8 warps. Shared: 0.
// Index ranges: warp w of block b takes rows i = 8 b + w, + 8 gridDim.x, ...; lane l takes
// columns j = l, l + 32, ... in ascending order, then the warp adds by a fixed tree.
// Owns: lane 0 of the warp owns out[i]. Defined by: Backend.rowDot.
#define RK_ROW_DOT(suffix, T)                                                               \
  extern "C" __global__ void __launch_bounds__(256) rk_rows_dot_##suffix(                   \
      rk_index rows, rk_index columns, const T* a, rk_index lda, const T* b, rk_index ldb,  \
      T* out, rk_index ldout) {                                                             \
    int lane = threadIdx.x & 31;                                                            \
    int warp = threadIdx.x >> 5;                                                            \
    for (rk_index i = (rk_index)blockIdx.x * 8 + warp; i < rows;                            \
         i += (rk_index)gridDim.x * 8) {                                                    \
      double sum = 0;                                                                       \
      for (rk_index j = lane; j < columns; j += 32) {                                       \
        sum += (double)a[i * lda + j] * (double)b[i * ldb + j];                             \
      }                                                                                     \
      sum = rk_warp_sum(sum);                                                               \
      if (lane == 0) {                                                                      \
        out[i * ldout] = (T)sum;                                                            \
      }                                                                                     \
    }                                                                                       \
  }

RK_ROW_DOT(f32, float)
RK_ROW_DOT(f64, double)
