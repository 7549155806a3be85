#include "include/index.cuh"

// Gather: target_ij = source_i,index_j. Scatter: target_i,index_j = source_ij; the indices differ.
// Grid: x over the indices, y over rows, any size. Block: 2-D, at most 256 threads. Shared: 0.
// Index ranges: 0 <= i < rows, 0 <= j < columns; an index is a column of the wider matrix.
// Owns: a thread owns target[i][j], or target[i][index[j]].
// Defined by: Backend.gatherColumns, Backend.scatterColumns.
template <bool Gather, typename T>
__device__ __forceinline__ void rk_move_columns(
    rk_index rows, rk_index columns, const int* index, const T* source, rk_index lds, T* target,
    rk_index ldt) {
  RK_FOR_ROWS(i, rows) {
    RK_FOR_COLUMNS(j, columns, 1) {
      rk_index k = index[j];
      target[i * ldt + (Gather ? j : k)] = source[i * lds + (Gather ? k : j)];
    }
  }
}

#define RK_MOVE(verb, Gather, suffix, T)                                                 \
  extern "C" __global__ void __launch_bounds__(256) rk_columns_##verb##_##suffix(        \
      rk_index rows, rk_index columns, const int* index, const T* source, rk_index lds,  \
      T* target, rk_index ldt) {                                                         \
    rk_move_columns<Gather>(rows, columns, index, source, lds, target, ldt);             \
  }

RK_MOVE(gather, true, f32, float)
RK_MOVE(gather, true, f64, double)
RK_MOVE(scatter, false, f32, float)
RK_MOVE(scatter, false, f64, double)
