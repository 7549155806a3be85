#include "include/index.cuh"

// target = source, converted to the target's precision (round to nearest).
// Grid: x over columns, y over rows, any size. Block: 2-D, at most 256 threads. Shared: 0.
// Index ranges: 0 <= i < rows, 0 <= j < columns. wide != 0 moves four
// adjacent elements by aligned accesses of 8 or 16 bytes; the host asks for it
// only where columns, strides and pointers are multiples of four elements.
// Owns: a thread owns target[i][j .. j + W - 1]. Defined by: Backend.copy.
template <int W, int P, typename S, typename T>
__device__ __forceinline__ void rk_copy_rows(
    rk_index rows, rk_index columns, const S* source, rk_index lds, T* target, rk_index ldt) {
  RK_FOR_ROWS(i, rows) {
    RK_FOR_COLUMNS(j, columns, W) {
#pragma unroll
      for (int part = 0; part < W; part += P) {
        rk_pack<S, P> a = rk_load<P>(source + i * lds + j + part);
        rk_pack<T, P> b;
#pragma unroll
        for (int l = 0; l < P; l++) {
          b.v[l] = (T)a.v[l];
        }
        rk_store<P>(target + i * ldt + j + part, b);
      }
    }
  }
}

#define RK_COPY(suffix, S, T, P)                                                          \
  extern "C" __global__ void __launch_bounds__(256) rk_matrix_copy_##suffix(              \
      rk_index rows, rk_index columns, int wide, const S* source, rk_index lds,           \
      T* target, rk_index ldt) {                                                          \
    if (wide) {                                                                           \
      rk_copy_rows<4, P>(rows, columns, source, lds, target, ldt);                        \
    } else {                                                                              \
      rk_copy_rows<1, 1>(rows, columns, source, lds, target, ldt);                        \
    }                                                                                     \
  }

RK_COPY(f32_f32, float, float, 4)
RK_COPY(f32_f64, float, double, 2)
RK_COPY(f64_f32, double, float, 2)
RK_COPY(f64_f64, double, double, 2)
