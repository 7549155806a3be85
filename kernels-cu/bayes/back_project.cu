#include "include/index.cuh"
#include "include/reductions.cuh"

#define RK_MOST_PULLS 32

// out_si = scale slope_si sum_k q_k v_ik with q_k = sum_j phi_sj v_jk, for K <= 32: the row-dot and
// the back-projection in one pass, so that the S x P product is never stored.
// Grid: any, 1-D. Block: 256 threads, 8 warps. Shared: 8 x 32 float32.
// Index ranges: warp w of block b takes rows s = 8 b + w, + 8 gridDim.x, ...; lane l takes columns
// l, l + 32, ...; four k at a time.
// Owns: the warp owns out[s][0 .. P - 1]; out may be slope, whose element its owner reads first.
// Defined by: Backend.backProject.
extern "C" __global__ void __launch_bounds__(256) rk_pull_back_project_f32(
    rk_index rows, rk_index columns, int pulls, float scale, const float* phi, rk_index ldphi,
    const float* slope, rk_index ldslope, const float* v, rk_index ldv, float* out,
    rk_index ldout) {
  __shared__ float projections[8][RK_MOST_PULLS];
  int lane = threadIdx.x & 31;
  int warp = threadIdx.x >> 5;
  float* q = projections[warp];
  for (rk_index s = (rk_index)blockIdx.x * 8 + warp; s < rows; s += (rk_index)gridDim.x * 8) {
    const float* row = phi + s * ldphi;
    for (int k0 = 0; k0 < pulls; k0 += 4) {
      float sum[4] = {0.0f, 0.0f, 0.0f, 0.0f};
      for (rk_index j = lane; j < columns; j += 32) {
        float value = row[j];
#pragma unroll
        for (int l = 0; l < 4; l++) {
          if (k0 + l < pulls) {
            sum[l] += value * v[j * ldv + k0 + l];
          }
        }
      }
#pragma unroll
      for (int l = 0; l < 4; l++) {
        float total = rk_warp_sum(sum[l]);
        if (lane == 0 && k0 + l < pulls) {
          q[k0 + l] = total;
        }
      }
    }
    __syncwarp(RK_FULL_WARP);
    for (rk_index i = lane; i < columns; i += 32) {
      float pull = 0.0f;
      for (int k = 0; k < pulls; k++) {
        pull += q[k] * v[i * ldv + k];
      }
      out[s * ldout + i] = scale * slope[s * ldslope + i] * pull;
    }
    __syncwarp(RK_FULL_WARP);
  }
}
