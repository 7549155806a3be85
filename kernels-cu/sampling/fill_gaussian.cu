#include "include/box_muller.cuh"
#include "include/index.cuh"
#include "include/philox.cuh"

// Standard normals: numbers 4q, 4q + 1 of a sample from words 0, 1 and 4q + 2, 4q + 3 from words 2, 3
// of the Philox block with counter (q, firstSample + i, stream low, stream high). Column j has number
// 4 firstQuad + skip + j, 0 <= skip < 4.
// Grid: x over quads of numbers, y over rows, any size. Block: 2-D, at most 256 threads. Shared: 0.
// Index ranges: 0 <= i < rows, 0 <= j < columns; wide as in rk_field_activate, with skip = 0 only.
// Owns: a thread owns the columns of a quad, cut off at both ends. Defined by: Backend.fillGaussian.
extern "C" __global__ void __launch_bounds__(256) rk_field_fill_gaussian_f32(
    rk_index rows, rk_index columns, int wide, unsigned int k0, unsigned int k1,
    unsigned int streamLow, unsigned int streamHigh, unsigned int firstSample,
    unsigned int firstQuad, int skip, float* target, rk_index ldt) {
  RK_FOR_ROWS(i, rows) {
    RK_FOR_COLUMNS(number, columns + skip, 4) {
      uint4 w = rk_philox(
          firstQuad + (unsigned int)(number >> 2), firstSample + (unsigned int)i, streamLow, streamHigh, k0, k1);
      rk_pack<float, 4> n;
      rk_box_muller(w.x, w.y, &n.v[0], &n.v[1]);
      rk_box_muller(w.z, w.w, &n.v[2], &n.v[3]);
      rk_index j = number - skip;
      float* out = target + i * ldt + j;
      if (wide) {
        rk_store<4>(out, n);
      } else {
#pragma unroll
        for (int l = 0; l < 4; l++) {
          if (j + l >= 0 && j + l < columns) {
            out[l] = n.v[l];
          }
        }
      }
    }
  }
}
