#include "include/index.cuh"

// C_ij = beta C_ij, then C_ij += alpha panel_b,ij for b = 0, 1, .. panels - 1, in float64 and in this
// order, so that the result does not depend on how panels are grouped into launches.
// With beta = 0 the old C is not read.
// Grid: x over columns, y over rows, any size. Block: 2-D, at most 256 threads. Shared: 0.
// Index ranges: 0 <= i < rows, 0 <= j < columns, 0 <= b < panels; panel b is a dense rows x columns
// float32 matrix at panel + b rows columns.
// Owns: a thread owns c[i][j]. Defined by: Backend.gram, Backend.crossGram.
extern "C" __global__ void __launch_bounds__(256) rk_panels_accumulate_f32_f64(
    rk_index rows, rk_index columns, int panels, const float* panel, double alpha, double beta,
    double* c, rk_index ldc) {
  rk_index area = rows * columns;
  RK_FOR_ROWS(i, rows) {
    RK_FOR_COLUMNS(j, columns, 1) {
      double sum = beta == 0.0 ? 0.0 : beta * c[i * ldc + j];
      const float* p = panel + i * columns + j;
      for (int b = 0; b < panels; b++) {
        sum += alpha * (double)p[b * area];
      }
      c[i * ldc + j] = sum;
    }
  }
}
