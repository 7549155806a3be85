#include "include/index.cuh"

// out_i = 2 i + 1: shows that a kernel can be compiled, loaded and run on this device.
// Grid: any, 1-D. Block: any, 1-D. Shared: 0. Index range: 0 <= i < n.
// Owns: a thread owns out[i]. Defined by: CudaProbe.
extern "C" __global__ void rk_probe_write_i32(int n, int* out) {
  RK_FOR_VECTOR(i, n) { out[i] = 2 * (int)i + 1; }
}
