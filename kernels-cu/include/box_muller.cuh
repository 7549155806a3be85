// Two standard normals from two random words, in float32; defined, step by step, by
// org.richkernel.compute.cpu.BoxMuller. Only operations that round once occur (fused multiply-adds,
// products, sums, square roots, conversions of integers), and each is named by its intrinsic, so that
// no compiler contracts them and the bits are those of the Java code. Polynomials: Cephes library.
#ifndef RK_BOX_MULLER_CUH
#define RK_BOX_MULLER_CUH

#define RK_SQRT_HALF_BITS 0x3f3504f3

// float(w) 2^-32 + 2^-33, in (0, 1]
__device__ __forceinline__ float rk_uniform(unsigned int word) {
  return __fmaf_rn(__uint2float_rn(word), 2.3283064365386962890625e-10f,
                   1.16415321826934814453125e-10f);
}

// sqrt(-2 ln u): u = m 2^e with m in [sqrt(1/2), sqrt(2)), f = m - 1.
__device__ __forceinline__ float rk_radius(unsigned int word) {
  int ix = __float_as_int(rk_uniform(word)) - RK_SQRT_HALF_BITS;
  float e = (float)(ix >> 23);
  float f = __fadd_rn(__int_as_float((ix & 0x7fffff) + RK_SQRT_HALF_BITS), -1.0f);
  float z = __fmul_rn(f, f);
  float q = __fmaf_rn(7.0376836292e-2f, f, -1.1514610310e-1f);
  q = __fmaf_rn(q, f, 1.1676998740e-1f);
  q = __fmaf_rn(q, f, -1.2420140846e-1f);
  q = __fmaf_rn(q, f, 1.4249322787e-1f);
  q = __fmaf_rn(q, f, -1.6668057665e-1f);
  q = __fmaf_rn(q, f, 2.0000714765e-1f);
  q = __fmaf_rn(q, f, -2.4999993993e-1f);
  q = __fmaf_rn(q, f, 3.3333331174e-1f);
  float y = __fmaf_rn(e, -2.12194440e-4f, __fmul_rn(__fmul_rn(f, z), q));
  y = __fmaf_rn(-0.5f, z, y);
  float ln = __fmaf_rn(e, 0.693359375f, __fadd_rn(f, y));
  return __fsqrt_rn(__fmul_rn(-2.0f, ln));
}

// n0 = r cos t and n1 = r sin t with t = 2 pi odd 2^-32, reduced to the nearest quarter turn k.
__device__ __forceinline__ void rk_box_muller(
    unsigned int even, unsigned int odd, float* n0, float* n1) {
  float r = rk_radius(even);
  unsigned int k = (odd + 0x20000000u) >> 30;
  // pi / 2 rounded to float32, times 2^-30
  float x = __fmul_rn((float)(int)(odd - (k << 30)), 1.46291811997656396e-9f);
  float z = __fmul_rn(x, x);
  float s = __fmaf_rn(-1.9515295891e-4f, z, 8.3321608736e-3f);
  s = __fmaf_rn(s, z, -1.6666654611e-1f);
  s = __fmaf_rn(__fmul_rn(x, z), s, x);
  float c = __fmaf_rn(2.443315711809948e-5f, z, -1.388731625493765e-3f);
  c = __fmaf_rn(c, z, 4.166664568298827e-2f);
  c = __fmaf_rn(__fmul_rn(z, z), c, __fmaf_rn(-0.5f, z, 1.0f));
  // cosine a and sine b of k quarter turns
  float a = k == 0u ? 1.0f : (k == 2u ? -1.0f : 0.0f);
  float b = k == 1u ? 1.0f : (k == 3u ? -1.0f : 0.0f);
  *n0 = __fmul_rn(r, __fmaf_rn(a, c, -__fmul_rn(b, s)));
  *n1 = __fmul_rn(r, __fmaf_rn(a, s, __fmul_rn(b, c)));
}

#endif
