#include "module.hpp"

#include <dlfcn.h>
#include <link.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <algorithm>
#include <cstring>
#include <vector>

#include "block_runner.hpp"
#include "memory.hpp"
#include "rkemu_image.h"
#include "state.hpp"

namespace rkemu {
namespace {

std::vector<std::unique_ptr<Module>>& modules() {
  static auto* all = new std::vector<std::unique_ptr<Module>>;
  return *all;
}

int hexDigit(char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; }

// The shared object inside an image, empty if the image is not of this build of the emulator.
CUresult unpack(const char* image, std::string& object) {
  ImageHeader header;
  if (std::strncmp(image, kPtxMark, std::strlen(kPtxMark)) == 0) {
    const char* at = image + std::strlen(kPtxMark);
    const char* version = at;
    at = std::strchr(at, '\n');
    if (at == nullptr || std::string(version, at) != RKEMU_VERSION) return CUDA_ERROR_INVALID_PTX;
    at = std::strstr(at, "\n//:");
    while (at != nullptr) {
      for (at += 4; hexDigit(at[0]) >= 0 && hexDigit(at[1]) >= 0; at += 2) {
        object.push_back(static_cast<char>(hexDigit(at[0]) * 16 + hexDigit(at[1])));
      }
      at = std::strstr(at, "\n//:");
    }
    return object.empty() ? CUDA_ERROR_INVALID_PTX : CUDA_SUCCESS;
  }
  if (std::strncmp(image, kCubinMark, sizeof header.mark) != 0) return CUDA_ERROR_INVALID_IMAGE;
  std::memcpy(&header, image, sizeof header);
  if (std::strncmp(header.version, RKEMU_VERSION, sizeof header.version) != 0) return CUDA_ERROR_NO_BINARY_FOR_GPU;
  object.assign(image + sizeof header, header.bytes);
  return CUDA_SUCCESS;
}

// Every load gets a file of its own: the loader would hand out the same variables twice otherwise.
std::string writeObject(const std::string& object) {
  const char* folder = std::getenv("TMPDIR");
  std::string name = std::string(folder == nullptr || *folder == 0 ? "/tmp" : folder) + "/rkemu-module-XXXXXX";
  int file = mkstemp(name.data());
  if (file < 0) return "";
  std::size_t done = 0;
  while (done < object.size()) {
    ssize_t wrote = write(file, object.data() + done, object.size() - done);
    if (wrote <= 0) break;
    done += static_cast<std::size_t>(wrote);
  }
  close(file);
  if (done == object.size()) return name;
  unlink(name.c_str());
  return "";
}

struct Extent {
  std::uintptr_t base, low, high;
};

int measure(dl_phdr_info* info, std::size_t, void* wanted) {
  auto* extent = static_cast<Extent*>(wanted);
  if (info->dlpi_addr != extent->base) return 0;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const auto& segment = info->dlpi_phdr[i];
    if (segment.p_type != PT_LOAD) continue;
    extent->high = std::max<std::uintptr_t>(extent->high, info->dlpi_addr + segment.p_vaddr + segment.p_memsz);
  }
  return 1;
}

void close(Module& module) {
  DeviceMemory::instance().removeGlobals(module.low, module.high);
  dlclose(module.library);
  unlink(module.file.c_str());
}

}  // namespace

CUresult loadModule(Context& context, const void* image, Module** out) {
  std::string object;
  CUresult unpacked = unpack(static_cast<const char*>(image), object);
  if (unpacked != CUDA_SUCCESS) return unpacked;
  auto module = std::make_unique<Module>();
  module->context = &context;
  module->file = writeObject(object);
  if (module->file.empty()) return CUDA_ERROR_OPERATING_SYSTEM;
  module->library = dlopen(module->file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (module->library == nullptr) {
    say(text("a compiled kernel does not load: %s", dlerror()));
    unlink(module->file.c_str());
    return CUDA_ERROR_SHARED_OBJECT_INIT_FAILED;
  }
  link_map* map = nullptr;
  dlinfo(module->library, RTLD_DI_LINKMAP, &map);
  Extent extent{map->l_addr, map->l_addr, map->l_addr};
  dl_iterate_phdr(measure, &extent);
  module->low = extent.low;
  module->high = extent.high;
  auto start = reinterpret_cast<void (*)(const rkemu_host_calls*)>(dlsym(module->library, "rkemu_module_start"));
  start(&hostCalls());
  module->here = *static_cast<rkemu_position**>(dlsym(module->library, "rkemu_here_pointer"));
  *out = module.get();
  modules().push_back(std::move(module));
  return CUDA_SUCCESS;
}

static std::vector<std::unique_ptr<Module>>::iterator position(const Module* module) {
  auto it = modules().begin();
  while (it != modules().end() && it->get() != module) ++it;
  return it;
}

CUresult unloadModule(Module* module) {
  auto it = position(module);
  if (it == modules().end()) return CUDA_ERROR_INVALID_HANDLE;
  close(**it);
  modules().erase(it);
  return CUDA_SUCCESS;
}

void unloadAllModules(const Context* context) {
  for (auto it = modules().begin(); it != modules().end();) {
    if (context != nullptr && (*it)->context != context) {
      ++it;
      continue;
    }
    close(**it);
    it = modules().erase(it);
  }
}

void removeModuleFiles() {
  for (auto& module : modules()) unlink(module->file.c_str());
}

CUresult findFunction(Module* module, const char* name, Function** out) {
  if (position(module) == modules().end()) return CUDA_ERROR_INVALID_HANDLE;
  auto known = module->functions.find(name);
  if (known == module->functions.end()) {
    void* thunk = dlsym(module->library, (std::string("rkemu_launch_") + name).c_str());
    if (thunk == nullptr) return CUDA_ERROR_NOT_FOUND;
    auto* bounds = static_cast<const unsigned*>(dlsym(module->library, (std::string("rkemu_bounds_") + name).c_str()));
    auto* arity = static_cast<const unsigned*>(dlsym(module->library, (std::string("rkemu_arity_") + name).c_str()));
    auto function = std::make_unique<Function>(Function{module, name, reinterpret_cast<void (*)(void**)>(thunk),
                                                        bounds == nullptr ? 1024u : *bounds,
                                                        arity == nullptr ? 0u : *arity});
    known = module->functions.emplace(name, std::move(function)).first;
  }
  *out = known->second.get();
  return CUDA_SUCCESS;
}

CUresult findGlobal(Module* module, const char* name, CUdeviceptr* address, std::size_t* bytes) {
  if (position(module) == modules().end()) return CUDA_ERROR_INVALID_HANDLE;
  void* found = dlsym(module->library, name);
  if (found == nullptr) return CUDA_ERROR_NOT_FOUND;
  Dl_info info;
  const ElfW(Sym)* symbol = nullptr;
  if (dladdr1(found, &info, reinterpret_cast<void**>(const_cast<ElfW(Sym)**>(&symbol)), RTLD_DL_SYMENT) == 0 ||
      symbol == nullptr) {
    return CUDA_ERROR_NOT_FOUND;
  }
  DeviceMemory::instance().addGlobal(reinterpret_cast<std::uintptr_t>(found), symbol->st_size, module->context->device);
  if (address != nullptr) *address = reinterpret_cast<CUdeviceptr>(found);
  if (bytes != nullptr) *bytes = symbol->st_size;
  return CUDA_SUCCESS;
}

Function* knownFunction(const void* handle) {
  for (auto& module : modules()) {
    for (auto& entry : module->functions) {
      if (entry.second.get() == handle) return entry.second.get();
    }
  }
  return nullptr;
}

std::size_t moduleCount() { return modules().size(); }

}  // namespace rkemu
