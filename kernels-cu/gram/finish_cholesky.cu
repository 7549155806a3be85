#include "include/index.cuh"

// Clears the strict upper triangle of a factor and looks at its pivots: failures[0] grows by 1 for
// each that is not positive and finite, and for an info[0] of cuSOLVER that names one; it becomes
// NaN where info[0] is negative, the number of an argument that was refused.
// Grid: x over columns, y over rows, any size. Block: 2-D, at most 256 threads. Shared: 0.
// Index ranges: 0 <= i < n, i <= j < n.
// Owns: a thread owns a[i][j], j > i; failures[0] is shared through atomic sums of integers, which
// are exact in any order.
// Defined by: Backend.cholesky.
extern "C" __global__ void __launch_bounds__(256)
    rk_cholesky_finish_f64(
        rk_index n, double* a, rk_index lda, const int* info, double* failures) {
  RK_FOR_ROWS(i, n) {
    RK_FOR_COLUMNS(j, n, 1) {
      if (j > i) {
        a[i * lda + j] = 0.0;
      } else if (j == i) {
        double pivot = a[i * lda + i];
        if (!(pivot > 0.0) || pivot - pivot != 0.0) {
          atomicAdd(failures, 1.0);
        }
        if (i == 0 && info[0] != 0) {
          atomicAdd(failures, info[0] > 0 ? 1.0 : (double)__int_as_float(0x7fc00000));
        }
      }
    }
  }
}
