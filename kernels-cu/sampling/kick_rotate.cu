#include "include/index.cuh"

// p = p - kick g; then (x, p) = (x c + p s, p c - x s) with c = cos(angle), s = sin(angle).
// Grid: x over columns, y over rows, any size. Block: 2-D, at most 256 threads. Shared: 0.
// Index ranges: 0 <= i < rows, 0 <= j < columns; wide as in rk_field_activate.
// Owns: a thread owns x[i][j .. j + W - 1] and p[i][j .. j + W - 1]. Defined by: Backend.kickRotate.
template <int W>
__device__ __forceinline__ void rk_kick_rotate_rows(
    rk_index rows, rk_index columns, float kick, float c, float s, const float* g, rk_index ldg,
    float* x, rk_index ldx, float* p, rk_index ldp) {
  RK_FOR_ROWS(i, rows) {
    RK_FOR_COLUMNS(j, columns, W) {
      rk_pack<float, W> force = rk_load<W>(g + i * ldg + j);
      rk_pack<float, W> position = rk_load<W>(x + i * ldx + j);
      rk_pack<float, W> momentum = rk_load<W>(p + i * ldp + j);
#pragma unroll
      for (int l = 0; l < W; l++) {
        float q = position.v[l];
        float kicked = momentum.v[l] - kick * force.v[l];
        position.v[l] = q * c + kicked * s;
        momentum.v[l] = kicked * c - q * s;
      }
      rk_store<W>(x + i * ldx + j, position);
      rk_store<W>(p + i * ldp + j, momentum);
    }
  }
}

extern "C" __global__ void __launch_bounds__(256) rk_phase_kick_rotate_f32(
    rk_index rows, rk_index columns, int wide, float kick, float c, float s, const float* g,
    rk_index ldg, float* x, rk_index ldx, float* p, rk_index ldp) {
  if (wide) {
    rk_kick_rotate_rows<4>(rows, columns, kick, c, s, g, ldg, x, ldx, p, ldp);
  } else {
    rk_kick_rotate_rows<1>(rows, columns, kick, c, s, g, ldg, x, ldx, p, ldp);
  }
}
