// Modules, functions, launches.
#include <cstdio>
#include <cstring>
#include <vector>

#include "block_runner.hpp"
#include "graphs.hpp"
#include "late_copies.hpp"
#include "module.hpp"
#include "state.hpp"

using namespace rkemu;

static CUresult load(const char* name, Module** module, const void* image) {
  return withContext("module", name, [&](Context& context) {
    if (module == nullptr || image == nullptr) return CUDA_ERROR_INVALID_VALUE;
    if (CUresult bad = refuseWhileCapturing(name)) return bad;
    return loadModule(context, image, module);
  });
}

RKEMU_API CUresult cuModuleLoadData(Module** module, const void* image) {
  return load("cuModuleLoadData", module, image);
}

RKEMU_API CUresult cuModuleLoadDataEx(Module** module, const void* image, unsigned, int*, void**) {
  return load("cuModuleLoadDataEx", module, image);
}

RKEMU_API CUresult cuModuleUnload(Module* module) {
  return withContext(nullptr, "cuModuleUnload", [&](Context&) { return unloadModule(module); });
}

RKEMU_API CUresult cuModuleGetFunction(Function** function, Module* module, const char* name) {
  return withContext(nullptr, "cuModuleGetFunction", [&](Context&) {
    if (function == nullptr || name == nullptr) return CUDA_ERROR_INVALID_VALUE;
    return findFunction(module, name, function);
  });
}

RKEMU_API CUresult cuModuleGetGlobal_v2(CUdeviceptr* address, std::size_t* bytes, Module* module, const char* name) {
  return withContext(nullptr, "cuModuleGetGlobal_v2", [&](Context&) {
    if (name == nullptr) return CUDA_ERROR_INVALID_VALUE;
    return findGlobal(module, name, address, bytes);
  });
}

// Register and local memory use are those of no real compiler; the numbers are placeholders that allow any launch.
RKEMU_API CUresult cuFuncGetAttribute(int* value, int attribute, Function* handle) {
  return withContext(nullptr, "cuFuncGetAttribute", [&](Context&) {
    Function* function = knownFunction(handle);
    if (value == nullptr) return CUDA_ERROR_INVALID_VALUE;
    if (function == nullptr) return CUDA_ERROR_INVALID_HANDLE;
    switch (attribute) {
      case 0: *value = static_cast<int>(function->maxThreads); break;
      case 1: case 2: case 3: case 7: *value = 0; break;
      case 4: *value = 32; break;
      case 5: case 6: *value = 80; break;
      case 8: *value = static_cast<int>(function->maxDynamicShared); break;
      case 9: *value = -1; break;
      default: return CUDA_ERROR_INVALID_VALUE;
    }
    return CUDA_SUCCESS;
  });
}

RKEMU_API CUresult cuFuncSetAttribute(Function* handle, int attribute, int value) {
  return withContext(nullptr, "cuFuncSetAttribute", [&](Context&) {
    Function* function = knownFunction(handle);
    if (function == nullptr) return CUDA_ERROR_INVALID_HANDLE;
    if (attribute == 9) return CUDA_SUCCESS;  // a preference only
    if (attribute != 8 || value < 0 || value > (163 << 10)) return CUDA_ERROR_INVALID_VALUE;
    function->maxDynamicShared = static_cast<std::size_t>(value);
    return CUDA_SUCCESS;
  });
}

RKEMU_API CUresult cuFuncSetCacheConfig(Function* handle, int) {
  return withContext(nullptr, "cuFuncSetCacheConfig", [&](Context&) {
    return knownFunction(handle) == nullptr ? CUDA_ERROR_INVALID_HANDLE : CUDA_SUCCESS;
  });
}

RKEMU_API CUresult cuOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, Function* handle, int threads,
                                                               std::size_t) {
  return withContext(nullptr, "cuOccupancyMaxActiveBlocksPerMultiprocessor", [&](Context&) {
    if (blocks == nullptr || threads <= 0) return CUDA_ERROR_INVALID_VALUE;
    if (knownFunction(handle) == nullptr) return CUDA_ERROR_INVALID_HANDLE;
    *blocks = threads > 1024 ? 0 : 2048 / threads;
    return CUDA_SUCCESS;
  });
}

// A launch that is taken down keeps its parameters, of at most 8 bytes each.
static CUresult recordLaunch(const Stream* stream, Launch launch, unsigned count) {
  std::vector<std::uint64_t> values(count);
  for (unsigned i = 0; i < count; i++) std::memcpy(&values[i], launch.arguments[i], sizeof values[i]);
  return record(stream, [launch, values]() mutable {
    std::vector<void*> arguments;
    for (auto& value : values) arguments.push_back(&value);
    launch.arguments = arguments.data();
    if (int error = injected("launch", "cuLaunchKernel")) {
      if (spoilsContext(error)) currentContext()->sticky = static_cast<CUresult>(error);
      return static_cast<CUresult>(error);
    }
    return runGrid(launch);
  });
}

static std::string sizes(unsigned x, unsigned y, unsigned z) { return text("(%u,%u,%u)", x, y, z); }

RKEMU_API CUresult cuLaunchKernel(Function* handle, unsigned gridX, unsigned gridY, unsigned gridZ, unsigned blockX,
                                  unsigned blockY, unsigned blockZ, unsigned sharedBytes, Stream* stream,
                                  void** parameters, void** extra) {
  return withContext("launch", "cuLaunchKernel", [&](Context& context) {
    Function* function = knownFunction(handle);
    if (function == nullptr || !streamUsable(context, stream)) return CUDA_ERROR_INVALID_HANDLE;
    if (function->module->context != &context) return CUDA_ERROR_INVALID_HANDLE;
    if (extra != nullptr) {
      say("cuLaunchKernel with the parameter 'extra' is not emulated");
      return CUDA_ERROR_NOT_SUPPORTED;
    }
    if (gridX == 0 || gridY == 0 || gridZ == 0 || gridX > 2147483647u || gridY > 65535 || gridZ > 65535) {
      say(text("launch of %s with the impossible grid %s", function->name.c_str(), sizes(gridX, gridY, gridZ).c_str()));
      return CUDA_ERROR_INVALID_VALUE;
    }
    unsigned long threads = 1ul * blockX * blockY * blockZ;
    if (threads == 0 || blockX > 1024 || blockY > 1024 || blockZ > 64 || threads > 1024 || threads > function->maxThreads) {
      say(text("launch of %s with the block %s, where %u threads are allowed", function->name.c_str(),
               sizes(blockX, blockY, blockZ).c_str(), function->maxThreads));
      return CUDA_ERROR_INVALID_VALUE;
    }
    if (sharedBytes > function->maxDynamicShared) {
      say(text("launch of %s with %u bytes of dynamic shared memory, where %zu are allowed", function->name.c_str(),
               sharedBytes, function->maxDynamicShared));
      return CUDA_ERROR_INVALID_VALUE;
    }
    const Module& module = *function->module;
    Launch launch{function->name, function->thunk, parameters, module.here, module.low, module.high, module.file,
                  {gridX, gridY, gridZ}, {blockX, blockY, blockZ}, sharedBytes, 163u << 10};
    if (capturing(stream)) {
      state().counters.launches++;
      return recordLaunch(stream, launch, function->parameters);
    }
    if (CUresult bad = startWork(context, stream)) return bad;
    state().counters.launches++;
    return runGrid(launch);
  });
}
