#include "include/index.cuh"

// p = p - kick g; then the rotation by an angle as three shears: x += t p, p -= s x, x += t p with
// t = tan(angle / 2) and s = sin(angle). Each rounds once per element, in the order of the CPU backend,
// so that the bits agree and volume is preserved exactly.
// Grid: x over columns, y over rows, any size. Block: 2-D, at most 256 threads. Shared: 0.
// Index ranges: 0 <= i < rows, 0 <= j < columns; wide as in rk_field_activate.
// Owns: a thread owns x[i][j .. j + W - 1] and p[i][j .. j + W - 1]. Defined by: Backend.kickRotate.
template <int W>
__device__ __forceinline__ void rk_kick_rotate_rows(
    rk_index rows, rk_index columns, float kick, float t, float s, const float* g, rk_index ldg,
    float* x, rk_index ldx, float* p, rk_index ldp) {
  RK_FOR_ROWS(i, rows) {
    RK_FOR_COLUMNS(j, columns, W) {
      rk_pack<float, W> force = rk_load<W>(g + i * ldg + j);
      rk_pack<float, W> position = rk_load<W>(x + i * ldx + j);
      rk_pack<float, W> momentum = rk_load<W>(p + i * ldp + j);
#pragma unroll
      for (int l = 0; l < W; l++) {
        float kicked = __fmaf_rn(-kick, force.v[l], momentum.v[l]);
        float sheared = __fmaf_rn(t, kicked, position.v[l]);
        float turned = __fmaf_rn(-s, sheared, kicked);
        position.v[l] = __fmaf_rn(t, turned, sheared);
        momentum.v[l] = turned;
      }
      rk_store<W>(x + i * ldx + j, position);
      rk_store<W>(p + i * ldp + j, momentum);
    }
  }
}

extern "C" __global__ void __launch_bounds__(256) rk_phase_kick_rotate_f32(
    rk_index rows, rk_index columns, int wide, float kick, float t, float s, const float* g,
    rk_index ldg, float* x, rk_index ldx, float* p, rk_index ldp) {
  if (wide) {
    rk_kick_rotate_rows<4>(rows, columns, kick, t, s, g, ldg, x, ldx, p, ldp);
  } else {
    rk_kick_rotate_rows<1>(rows, columns, kick, t, s, g, ldg, x, ldx, p, ldp);
  }
}
