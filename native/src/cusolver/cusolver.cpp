// cusolverDn: Cholesky factor and solve, symmetric eigenproblem, in float64.
#include <algorithm>
#include <cstdio>
#include <set>

#include "dense/eigen.hpp"
#include "dense/triangular.hpp"
#include "rkemu_internal.h"
#include "stub.hpp"

#define RKEMU_API extern "C" __attribute__((visibility("default")))

enum cusolverStatus : int {
  CUSOLVER_STATUS_SUCCESS = 0,
  CUSOLVER_STATUS_NOT_INITIALIZED = 1,
  CUSOLVER_STATUS_INVALID_VALUE = 3,
  CUSOLVER_STATUS_EXECUTION_FAILED = 6,
};

namespace {

struct Handle {
  void* stream = nullptr;
};

std::set<Handle*>& handles() {
  static auto* all = new std::set<Handle*>;
  return *all;
}

// A call in the making: the first thing that is wrong stays the result.
class Call {
 public:
  Call(const char* name, Handle* handle) : name_(name) {
    rkemu_lock();
    if (handles().count(handle) == 0) {
      status_ = CUSOLVER_STATUS_NOT_INITIALIZED;
    } else {
      stream_ = handle->stream;
    }
  }
  ~Call() { rkemu_unlock(); }
  Call(const Call&) = delete;

  Call& require(bool holds, const char* what) {
    if (ok() && !holds) {
      std::fprintf(stderr, "RICHKERNEL-EMU: %s: %s\n", name_, what);
      status_ = CUSOLVER_STATUS_INVALID_VALUE;
    }
    return *this;
  }
  Call& count(double flops) {
    if (!ok()) return *this;
    int error = flops > 0 ? rkemu_startWork(stream_) : 0;
    if (error == 0) error = rkemu_libraryCall("cusolver", name_, flops);
    if (error != 0) status_ = error < 0 ? CUSOLVER_STATUS_EXECUTION_FAILED : static_cast<cusolverStatus>(error);
    return *this;
  }
  template <class T>
  Call& operand(const char* operand, const T* at, long rows, long columns, long stride, char access, char triangle = 'F') {
    if (ok() && rkemu_operand(name_, operand, at, rows, columns, stride, sizeof(T), access, triangle) != 0) {
      status_ = CUSOLVER_STATUS_EXECUTION_FAILED;
    }
    return *this;
  }
  bool ok() const { return status_ == CUSOLVER_STATUS_SUCCESS; }
  cusolverStatus status() const { return status_; }

 private:
  const char* name_;
  void* stream_ = nullptr;
  cusolverStatus status_ = CUSOLVER_STATUS_SUCCESS;
};

bool fits(int stride, int n) { return stride >= std::max(1, n); }

// Takes a call down if its stream is being captured; the answer is then what the caller returns.
bool taken(const char* name, Handle* handle, const std::function<int()>& work, cusolverStatus& status) {
  if (handles().count(handle) == 0 || !rkemu_isCapturing(handle->stream)) return false;
  int answer = rkemu_record("cusolver", name, handle->stream, work);
  status = answer < 0 ? CUSOLVER_STATUS_EXECUTION_FAILED : static_cast<cusolverStatus>(answer);
  return true;
}

// In elements; nothing is kept there, but a caller who passes less than was asked for is caught.
int potrfElements(int n) { return std::max(1, n * 2); }
int syevdElements(int n) { return std::max(1, 1 + 6 * n + 2 * n); }

char triangleOf(int uplo) { return uplo == 0 ? 'L' : 'U'; }

}  // namespace

RKEMU_API cusolverStatus cusolverGetVersion(int* version) {
  if (version == nullptr) return CUSOLVER_STATUS_INVALID_VALUE;
  *version = (rkemu::kCudaMajor - 1) * 1000 + 701;
  return CUSOLVER_STATUS_SUCCESS;
}

// 0 major, 1 minor, 2 patch.
RKEMU_API cusolverStatus cusolverGetProperty(int which, int* value) {
  if (value == nullptr || which < 0 || which > 2) return CUSOLVER_STATUS_INVALID_VALUE;
  const int parts[] = {rkemu::kCudaMajor - 1, 7, 1};
  *value = parts[which];
  return CUSOLVER_STATUS_SUCCESS;
}

RKEMU_API cusolverStatus cusolverDnCreate(Handle** handle) {
  if (handle == nullptr) return CUSOLVER_STATUS_INVALID_VALUE;
  rkemu_lock();
  int error = rkemu_libraryCall("cusolver", "cusolverDnCreate", 0);
  if (error == 0) {
    *handle = new Handle;
    handles().insert(*handle);
  }
  rkemu_unlock();
  return error < 0 ? CUSOLVER_STATUS_NOT_INITIALIZED : static_cast<cusolverStatus>(error);
}

RKEMU_API cusolverStatus cusolverDnDestroy(Handle* handle) {
  Call call("cusolverDnDestroy", handle);
  if (call.ok()) {
    handles().erase(handle);
    delete handle;
  }
  return call.status();
}

RKEMU_API cusolverStatus cusolverDnSetStream(Handle* handle, void* stream) {
  Call call("cusolverDnSetStream", handle);
  call.require(rkemu_isStream(stream), "the stream is not one of the current context");
  if (call.ok()) handle->stream = stream;
  return call.status();
}

RKEMU_API cusolverStatus cusolverDnGetStream(Handle* handle, void** stream) {
  Call call("cusolverDnGetStream", handle);
  if (call.ok()) *stream = handle->stream;
  return call.status();
}

RKEMU_API cusolverStatus cusolverDnDpotrf_bufferSize(Handle* handle, int uplo, int n, double*, int lda, int* elements) {
  Call call("cusolverDnDpotrf_bufferSize", handle);
  call.require(uplo == 0 || uplo == 1, "the triangle is neither lower nor upper")
      .require(n >= 0 && fits(lda, n) && elements != nullptr, "a size is out of range")
      .count(0);
  if (call.ok()) *elements = potrfElements(n);
  return call.status();
}

RKEMU_API cusolverStatus cusolverDnDpotrf(Handle* handle, int uplo, int n, double* a, int lda, double* work,
                                          int elements, int* info) {
  Call call("cusolverDnDpotrf", handle);
  cusolverStatus down;
  auto again = [=] { return cusolverDnDpotrf(handle, uplo, n, a, lda, work, elements, info); };
  if (taken("cusolverDnDpotrf", handle, again, down)) return down;
  call.require(uplo == 0 || uplo == 1, "the triangle is neither lower nor upper")
      .require(n >= 0 && fits(lda, n), "a size is out of range")
      .require(elements >= potrfElements(n), "the workspace is smaller than what _bufferSize asked for")
      .count(static_cast<double>(n) * n * n / 3)
      .operand("A", a, n, n, lda, 'r', triangleOf(uplo))
      .operand("workspace", work, elements, 1, elements, 'w')
      .operand("info", info, 1, 1, 1, 'w');
  if (!call.ok()) return call.status();
  if (uplo == 0) {
    *info = rkemu::choleskyLower<double>(n, a, lda);
    return call.status();
  }
  // The upper triangle of A is the lower one of A^T, which is A again.
  std::vector<double> turned(static_cast<std::size_t>(n) * n);
  for (long j = 0; j < n; j++) {
    for (long i = 0; i <= j; i++) turned[j + i * n] = a[i + j * static_cast<long>(lda)];
  }
  *info = rkemu::choleskyLower<double>(n, turned.data(), std::max(1, n));
  for (long j = 0; j < n; j++) {
    for (long i = 0; i <= j; i++) a[i + j * static_cast<long>(lda)] = turned[j + i * n];
  }
  return call.status();
}

RKEMU_API cusolverStatus cusolverDnDpotrs(Handle* handle, int uplo, int n, int rightSides, const double* a, int lda,
                                          double* b, int ldb, int* info) {
  Call call("cusolverDnDpotrs", handle);
  cusolverStatus down;
  auto again = [=] { return cusolverDnDpotrs(handle, uplo, n, rightSides, a, lda, b, ldb, info); };
  if (taken("cusolverDnDpotrs", handle, again, down)) return down;
  call.require(uplo == 0 || uplo == 1, "the triangle is neither lower nor upper")
      .require(n >= 0 && rightSides >= 0 && fits(lda, n) && fits(ldb, n), "a size is out of range")
      .count(2.0 * n * n * rightSides)
      .operand("A", a, n, n, lda, 'r', triangleOf(uplo))
      .operand("B", b, n, rightSides, ldb, 'r')
      .operand("info", info, 1, 1, 1, 'w');
  if (!call.ok()) return call.status();
  bool upper = uplo == 1;
  rkemu::solveLower<double>(n, rightSides, rkemu::view(a, static_cast<long>(lda), upper), false, b, ldb);
  rkemu::solveUpper<double>(n, rightSides, rkemu::view(a, static_cast<long>(lda), !upper), false, b, ldb);
  *info = 0;
  return call.status();
}

RKEMU_API cusolverStatus cusolverDnDsyevd_bufferSize(Handle* handle, int job, int uplo, int n, const double*, int lda,
                                                     const double*, int* elements) {
  Call call("cusolverDnDsyevd_bufferSize", handle);
  call.require((job == 0 || job == 1) && (uplo == 0 || uplo == 1), "an option is out of range")
      .require(n >= 0 && fits(lda, n) && elements != nullptr, "a size is out of range")
      .count(0);
  if (call.ok()) *elements = syevdElements(n);
  return call.status();
}

RKEMU_API cusolverStatus cusolverDnDsyevd(Handle* handle, int job, int uplo, int n, double* a, int lda, double* w,
                                          double* work, int elements, int* info) {
  Call call("cusolverDnDsyevd", handle);
  call.require((job == 0 || job == 1) && (uplo == 0 || uplo == 1), "an option is out of range")
      .require(n >= 0 && fits(lda, n), "a size is out of range")
      .require(elements >= syevdElements(n), "the workspace is smaller than what _bufferSize asked for")
      .count(9.0 * n * n * n)
      .operand("A", a, n, n, lda, 'r', triangleOf(uplo))
      .operand("A", a, n, n, lda, 'w')
      .operand("W", w, n, 1, std::max(1, n), 'w')
      .operand("workspace", work, elements, 1, elements, 'w')
      .operand("info", info, 1, 1, 1, 'w');
  if (!call.ok()) return call.status();
  if (uplo == 1) {
    for (long j = 0; j < n; j++) {
      for (long i = 0; i < j; i++) a[j + i * static_cast<long>(lda)] = a[i + j * static_cast<long>(lda)];
    }
  }
  *info = rkemu::eigenSymmetric(n, a, lda, job == 1, w);
  return call.status();
}
