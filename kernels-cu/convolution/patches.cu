#include "include/index.cuh"

// Patches side by side: target[d S + i][mu A + a] = source[i][mu B + t], t = table[a][d], 0 where
// t < 0.
// Grid: x over columns, y over rows of the target, any size. Block: 2-D, at most 256 threads.
// Shared: 0.
// Index ranges: table of A x offsets whole numbers below B; rows = S; columns = images A.
// Owns: a thread owns an element of the target.
// Defined by: Backend.cols.
extern "C" __global__ void __launch_bounds__(256) rk_patches_spread_f32(
    const float* table, rk_index ldi, int sites, int offsets, int inputs, rk_index rows,
    rk_index columns, const float* source, rk_index lds, float* target, rk_index ldt) {
  RK_FOR_ROWS(r, offsets * rows) {
    rk_index d = r / rows;
    rk_index i = r - d * rows;
    RK_FOR_COLUMNS(c, columns, 1) {
      int image = (int)c / sites;
      int a = (int)c - image * sites;
      int t = (int)table[a * ldi + d];
      target[r * ldt + c] = t < 0 ? 0.0f : source[i * lds + (rk_index)image * inputs + t];
    }
  }
}

// The transpose: target[i][mu A + b] = sum_d source[d S + i][mu B + t], t = table[b][d], over t >= 0
// in the order of d.
// Grid, block, shared, index ranges: as above.
// Owns: a thread owns an element of the target.
// Defined by: Backend.uncols.
extern "C" __global__ void __launch_bounds__(256) rk_patches_collect_f32(
    const float* table, rk_index ldi, int sites, int offsets, int inputs, rk_index rows,
    rk_index columns, const float* source, rk_index lds, float* target, rk_index ldt) {
  RK_FOR_ROWS(i, rows) {
    RK_FOR_COLUMNS(c, columns, 1) {
      int image = (int)c / sites;
      const float* from = table + ((int)c - image * sites) * ldi;
      float sum = 0.0f;
      for (int d = 0; d < offsets; d++) {
        int t = (int)from[d];
        if (t >= 0) {
          sum += source[(d * rows + i) * lds + (rk_index)image * inputs + t];
        }
      }
      target[i * ldt + c] = sum;
    }
  }
}

// Pairs of sites averaged over offsets: target[mu A + a][nu C + b] = scale sum_d
// source[mu B + t][nu D + u], t = down[a][d], u = across[b][d], over t, u >= 0 in the order of d.
// Grid, block, shared: as above. Index ranges: rows are a multiple of A, columns one of C.
// Owns: a thread owns an element of the target.
// Defined by: Backend.averagePatches.
extern "C" __global__ void __launch_bounds__(256) rk_patches_average_f64(
    const float* down, rk_index ldd, int height, int offsets, int upper, const float* across,
    rk_index lda, int width, int left, rk_index rows, rk_index columns, double scale,
    const double* source, rk_index lds, double* target, rk_index ldt) {
  RK_FOR_ROWS(r, rows) {
    int image = (int)r / height;
    const float* row = down + ((int)r - image * height) * ldd;
    rk_index top = (rk_index)image * upper;
    RK_FOR_COLUMNS(c, columns, 1) {
      int other = (int)c / width;
      const float* column = across + ((int)c - other * width) * lda;
      rk_index first = (rk_index)other * left;
      double sum = 0.0;
      for (int d = 0; d < offsets; d++) {
        int t = (int)row[d];
        int u = (int)column[d];
        if (t >= 0 && u >= 0) {
          sum += source[(top + t) * lds + first + u];
        }
      }
      target[r * ldt + c] = scale * sum;
    }
  }
}
