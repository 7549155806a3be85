#include "include/index.cuh"

// out_si = scale slope_si pull_si: the last step of a back-projection of rank 8 or more, whose
// product comes from cuBLAS. out may be slope.
// Grid: x over columns, y over rows, any size. Block: 2-D, at most 256 threads. Shared: 0.
// Index ranges: 0 <= s < rows, 0 <= i < columns.
// Owns: a thread owns out[s][i]. Defined by: Backend.backProject.
extern "C" __global__ void __launch_bounds__(256) rk_pull_weigh_f32(
    rk_index rows, rk_index columns, float scale, const float* pull, rk_index ldpull,
    const float* slope, rk_index ldslope, float* out, rk_index ldout) {
  RK_FOR_ROWS(s, rows) {
    RK_FOR_COLUMNS(i, columns, 1) {
      out[s * ldout + i] = scale * slope[s * ldslope + i] * pull[s * ldpull + i];
    }
  }
}
