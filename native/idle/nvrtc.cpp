// A compiler whose output no driver reads. Its version is one that the emulated compiler does not have, so that
// neither finds the other's output in a cache.
#include <cstring>

#include "idle.hpp"

static const char kText[] = "idle";

IDLE_API int nvrtcVersion(int* major, int* minor) {
  *major = 12;
  *minor = 1;
  return 0;
}

IDLE_API int nvrtcGetNumSupportedArchs(int* count) {
  *count = 1;
  return 0;
}

IDLE_API int nvrtcGetSupportedArchs(int* known) {
  *known = 90;
  return 0;
}

IDLE_API const char* nvrtcGetErrorString(int) { return "no error"; }

IDLE_API int nvrtcCreateProgram(void** program, const char*, const char*, int, const char* const*, const char* const*) {
  static int made;
  *program = &made;
  return 0;
}

IDLE(nvrtcCompileProgram)
IDLE(nvrtcDestroyProgram)

IDLE_API int nvrtcGetCUBINSize(void*, std::size_t* size) {
  *size = sizeof kText;
  return 0;
}

IDLE_API int nvrtcGetCUBIN(void*, char* code) {
  std::memcpy(code, kText, sizeof kText);
  return 0;
}
