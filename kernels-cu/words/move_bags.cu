#include "include/index.cuh"
#include "include/bags.cuh"

// Second half of a batch of bags of words: e of every position at the rows before the batch, then
// the rows, in the order of the positions: B = keep B + add h, A = rho^k A + (..) e/m.
// Grid: x over columns, any size. Block: 1-D, 32 threads or more. Shared: 24.1 KiB.
// Index ranges: as for rk_bags_gather; a block weighs 32 positions at a time, a thread each, and
// a batch of more is weighed again before the rows move.
// Owns: a thread owns column j of input, output and pull; block 0 owns losses.
// Defined by: Backend.descendBags.
extern "C" __global__ void __launch_bounds__(64) rk_bags_move_f32(
    rk_index columns, rk_index first, rk_index count, double decay, const double* rates,
    const int* lengths, const int* context_starts, const int* contexts, const int* target_starts,
    const int* targets, int products, rk_index slabs, const double* partials, float* input,
    rk_index ldinput, float* output, rk_index ldoutput, const float* hidden, rk_index ldhidden,
    float* pull, rk_index ldpull, double* losses) {
  __shared__ rk_bag_scalars scalars;
  for (int moving = 0; moving < 2; moving++) {
    for (rk_index tile = 0; tile < count; tile += RK_BAG_TILE) {
      rk_index end = tile + RK_BAG_TILE < count ? tile + RK_BAG_TILE : count;
      if (moving == 0 || count > RK_BAG_TILE) {
        __syncthreads();
        rk_index slot = tile + threadIdx.x;
        if (threadIdx.x < RK_BAG_TILE && slot < end) {
          rk_index position = first + slot;
          int start = target_starts[position];
          double loss = rk_bag_weigh(
              &scalars, (int)threadIdx.x, rates[position], decay, targets + 2 * start,
              target_starts[position + 1] - start, partials + slot * products * slabs, products,
              slabs);
          if (moving == 0 && blockIdx.x == 0) {
            losses[position] = loss;
          }
        }
        __syncthreads();
      }
      RK_FOR_VECTOR(j, columns) {
        for (rk_index slot = tile; slot < end; slot++) {
          rk_index position = first + slot;
          int place = (int)(slot - tile);
          int target_start = target_starts[position];
          int target_count = target_starts[position + 1] - target_start;
          float h = hidden[slot * ldhidden + j];
          if (moving == 0) {
            float e = scalars.rest[place] * h;
            for (int t = 0; t < target_count; t++) {
              rk_index row = targets[2 * (target_start + t)];
              e += scalars.pull[place][t] * output[row * ldoutput + j];
            }
            pull[slot * ldpull + j] = e;
            continue;
          }
          for (int t = 0; t < target_count; t++) {
            rk_index at = (rk_index)targets[2 * (target_start + t)] * ldoutput + j;
            output[at] = scalars.keep[place][t] * output[at] + scalars.add[place][t] * h;
          }
          float rho = (float)(1.0 - rates[position] * decay);
          float share = pull[slot * ldpull + j] / (float)lengths[position];
          for (int c = context_starts[position]; c < context_starts[position + 1]; c++) {
            rk_index at = (rk_index)contexts[2 * c] * ldinput + j;
            float value = input[at];
            for (int k = 0; k < contexts[2 * c + 1]; k++) {
              value = rho * value + share;
            }
            input[at] = value;
          }
        }
      }
    }
  }
}
