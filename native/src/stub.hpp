// What stands in for an entry point that is not emulated.
#pragma once
#include <dlfcn.h>

#include <cstdio>

namespace rkemu {

// Major version of CUDA that the library around this code stands for; 1 in the driver.
extern const int kCudaMajor;

// Through the driver, so that it is the last report; NVRTC may live without one.
inline void sayNotEmulated(const char* name) {
  void* driver = dlopen("libcuda.so.1", RTLD_NOLOAD | RTLD_LAZY);
  auto say = driver == nullptr ? nullptr : reinterpret_cast<void (*)(const char*)>(dlsym(driver, "rkemu_notEmulated"));
  if (say != nullptr) {
    say(name);
  } else {
    std::fprintf(stderr, "RICHKERNEL-EMU: %s is not emulated\n", name);
  }
  if (driver != nullptr) dlclose(driver);
}

}  // namespace rkemu

#define RKEMU_STUB(NAME, STATUS)                                      \
  extern "C" __attribute__((weak, visibility("default"))) int NAME() { \
    rkemu::sayNotEmulated(#NAME);                                     \
    return STATUS;                                                    \
  }
