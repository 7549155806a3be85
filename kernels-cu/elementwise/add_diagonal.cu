#include "include/index.cuh"

// A = A + value I for an n x n matrix.
// Grid: any, 1-D. Block: any, 1-D. Shared: 0. Index range: 0 <= i < n.
// Owns: a thread owns a[i][i]. Defined by: Backend.addDiagonal.
#define RK_ADD_DIAGONAL(suffix, T)                                                \
  extern "C" __global__ void __launch_bounds__(256) rk_diagonal_add_##suffix(     \
      rk_index n, T value, T* a, rk_index lda) {                                  \
    RK_FOR_VECTOR(i, n) { a[i * lda + i] += value; }                              \
  }

RK_ADD_DIAGONAL(f32, float)
RK_ADD_DIAGONAL(f64, double)

// A = A + factor value[0] I, rounded as if the product had been made by the host.
// Grid: any, 1-D. Block: any, 1-D. Shared: 0. Index range: 0 <= i < n.
// Owns: a thread owns a[i][i]. Defined by: Backend.addDiagonal.
extern "C" __global__ void __launch_bounds__(256) rk_diagonal_add_number_f64(
    rk_index n, double factor, const double* value, double* a, rk_index lda) {
  double product = __dmul_rn(factor, value[0]);
  RK_FOR_VECTOR(i, n) { a[i * lda + i] += product; }
}
