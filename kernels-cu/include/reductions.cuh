// Sums in a fixed order: threads add in float64 in grid-stride order, a warp adds by a shuffle tree, a
// block adds its warps' sums by a second tree. No atomics, so equal shapes give equal bits.
#ifndef RK_REDUCTIONS_CUH
#define RK_REDUCTIONS_CUH

#define RK_FULL_WARP 0xffffffffu
#define RK_REDUCE_THREADS 256

template <typename T>
__device__ __forceinline__ T rk_warp_sum(T value) {
  for (int offset = 16; offset > 0; offset >>= 1) {
    value += __shfl_down_sync(RK_FULL_WARP, value, offset);
  }
  return value;  // complete in lane 0
}

// Sum over a block of RK_REDUCE_THREADS threads (1-D); complete in thread 0. Uses 64 shared bytes.
__device__ __forceinline__ double rk_block_sum(double value) {
  __shared__ double warps[RK_REDUCE_THREADS / 32];
  int lane = threadIdx.x & 31;
  int warp = threadIdx.x >> 5;
  value = rk_warp_sum(value);
  if (lane == 0) {
    warps[warp] = value;
  }
  __syncthreads();
  double total = 0;
  if (threadIdx.x == 0) {
    for (int w = 0; w < RK_REDUCE_THREADS / 32; w++) {
      total += warps[w];
    }
  }
  return total;
}

#endif
