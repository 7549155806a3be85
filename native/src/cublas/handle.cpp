#include "handle.hpp"

#include <cstdint>
#include <set>

namespace rkemu {

static std::set<BlasHandle*>& handles() {
  static auto* all = new std::set<BlasHandle*>;
  return *all;
}

bool isBlasHandle(const BlasHandle* handle) { return handles().count(const_cast<BlasHandle*>(handle)) != 0; }

}  // namespace rkemu

using namespace rkemu;

RKEMU_API cublasStatus cublasCreate_v2(BlasHandle** handle) {
  DriverLock lock;
  if (handle == nullptr) return CUBLAS_STATUS_INVALID_VALUE;
  int error = rkemu_libraryCall("cublas", "cublasCreate_v2", 0);
  if (error != 0) return error < 0 ? CUBLAS_STATUS_NOT_INITIALIZED : static_cast<cublasStatus>(error);
  *handle = new BlasHandle;
  handles().insert(*handle);
  return CUBLAS_STATUS_SUCCESS;
}

RKEMU_API cublasStatus cublasDestroy_v2(BlasHandle* handle) {
  DriverLock lock;
  if (handles().erase(handle) == 0) return CUBLAS_STATUS_NOT_INITIALIZED;
  delete handle;
  return CUBLAS_STATUS_SUCCESS;
}

RKEMU_API cublasStatus cublasGetVersion_v2(BlasHandle*, int* version) {
  if (version == nullptr) return CUBLAS_STATUS_INVALID_VALUE;
  *version = kCudaMajor * 10000 + 603;
  return CUBLAS_STATUS_SUCCESS;
}

// 0 major, 1 minor, 2 patch.
RKEMU_API cublasStatus cublasGetProperty(int which, int* value) {
  if (value == nullptr || which < 0 || which > 2) return CUBLAS_STATUS_INVALID_VALUE;
  const int parts[] = {kCudaMajor, 6, 3};
  *value = parts[which];
  return CUBLAS_STATUS_SUCCESS;
}

template <class Body>
static cublasStatus setting(const char* name, BlasHandle* handle, Body&& body) {
  DriverLock lock;
  BlasCall call(name, handle);
  call.count(0);
  return call.ok() ? body() : call.status();
}

RKEMU_API cublasStatus cublasSetStream_v2(BlasHandle* handle, void* stream) {
  return setting("cublasSetStream_v2", handle, [&] {
    if (!rkemu_isStream(stream)) return CUBLAS_STATUS_INVALID_VALUE;
    handle->stream = stream;
    return CUBLAS_STATUS_SUCCESS;
  });
}

RKEMU_API cublasStatus cublasGetStream_v2(BlasHandle* handle, void** stream) {
  return setting("cublasGetStream_v2", handle, [&] {
    *stream = handle->stream;
    return CUBLAS_STATUS_SUCCESS;
  });
}

RKEMU_API cublasStatus cublasSetPointerMode_v2(BlasHandle* handle, int mode) {
  return setting("cublasSetPointerMode_v2", handle, [&] {
    if (mode != 0 && mode != 1) return CUBLAS_STATUS_INVALID_VALUE;
    handle->pointerMode = mode;
    return CUBLAS_STATUS_SUCCESS;
  });
}

RKEMU_API cublasStatus cublasGetPointerMode_v2(BlasHandle* handle, int* mode) {
  return setting("cublasGetPointerMode_v2", handle, [&] {
    *mode = handle->pointerMode;
    return CUBLAS_STATUS_SUCCESS;
  });
}

// In the mode of tensor cores the factors of float32 products are rounded; others are without effect.
RKEMU_API cublasStatus cublasSetMathMode(BlasHandle* handle, int mode) {
  return setting("cublasSetMathMode", handle, [&] {
    handle->mathMode = mode;
    return CUBLAS_STATUS_SUCCESS;
  });
}

RKEMU_API cublasStatus cublasGetMathMode(BlasHandle* handle, int* mode) {
  return setting("cublasGetMathMode", handle, [&] {
    *mode = handle->mathMode;
    return CUBLAS_STATUS_SUCCESS;
  });
}

RKEMU_API cublasStatus cublasSetAtomicsMode(BlasHandle* handle, int mode) {
  return setting("cublasSetAtomicsMode", handle, [&] {
    handle->atomicsMode = mode;
    return CUBLAS_STATUS_SUCCESS;
  });
}

RKEMU_API cublasStatus cublasSetWorkspace_v2(BlasHandle* handle, void* workspace, std::size_t bytes) {
  return setting("cublasSetWorkspace_v2", handle, [&] {
    BlasCall call("cublasSetWorkspace_v2", handle);
    call.require(reinterpret_cast<std::uintptr_t>(workspace) % 256 == 0, "the workspace is no multiple of 256 bytes");
    if (workspace != nullptr && bytes > 0) {
      call.operand("workspace", static_cast<char*>(workspace), static_cast<long>(bytes), 1, static_cast<long>(bytes), 'w');
    }
    return call.status();
  });
}

struct StatusText {
  int code;
  const char* name;
  const char* description;
};
static const StatusText kStatus[] = {
    {0, "CUBLAS_STATUS_SUCCESS", "success"},
    {1, "CUBLAS_STATUS_NOT_INITIALIZED", "the library was not initialized"},
    {3, "CUBLAS_STATUS_ALLOC_FAILED", "the resource allocation failed"},
    {7, "CUBLAS_STATUS_INVALID_VALUE", "an unsupported value or parameter was passed to the function"},
    {8, "CUBLAS_STATUS_ARCH_MISMATCH", "the function requires an architectural feature absent from the device"},
    {11, "CUBLAS_STATUS_MAPPING_ERROR", "an access to the GPU memory space failed"},
    {13, "CUBLAS_STATUS_EXECUTION_FAILED", "the function failed to launch on the GPU"},
    {14, "CUBLAS_STATUS_INTERNAL_ERROR", "an internal operation failed"},
    {15, "CUBLAS_STATUS_NOT_SUPPORTED", "the functionality is not supported"},
};

RKEMU_API const char* cublasGetStatusName(int status) {
  for (auto& entry : kStatus) {
    if (entry.code == status) return entry.name;
  }
  return "CUBLAS_STATUS unknown";
}

RKEMU_API const char* cublasGetStatusString(int status) {
  for (auto& entry : kStatus) {
    if (entry.code == status) return entry.description;
  }
  return "unknown status";
}
