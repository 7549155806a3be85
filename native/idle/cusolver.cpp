// What the backend calls of cuSOLVER; every factorization is reported to have succeeded.
#include "idle.hpp"

IDLE_API int cusolverDnCreate(void** handle) {
  static int made;
  *handle = &made;
  return 0;
}

IDLE(cusolverDnDestroy)
IDLE(cusolverDnSetStream)

IDLE_API int cusolverDnDpotrf_bufferSize(void*, int, int, double*, int, int* elements) {
  *elements = 1024;
  return 0;
}

IDLE_API int cusolverDnDpotrf(void*, int, int, double*, int, double*, int, int* info) {
  *info = 0;
  return 0;
}

IDLE(cusolverDnDpotrs)

IDLE_API int cusolverDnDsyevd_bufferSize(void*, int, int, int, const double*, int, const double*, int* elements) {
  *elements = 1024;
  return 0;
}

IDLE_API int cusolverDnDsyevd(void*, int, int, int, double*, int, double*, double*, int, int* info) {
  *info = 0;
  return 0;
}
