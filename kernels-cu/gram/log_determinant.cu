#include "include/index.cuh"
#include "include/reductions.cuh"

// First stage of ln det(L L^T): partials[b] = sum of 2 ln L_ii over the i that block b visits.
// Grid: 1-D, at most 1024, a function of n alone. Block: 256 threads, 1-D. Shared: 64 bytes.
// Index range: 0 <= i < n in grid-stride order. Owns: thread 0 of block b owns partials[b].
// Defined by: Backend.logDeterminant.
extern "C" __global__ void __launch_bounds__(RK_REDUCE_THREADS)
    rk_diagonal_logsum_f64(rk_index n, const double* l, rk_index ldl, double* partials) {
  double sum = 0;
  RK_FOR_VECTOR(i, n) { sum += 2.0 * log(l[i * ldl + i]); }
  sum = rk_block_sum(sum);
  if (threadIdx.x == 0) {
    partials[blockIdx.x] = sum;
  }
}
