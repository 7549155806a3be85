#include "include/index.cuh"
#include "include/reductions.cuh"

#define RK_SLAB 1024
#define RK_SLAB_COLUMNS (RK_SLAB / RK_REDUCE_THREADS)

// First half of a batch of bags of words: h = (1/m) sum_j A_cj of every position, and its products
// with the targets' rows and with itself over slabs of 1024 columns, which the second half adds.
// Grid: x over slabs, y over the positions of the batch, any size. Block: 256 threads. Shared: 64 B.
// Index ranges: 0 <= slot < count is position first + slot; contexts and targets are pairs of a row
// and how often it occurs; partials are count x products x slabs, the last product is |h|^2.
// Owns: a block owns hidden[slot][its slab] and partials[slot][..][slab].
// Defined by: Backend.descendBags.
extern "C" __global__ void __launch_bounds__(256) rk_bags_gather_f32(
    rk_index columns, rk_index first, rk_index count, const int* lengths, const int* context_starts,
    const int* contexts, const int* target_starts, const int* targets, int products,
    rk_index slabs, double* partials, const float* input, rk_index ldinput, const float* output,
    rk_index ldoutput, float* hidden, rk_index ldhidden) {
  for (rk_index slot = blockIdx.y; slot < count; slot += gridDim.y) {
    rk_index position = first + slot;
    int context_start = context_starts[position];
    int context_end = context_starts[position + 1];
    int target_start = target_starts[position];
    int target_count = target_starts[position + 1] - target_start;
    float share = 1.0f / (float)lengths[position];
    for (rk_index slab = blockIdx.x; slab < slabs; slab += gridDim.x) {
      rk_index j0 = slab * RK_SLAB + threadIdx.x;
      float h[RK_SLAB_COLUMNS];
#pragma unroll
      for (int l = 0; l < RK_SLAB_COLUMNS; l++) {
        h[l] = 0.0f;
      }
      for (int c = context_start; c < context_end; c++) {
        const float* row = input + (rk_index)contexts[2 * c] * ldinput;
        float times = (float)contexts[2 * c + 1];
#pragma unroll
        for (int l = 0; l < RK_SLAB_COLUMNS; l++) {
          rk_index j = j0 + l * RK_REDUCE_THREADS;
          if (j < columns) {
            h[l] += times * row[j];
          }
        }
      }
      double square = 0.0;
#pragma unroll
      for (int l = 0; l < RK_SLAB_COLUMNS; l++) {
        rk_index j = j0 + l * RK_REDUCE_THREADS;
        h[l] *= share;
        square += (double)h[l] * h[l];
        if (j < columns) {
          hidden[slot * ldhidden + j] = h[l];
        }
      }
      double* sums = partials + slot * products * slabs + slab;
      for (int t = 0; t <= target_count; t++) {
        double sum = square;
        if (t < target_count) {
          const float* row = output + (rk_index)targets[2 * (target_start + t)] * ldoutput;
          sum = 0.0;
#pragma unroll
          for (int l = 0; l < RK_SLAB_COLUMNS; l++) {
            rk_index j = j0 + l * RK_REDUCE_THREADS;
            if (j < columns) {
              sum += (double)h[l] * row[j];
            }
          }
        }
        sum = rk_block_sum(sum);
        if (threadIdx.x == 0) {
          sums[(t < target_count ? t : products - 1) * slabs] = sum;
        }
        __syncthreads();
      }
    }
  }
}
