// Column-major matrix multiplication in blocks that fit the caches.
#pragma once
#include <algorithm>
#include <cstring>
#include <vector>

namespace rkemu {

// op(A)[i][p] is a[i * row + p * column]: a transpose swaps the two strides.
template <class T>
struct View {
  const T* at;
  long row, column;
  const T& operator()(long i, long j) const { return at[i * row + j * column]; }
};

template <class T>
View<T> view(const T* a, long stride, bool transposed) {
  return transposed ? View<T>{a, stride, 1} : View<T>{a, 1, stride};
}

template <class T>
struct Tile {
  typedef T Vector __attribute__((vector_size(32)));
  static constexpr int lanes = 32 / sizeof(T), rows = 2 * lanes, columns = 4;
};

// out (rows x columns, packed) = sum_p a[p] b[p]^T for packed panels.
template <class T>
__attribute__((always_inline)) inline void tileBody(long depth, const T* a, const T* b, T* out) {
  using V = typename Tile<T>::Vector;
  V sum[Tile<T>::columns][2] = {};
  for (long p = 0; p < depth; p++) {
    V low, high;
    std::memcpy(&low, a, sizeof low);
    std::memcpy(&high, a + Tile<T>::lanes, sizeof high);
    for (int j = 0; j < Tile<T>::columns; j++) {
      sum[j][0] += low * b[j];
      sum[j][1] += high * b[j];
    }
    a += Tile<T>::rows;
    b += Tile<T>::columns;
  }
  std::memcpy(out, sum, sizeof sum);
}

template <class T>
__attribute__((target("avx2,fma"))) void tileWide(long depth, const T* a, const T* b, T* out) {
  tileBody(depth, a, b, out);
}

template <class T>
void tilePlain(long depth, const T* a, const T* b, T* out) {
  tileBody(depth, a, b, out);
}

template <class T>
void scale(long m, long n, T beta, T* c, long ldc) {
  if (beta == T(1)) return;
  for (long j = 0; j < n; j++) {
    for (long i = 0; i < m; i++) c[i + j * ldc] = beta == T(0) ? T(0) : beta * c[i + j * ldc];
  }
}

// C = alpha A B + beta C; C is not read where beta is 0.
template <class T>
void gemm(long m, long n, long k, T alpha, View<T> a, View<T> b, T beta, T* c, long ldc) {
  constexpr long kRows = 128, kDepth = 256;
  constexpr int tileRows = Tile<T>::rows, tileColumns = Tile<T>::columns;
  static const bool wide = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  auto tile = wide ? tileWide<T> : tilePlain<T>;
  scale(m, n, beta, c, ldc);
  if (alpha == T(0)) return;
  long packedColumns = (n + tileColumns - 1) / tileColumns * tileColumns;
  std::vector<T> packedB(static_cast<std::size_t>(packedColumns * std::min(k, kDepth)));
  std::vector<T> packedA(static_cast<std::size_t>((kRows + tileRows) * std::min(k, kDepth)));
  for (long p0 = 0; p0 < k; p0 += kDepth) {
    long depth = std::min(kDepth, k - p0);
    T* toB = packedB.data();
    for (long j0 = 0; j0 < n; j0 += tileColumns) {
      for (long p = 0; p < depth; p++) {
        for (int j = 0; j < tileColumns; j++) *toB++ = j0 + j < n ? b(p0 + p, j0 + j) : T(0);
      }
    }
    for (long i0 = 0; i0 < m; i0 += kRows) {
      long rows = std::min(kRows, m - i0);
      T* toA = packedA.data();
      for (long i1 = 0; i1 < rows; i1 += tileRows) {
        for (long p = 0; p < depth; p++) {
          for (int i = 0; i < tileRows; i++) *toA++ = i1 + i < rows ? a(i0 + i1 + i, p0 + p) : T(0);
        }
      }
      for (long j0 = 0; j0 < n; j0 += tileColumns) {
        for (long i1 = 0; i1 < rows; i1 += tileRows) {
          T out[Tile<T>::rows * Tile<T>::columns];
          tile(depth, packedA.data() + i1 * depth, packedB.data() + j0 * depth, out);
          for (int j = 0; j < tileColumns && j0 + j < n; j++) {
            T* column = c + (j0 + j) * ldc + i0 + i1;
            for (int i = 0; i < tileRows && i1 + i < rows; i++) column[i] += alpha * out[j * tileRows + i];
          }
        }
      }
    }
  }
}

}  // namespace rkemu
