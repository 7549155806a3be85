// Device memory, host memory, copies and fills.
#include <cstdio>
#include <cstdlib>
#include <algorithm>
#include <cstring>
#include <map>

#include "graphs.hpp"
#include "late_copies.hpp"
#include "memory.hpp"
#include "state.hpp"

using namespace rkemu;

// What a device has beside its context.
static std::size_t roomForAll() {
  return state().memory - std::min(state().memory, state().contextMemory);
}

RKEMU_API CUresult cuMemAlloc_v2(CUdeviceptr* pointer, std::size_t bytes) {
  return withContext("alloc", "cuMemAlloc_v2", [&](Context& context) {
    if (pointer == nullptr || bytes == 0) return CUDA_ERROR_INVALID_VALUE;
    if (CUresult bad = refuseWhileCapturing("cuMemAlloc_v2")) return bad;
    auto* allocation = DeviceMemory::instance().allocate(context.device, bytes, roomForAll());
    if (allocation == nullptr) return CUDA_ERROR_OUT_OF_MEMORY;
    *pointer = allocation->base;
    Counters& c = state().counters;
    c.allocations++;
    c.liveBytes += static_cast<long long>(bytes);
    c.peakBytes = std::max(c.peakBytes, c.liveBytes);
    return CUDA_SUCCESS;
  });
}

RKEMU_API CUresult cuMemFree_v2(CUdeviceptr pointer) {
  return withContext("free", "cuMemFree_v2", [&](Context& context) {
    if (pointer == 0) return CUDA_SUCCESS;
    if (CUresult bad = refuseWhileCapturing("cuMemFree_v2")) return bad;
    auto& memory = DeviceMemory::instance();
    const Allocation* allocation = memory.find(pointer);
    if (allocation == nullptr || allocation->base != pointer || allocation->name != nullptr) {
      say(text("cuMemFree of %#lx, which is not the start of a live allocation", static_cast<unsigned long>(pointer)));
      return CUDA_ERROR_INVALID_VALUE;
    }
    if (CUresult bad = freeing(context, allocation->base, allocation->bytes)) return bad;
    state().counters.frees++;
    state().counters.liveBytes -= static_cast<long long>(allocation->bytes);
    memory.release(pointer);
    return CUDA_SUCCESS;
  });
}

RKEMU_API CUresult cuMemGetInfo_v2(std::size_t* free, std::size_t* total) {
  return withContext(nullptr, "cuMemGetInfo_v2", [&](Context& context) {
    if (free == nullptr || total == nullptr) return CUDA_ERROR_INVALID_VALUE;
    *total = state().memory;
    std::size_t used = DeviceMemory::instance().used(context.device);
    *free = used > roomForAll() ? 0 : roomForAll() - used;
    return CUDA_SUCCESS;
  });
}

RKEMU_API CUresult cuMemGetAddressRange_v2(CUdeviceptr* base, std::size_t* bytes, CUdeviceptr pointer) {
  return withContext(nullptr, "cuMemGetAddressRange_v2", [&](Context&) {
    const Allocation* allocation = DeviceMemory::instance().find(pointer);
    if (allocation == nullptr) return CUDA_ERROR_NOT_FOUND;
    if (base != nullptr) *base = allocation->base;
    if (bytes != nullptr) *bytes = allocation->bytes;
    return CUDA_SUCCESS;
  });
}

// Page-locked memory of the host: start and bytes.
static std::map<std::uintptr_t, std::size_t>& hostAllocations() {
  static auto* all = new std::map<std::uintptr_t, std::size_t>;
  return *all;
}

static bool isPageLocked(const void* pointer) {
  auto address = reinterpret_cast<std::uintptr_t>(pointer);
  auto after = hostAllocations().upper_bound(address);
  if (after == hostAllocations().begin()) return false;
  --after;
  return address - after->first < after->second;
}

RKEMU_API CUresult cuMemHostAlloc(void** pointer, std::size_t bytes, unsigned flags) {
  return withContext("hostAlloc", "cuMemHostAlloc", [&](Context&) {
    if (pointer == nullptr || bytes == 0 || flags > 7) return CUDA_ERROR_INVALID_VALUE;
    if (CUresult bad = refuseWhileCapturing("cuMemHostAlloc")) return bad;
    *pointer = std::aligned_alloc(4096, (bytes + 4095) / 4096 * 4096);
    if (*pointer == nullptr) return CUDA_ERROR_OUT_OF_MEMORY;
    hostAllocations()[reinterpret_cast<std::uintptr_t>(*pointer)] = bytes;
    return CUDA_SUCCESS;
  });
}

RKEMU_API CUresult cuMemAllocHost_v2(void** pointer, std::size_t bytes) { return cuMemHostAlloc(pointer, bytes, 0); }

RKEMU_API CUresult cuMemFreeHost(void* pointer) {
  return withContext(nullptr, "cuMemFreeHost", [&](Context& context) {
    auto found = hostAllocations().find(reinterpret_cast<std::uintptr_t>(pointer));
    if (found == hostAllocations().end()) return CUDA_ERROR_INVALID_VALUE;
    CUresult bad = freeing(context, found->first, found->second);
    hostAllocations().erase(found);
    std::free(pointer);
    return bad;
  });
}

// ---- copies ----------------------------------------------------------------------------------------------------------

static CUresult checkRange(const char* name, const char* side, CUdeviceptr address, std::size_t bytes, Access access) {
  std::string wrong = DeviceMemory::instance().check(address, bytes, access);
  if (wrong.empty()) return CUDA_SUCCESS;
  if (wrong.rfind("uninitialised", 0) == 0) {
    if (state().onUninitialised == OnUninitialised::ignore) return CUDA_SUCCESS;
    std::string line = text("%s, %s: %s", name, side, wrong.c_str());
    if (state().onUninitialised == OnUninitialised::fail) return violation(CUDA_ERROR_ILLEGAL_ADDRESS, line);
    say(line);
    state().counters.violations++;
    return CUDA_SUCCESS;
  }
  // A copy with bad arguments is refused when it is submitted; it does not spoil the context.
  say(text("%s, %s: %s", name, side, wrong.c_str()));
  state().counters.violations++;
  return CUDA_ERROR_INVALID_VALUE;
}

static void* host(CUdeviceptr address) { return reinterpret_cast<void*>(address); }

enum class When { now, late };

// Between host and device: refused at once where it does not fit, done at once or late.
static CUresult submit(Context& context, Stream* stream, When when, const HostCopy& copy) {
  for (std::size_t row = 0; row < copy.rows; row++) {
    CUdeviceptr at = copy.device + row * copy.devicePitch;
    if (CUresult bad = checkRange(copy.name, copy.toHost ? "source" : "target", at, copy.width, Access::range)) return bad;
  }
  Counters& c = state().counters;
  (copy.toHost ? c.bytesDtoH : c.bytesHtoD) += static_cast<long long>(copy.width * copy.rows);
  if (copy.width == 0) return CUDA_SUCCESS;
  CUresult result = submitCopy(context, stream, copy);
  return result == CUDA_SUCCESS && when == When::now ? awaitStream(context, stream) : result;
}

static CUresult toDevice(const char* name, CUdeviceptr target, const void* source, std::size_t bytes, Stream* stream,
                         When when) {
  return withContext("copy", name, [&](Context& context) {
    if (CUresult bad = refuseCaptured(name, stream)) return bad;
    if (source == nullptr && bytes > 0) return CUDA_ERROR_INVALID_VALUE;
    if (!streamUsable(context, stream)) return CUDA_ERROR_INVALID_HANDLE;
    auto* from = const_cast<char*>(static_cast<const char*>(source));
    return submit(context, stream, when, {name, false, isPageLocked(source), from, bytes, target, bytes, bytes, 1});
  });
}

static CUresult toHost(const char* name, void* target, CUdeviceptr source, std::size_t bytes, Stream* stream, When when) {
  return withContext("copy", name, [&](Context& context) {
    if (CUresult bad = refuseCaptured(name, stream)) return bad;
    if (target == nullptr && bytes > 0) return CUDA_ERROR_INVALID_VALUE;
    if (!streamUsable(context, stream)) return CUDA_ERROR_INVALID_HANDLE;
    auto* to = static_cast<char*>(target);
    return submit(context, stream, when, {name, true, isPageLocked(target), to, bytes, source, bytes, bytes, 1});
  });
}

static CUresult bothOnDevice(const char* name, CUdeviceptr target, CUdeviceptr source, std::size_t bytes,
                             Stream* stream) {
  return withContext("copy", name, [&](Context& context) {
    if (!streamUsable(context, stream)) return CUDA_ERROR_INVALID_HANDLE;
    if (CUresult bad = refuseCaptured(name, stream)) return bad;
    auto& memory = DeviceMemory::instance();
    // Bytes that were never written may be moved; they stay unwritten where they arrive.
    const Allocation* from = memory.find(source);
    if (bytes > 0 && (from == nullptr || source - from->base + bytes > from->bytes)) {
      if (CUresult bad = checkRange(name, "source", source, bytes, Access::read)) return bad;
    }
    if (CUresult bad = startWork(context, stream)) return bad;
    if (CUresult bad = checkRange(name, "target", target, bytes, Access::write)) return bad;
    memory.copyMarks(target, source, bytes);
    std::memmove(host(target), host(source), bytes);
    state().counters.bytesDtoD += static_cast<long long>(bytes);
    return CUDA_SUCCESS;
  });
}

RKEMU_API CUresult cuMemcpyHtoD_v2(CUdeviceptr target, const void* source, std::size_t bytes) {
  return toDevice("cuMemcpyHtoD_v2", target, source, bytes, nullptr, When::now);
}
RKEMU_API CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr target, const void* source, std::size_t bytes, Stream* stream) {
  return toDevice("cuMemcpyHtoDAsync_v2", target, source, bytes, stream, When::late);
}
RKEMU_API CUresult cuMemcpyDtoH_v2(void* target, CUdeviceptr source, std::size_t bytes) {
  return toHost("cuMemcpyDtoH_v2", target, source, bytes, nullptr, When::now);
}
RKEMU_API CUresult cuMemcpyDtoHAsync_v2(void* target, CUdeviceptr source, std::size_t bytes, Stream* stream) {
  return toHost("cuMemcpyDtoHAsync_v2", target, source, bytes, stream, When::late);
}
RKEMU_API CUresult cuMemcpyDtoD_v2(CUdeviceptr target, CUdeviceptr source, std::size_t bytes) {
  return bothOnDevice("cuMemcpyDtoD_v2", target, source, bytes, nullptr);
}
RKEMU_API CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr target, CUdeviceptr source, std::size_t bytes, Stream* stream) {
  return bothOnDevice("cuMemcpyDtoDAsync_v2", target, source, bytes, stream);
}

static CUresult copy2D(const char* name, const CUDA_MEMCPY2D* copy, Stream* stream, When when) {
  return withContext("copy", name, [&](Context& context) {
    if (copy == nullptr) return CUDA_ERROR_INVALID_VALUE;
    if (!streamUsable(context, stream)) return CUDA_ERROR_INVALID_HANDLE;
    if (CUresult bad = refuseCaptured(name, stream)) return bad;
    if (copy->WidthInBytes == 0 || copy->Height == 0) return CUDA_SUCCESS;
    auto known = [](CUmemorytype type) { return type == CU_MEMORYTYPE_HOST || type == CU_MEMORYTYPE_DEVICE; };
    if (!known(copy->srcMemoryType) || !known(copy->dstMemoryType)) {
      say(text("%s between other than host and device memory is not emulated", name));
      return CUDA_ERROR_NOT_SUPPORTED;
    }
    // A pitch of 0 means rows that follow one another.
    std::size_t sourcePitch = copy->srcPitch == 0 ? copy->WidthInBytes : copy->srcPitch;
    std::size_t targetPitch = copy->dstPitch == 0 ? copy->WidthInBytes : copy->dstPitch;
    if (copy->srcXInBytes + copy->WidthInBytes > sourcePitch || copy->dstXInBytes + copy->WidthInBytes > targetPitch) {
      say(text("%s: a row of %zu bytes does not fit the pitch", name, copy->WidthInBytes));
      return CUDA_ERROR_INVALID_VALUE;
    }
    bool fromDevice = copy->srcMemoryType == CU_MEMORYTYPE_DEVICE, toDevice = copy->dstMemoryType == CU_MEMORYTYPE_DEVICE;
    auto source = fromDevice ? copy->srcDevice : reinterpret_cast<CUdeviceptr>(copy->srcHost);
    auto target = toDevice ? copy->dstDevice : reinterpret_cast<CUdeviceptr>(copy->dstHost);
    if (source == 0 || target == 0) return CUDA_ERROR_INVALID_VALUE;
    source += copy->srcY * sourcePitch + copy->srcXInBytes;
    target += copy->dstY * targetPitch + copy->dstXInBytes;
    if (fromDevice != toDevice) {
      auto* onHost = reinterpret_cast<char*>(fromDevice ? target : source);
      return submit(context, stream, when,
                    {name, fromDevice, isPageLocked(onHost), onHost, fromDevice ? targetPitch : sourcePitch,
                     fromDevice ? source : target, fromDevice ? sourcePitch : targetPitch, copy->WidthInBytes,
                     copy->Height});
    }
    if (CUresult bad = startWork(context, stream)) return bad;
    for (std::size_t row = 0; row < copy->Height; row++) {
      CUdeviceptr from = source + row * sourcePitch, to = target + row * targetPitch;
      if (fromDevice) {
        const Allocation* a = DeviceMemory::instance().find(from);
        if (a == nullptr || from - a->base + copy->WidthInBytes > a->bytes) {
          if (CUresult bad = checkRange(name, "source", from, copy->WidthInBytes, Access::read)) return bad;
        }
        if (CUresult bad = checkRange(name, "target", to, copy->WidthInBytes, Access::write)) return bad;
        DeviceMemory::instance().copyMarks(to, from, copy->WidthInBytes);
      }
      std::memmove(host(to), host(from), copy->WidthInBytes);
    }
    if (fromDevice) state().counters.bytesDtoD += static_cast<long long>(copy->WidthInBytes * copy->Height);
    return CUDA_SUCCESS;
  });
}

RKEMU_API CUresult cuMemcpy2D_v2(const CUDA_MEMCPY2D* copy) { return copy2D("cuMemcpy2D_v2", copy, nullptr, When::now); }
RKEMU_API CUresult cuMemcpy2DUnaligned_v2(const CUDA_MEMCPY2D* copy) {
  return copy2D("cuMemcpy2DUnaligned_v2", copy, nullptr, When::now);
}
RKEMU_API CUresult cuMemcpy2DAsync_v2(const CUDA_MEMCPY2D* copy, Stream* stream) {
  return copy2D("cuMemcpy2DAsync_v2", copy, stream, When::late);
}

// ---- fills -----------------------------------------------------------------------------------------------------------

template <class T>
static CUresult fill(const char* name, CUdeviceptr target, T value, std::size_t count, Stream* stream) {
  return withContext("copy", name, [&](Context& context) {
    if (!streamUsable(context, stream)) return CUDA_ERROR_INVALID_HANDLE;
    if (capturing(stream)) return record(stream, [=] { return fill(name, target, value, count, nullptr); });
    if (target % sizeof(T) != 0) return CUDA_ERROR_INVALID_VALUE;
    if (CUresult bad = startWork(context, stream)) return bad;
    if (CUresult bad = checkRange(name, "target", target, count * sizeof(T), Access::write)) return bad;
    T* at = static_cast<T*>(host(target));
    for (std::size_t i = 0; i < count; i++) at[i] = value;
    state().counters.bytesSet += static_cast<long long>(count * sizeof(T));
    return CUDA_SUCCESS;
  });
}

RKEMU_API CUresult cuMemsetD8_v2(CUdeviceptr target, unsigned char value, std::size_t count) {
  return fill("cuMemsetD8_v2", target, value, count, nullptr);
}
RKEMU_API CUresult cuMemsetD8Async(CUdeviceptr target, unsigned char value, std::size_t count, Stream* stream) {
  return fill("cuMemsetD8Async", target, value, count, stream);
}
RKEMU_API CUresult cuMemsetD16_v2(CUdeviceptr target, unsigned short value, std::size_t count) {
  return fill("cuMemsetD16_v2", target, value, count, nullptr);
}
RKEMU_API CUresult cuMemsetD16Async(CUdeviceptr target, unsigned short value, std::size_t count, Stream* stream) {
  return fill("cuMemsetD16Async", target, value, count, stream);
}
RKEMU_API CUresult cuMemsetD32_v2(CUdeviceptr target, unsigned value, std::size_t count) {
  return fill("cuMemsetD32_v2", target, value, count, nullptr);
}
RKEMU_API CUresult cuMemsetD32Async(CUdeviceptr target, unsigned value, std::size_t count, Stream* stream) {
  return fill("cuMemsetD32Async", target, value, count, stream);
}
