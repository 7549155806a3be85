// Compiled kernels: a CUBIN or PTX of the emulated NVRTC holds a shared object, which is loaded here.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "cuda_abi.hpp"
#include "rkemu_layout.h"

namespace rkemu {

struct Context;
struct Module;

struct Function {
  Module* module;
  std::string name;
  void (*thunk)(void** arguments);
  unsigned maxThreads;  // of __launch_bounds__, or 1024
  unsigned parameters;
  std::size_t maxDynamicShared = 48u << 10;
};

struct Module {
  Context* context;
  void* library = nullptr;
  std::string file;
  rkemu_position* here = nullptr;
  std::uintptr_t low = 0, high = 0;
  std::map<std::string, std::unique_ptr<Function>> functions;
};

CUresult loadModule(Context& context, const void* image, Module** out);
CUresult unloadModule(Module* module);
void unloadAllModules(const Context* context);  // nullptr: of every context
void removeModuleFiles();  // at exit: nothing is unloaded, only the files go
CUresult findFunction(Module* module, const char* name, Function** out);
CUresult findGlobal(Module* module, const char* name, CUdeviceptr* address, std::size_t* bytes);
Function* knownFunction(const void* handle);
std::size_t moduleCount();

}  // namespace rkemu
