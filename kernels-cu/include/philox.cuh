// Philox 4x32-10 (Salmon, Moraes, Dror, Shaw 2011). Key: (low, high) 32 bits of the seed. Counter:
// (column / 4, sample, stream low, stream high); the four words serve columns 4q .. 4q + 3.
#ifndef RK_PHILOX_CUH
#define RK_PHILOX_CUH

__device__ __forceinline__ uint4 rk_philox(
    unsigned int c0, unsigned int c1, unsigned int c2, unsigned int c3, unsigned int k0,
    unsigned int k1) {
#pragma unroll
  for (int round = 0; round < 10; round++) {
    unsigned int high0 = __umulhi(0xD2511F53u, c0);
    unsigned int low0 = 0xD2511F53u * c0;
    unsigned int high1 = __umulhi(0xCD9E8D57u, c2);
    unsigned int low1 = 0xCD9E8D57u * c2;
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  return make_uint4(c0, c1, c2, c3);
}

#endif
