// Eigenvalues and eigenvectors of a symmetric matrix: Householder tridiagonal form, then implicit QL.
#pragma once
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

namespace rkemu {

// a (n x n, column-major, lower triangle read) becomes Q with A = Q T Q^T, T tridiagonal.
// diagonal[i] = T_ii, offDiagonal[i] = T_{i,i+1}. Golub and Van Loan, Matrix Computations, 8.3.1.
inline void tridiagonalise(long n, double* a, long lda, double* diagonal, double* offDiagonal) {
  std::vector<double> p(static_cast<std::size_t>(n)), tau(static_cast<std::size_t>(n), 0.0);
  for (long k = 0; k + 1 < n; k++) {
    double* v = a + k * lda;  // v[k + 1 ..] becomes the Householder vector with v[k + 1] = 1
    double norm = 0;
    for (long i = k + 1; i < n; i++) norm = std::hypot(norm, v[i]);
    double below = 0;
    for (long i = k + 2; i < n; i++) below = std::max(below, std::abs(v[i]));
    diagonal[k] = v[k];
    if (below == 0) {
      offDiagonal[k] = v[k + 1];
      continue;
    }
    double alpha = v[k + 1] > 0 ? -norm : norm;  // the sign that does not cancel
    double head = v[k + 1] - alpha;
    tau[k] = -head / alpha;  // H = I - tau v v^T
    for (long i = k + 2; i < n; i++) v[i] /= head;
    v[k + 1] = 1;
    offDiagonal[k] = alpha;
    // p = tau A v, then A -= v w^T + w v^T with w = p - (tau/2)(p.v) v; lower triangle only.
    std::fill(p.begin(), p.end(), 0.0);
    for (long j = k + 1; j < n; j++) {
      const double* column = a + j * lda;
      double dot = column[j] * v[j];
      for (long i = j + 1; i < n; i++) {
        dot += column[i] * v[i];
        p[i] += column[i] * v[j];
      }
      p[j] += dot;
    }
    double overlap = 0;
    for (long i = k + 1; i < n; i++) {
      p[i] *= tau[k];
      overlap += p[i] * v[i];
    }
    for (long i = k + 1; i < n; i++) p[i] -= 0.5 * tau[k] * overlap * v[i];
    for (long j = k + 1; j < n; j++) {
      double* column = a + j * lda;
      for (long i = j; i < n; i++) column[i] -= v[i] * p[j] + p[i] * v[j];
    }
  }
  if (n > 0) diagonal[n - 1] = a[n - 1 + (n - 1) * lda];
  // Q = H_0 H_1 ..., built from the last reflection: the vectors lie in the columns they will be replaced in.
  std::vector<double> v(static_cast<std::size_t>(n));
  for (long k = n - 1; k >= 0; k--) {
    std::fill(v.begin(), v.end(), 0.0);
    if (k + 1 < n) std::copy(a + k * lda + k + 1, a + k * lda + n, v.begin() + k + 1);
    double* column = a + k * lda;
    std::fill(column, column + n, 0.0);
    for (long j = k + 1; j < n; j++) a[k + j * lda] = 0;
    column[k] = 1;
    if (tau[k] == 0) continue;
    for (long j = k + 1; j < n; j++) {
      double* target = a + j * lda;
      double dot = 0;
      for (long i = k + 1; i < n; i++) dot += v[i] * target[i];
      dot *= tau[k];
      for (long i = k + 1; i < n; i++) target[i] -= dot * v[i];
    }
  }
}

// Diagonalises T; z's columns are turned along. 0, or the number of off-diagonal elements that did not vanish.
// Implicit QL with Wilkinson's shift (Golub and Van Loan, 8.3.3, mirrored).
inline int implicitQl(long n, double* d, double* e, double* z, long ldz) {
  constexpr int kMostSweeps = 60;
  const double epsilon = std::numeric_limits<double>::epsilon();
  if (n > 0) e[n - 1] = 0;
  for (long l = 0; l < n; l++) {
    for (int sweep = 0;; sweep++) {
      long m = l;
      while (m + 1 < n && std::abs(e[m]) > epsilon * (std::abs(d[m]) + std::abs(d[m + 1]))) m++;
      if (m == l) break;
      if (sweep == kMostSweeps) {
        int left = 0;
        for (long i = 0; i + 1 < n; i++) left += e[i] != 0;
        return left;
      }
      double g = (d[l + 1] - d[l]) / (2 * e[l]);
      double r = std::hypot(g, 1.0);
      g = d[m] - d[l] + e[l] / (g + std::copysign(r, g));
      double s = 1, c = 1, p = 0;
      long i = m - 1;
      for (; i >= l; i--) {
        double f = s * e[i], b = c * e[i];
        r = std::hypot(f, g);
        e[i + 1] = r;
        if (r == 0) {
          d[i + 1] -= p;
          e[m] = 0;
          break;
        }
        s = f / r;
        c = g / r;
        g = d[i + 1] - p;
        r = (d[i] - g) * s + 2 * c * b;
        p = s * r;
        d[i + 1] = g + p;
        g = c * r - b;
        if (z == nullptr) continue;
        double *low = z + i * ldz, *high = low + ldz;
        for (long row = 0; row < n; row++) {
          double h = high[row];
          high[row] = s * low[row] + c * h;
          low[row] = c * low[row] - s * h;
        }
      }
      if (r == 0 && i >= l) continue;
      d[l] -= p;
      e[l] = g;
      e[m] = 0;
    }
  }
  return 0;
}

// Eigenvalues in ascending order into values; with vectors, a's columns become the eigenvectors.
inline int eigenSymmetric(long n, double* a, long lda, bool vectors, double* values) {
  std::vector<double> offDiagonal(static_cast<std::size_t>(n) + 1), d(static_cast<std::size_t>(n));
  tridiagonalise(n, a, lda, d.data(), offDiagonal.data());
  int info = implicitQl(n, d.data(), offDiagonal.data(), vectors ? a : nullptr, lda);
  std::vector<long> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](long i, long j) { return d[i] < d[j]; });
  for (long i = 0; i < n; i++) values[i] = d[order[i]];
  if (!vectors) return info;
  std::vector<double> sorted(static_cast<std::size_t>(n) * n);
  for (long j = 0; j < n; j++) std::copy_n(a + order[j] * lda, n, sorted.data() + j * n);
  for (long j = 0; j < n; j++) std::copy_n(sorted.data() + j * n, n, a + j * lda);
  return info;
}

}  // namespace rkemu
