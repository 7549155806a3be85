// Activations and their derivatives; defined by org.richkernel.compute.Activation.
#ifndef RK_ACTIVATIONS_CUH
#define RK_ACTIVATIONS_CUH

#define RK_RELU 0
#define RK_TANH 1
#define RK_ERF 2
#define RK_LINEAR 3

// 2 / sqrt(pi)
#define RK_TWO_OVER_SQRT_PI 1.1283791670955126

__device__ __forceinline__ float rk_tanh(float h) { return tanhf(h); }
__device__ __forceinline__ double rk_tanh(double h) { return tanh(h); }
__device__ __forceinline__ float rk_erf(float h) { return erff(h); }
__device__ __forceinline__ double rk_erf(double h) { return erf(h); }
__device__ __forceinline__ float rk_exp(float h) { return expf(h); }
__device__ __forceinline__ double rk_exp(double h) { return exp(h); }

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

#endif
