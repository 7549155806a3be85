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

// Pairs of sites averaged over offsets: target[mu A + a][nu A + b] = scale sum_d
// source[mu B + t][nu B + u], t = table[a][d], u = table[b][d], over t, u >= 0 in the order of d.
// Grid, block, shared: as above. Index ranges: rows and columns are multiples of A.
// Owns: a thread owns an element of the target.
// Defined by: Backend.averagePatches.
extern "C" __global__ void __launch_bounds__(256) rk_patches_average_f64(
    const float* table, rk_index ldi, int sites, int offsets, int inputs, rk_index rows,
    rk_index columns, double scale, const double* source, rk_index lds, double* target,
    rk_index ldt) {
  RK_FOR_ROWS(r, rows) {
    int image = (int)r / sites;
    const float* down = table + ((int)r - image * sites) * ldi;
    rk_index top = (rk_index)image * inputs;
    RK_FOR_COLUMNS(c, columns, 1) {
      int other = (int)c / sites;
      const float* across = table + ((int)c - other * sites) * ldi;
      rk_index left = (rk_index)other * inputs;
      double sum = 0.0;
      for (int d = 0; d < offsets; d++) {
        int t = (int)down[d];
        int u = (int)across[d];
        if (t >= 0 && u >= 0) {
          sum += source[(top + t) * lds + left + u];
        }
      }
      target[r * ldt + c] = scale * sum;
    }
  }
}
