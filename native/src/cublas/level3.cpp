// gemm, syrk, trsm, geam and two reductions, in float32 and float64.
#include <cmath>
#include <cstring>
#include <vector>

#include "dense/triangular.hpp"
#include "handle.hpp"

using namespace rkemu;

namespace {

template <class T>
struct Product {
  int transA, transB, m, n, k;
  const T* alpha;
  const T* a;
  int lda;
  const T* b;
  int ldb;
  const T* beta;
  T* c;
  int ldc;
};

// The order of a sum follows from how many products are made at once, as it may in cuBLAS: a batch of b adds the
// first k / b terms and then the rest.
template <class T>
void multiplyOne(const Product<T>& g, const T* a, const T* b, T* c, T alpha, T beta, int batch) {
  bool tA = g.transA != 0, tB = g.transB != 0;
  int first = g.k / batch;
  gemm<T>(g.m, g.n, first, alpha, view(a, g.lda, tA), view(b, g.ldb, tB), beta, c, g.ldc);
  if (first < g.k) {
    a += first * (tA ? 1L : g.lda);
    b += first * (tB ? g.ldb : 1L);
    gemm<T>(g.m, g.n, g.k - first, alpha, view(a, g.lda, tA), view(b, g.ldb, tB), T(1), c, g.ldc);
  }
}

// A factor as a tensor core takes it, with 10 bits of mantissa.
float rounded(float x) {
  unsigned bits;
  std::memcpy(&bits, &x, sizeof bits);
  bits = (bits & 0x7f800000u) == 0x7f800000u ? bits : (bits + 0x1000u) & 0xffffe000u;
  std::memcpy(&x, &bits, sizeof bits);
  return x;
}

// A dense copy of a factor with its elements rounded.
std::vector<float> rounded(const float* a, int lda, long rows, long columns) {
  std::vector<float> copy(static_cast<std::size_t>(rows * columns));
  for (long j = 0; j < columns; j++) {
    for (long i = 0; i < rows; i++) copy[j * rows + i] = rounded(a[j * lda + i]);
  }
  return copy;
}

// Tensor cores take float32 factors in the mode CUBLAS_TF32_TENSOR_OP_MATH.
constexpr int kTensorCores = 3;

template <class T>
void multiplyInMode(int mode, const Product<T>& g, const T* a, const T* b, T* c, T alpha, T beta, int batch) {
  if constexpr (sizeof(T) == sizeof(float)) {
    if (mode == kTensorCores) {
      long rowsA = g.transA != 0 ? g.k : g.m, rowsB = g.transB != 0 ? g.n : g.k;
      auto roundedA = rounded(a, g.lda, rowsA, g.transA != 0 ? g.m : g.k);
      auto roundedB = rounded(b, g.ldb, rowsB, g.transB != 0 ? g.k : g.n);
      Product<T> dense = g;
      dense.lda = static_cast<int>(std::max(1l, rowsA));
      dense.ldb = static_cast<int>(std::max(1l, rowsB));
      multiplyOne<T>(dense, roundedA.data(), roundedB.data(), c, alpha, beta, batch);
      return;
    }
  }
  multiplyOne<T>(g, a, b, c, alpha, beta, batch);
}

template <class T>
cublasStatus multiply(const char* name, BlasHandle* handle, int mode, const Product<T>& g, long long strideA = 0,
                      long long strideB = 0, long long strideC = 0, int batch = 1) {
  DriverLock lock;
  if (isCaptured(handle)) {
    return take(name, handle, [=, alpha = *g.alpha, beta = *g.beta] {
      Product<T> kept = g;
      kept.alpha = &alpha;
      kept.beta = &beta;
      return multiply<T>(name, handle, mode, kept, strideA, strideB, strideC, batch);
    });
  }
  BlasCall call(name, handle);
  bool tA = g.transA != 0, tB = g.transB != 0;
  call.require(isOperation(g.transA) && isOperation(g.transB), "an operation is none of N, T, C")
      .require(g.m >= 0 && g.n >= 0 && g.k >= 0 && batch >= 0, "a size is negative")
      .require(fits(g.lda, tA ? g.k : g.m), "lda is too small")
      .require(fits(g.ldb, tB ? g.n : g.k), "ldb is too small")
      .require(fits(g.ldc, g.m), "ldc is too small")
      .count(2.0 * g.m * g.n * g.k * batch);
  T alpha = call.scalar("alpha", g.alpha), beta = call.scalar("beta", g.beta);
  for (int i = 0; i < batch && call.ok() && g.m > 0 && g.n > 0; i++) {
    const T *a = g.a + i * strideA, *b = g.b + i * strideB;
    T* c = g.c + i * strideC;
    if (alpha != T(0) && g.k > 0) {
      call.operand("A", a, tA ? g.k : g.m, tA ? g.m : g.k, g.lda, 'r')
          .operand("B", b, tB ? g.n : g.k, tB ? g.k : g.n, g.ldb, 'r');
    }
    if (beta != T(0)) call.operand("C", c, g.m, g.n, g.ldc, 'r');
    call.operand("C", c, g.m, g.n, g.ldc, 'w');
    if (call.ok()) multiplyInMode<T>(mode, g, a, b, c, alpha, beta, batch);
  }
  return call.status();
}

template <class T>
cublasStatus rankUpdate(const char* name, BlasHandle* handle, int uplo, int trans, int n, int k, const T* alphaAt,
                        const T* a, int lda, const T* betaAt, T* c, int ldc) {
  DriverLock lock;
  if (isCaptured(handle)) {
    return take(name, handle, [=, alpha = *alphaAt, beta = *betaAt] {
      return rankUpdate<T>(name, handle, uplo, trans, n, k, &alpha, a, lda, &beta, c, ldc);
    });
  }
  BlasCall call(name, handle);
  bool t = trans != 0;
  call.require(uplo == 0 || uplo == 1, "the triangle is neither lower nor upper")
      .require(isOperation(trans), "the operation is none of N, T, C")
      .require(n >= 0 && k >= 0, "a size is negative")
      .require(fits(lda, t ? k : n), "lda is too small")
      .require(fits(ldc, n), "ldc is too small")
      .count(1.0 * n * (n + 1.0) * k);
  T alpha = call.scalar("alpha", alphaAt), beta = call.scalar("beta", betaAt);
  if (!call.ok() || n == 0) return call.status();
  char triangle = uplo == 0 ? 'L' : 'U';
  if (alpha != T(0) && k > 0) call.operand("A", a, t ? k : n, t ? n : k, lda, 'r');
  if (beta != T(0)) call.operand("C", c, n, n, ldc, 'r', triangle);
  call.operand("C", c, n, n, ldc, 'w', triangle);
  if (call.ok()) syrk<T>(uplo == 0, n, alpha == T(0) ? 0 : k, alpha, view(a, lda, t), beta, c, ldc);
  return call.status();
}

template <class T>
cublasStatus solve(const char* name, BlasHandle* handle, int side, int uplo, int trans, int diagonal, int m, int n,
                   const T* alphaAt, const T* a, int lda, T* b, int ldb) {
  DriverLock lock;
  if (isCaptured(handle)) {
    return take(name, handle, [=, alpha = *alphaAt] {
      return solve<T>(name, handle, side, uplo, trans, diagonal, m, n, &alpha, a, lda, b, ldb);
    });
  }
  BlasCall call(name, handle);
  bool left = side == 0, unit = diagonal == 1, t = trans != 0;
  int order = left ? m : n;
  call.require((side == 0 || side == 1) && (uplo == 0 || uplo == 1) && isOperation(trans) &&
                   (diagonal == 0 || diagonal == 1), "an option is out of range")
      .require(m >= 0 && n >= 0, "a size is negative")
      .require(fits(lda, order), "lda is too small")
      .require(fits(ldb, m), "ldb is too small")
      .count(1.0 * m * n * order);
  T alpha = call.scalar("alpha", alphaAt);
  if (!call.ok() || m == 0 || n == 0) return call.status();
  if (alpha != T(0)) {
    call.operand("A", a, order, order, lda, 'r', uplo == 0 ? 'L' : 'U').operand("B", b, m, n, ldb, 'r');
  }
  call.operand("B", b, m, n, ldb, 'w');
  if (!call.ok()) return call.status();
  scale<T>(m, n, alpha, b, ldb);
  if (alpha == T(0)) return call.status();
  bool lower = (uplo == 0) != t;
  if (left) {
    auto seen = view(a, lda, t);
    if (lower) {
      solveLower<T>(m, n, seen, unit, b, ldb);
    } else {
      solveUpper<T>(m, n, seen, unit, b, ldb);
    }
    return call.status();
  }
  // X op(A) = B is op(A)^T X^T = B^T.
  std::vector<T> turned(static_cast<std::size_t>(m) * n);
  for (long j = 0; j < n; j++) {
    for (long i = 0; i < m; i++) turned[j + i * n] = b[i + j * static_cast<long>(ldb)];
  }
  auto seen = view(a, lda, !t);
  if (lower) {
    solveUpper<T>(n, m, seen, unit, turned.data(), n);
  } else {
    solveLower<T>(n, m, seen, unit, turned.data(), n);
  }
  for (long j = 0; j < n; j++) {
    for (long i = 0; i < m; i++) b[i + j * static_cast<long>(ldb)] = turned[j + i * n];
  }
  return call.status();
}

template <class T>
cublasStatus addMatrices(const char* name, BlasHandle* handle, int transA, int transB, int m, int n, const T* alphaAt,
                         const T* a, int lda, const T* betaAt, const T* b, int ldb, T* c, int ldc) {
  DriverLock lock;
  BlasCall call(name, handle);
  bool tA = transA != 0, tB = transB != 0;
  call.require(isOperation(transA) && isOperation(transB), "an operation is none of N, T, C")
      .require(m >= 0 && n >= 0, "a size is negative")
      .require(fits(ldc, m), "ldc is too small")
      .count(2.0 * m * n);
  T alpha = call.scalar("alpha", alphaAt), beta = call.scalar("beta", betaAt);
  if (alpha != T(0)) call.require(fits(lda, tA ? n : m), "lda is too small");
  if (beta != T(0)) call.require(fits(ldb, tB ? n : m), "ldb is too small");
  call.require(!(c == a && (tA || lda != ldc)) && !(c == b && (tB || ldb != ldc)), "C may lie on A or B only unturned");
  if (!call.ok() || m == 0 || n == 0) return call.status();
  if (alpha != T(0)) call.operand("A", a, tA ? n : m, tA ? m : n, lda, 'r');
  if (beta != T(0)) call.operand("B", b, tB ? n : m, tB ? m : n, ldb, 'r');
  call.operand("C", c, m, n, ldc, 'w');
  if (!call.ok()) return call.status();
  auto seenA = view(a, lda, tA), seenB = view(b, ldb, tB);
  for (long j = 0; j < n; j++) {
    for (long i = 0; i < m; i++) {
      T sum = alpha == T(0) ? T(0) : alpha * seenA(i, j);
      c[i + j * static_cast<long>(ldc)] = beta == T(0) ? sum : sum + beta * seenB(i, j);
    }
  }
  return call.status();
}

// sum_i x_i y_i, or the norm of x if y is null.
template <class T>
cublasStatus reduce(const char* name, BlasHandle* handle, int n, const T* x, int incx, const T* y, int incy, T* result) {
  DriverLock lock;
  BlasCall call(name, handle);
  call.require(incx > 0 && (y == nullptr || incy > 0), "an increment is not positive").count(2.0 * n);
  call.require(result != nullptr, "the result's pointer is null");
  if (!call.ok()) return call.status();
  bool onDevice = rkemu_isDeviceAddress(result);
  call.require(onDevice == (handle->pointerMode == 1), "the result does not lie where the pointer mode says");
  if (onDevice) call.operand("result", result, 1, 1, 1, 'w');
  if (n > 0) call.operand("x", x, 1, n, incx, 'r');
  if (n > 0 && y != nullptr) call.operand("y", y, 1, n, incy, 'r');
  if (!call.ok()) return call.status();
  double sum = 0;
  for (long i = 0; i < n; i++) {
    double value = x[i * incx];
    sum += value * (y == nullptr ? value : static_cast<double>(y[i * incy]));
  }
  *result = static_cast<T>(y == nullptr ? std::sqrt(sum) : sum);
  return call.status();
}

}  // namespace

#define RKEMU_LEVEL3(P, T)                                                                                           \
  RKEMU_API cublasStatus cublas##P##gemm_v2(BlasHandle* h, int ta, int tb, int m, int n, int k, const T* alpha,      \
                                            const T* a, int lda, const T* b, int ldb, const T* beta, T* c, int ldc) { \
    return multiply<T>("cublas" #P "gemm_v2", h, mathMode(h), {ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc});             \
  }                                                                                                                  \
  RKEMU_API cublasStatus cublas##P##gemmStridedBatched(                                                              \
      BlasHandle* h, int ta, int tb, int m, int n, int k, const T* alpha, const T* a, int lda, long long sa,         \
      const T* b, int ldb, long long sb, const T* beta, T* c, int ldc, long long sc, int batch) {                    \
    return multiply<T>("cublas" #P "gemmStridedBatched", h, mathMode(h),                                             \
                       {ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc}, sa, sb, sc, batch);                   \
  }                                                                                                                  \
  RKEMU_API cublasStatus cublas##P##syrk_v2(BlasHandle* h, int uplo, int trans, int n, int k, const T* alpha,        \
                                            const T* a, int lda, const T* beta, T* c, int ldc) {                     \
    return rankUpdate<T>("cublas" #P "syrk_v2", h, uplo, trans, n, k, alpha, a, lda, beta, c, ldc);                  \
  }                                                                                                                  \
  RKEMU_API cublasStatus cublas##P##trsm_v2(BlasHandle* h, int side, int uplo, int trans, int diagonal, int m,       \
                                            int n, const T* alpha, const T* a, int lda, T* b, int ldb) {             \
    return solve<T>("cublas" #P "trsm_v2", h, side, uplo, trans, diagonal, m, n, alpha, a, lda, b, ldb);             \
  }                                                                                                                  \
  RKEMU_API cublasStatus cublas##P##geam(BlasHandle* h, int ta, int tb, int m, int n, const T* alpha, const T* a,    \
                                         int lda, const T* beta, const T* b, int ldb, T* c, int ldc) {               \
    return addMatrices<T>("cublas" #P "geam", h, ta, tb, m, n, alpha, a, lda, beta, b, ldb, c, ldc);                 \
  }                                                                                                                  \
  RKEMU_API cublasStatus cublas##P##dot_v2(BlasHandle* h, int n, const T* x, int incx, const T* y, int incy,         \
                                           T* result) {                                                              \
    return reduce<T>("cublas" #P "dot_v2", h, n, x, incx, y, incy, result);                                          \
  }                                                                                                                  \
  RKEMU_API cublasStatus cublas##P##nrm2_v2(BlasHandle* h, int n, const T* x, int incx, T* result) {                 \
    return reduce<T>("cublas" #P "nrm2_v2", h, n, x, incx, nullptr, 1, result);                                      \
  }
RKEMU_LEVEL3(S, float)
RKEMU_LEVEL3(D, double)

// All three operands float32 with a float32 compute type, or all float64 with a float64 one.
RKEMU_API cublasStatus cublasGemmEx(BlasHandle* h, int ta, int tb, int m, int n, int k, const void* alpha, const void* a,
                                    int typeA, int lda, const void* b, int typeB, int ldb, const void* beta, void* c,
                                    int typeC, int ldc, int compute, int) {
  bool single = compute == 68 || compute == 69 || compute == 77, twice = compute == 70 || compute == 71;
  if (single && typeA == 0 && typeB == 0 && typeC == 0) {
    return multiply<float>("cublasGemmEx", h, compute == 77 ? kTensorCores : mathMode(h),
                           {ta, tb, m, n, k, static_cast<const float*>(alpha), static_cast<const float*>(a), lda,
                            static_cast<const float*>(b), ldb, static_cast<const float*>(beta), static_cast<float*>(c), ldc});
  }
  if (twice && typeA == 1 && typeB == 1 && typeC == 1) {
    return multiply<double>("cublasGemmEx", h, mathMode(h),
                            {ta, tb, m, n, k, static_cast<const double*>(alpha), static_cast<const double*>(a), lda,
                             static_cast<const double*>(b), ldb, static_cast<const double*>(beta), static_cast<double*>(c),
                             ldc});
  }
  std::fprintf(stderr, "RICHKERNEL-EMU: cublasGemmEx with types %d, %d, %d and compute type %d is not emulated\n", typeA,
               typeB, typeC, compute);
  return CUBLAS_STATUS_NOT_SUPPORTED;
}
