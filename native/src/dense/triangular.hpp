// Rank-k updates, triangular solves and Cholesky factors in blocks, column-major.
#pragma once
#include <cmath>

#include "gemm.hpp"

namespace rkemu {

constexpr long kBlock = 64;

// The lower (or upper) triangle of C = alpha A A^T + beta C, with op(A) of n x k; the other triangle is not touched.
template <class T>
void syrk(bool lower, long n, long k, T alpha, View<T> a, T beta, T* c, long ldc) {
  View<T> aTransposed{a.at, a.column, a.row};
  std::vector<T> square(kBlock * kBlock);
  for (long j0 = 0; j0 < n; j0 += kBlock) {
    long width = std::min(kBlock, n - j0);
    View<T> right{&aTransposed(0, j0), aTransposed.row, aTransposed.column};
    View<T> left{&a(j0, 0), a.row, a.column};
    gemm<T>(width, width, k, alpha, left, right, T(0), square.data(), kBlock);
    for (long j = 0; j < width; j++) {
      for (long i = lower ? j : 0; i < (lower ? width : j + 1); i++) {
        T& to = c[j0 + i + (j0 + j) * ldc];
        to = square[i + j * kBlock] + (beta == T(0) ? T(0) : beta * to);
      }
    }
    long from = lower ? j0 + width : 0, rows = lower ? n - from : j0;
    if (rows > 0) {
      View<T> rest{&a(from, 0), a.row, a.column};
      gemm<T>(rows, width, k, alpha, rest, right, beta, c + from + j0 * ldc, ldc);
    }
  }
}

// Solves A X = B in place of B (m x n), where A is lower triangular as seen through its view.
template <class T>
void solveLower(long m, long n, View<T> a, bool unit, T* b, long ldb) {
  for (long i0 = 0; i0 < m; i0 += kBlock) {
    long height = std::min(kBlock, m - i0);
    for (long j = 0; j < n; j++) {
      T* x = b + j * ldb + i0;
      for (long p = 0; p < height; p++) {
        if (!unit) x[p] /= a(i0 + p, i0 + p);
        T value = x[p];
        for (long i = p + 1; i < height; i++) x[i] -= a(i0 + i, i0 + p) * value;
      }
    }
    long below = i0 + height;
    if (below < m) {
      std::vector<T> solved(static_cast<std::size_t>(height * n));
      for (long j = 0; j < n; j++) std::copy_n(b + j * ldb + i0, height, solved.data() + j * height);
      View<T> panel{&a(below, i0), a.row, a.column};
      gemm<T>(m - below, n, height, T(-1), panel, view<T>(solved.data(), height, false), T(1), b + below, ldb);
    }
  }
}

// The same for an upper triangular A, from the last row up.
template <class T>
void solveUpper(long m, long n, View<T> a, bool unit, T* b, long ldb) {
  for (long end = m; end > 0;) {
    long height = end % kBlock == 0 ? kBlock : end % kBlock, i0 = end - height;
    for (long j = 0; j < n; j++) {
      T* x = b + j * ldb + i0;
      for (long p = height - 1; p >= 0; p--) {
        if (!unit) x[p] /= a(i0 + p, i0 + p);
        T value = x[p];
        for (long i = 0; i < p; i++) x[i] -= a(i0 + i, i0 + p) * value;
      }
    }
    if (i0 > 0) {
      std::vector<T> solved(static_cast<std::size_t>(height * n));
      for (long j = 0; j < n; j++) std::copy_n(b + j * ldb + i0, height, solved.data() + j * height);
      View<T> panel{&a(0, i0), a.row, a.column};
      gemm<T>(i0, n, height, T(-1), panel, view<T>(solved.data(), height, false), T(1), b, ldb);
    }
    end = i0;
  }
}

// A = L L^T in the lower triangle; 0, or the 1-based order of the leading minor that is not positive definite.
template <class T>
int choleskyLower(long n, T* a, long lda) {
  std::vector<T> transposed;
  for (long k0 = 0; k0 < n; k0 += kBlock) {
    long width = std::min(kBlock, n - k0);
    for (long j = k0; j < k0 + width; j++) {
      T pivot = a[j + j * lda];
      if (!(pivot > T(0))) return static_cast<int>(j + 1);
      pivot = std::sqrt(pivot);
      a[j + j * lda] = pivot;
      for (long i = j + 1; i < n; i++) a[i + j * lda] /= pivot;
      for (long q = j + 1; q < k0 + width; q++) {
        T factor = a[q + j * lda];
        for (long i = q; i < n; i++) a[i + q * lda] -= a[i + j * lda] * factor;
      }
    }
    long below = k0 + width;
    if (below < n) syrk<T>(true, n - below, width, T(-1), view<T>(a + below + k0 * lda, lda, false), T(1),
                           a + below + below * lda, lda);
  }
  return 0;
}

}  // namespace rkemu
