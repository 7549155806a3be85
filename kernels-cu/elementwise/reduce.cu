#include "include/index.cuh"
#include "include/reductions.cuh"

// First stage of a sum over a matrix: partials[b] = sum over the elements that block b visits.
// Grid: 1-D, at most 1024, a function of the shape alone. Block: 256 threads, 1-D. Shared: 64 bytes.
// Index range: the element number e = i columns + j runs over 0 .. rows columns - 1 in grid-stride
// order. Owns: thread 0 of block b owns partials[b].
// Defined by: Backend.sum, Backend.dot.
struct rk_take_sum {
  template <typename T>
  static __device__ __forceinline__ double term(T a, T) {
    return (double)a;
  }
};

struct rk_take_dot {
  template <typename T>
  static __device__ __forceinline__ double term(T a, T b) {
    return (double)a * (double)b;
  }
};

// Counts elements that are not finite: a - a is 0 for finite a and NaN otherwise.
struct rk_take_nonfinite {
  template <typename T>
  static __device__ __forceinline__ double term(T a, T) {
    return a - a == T(0) ? 0.0 : 1.0;
  }
};

template <typename Term, typename T>
__device__ __forceinline__ void rk_reduce(
    rk_index rows, rk_index columns, const T* a, rk_index lda, const T* b, rk_index ldb,
    double* partials) {
  double sum = 0;
  rk_index count = rows * columns;
  if (lda == columns && ldb == columns) {
#pragma unroll 4
    RK_FOR_VECTOR(e, count) { sum += Term::term(a[e], b[e]); }
  } else {
#pragma unroll 1
    RK_FOR_VECTOR(e, count) {
      rk_index i = e / columns;
      rk_index j = e - i * columns;
      sum += Term::term(a[i * lda + j], b[i * ldb + j]);
    }
  }
  sum = rk_block_sum(sum);
  if (threadIdx.x == 0) {
    partials[blockIdx.x] = sum;
  }
}

#define RK_REDUCE(suffix, T)                                                                \
  extern "C" __global__ void __launch_bounds__(RK_REDUCE_THREADS) rk_matrix_sum_##suffix(   \
      rk_index rows, rk_index columns, const T* a, rk_index lda, double* partials) {        \
    rk_reduce<rk_take_sum>(rows, columns, a, lda, a, lda, partials);                        \
  }                                                                                         \
  extern "C" __global__ void __launch_bounds__(RK_REDUCE_THREADS) rk_matrix_dot_##suffix(   \
      rk_index rows, rk_index columns, const T* a, rk_index lda, const T* b, rk_index ldb,  \
      double* partials) {                                                                   \
    rk_reduce<rk_take_dot>(rows, columns, a, lda, b, ldb, partials);                        \
  }

RK_REDUCE(f32, float)
RK_REDUCE(f64, double)

extern "C" __global__ void __launch_bounds__(RK_REDUCE_THREADS) rk_matrix_count_nonfinite_f64(
    rk_index rows, rk_index columns, const double* a, rk_index lda, double* partials) {
  rk_reduce<rk_take_nonfinite>(rows, columns, a, lda, a, lda, partials);
}

// Second stage: out[0] = alpha (sum of the partials) + beta out[0], where out[0] is not read if beta
// is zero; the products are rounded as if the host had made them.
// Grid: 1. Block: 256 threads, 1-D. Shared: 64 bytes. Index range: 0 <= e < count, grid-stride.
// Owns: thread 0 owns out[0]; out may be partials[0], which every thread has read by then.
// Defined by: Backend.sum, Backend.dot.
extern "C" __global__ void __launch_bounds__(RK_REDUCE_THREADS) rk_partials_sum_f64(
    rk_index count, const double* partials, double alpha, double beta, double* out) {
  double sum = 0;
  RK_FOR_VECTOR(e, count) { sum += partials[e]; }
  sum = rk_block_sum(sum);
  if (threadIdx.x == 0) {
    double scaled = __dmul_rn(alpha, sum);
    out[0] = beta == 0.0 ? scaled : __dmul_rn(beta, out[0]) + scaled;
  }
}
