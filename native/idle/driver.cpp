// A driver that has one device, keeps its memory in the host's and counts what it is asked for. Launches are not run,
// but for that of the probe kernel, without whose numbers the backend takes no device.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "idle.hpp"

namespace {

constexpr std::size_t kMemory = std::size_t{80} << 30;
constexpr char kProbe[] = "rk_probe_write_i32";

struct Counts {
  unsigned long launches = 0;
  unsigned long copies = 0;
  unsigned long waits = 0;
  unsigned long graphs = 0;
  ~Counts() {
    std::fprintf(stderr, "idle CUDA driver: %lu launches, %lu graphs, %lu copies, %lu waits\n", launches, graphs, copies,
                 waits);
  }
} counts;

int kernel;
int probe;
int object;  // what every handle but those of kernels points to

int hand(void** handle) {
  *handle = &object;
  return 0;
}

int copy(void* target, const void* source, std::size_t bytes) {
  counts.copies++;
  std::memcpy(target, source, bytes);
  return 0;
}

int wait() {
  counts.waits++;
  return 0;
}

}  // namespace

IDLE(cuInit)
IDLE(cuDevicePrimaryCtxRelease_v2)
IDLE(cuCtxSetCurrent)
IDLE(cuStreamWaitEvent)
IDLE(cuStreamDestroy_v2)
IDLE(cuEventRecord)
IDLE(cuEventDestroy_v2)
IDLE(cuModuleUnload)
IDLE(cuGraphDestroy)
IDLE(cuGraphExecDestroy)

IDLE_API int cuDriverGetVersion(int* version) {
  *version = 12060;
  return 0;
}

IDLE_API int cuGetErrorString(int, const char** text) {
  *text = "the idle driver does not know this";
  return 0;
}

IDLE_API int cuDeviceGetCount(int* count) {
  *count = 1;
  return 0;
}

IDLE_API int cuDeviceGet(int* device, int ordinal) {
  *device = ordinal;
  return 0;
}

// Known to the backend as a device whose times do not count.
IDLE_API int cuDeviceGetName(char* name, int length, int) {
  std::snprintf(name, length, "RICHKERNEL-EMU that computes nothing");
  return 0;
}

IDLE_API int cuDeviceTotalMem_v2(std::size_t* bytes, int) {
  *bytes = kMemory;
  return 0;
}

IDLE_API int cuDeviceGetAttribute(int* value, int attribute, int) {
  switch (attribute) {
    case 75: *value = 9; return 0;                // compute capability, major
    case 76: *value = 0; return 0;                // and minor
    case 16: *value = 132; return 0;              // multiprocessors
    case 38: *value = 50 << 20; return 0;         // bytes of the level-2 cache
    default: return 1;
  }
}

IDLE_API int cuDevicePrimaryCtxRetain(void** context, int) { return hand(context); }

IDLE_API int cuStreamCreate(void** stream, unsigned) { return hand(stream); }

IDLE_API int cuStreamSynchronize(void*) { return wait(); }

IDLE_API int cuEventCreate(void** event, unsigned) { return hand(event); }

IDLE_API int cuEventSynchronize(void*) { return wait(); }

IDLE_API int cuMemGetInfo_v2(std::size_t* free, std::size_t* total) {
  *free = kMemory;
  *total = kMemory;
  return 0;
}

IDLE_API int cuMemAlloc_v2(void** address, std::size_t bytes) {
  *address = std::calloc(bytes, 1);
  return *address == nullptr ? 2 : 0;
}

IDLE_API int cuMemFree_v2(void* address) {
  std::free(address);
  return 0;
}

IDLE_API int cuMemHostAlloc(void** address, std::size_t bytes, unsigned) { return cuMemAlloc_v2(address, bytes); }

IDLE_API int cuMemFreeHost(void* address) { return cuMemFree_v2(address); }

IDLE_API int cuMemsetD8Async(void* address, unsigned char value, std::size_t bytes, void*) {
  std::memset(address, value, bytes);
  return 0;
}

IDLE_API int cuMemcpyHtoDAsync_v2(void* target, const void* source, std::size_t bytes, void*) {
  return copy(target, source, bytes);
}

IDLE_API int cuMemcpyDtoHAsync_v2(void* target, const void* source, std::size_t bytes, void*) {
  return copy(target, source, bytes);
}

// Nobody looks at what a rectangle holds.
IDLE_API int cuMemcpy2DAsync_v2(const void*, void*) {
  counts.copies++;
  return 0;
}

// RICHKERNEL_EMU_CAPTURE=refuse: for the times of launches one by one.
IDLE_API int cuStreamBeginCapture_v2(void*, int) {
  const char* agreed = std::getenv("RICHKERNEL_EMU_CAPTURE");
  return agreed != nullptr && std::strcmp(agreed, "refuse") == 0 ? 900 : 0;
}

IDLE_API int cuStreamEndCapture(void*, void** graph) { return hand(graph); }

IDLE_API int cuGraphInstantiateWithFlags(void** executable, void*, unsigned long long) { return hand(executable); }

IDLE_API int cuGraphLaunch(void*, void*) {
  counts.graphs++;
  return 0;
}

IDLE_API int cuModuleLoadData(void** module, const void*) { return hand(module); }

IDLE_API int cuModuleGetFunction(int** function, void*, const char* name) {
  *function = std::strcmp(name, kProbe) == 0 ? &probe : &kernel;
  return 0;
}

IDLE_API int cuLaunchKernel(int* function, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, void*,
                            void** parameters, void**) {
  counts.launches++;
  if (function == &probe) {
    int count = *static_cast<int*>(parameters[0]);
    int* numbers = *static_cast<int**>(parameters[1]);
    for (int i = 0; i < count; i++) numbers[i] = 2 * i + 1;
  }
  return 0;
}
