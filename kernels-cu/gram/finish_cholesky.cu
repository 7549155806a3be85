#include "include/index.cuh"

// Clears the strict upper triangle of a factor and looks at its pivots: failure[0] becomes the
// smallest 1-based i with a pivot that is not positive and finite (it starts as a larger number).
// Grid: x over columns, y over rows, any size. Block: 2-D, at most 256 threads. Shared: 0.
// Index ranges: 0 <= i < n, i <= j < n.
// Owns: a thread owns a[i][j], j > i; failure[0] is shared through an integer minimum.
// Defined by: Backend.cholesky.
extern "C" __global__ void __launch_bounds__(256)
    rk_cholesky_finish_f64(rk_index n, double* a, rk_index lda, int* failure) {
  RK_FOR_ROWS(i, n) {
    RK_FOR_COLUMNS(j, n, 1) {
      if (j > i) {
        a[i * lda + j] = 0.0;
      } else if (j == i) {
        double pivot = a[i * lda + i];
        if (!(pivot > 0.0) || pivot - pivot != 0.0) {
          atomicMin(failure, (int)i + 1);
        }
      }
    }
  }
}
