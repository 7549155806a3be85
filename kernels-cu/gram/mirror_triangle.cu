#include "include/index.cuh"

#define RK_TILE 32

// a_ji = a_ij for i > j: copies the lower triangle of an n x n matrix to the upper one.
// Grid: x and y over 32 x 32 tiles (tile row y, tile column x; tiles above the diagonal do nothing).
// Block: 32 x 8. Shared: 32 x 33 elements. Index range: 0 <= j < i < n.
// Owns: a block reads tile (y, x) and owns the strict upper part of tile (x, y); on the diagonal a
// thread reads elements below and writes elements above the diagonal only.
// Defined by: Backend.syrk, Backend.gram (both triangles are written).
template <typename T>
__device__ __forceinline__ void rk_mirror(rk_index n, T* a, rk_index lda) {
  __shared__ T tile[RK_TILE][RK_TILE + 1];
  rk_index tiles = (n + RK_TILE - 1) / RK_TILE;
  for (rk_index ty = blockIdx.y; ty < tiles; ty += gridDim.y) {
    for (rk_index tx = blockIdx.x; tx <= ty; tx += gridDim.x) {
      for (int r = threadIdx.y; r < RK_TILE; r += blockDim.y) {
        rk_index i = ty * RK_TILE + r;
        rk_index j = tx * RK_TILE + threadIdx.x;
        if (i < n && j < i) {
          tile[r][threadIdx.x] = a[i * lda + j];
        }
      }
      __syncthreads();
      for (int r = threadIdx.y; r < RK_TILE; r += blockDim.y) {
        rk_index i = tx * RK_TILE + r;
        rk_index j = ty * RK_TILE + threadIdx.x;
        if (j < n && i < j) {
          a[i * lda + j] = tile[threadIdx.x][r];
        }
      }
      __syncthreads();
    }
  }
}

extern "C" __global__ void __launch_bounds__(256)
    rk_triangle_mirror_f32(rk_index n, float* a, rk_index lda) {
  rk_mirror(n, a, lda);
}

extern "C" __global__ void __launch_bounds__(256)
    rk_triangle_mirror_f64(rk_index n, double* a, rk_index lda) {
  rk_mirror(n, a, lda);
}
