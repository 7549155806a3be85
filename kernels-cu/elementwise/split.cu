#include "include/index.cuh"

// A float in the format of a tensor core's factor, 10 bits of mantissa: rounded to nearest, but for
// numbers that would become infinite. NaN and infinities stay what they are.
__device__ __forceinline__ float rk_tf32(float x) {
  unsigned bits = __float_as_uint(x);
  unsigned rounded = (bits + 0x1000u) & 0xffffe000u;
  if ((rounded & 0x7f800000u) != 0x7f800000u) {
    return __uint_as_float(rounded);
  }
  return (bits & 0x7f800000u) == 0x7f800000u ? x : __uint_as_float(bits & 0xffffe000u);
}

// Three copies of a matrix A, of which number `low` holds the low parts and the others the high
// ones: high = tf32(a), low = tf32(a - high). Element (i, j) of copy c is
// out[(i / group) groupStride + (i % group) rowStride + c step + j].
// Grid: x over columns, y over rows, any size. Block: 2-D, at most 256 threads. Shared: 0.
// Index ranges: 0 <= i < rows, 0 <= j < columns, 0 <= low < 3, group >= 1.
// Owns: a thread owns element (i, j) of all three copies; a is read only. Defined by: Backend.gemm
// where float32 factors are split.
extern "C" __global__ void __launch_bounds__(256)
    rk_factor_split_f32(
        rk_index rows, rk_index columns, const float* a, rk_index lda, float* out, rk_index group,
        rk_index groupStride, rk_index rowStride, rk_index step, int low) {
  RK_FOR_ROWS(i, rows) {
    float* row = out + i / group * groupStride + i % group * rowStride;
    RK_FOR_COLUMNS(j, columns, 1) {
      float x = a[i * lda + j];
      float high = rk_tf32(x);
      float rest = high - high == 0.0f ? rk_tf32(x - high) : 0.0f;
      row[j] = high;
      row[j + step] = low == 1 ? rest : high;
      row[j + 2 * step] = low == 2 ? rest : high;
    }
  }
}
