#include "include/index.cuh"

#define RK_SQUARE_TILE 32

// A = A^T in place for an n x n matrix.
// Grid: x and y over 32 x 32 tiles (tile row y, tile column x; tiles above the diagonal do nothing).
// Block: 32 x 8. Shared: 2 x 32 x 33 float64. Index range: 0 <= i, j < n.
// Owns: a block owns tiles (y, x) and (x, y): it reads both before it writes either.
// Defined by: Backend.eigenSymmetric (eigenvectors in columns).
extern "C" __global__ void __launch_bounds__(256)
    rk_matrix_transpose_f64(rk_index n, double* a, rk_index lda) {
  __shared__ double below[RK_SQUARE_TILE][RK_SQUARE_TILE + 1];
  __shared__ double above[RK_SQUARE_TILE][RK_SQUARE_TILE + 1];
  rk_index tiles = (n + RK_SQUARE_TILE - 1) / RK_SQUARE_TILE;
  int c = threadIdx.x;
  for (rk_index ty = blockIdx.y; ty < tiles; ty += gridDim.y) {
    for (rk_index tx = blockIdx.x; tx <= ty; tx += gridDim.x) {
      for (int r = threadIdx.y; r < RK_SQUARE_TILE; r += blockDim.y) {
        rk_index lowRow = ty * RK_SQUARE_TILE + r;
        rk_index highRow = tx * RK_SQUARE_TILE + r;
        if (lowRow < n && tx * RK_SQUARE_TILE + c < n) {
          below[r][c] = a[lowRow * lda + tx * RK_SQUARE_TILE + c];
        }
        if (highRow < n && ty * RK_SQUARE_TILE + c < n) {
          above[r][c] = a[highRow * lda + ty * RK_SQUARE_TILE + c];
        }
      }
      __syncthreads();
      for (int r = threadIdx.y; r < RK_SQUARE_TILE; r += blockDim.y) {
        rk_index lowRow = ty * RK_SQUARE_TILE + r;
        rk_index highRow = tx * RK_SQUARE_TILE + r;
        if (lowRow < n && tx * RK_SQUARE_TILE + c < n) {
          a[lowRow * lda + tx * RK_SQUARE_TILE + c] = above[c][r];
        }
        if (tx != ty && highRow < n && ty * RK_SQUARE_TILE + c < n) {
          a[highRow * lda + ty * RK_SQUARE_TILE + c] = below[c][r];
        }
      }
      __syncthreads();
    }
  }
}
