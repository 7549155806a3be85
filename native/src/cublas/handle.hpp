// Handles of cuBLAS and the checks that its entry points share.
#pragma once
#include <algorithm>
#include <cstdio>
#include <initializer_list>

#include "rkemu_internal.h"
#include "stub.hpp"

#define RKEMU_API extern "C" __attribute__((visibility("default")))

enum cublasStatus : int {
  CUBLAS_STATUS_SUCCESS = 0,
  CUBLAS_STATUS_NOT_INITIALIZED = 1,
  CUBLAS_STATUS_ALLOC_FAILED = 3,
  CUBLAS_STATUS_INVALID_VALUE = 7,
  CUBLAS_STATUS_EXECUTION_FAILED = 13,
  CUBLAS_STATUS_INTERNAL_ERROR = 14,
  CUBLAS_STATUS_NOT_SUPPORTED = 15,
};

namespace rkemu {

struct BlasHandle {
  void* stream = nullptr;
  int pointerMode = 0;  // 0 host, 1 device
  int mathMode = 0;
  int atomicsMode = 0;
};

bool isBlasHandle(const BlasHandle* handle);

// How float32 products are taken at present; a product that is taken down keeps it.
inline int mathMode(const BlasHandle* handle) { return isBlasHandle(handle) ? handle->mathMode : 0; }

inline bool isCaptured(const BlasHandle* handle) { return isBlasHandle(handle) && rkemu_isCapturing(handle->stream); }

// Takes a call down whose stream is being captured; the answer is what the caller returns. Scalars are to be copied, as they are with host pointers (cuBLAS library, "CUDA Graphs Support").
inline cublasStatus take(const char* name, const BlasHandle* handle, const std::function<int()>& work) {
  int answer = rkemu_record("cublas", name, handle->stream, work);
  return answer < 0 ? CUBLAS_STATUS_EXECUTION_FAILED : static_cast<cublasStatus>(answer);
}

struct DriverLock {
  DriverLock() { rkemu_lock(); }
  ~DriverLock() { rkemu_unlock(); }
};

// A call in the making: the first thing that is wrong stays the result.
class BlasCall {
 public:
  BlasCall(const char* name, const BlasHandle* handle) : name_(name), handle_(handle) {
    if (!isBlasHandle(handle)) status_ = CUBLAS_STATUS_NOT_INITIALIZED;
  }

  BlasCall& require(bool holds, const char* what) {
    if (status_ == CUBLAS_STATUS_SUCCESS && !holds) {
      std::fprintf(stderr, "RICHKERNEL-EMU: %s: %s\n", name_, what);
      status_ = CUBLAS_STATUS_INVALID_VALUE;
    }
    return *this;
  }

  BlasCall& count(double flops) {
    if (status_ != CUBLAS_STATUS_SUCCESS) return *this;
    int error = flops > 0 ? rkemu_startWork(handle_->stream) : 0;
    if (error == 0) error = rkemu_libraryCall("cublas", name_, flops);
    if (error != 0) status_ = error < 0 ? CUBLAS_STATUS_EXECUTION_FAILED : static_cast<cublasStatus>(error);
    return *this;
  }

  template <class T>
  BlasCall& operand(const char* operand, const T* at, long rows, long columns, long stride, char access,
                    char triangle = 'F') {
    if (status_ == CUBLAS_STATUS_SUCCESS &&
        rkemu_operand(name_, operand, at, rows, columns, stride, sizeof(T), access, triangle) != 0) {
      status_ = CUBLAS_STATUS_EXECUTION_FAILED;
    }
    return *this;
  }

  // A scalar that lies where the pointer mode says; 0 after an error.
  template <class T>
  T scalar(const char* operandName, const T* at) {
    require(at != nullptr, "a scalar's pointer is null");
    if (status_ != CUBLAS_STATUS_SUCCESS) return T(0);
    bool onDevice = rkemu_isDeviceAddress(at);
    require(onDevice == (handle_->pointerMode == 1), "a scalar does not lie where the pointer mode says");
    if (onDevice) operand(operandName, at, 1, 1, 1, 'r');
    return status_ == CUBLAS_STATUS_SUCCESS ? *at : T(0);
  }

  bool ok() const { return status_ == CUBLAS_STATUS_SUCCESS; }
  cublasStatus status() const { return status_; }

 private:
  const char* name_;
  const BlasHandle* handle_;
  cublasStatus status_ = CUBLAS_STATUS_SUCCESS;
};

inline bool isOperation(int op) { return op >= 0 && op <= 2; }
inline bool fits(long stride, long rows) { return stride >= std::max(1l, rows); }

}  // namespace rkemu
