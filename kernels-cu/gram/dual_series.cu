#include "include/index.cuh"

#define RK_SERIES_TILE 32

// value_ij = sum_n a_in b_jn rho_ij^n and slope_ij = sum_n n a_in b_jn rho_ij^(n-1), by Horner's rule
// from the highest n down: slope = slope rho + value, value = value rho + a_in b_jn.
// Grid: x and y over 32 x 32 tiles, any size. Block: 32 x 8. Shared: 2 x 32 x 33 float64.
// Index ranges: 0 <= i < rows, 0 <= j < columns, 0 <= n < terms; coefficients are staged 32 at a time.
// Owns: a thread owns value[i][j] and slope[i][j] for i = tile row + threadIdx.y + 8 k, k = 0 .. 3;
// value may be rho, of which it reads the same elements first. Defined by: Backend.dualSeries.
extern "C" __global__ void __launch_bounds__(256) rk_dual_series_f64(
    rk_index rows, rk_index columns, int terms, const double* a, rk_index lda, const double* b,
    rk_index ldb, const double* rho, rk_index ldrho, double* value, rk_index ldvalue,
    double* slope, rk_index ldslope) {
  __shared__ double rowPart[RK_SERIES_TILE][RK_SERIES_TILE + 1];
  __shared__ double columnPart[RK_SERIES_TILE][RK_SERIES_TILE + 1];
  int tx = threadIdx.x;
  int ty = threadIdx.y;
  for (rk_index i0 = (rk_index)blockIdx.y * RK_SERIES_TILE; i0 < rows;
       i0 += (rk_index)gridDim.y * RK_SERIES_TILE) {
    for (rk_index j0 = (rk_index)blockIdx.x * RK_SERIES_TILE; j0 < columns;
         j0 += (rk_index)gridDim.x * RK_SERIES_TILE) {
      double x[4];
      double v[4];
      double s[4];
#pragma unroll
      for (int k = 0; k < 4; k++) {
        rk_index i = i0 + ty + 8 * k;
        bool inside = i < rows && j0 + tx < columns;
        x[k] = inside ? rho[i * ldrho + j0 + tx] : 0.0;
        v[k] = 0.0;
        s[k] = 0.0;
      }
      int chunks = (terms + RK_SERIES_TILE - 1) / RK_SERIES_TILE;
      for (int chunk = chunks - 1; chunk >= 0; chunk--) {
        int n0 = chunk * RK_SERIES_TILE;
#pragma unroll
        for (int k = 0; k < 4; k++) {
          int r = ty + 8 * k;
          bool hasTerm = n0 + tx < terms;
          rowPart[r][tx] = hasTerm && i0 + r < rows ? a[(i0 + r) * lda + n0 + tx] : 0.0;
          columnPart[r][tx] = hasTerm && j0 + r < columns ? b[(j0 + r) * ldb + n0 + tx] : 0.0;
        }
        __syncthreads();
        int last = terms - n0 < RK_SERIES_TILE ? terms - n0 : RK_SERIES_TILE;
        for (int n = last - 1; n >= 0; n--) {
          double right = columnPart[tx][n];
#pragma unroll
          for (int k = 0; k < 4; k++) {
            s[k] = s[k] * x[k] + v[k];
            v[k] = v[k] * x[k] + rowPart[ty + 8 * k][n] * right;
          }
        }
        __syncthreads();
      }
#pragma unroll
      for (int k = 0; k < 4; k++) {
        rk_index i = i0 + ty + 8 * k;
        if (i < rows && j0 + tx < columns) {
          value[i * ldvalue + j0 + tx] = v[k];
          slope[i * ldslope + j0 + tx] = s[k];
        }
      }
    }
  }
}
