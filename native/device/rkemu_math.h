// The mathematics of CUDA device code, on top of the host's libm.
#pragma once

#define RKEMU_UNARY(NAME)                                                                         \
  extern "C" float NAME##f(float) noexcept;                                                    \
  extern "C" double NAME(double) noexcept;                                                     \
  inline float NAME(float x) { return NAME##f(x); }
#define RKEMU_BINARY(NAME)                                                                        \
  extern "C" float NAME##f(float, float) noexcept;                                             \
  extern "C" double NAME(double, double) noexcept;                                             \
  inline float NAME(float x, float y) { return NAME##f(x, y); }                                \
  inline double NAME(float x, double y) { return NAME(static_cast<double>(x), y); }            \
  inline double NAME(double x, float y) { return NAME(x, static_cast<double>(y)); }
RKEMU_UNARY(sin) RKEMU_UNARY(cos) RKEMU_UNARY(tan) RKEMU_UNARY(asin) RKEMU_UNARY(acos) RKEMU_UNARY(atan) RKEMU_UNARY(sinh) RKEMU_UNARY(cosh)
RKEMU_UNARY(tanh) RKEMU_UNARY(asinh) RKEMU_UNARY(acosh) RKEMU_UNARY(atanh) RKEMU_UNARY(exp) RKEMU_UNARY(exp2) RKEMU_UNARY(exp10)
RKEMU_UNARY(expm1) RKEMU_UNARY(log) RKEMU_UNARY(log2) RKEMU_UNARY(log10) RKEMU_UNARY(log1p) RKEMU_UNARY(sqrt) RKEMU_UNARY(cbrt)
RKEMU_UNARY(erf) RKEMU_UNARY(erfc) RKEMU_UNARY(fabs) RKEMU_UNARY(floor) RKEMU_UNARY(ceil) RKEMU_UNARY(trunc) RKEMU_UNARY(round)
RKEMU_UNARY(rint) RKEMU_UNARY(nearbyint) RKEMU_UNARY(lgamma) RKEMU_UNARY(tgamma) RKEMU_UNARY(logb)
RKEMU_BINARY(atan2) RKEMU_BINARY(pow) RKEMU_BINARY(fmod) RKEMU_BINARY(hypot) RKEMU_BINARY(fmin) RKEMU_BINARY(fmax) RKEMU_BINARY(copysign)
RKEMU_BINARY(fdim) RKEMU_BINARY(remainder) RKEMU_BINARY(nextafter)
#undef RKEMU_UNARY
#undef RKEMU_BINARY

extern "C" {
float fmaf(float, float, float) noexcept;
double fma(double, double, double) noexcept;
float ldexpf(float, int) noexcept;
double ldexp(double, int) noexcept;
float frexpf(float, int*) noexcept;
double frexp(double, int*) noexcept;
int abs(int) noexcept;
long labs(long) noexcept;
long long llabs(long long) noexcept;
}
inline float fma(float a, float b, float c) { return fmaf(a, b, c); }
inline float ldexp(float x, int e) { return ldexpf(x, e); }
inline float abs(float x) { return fabsf(x); }
inline double abs(double x) { return fabs(x); }
inline long abs(long x) { return labs(x); }
inline long long abs(long long x) { return llabs(x); }
inline float pow(float x, int n) { return powf(x, static_cast<float>(n)); }
inline double pow(double x, int n) { return pow(x, static_cast<double>(n)); }

inline bool isnan(float x) { return __builtin_isnan(x); }
inline bool isnan(double x) { return __builtin_isnan(x); }
inline bool isinf(float x) { return __builtin_isinf(x); }
inline bool isinf(double x) { return __builtin_isinf(x); }
inline bool isfinite(float x) { return __builtin_isfinite(x); }
inline bool isfinite(double x) { return __builtin_isfinite(x); }
inline bool signbit(float x) { return __builtin_signbit(x); }
inline bool signbit(double x) { return __builtin_signbit(x); }

inline void sincosf(float x, float* s, float* c) { *s = sinf(x); *c = cosf(x); }
inline void sincos(double x, double* s, double* c) { *s = sin(x); *c = cos(x); }
inline void sincos(float x, float* s, float* c) { sincosf(x, s, c); }
#define RKEMU_PI 3.14159265358979323846
inline double sinpi(double x) { return sin(RKEMU_PI * (x - 2 * rint(x / 2))); }
inline double cospi(double x) { return cos(RKEMU_PI * (x - 2 * rint(x / 2))); }
inline float sinpif(float x) { return static_cast<float>(sinpi(static_cast<double>(x))); }
inline float cospif(float x) { return static_cast<float>(cospi(static_cast<double>(x))); }
inline float sinpi(float x) { return sinpif(x); }
inline float cospi(float x) { return cospif(x); }
inline void sincospif(float x, float* s, float* c) { *s = sinpif(x); *c = cospif(x); }
inline void sincospi(double x, double* s, double* c) { *s = sinpi(x); *c = cospi(x); }
inline double rsqrt(double x) { return 1.0 / sqrt(x); }
inline float rsqrtf(float x) { return static_cast<float>(1.0 / sqrt(static_cast<double>(x))); }
inline float rsqrt(float x) { return rsqrtf(x); }
inline double rcbrt(double x) { return 1.0 / cbrt(x); }
inline float rcbrtf(float x) { return 1.0f / cbrtf(x); }
inline double normcdf(double x) { return 0.5 * erfc(-x * 0.70710678118654752440); }
inline float normcdff(float x) { return static_cast<float>(normcdf(static_cast<double>(x))); }

#define RKEMU_MINMAX(T)                                                                           \
  inline constexpr T min(T a, T b) { return b < a ? b : a; }                                   \
  inline constexpr T max(T a, T b) { return a < b ? b : a; }
RKEMU_MINMAX(int) RKEMU_MINMAX(unsigned) RKEMU_MINMAX(long) RKEMU_MINMAX(unsigned long) RKEMU_MINMAX(long long)
RKEMU_MINMAX(unsigned long long)
#undef RKEMU_MINMAX
inline unsigned min(int a, unsigned b) { return min(static_cast<unsigned>(a), b); }
inline unsigned min(unsigned a, int b) { return min(a, static_cast<unsigned>(b)); }
inline unsigned max(int a, unsigned b) { return max(static_cast<unsigned>(a), b); }
inline unsigned max(unsigned a, int b) { return max(a, static_cast<unsigned>(b)); }
inline float min(float a, float b) { return fminf(a, b); }
inline float max(float a, float b) { return fmaxf(a, b); }
inline double min(double a, double b) { return fmin(a, b); }
inline double max(double a, double b) { return fmax(a, b); }
inline double min(float a, double b) { return fmin(a, b); }
inline double max(float a, double b) { return fmax(a, b); }
inline double min(double a, float b) { return fmin(a, b); }
inline double max(double a, float b) { return fmax(a, b); }

// ---- intrinsics ------------------------------------------------------------------------------------------------------
#define RKEMU_BITS(NAME, FROM, TO)                                                                \
  inline TO NAME(FROM value) {                                                                 \
    static_assert(sizeof(FROM) == sizeof(TO), "same size");                                    \
    return __builtin_bit_cast(TO, value);                                                      \
  }
RKEMU_BITS(__float_as_uint, float, unsigned)
RKEMU_BITS(__float_as_int, float, int)
RKEMU_BITS(__uint_as_float, unsigned, float)
RKEMU_BITS(__int_as_float, int, float)
RKEMU_BITS(__double_as_longlong, double, long long)
RKEMU_BITS(__longlong_as_double, long long, double)
#undef RKEMU_BITS
inline unsigned __umulhi(unsigned a, unsigned b) { return static_cast<unsigned>((static_cast<unsigned long>(a) * b) >> 32); }
inline int __mulhi(int a, int b) { return static_cast<int>((static_cast<long>(a) * b) >> 32); }
inline unsigned long long __umul64hi(unsigned long long a, unsigned long long b) {
  return static_cast<unsigned long long>((static_cast<unsigned __int128>(a) * b) >> 64);
}
inline float __uint2float_rn(unsigned x) { return static_cast<float>(x); }
inline float __int2float_rn(int x) { return static_cast<float>(x); }
inline float __ull2float_rn(unsigned long long x) { return static_cast<float>(x); }
inline float __double2float_rn(double x) { return static_cast<float>(x); }
inline double __uint2double_rn(unsigned x) { return x; }
inline double __int2double_rn(int x) { return x; }
inline double __ull2double_rn(unsigned long long x) { return static_cast<double>(x); }
inline double __ll2double_rn(long long x) { return static_cast<double>(x); }
inline int __float2int_rn(float x) { return static_cast<int>(rintf(x)); }
inline int __float2int_rz(float x) { return static_cast<int>(x); }
inline int __float2int_rd(float x) { return static_cast<int>(floorf(x)); }
inline int __float2int_ru(float x) { return static_cast<int>(ceilf(x)); }
inline unsigned __float2uint_rn(float x) { return static_cast<unsigned>(rintf(x)); }
inline unsigned __float2uint_rz(float x) { return static_cast<unsigned>(x); }
inline int __double2int_rn(double x) { return static_cast<int>(rint(x)); }
inline int __double2int_rz(double x) { return static_cast<int>(x); }
inline int __popc(unsigned x) { return __builtin_popcount(x); }
inline int __popcll(unsigned long long x) { return __builtin_popcountll(x); }
inline int __clz(int x) { return x == 0 ? 32 : __builtin_clz(static_cast<unsigned>(x)); }
inline int __clzll(long long x) { return x == 0 ? 64 : __builtin_clzll(static_cast<unsigned long long>(x)); }
inline int __ffs(int x) { return __builtin_ffs(x); }
inline int __ffsll(long long x) { return __builtin_ffsll(x); }
inline unsigned __brev(unsigned x) {
  unsigned result = 0;
  for (int bit = 0; bit < 32; bit++) result |= ((x >> bit) & 1u) << (31 - bit);
  return result;
}
inline unsigned __funnelshift_l(unsigned lo, unsigned hi, unsigned n) {
  return static_cast<unsigned>(((static_cast<unsigned long>(hi) << 32 | lo) << (n & 31)) >> 32);
}
inline unsigned __funnelshift_r(unsigned lo, unsigned hi, unsigned n) {
  return static_cast<unsigned>((static_cast<unsigned long>(hi) << 32 | lo) >> (n & 31));
}

// Rounding to nearest is the host's only rounding, and -ffp-contract=off keeps these from being fused.
inline float __fmaf_rn(float a, float b, float c) { return fmaf(a, b, c); }
inline double __fma_rn(double a, double b, double c) { return fma(a, b, c); }
#define RKEMU_ARITHMETIC(SUFFIX, T, PREFIX)                                                       \
  inline T PREFIX##add_rn(T a, T b) { return a + b; }                                          \
  inline T PREFIX##sub_rn(T a, T b) { return a - b; }                                          \
  inline T PREFIX##mul_rn(T a, T b) { return a * b; }                                          \
  inline T PREFIX##div_rn(T a, T b) { return a / b; }                                          \
  inline T PREFIX##rcp_rn(T a) { return 1 / a; }                                               \
  inline T PREFIX##sqrt_rn(T a) { return sqrt##SUFFIX(a); }
RKEMU_ARITHMETIC(f, float, __f)
RKEMU_ARITHMETIC(, double, __d)
#undef RKEMU_ARITHMETIC
inline float __frsqrt_rn(float x) { return rsqrtf(x); }
inline float __fdividef(float a, float b) { return a / b; }
inline float __saturatef(float x) { return x > 0.0f ? (x < 1.0f ? x : 1.0f) : 0.0f; }
inline float __expf(float x) { return expf(x); }
inline float __exp10f(float x) { return exp10f(x); }
inline float __logf(float x) { return logf(x); }
inline float __log2f(float x) { return log2f(x); }
inline float __log10f(float x) { return log10f(x); }
inline float __sinf(float x) { return sinf(x); }
inline float __cosf(float x) { return cosf(x); }
inline float __tanf(float x) { return tanf(x); }
inline float __powf(float x, float y) { return powf(x, y); }
inline void __sincosf(float x, float* s, float* c) { sincosf(x, s, c); }
