#include "include/box_muller.cuh"
#include "include/index.cuh"
#include "include/philox.cuh"

// Uniforms in (0, 1]: target_ij = float(word) 2^-32 + 2^-33, where word is number j mod 4 of the
// Philox block with counter (j / 4, firstSample + i, stream low, stream high).
// Grid: x over quads of columns, y over rows, any size. Block: 2-D, at most 256 threads. Shared: 0.
// Index ranges: 0 <= i < rows, 0 <= j < columns; wide as in rk_field_activate.
// Owns: a thread owns target[i][4q .. 4q + 3], cut off at columns. Defined by: Backend.fillUniform.
extern "C" __global__ void __launch_bounds__(256) rk_field_fill_uniform_f32(
    rk_index rows, rk_index columns, int wide, unsigned int k0, unsigned int k1,
    unsigned int streamLow, unsigned int streamHigh, unsigned int firstSample, float* target,
    rk_index ldt) {
  RK_FOR_ROWS(i, rows) {
    RK_FOR_COLUMNS(j, columns, 4) {
      uint4 w = rk_philox(
          (unsigned int)(j >> 2), firstSample + (unsigned int)i, streamLow, streamHigh, k0, k1);
      rk_pack<float, 4> u;
      u.v[0] = rk_uniform(w.x);
      u.v[1] = rk_uniform(w.y);
      u.v[2] = rk_uniform(w.z);
      u.v[3] = rk_uniform(w.w);
      float* out = target + i * ldt + j;
      if (wide) {
        rk_store<4>(out, u);
      } else {
#pragma unroll
        for (int l = 0; l < 4; l++) {
          if (j + l < columns) {
            out[l] = u.v[l];
          }
        }
      }
    }
  }
}
