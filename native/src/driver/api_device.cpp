// Start, devices, primary contexts, error names.
#include <cstdio>
#include <cstring>

#include "graphs.hpp"
#include "late_copies.hpp"
#include "memory.hpp"
#include "module.hpp"
#include "state.hpp"

using namespace rkemu;

RKEMU_API CUresult cuInit(unsigned flags) {
  State& s = state();
  std::lock_guard<std::recursive_mutex> guard(s.lock);
  if (s.stub) return CUDA_ERROR_STUB_LIBRARY;
  if (flags != 0) return CUDA_ERROR_INVALID_VALUE;
  if (int error = injected(nullptr, "cuInit")) return static_cast<CUresult>(error);
  if (s.devices == 0) return CUDA_ERROR_NO_DEVICE;
  s.initialised = true;
  return CUDA_SUCCESS;
}

RKEMU_API CUresult cuDriverGetVersion(int* version) {
  std::lock_guard<std::recursive_mutex> guard(state().lock);
  if (state().stub) return CUDA_ERROR_STUB_LIBRARY;
  if (version == nullptr) return CUDA_ERROR_INVALID_VALUE;
  if (int error = injected(nullptr, "cuDriverGetVersion")) return static_cast<CUresult>(error);
  *version = state().driverVersion;
  return CUDA_SUCCESS;
}

static bool isDevice(CUdevice device) { return device >= 0 && device < state().devices; }

RKEMU_API CUresult cuDeviceGetCount(int* count) {
  return withDriver("cuDeviceGetCount", [&] {
    if (count == nullptr) return CUDA_ERROR_INVALID_VALUE;
    *count = state().devices;
    return CUDA_SUCCESS;
  });
}

RKEMU_API CUresult cuDeviceGet(CUdevice* device, int ordinal) {
  return withDriver("cuDeviceGet", [&] {
    if (device == nullptr) return CUDA_ERROR_INVALID_VALUE;
    if (!isDevice(ordinal)) return CUDA_ERROR_INVALID_DEVICE;
    *device = ordinal;
    return CUDA_SUCCESS;
  });
}

RKEMU_API CUresult cuDeviceGetName(char* name, int length, CUdevice device) {
  return withDriver("cuDeviceGetName", [&] {
    if (name == nullptr || length <= 0) return CUDA_ERROR_INVALID_VALUE;
    if (!isDevice(device)) return CUDA_ERROR_INVALID_DEVICE;
    std::snprintf(name, static_cast<std::size_t>(length), "RICHKERNEL-EMU");
    return CUDA_SUCCESS;
  });
}

RKEMU_API CUresult cuDeviceGetUuid(CUuuid* uuid, CUdevice device) {
  return withDriver("cuDeviceGetUuid", [&] {
    if (uuid == nullptr) return CUDA_ERROR_INVALID_VALUE;
    if (!isDevice(device)) return CUDA_ERROR_INVALID_DEVICE;
    std::memcpy(uuid->bytes, "RICHKERNEL-EMU-", 15);
    uuid->bytes[15] = static_cast<char>('0' + device);
    return CUDA_SUCCESS;
  });
}

RKEMU_API CUresult cuDeviceGetPCIBusId(char* id, int length, CUdevice device) {
  return withDriver("cuDeviceGetPCIBusId", [&] {
    if (id == nullptr || length < 13) return CUDA_ERROR_INVALID_VALUE;
    if (!isDevice(device)) return CUDA_ERROR_INVALID_DEVICE;
    std::snprintf(id, static_cast<std::size_t>(length), "0000:%02x:00.0", device & 0xff);
    return CUDA_SUCCESS;
  });
}

RKEMU_API CUresult cuDeviceTotalMem_v2(std::size_t* bytes, CUdevice device) {
  return withDriver("cuDeviceTotalMem_v2", [&] {
    if (bytes == nullptr) return CUDA_ERROR_INVALID_VALUE;
    if (!isDevice(device)) return CUDA_ERROR_INVALID_DEVICE;
    *bytes = state().memory;
    return CUDA_SUCCESS;
  });
}

RKEMU_API CUresult cuDeviceComputeCapability(int* major, int* minor, CUdevice device) {
  return withDriver("cuDeviceComputeCapability", [&] {
    if (major == nullptr || minor == nullptr) return CUDA_ERROR_INVALID_VALUE;
    if (!isDevice(device)) return CUDA_ERROR_INVALID_DEVICE;
    *major = 8;
    *minor = 0;
    return CUDA_SUCCESS;
  });
}

// The limits of compute capability 8.0, with four multiprocessors.
RKEMU_API CUresult cuDeviceGetAttribute(int* value, int attribute, CUdevice device) {
  return withDriver("cuDeviceGetAttribute", [&] {
    if (value == nullptr) return CUDA_ERROR_INVALID_VALUE;
    if (!isDevice(device)) return CUDA_ERROR_INVALID_DEVICE;
    switch (attribute) {
      case 1: case 2: case 3: *value = 1024; break;  // threads per block, block x, block y
      case 4: *value = 64; break;                    // block z
      case 5: *value = 2147483647; break;            // grid x
      case 6: case 7: *value = 65535; break;         // grid y, grid z
      case 8: *value = 48 << 10; break;              // shared memory per block
      case 9: *value = 64 << 10; break;              // constant memory
      case 10: *value = 32; break;                   // warp size
      case 11: *value = 2147483647; break;           // pitch
      case 12: case 82: *value = 65536; break;       // registers per block, per multiprocessor
      case 13: case 36: *value = 1000000; break;     // clock, memory clock (kHz)
      case 14: *value = 512; break;                  // texture alignment
      case 15: case 31: case 40: case 41: case 78: *value = 1; break;  // overlap, concurrency, copy engines, UVA
      case 16: *value = 4; break;                    // multiprocessors
      case 17: case 18: case 20: case 32: case 35: case 83: case 84: case 95: case 115: *value = 0; break;
      case 19: *value = 1; break;                    // host memory can be mapped
      case 33: *value = device; break;               // PCI bus
      case 34: case 50: *value = 0; break;           // PCI device, domain
      case 37: *value = 64; break;                   // memory bus bits
      case 38: *value = 1 << 20; break;              // L2
      case 39: *value = 2048; break;                 // threads per multiprocessor
      case 75: *value = 8; break;                    // compute capability
      case 76: *value = 0; break;
      case 81: *value = 164 << 10; break;            // shared memory per multiprocessor
      case 97: *value = 163 << 10; break;            // shared memory per block, opt-in
      case 106: *value = 32; break;                  // blocks per multiprocessor
      case 111: *value = 1 << 10; break;             // reserved shared memory per block
      default:
        say(text("device attribute %d is not emulated", attribute));
        return CUDA_ERROR_INVALID_VALUE;
    }
    return CUDA_SUCCESS;
  });
}

// ---- contexts --------------------------------------------------------------------------------------------------------

static Context* primary(CUdevice device) {
  for (auto& context : state().contexts) {
    if (context->device == device) return context.get();
  }
  state().contexts.push_back(std::make_unique<Context>(Context{device}));
  return state().contexts.back().get();
}

// What a context takes with it; leaks are named first, because a device would forget them silently.
static void destroyContents(Context& context) {
  reportLeaks(context.device);
  forgetGraphs(&context);
  forgetCopies(&context);
  unloadAllModules(&context);
  auto& streams = state().streams;
  for (auto it = streams.begin(); it != streams.end();) {
    if ((*it)->context == &context) {
      delete *it;
      it = streams.erase(it);
    } else {
      ++it;
    }
  }
  auto& events = state().events;
  for (auto it = events.begin(); it != events.end();) {
    if ((*it)->context == &context) {
      delete *it;
      it = events.erase(it);
    } else {
      ++it;
    }
  }
  state().counters.liveBytes -= static_cast<long long>(DeviceMemory::instance().releaseDevice(context.device));
  context.sticky = CUDA_SUCCESS;
}

RKEMU_API CUresult cuDevicePrimaryCtxRetain(Context** context, CUdevice device) {
  return withDriver("cuDevicePrimaryCtxRetain", [&] {
    if (context == nullptr) return CUDA_ERROR_INVALID_VALUE;
    if (!isDevice(device)) return CUDA_ERROR_INVALID_DEVICE;
    *context = primary(device);
    (*context)->retained++;
    return CUDA_SUCCESS;
  });
}

RKEMU_API CUresult cuDevicePrimaryCtxRelease_v2(CUdevice device) {
  return withDriver("cuDevicePrimaryCtxRelease_v2", [&] {
    if (!isDevice(device)) return CUDA_ERROR_INVALID_DEVICE;
    Context* context = primary(device);
    if (context->retained == 0) return CUDA_ERROR_INVALID_CONTEXT;
    if (--context->retained == 0) destroyContents(*context);
    return CUDA_SUCCESS;
  });
}

RKEMU_API CUresult cuDevicePrimaryCtxReset_v2(CUdevice device) {
  return withDriver("cuDevicePrimaryCtxReset_v2", [&] {
    if (!isDevice(device)) return CUDA_ERROR_INVALID_DEVICE;
    destroyContents(*primary(device));
    return CUDA_SUCCESS;
  });
}

RKEMU_API CUresult cuDevicePrimaryCtxSetFlags_v2(CUdevice device, unsigned) {
  return withDriver("cuDevicePrimaryCtxSetFlags_v2",
                    [&] { return isDevice(device) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_DEVICE; });
}

RKEMU_API CUresult cuDevicePrimaryCtxGetState(CUdevice device, unsigned* flags, int* active) {
  return withDriver("cuDevicePrimaryCtxGetState", [&] {
    if (!isDevice(device)) return CUDA_ERROR_INVALID_DEVICE;
    if (flags != nullptr) *flags = 0;
    if (active != nullptr) *active = primary(device)->retained > 0;
    return CUDA_SUCCESS;
  });
}

RKEMU_API CUresult cuCtxSetCurrent(Context* context) {
  return withDriver("cuCtxSetCurrent", [&] {
    auto& stack = currentContexts();
    if (context != nullptr) {
      stack.push_back(context);
      bool usable = currentContext() != nullptr;
      stack.pop_back();
      if (!usable) return CUDA_ERROR_INVALID_CONTEXT;
    }
    if (!stack.empty()) stack.pop_back();
    if (context != nullptr) stack.push_back(context);
    return CUDA_SUCCESS;
  });
}

RKEMU_API CUresult cuCtxGetCurrent(Context** context) {
  return withDriver("cuCtxGetCurrent", [&] {
    if (context == nullptr) return CUDA_ERROR_INVALID_VALUE;
    *context = currentContext();
    return CUDA_SUCCESS;
  });
}

RKEMU_API CUresult cuCtxPushCurrent_v2(Context* context) {
  return withDriver("cuCtxPushCurrent_v2", [&] {
    currentContexts().push_back(context);
    if (currentContext() != nullptr) return CUDA_SUCCESS;
    currentContexts().pop_back();
    return CUDA_ERROR_INVALID_CONTEXT;
  });
}

RKEMU_API CUresult cuCtxPopCurrent_v2(Context** context) {
  return withDriver("cuCtxPopCurrent_v2", [&] {
    if (currentContexts().empty()) return CUDA_ERROR_INVALID_CONTEXT;
    if (context != nullptr) *context = currentContexts().back();
    currentContexts().pop_back();
    return CUDA_SUCCESS;
  });
}

RKEMU_API CUresult cuCtxGetDevice(CUdevice* device) {
  return withContext(nullptr, "cuCtxGetDevice", [&](Context& context) {
    if (device == nullptr) return CUDA_ERROR_INVALID_VALUE;
    *device = context.device;
    return CUDA_SUCCESS;
  });
}

RKEMU_API CUresult cuCtxSynchronize() {
  return withContext("sync", "cuCtxSynchronize", [&](Context& context) {
    if (CUresult bad = refuseWhileCapturing("cuCtxSynchronize")) return bad;
    state().counters.syncs++;
    return awaitAll(context);
  });
}

// ---- error names -----------------------------------------------------------------------------------------------------

struct ErrorText {
  int code;
  const char* name;
  const char* description;
};
static const ErrorText kErrors[] = {
    {0, "CUDA_SUCCESS", "no error"},
    {1, "CUDA_ERROR_INVALID_VALUE", "invalid argument"},
    {2, "CUDA_ERROR_OUT_OF_MEMORY", "out of memory"},
    {3, "CUDA_ERROR_NOT_INITIALIZED", "initialization error"},
    {4, "CUDA_ERROR_DEINITIALIZED", "driver shutting down"},
    {100, "CUDA_ERROR_NO_DEVICE", "no CUDA-capable device is detected"},
    {101, "CUDA_ERROR_INVALID_DEVICE", "invalid device ordinal"},
    {200, "CUDA_ERROR_INVALID_IMAGE", "device kernel image is invalid"},
    {201, "CUDA_ERROR_INVALID_CONTEXT", "invalid device context"},
    {209, "CUDA_ERROR_NO_BINARY_FOR_GPU", "no kernel image is available for execution on the device"},
    {218, "CUDA_ERROR_INVALID_PTX", "a PTX JIT compilation failed"},
    {303, "CUDA_ERROR_SHARED_OBJECT_INIT_FAILED", "shared object initialization failed"},
    {304, "CUDA_ERROR_OPERATING_SYSTEM", "OS call failed or operation not supported on this OS"},
    {400, "CUDA_ERROR_INVALID_HANDLE", "invalid resource handle"},
    {500, "CUDA_ERROR_NOT_FOUND", "named symbol not found"},
    {600, "CUDA_ERROR_NOT_READY", "device not ready"},
    {700, "CUDA_ERROR_ILLEGAL_ADDRESS", "an illegal memory access was encountered"},
    {701, "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES", "too many resources requested for launch"},
    {702, "CUDA_ERROR_LAUNCH_TIMEOUT", "the launch timed out and was terminated"},
    {710, "CUDA_ERROR_ASSERT", "device-side assert triggered"},
    {714, "CUDA_ERROR_HARDWARE_STACK_ERROR", "hardware stack error"},
    {715, "CUDA_ERROR_ILLEGAL_INSTRUCTION", "an illegal instruction was encountered"},
    {716, "CUDA_ERROR_MISALIGNED_ADDRESS", "misaligned address"},
    {719, "CUDA_ERROR_LAUNCH_FAILED", "unspecified launch failure"},
    {721, "CUDA_ERROR_TENSOR_MEMORY_LEAK", "tensor memory not completely freed"},
    {801, "CUDA_ERROR_NOT_SUPPORTED", "operation not supported"},
    {803, "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH", "system has unsupported display driver / cuda driver combination"},
    {911, "CUDA_ERROR_EXTERNAL_DEVICE", "exception on external device"},
    {999, "CUDA_ERROR_UNKNOWN", "unknown error"},
};

static CUresult describe(int error, const char** out, const char* ErrorText::*member) {
  // a stub leaves the caller's pointer as it was
  if (state().stub) return CUDA_ERROR_STUB_LIBRARY;
  if (out == nullptr) return CUDA_ERROR_INVALID_VALUE;
  for (const ErrorText& entry : kErrors) {
    if (entry.code == error) {
      *out = entry.*member;
      return CUDA_SUCCESS;
    }
  }
  *out = nullptr;
  return CUDA_ERROR_INVALID_VALUE;
}

RKEMU_API CUresult cuGetErrorName(CUresult error, const char** name) { return describe(error, name, &ErrorText::name); }

RKEMU_API CUresult cuGetErrorString(CUresult error, const char** description) {
  return describe(error, description, &ErrorText::description);
}
