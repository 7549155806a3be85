// Activations and their derivatives; defined by org.richkernel.compute.Activation.
#ifndef RK_ACTIVATIONS_CUH
#define RK_ACTIVATIONS_CUH

#define RK_RELU 0
#define RK_TANH 1
#define RK_ERF 2
#define RK_LINEAR 3
#define RK_LEAKY_RELU 4
#define RK_GELU 5
#define RK_SIGMOID 6
#define RK_SOFTPLUS 7

#define RK_SQRT_ONE_HALF 0.70710678118654752
#define RK_ONE_OVER_SQRT_TWO_PI 0.39894228040143268
// The normal density is 0 in float64 from here on.
#define RK_NORMAL_FLAT 39

// 2 / sqrt(pi)
#define RK_TWO_OVER_SQRT_PI 1.1283791670955126

__device__ __forceinline__ float rk_tanh(float h) { return tanhf(h); }
__device__ __forceinline__ double rk_tanh(double h) { return tanh(h); }
__device__ __forceinline__ float rk_erf(float h) { return erff(h); }
__device__ __forceinline__ double rk_erf(double h) { return erf(h); }
__device__ __forceinline__ float rk_exp(float h) { return expf(h); }
__device__ __forceinline__ double rk_exp(double h) { return exp(h); }
__device__ __forceinline__ float rk_erfc(float h) { return erfcf(h); }
__device__ __forceinline__ double rk_erfc(double h) { return erfc(h); }
__device__ __forceinline__ float rk_log1p(float h) { return log1pf(h); }
__device__ __forceinline__ double rk_log1p(double h) { return log1p(h); }
// |h|, where NaN stays NaN
template <typename T>
__device__ __forceinline__ T rk_magnitude(T h) {
  return h < T(0) ? -h : h;
}

struct rk_relu {
  // The comparison is written so that NaN stays NaN, which fmax would not do.
  template <typename T>
  static __device__ __forceinline__ T value(T h) {
    return h <= T(0) ? T(0) : h;
  }
  template <typename T>
  static __device__ __forceinline__ T slope(T h, T) {
    return h > T(0) ? T(1) : T(0);
  }
};

struct rk_tanh_unit {
  template <typename T>
  static __device__ __forceinline__ T value(T h) {
    return rk_tanh(h);
  }
  // (1 - t)(1 + t) keeps full relative accuracy of the small factor where t is near 1.
  template <typename T>
  static __device__ __forceinline__ T slope(T, T phi) {
    return (T(1) - phi) * (T(1) + phi);
  }
};

struct rk_erf_unit {
  template <typename T>
  static __device__ __forceinline__ T value(T h) {
    return rk_erf(h);
  }
  template <typename T>
  static __device__ __forceinline__ T slope(T h, T) {
    return T(RK_TWO_OVER_SQRT_PI) * rk_exp(-h * h);
  }
};

// max(h, 0) + alpha min(h, 0)
struct rk_leaky_relu {
  double alpha;
  template <typename T>
  __device__ __forceinline__ T value(T h) const {
    return h <= T(0) ? T(alpha) * h : h;
  }
  template <typename T>
  __device__ __forceinline__ T slope(T h, T) const {
    return h > T(0) ? T(1) : T(alpha);
  }
};

// h NormCdf(h)
struct rk_gelu {
  template <typename T>
  static __device__ __forceinline__ T value(T h) {
    if (rk_magnitude(h) > T(RK_NORMAL_FLAT)) {
      return h > T(0) ? h : T(0);
    }
    return T(0.5) * h * rk_erfc(-h * T(RK_SQRT_ONE_HALF));
  }
  template <typename T>
  static __device__ __forceinline__ T slope(T h, T) {
    if (rk_magnitude(h) > T(RK_NORMAL_FLAT)) {
      return h > T(0) ? T(1) : T(0);
    }
    T bell = T(RK_ONE_OVER_SQRT_TWO_PI) * rk_exp(T(-0.5) * h * h);
    return T(0.5) * rk_erfc(-h * T(RK_SQRT_ONE_HALF)) + h * bell;
  }
};

// 1 / (1 + exp(-h))
struct rk_sigmoid {
  template <typename T>
  static __device__ __forceinline__ T value(T h) {
    T e = rk_exp(-rk_magnitude(h));
    return (h > T(0) ? T(1) : e) / (T(1) + e);
  }
  template <typename T>
  static __device__ __forceinline__ T slope(T, T phi) {
    return phi * (T(1) - phi);
  }
};

// ln(1 + exp(h))
struct rk_softplus {
  template <typename T>
  static __device__ __forceinline__ T value(T h) {
    return (h <= T(0) ? T(0) : h) + rk_log1p(rk_exp(-rk_magnitude(h)));
  }
  template <typename T>
  static __device__ __forceinline__ T slope(T h, T) {
    return rk_sigmoid::value(h);
  }
};

struct rk_linear {
  template <typename T>
  static __device__ __forceinline__ T value(T h) {
    return h;
  }
  template <typename T>
  static __device__ __forceinline__ T slope(T, T) {
    return T(1);
  }
};

// Evaluates a call that names the unit of an activation; the one list of units.
#define RK_WITH_ACTIVATION(f, parameter, call) \
  switch (f) {                                 \
    case RK_RELU: {                            \
      rk_relu unit;                            \
      call;                                    \
      break;                                   \
    }                                          \
    case RK_TANH: {                            \
      rk_tanh_unit unit;                       \
      call;                                    \
      break;                                   \
    }                                          \
    case RK_ERF: {                             \
      rk_erf_unit unit;                        \
      call;                                    \
      break;                                   \
    }                                          \
    case RK_LEAKY_RELU: {                      \
      rk_leaky_relu unit = {parameter};        \
      call;                                    \
      break;                                   \
    }                                          \
    case RK_GELU: {                            \
      rk_gelu unit;                            \
      call;                                    \
      break;                                   \
    }                                          \
    case RK_SIGMOID: {                         \
      rk_sigmoid unit;                         \
      call;                                    \
      break;                                   \
    }                                          \
    case RK_SOFTPLUS: {                        \
      rk_softplus unit;                        \
      call;                                    \
      break;                                   \
    }                                          \
    default: {                                 \
      rk_linear unit;                          \
      call;                                    \
    }                                          \
  }

#endif
