// Index types, loops over a rectangle, and 16-byte packs.
//
// A row-major matrix is a pointer and a leading dimension (elements between the starts of rows).
// Offsets are 64-bit: rows x columns may pass 2^31. A loop strides by the whole grid, so every kernel
// that uses these macros is correct for any grid and block. The loops over a rectangle are kept rolled:
// the wide accesses inside already fill the memory pipeline, and unrolling would cost registers.
#ifndef RK_INDEX_CUH
#define RK_INDEX_CUH

typedef long long rk_index;

// Rows i owned by a thread: blockIdx.y and threadIdx.y run over rows.
#define RK_FOR_ROWS(i, rows)                                                         \
  _Pragma("unroll 1")                                                                \
  for (rk_index i = (rk_index)blockIdx.y * blockDim.y + threadIdx.y; i < (rows);     \
       i += (rk_index)gridDim.y * blockDim.y)

// First of `width` adjacent columns owned by a thread: blockIdx.x and threadIdx.x run over columns.
#define RK_FOR_COLUMNS(j, columns, width)                                                      \
  _Pragma("unroll 1")                                                                          \
  for (rk_index j = ((rk_index)blockIdx.x * blockDim.x + threadIdx.x) * (width); j < (columns); \
       j += (rk_index)gridDim.x * blockDim.x * (width))

// Linear index of a thread, for kernels over a vector.
#define RK_FOR_VECTOR(i, n)                                                     \
  for (rk_index i = (rk_index)blockIdx.x * blockDim.x + threadIdx.x; i < (n);   \
       i += (rk_index)gridDim.x * blockDim.x)

// Elements of type T that one 16-byte access moves.
template <typename T>
struct rk_wide {
  static const int count = 16 / (int)sizeof(T);
};

// W adjacent elements; W = rk_wide<T>::count is one 16-byte access, W = 1 a plain one.
template <typename T, int W>
struct alignas(W * sizeof(T)) rk_pack {
  T v[W];
};

template <int W, typename T>
__device__ __forceinline__ rk_pack<T, W> rk_load(const T* p) {
  return *reinterpret_cast<const rk_pack<T, W>*>(p);
}

template <int W, typename T>
__device__ __forceinline__ void rk_store(T* p, const rk_pack<T, W>& value) {
  *reinterpret_cast<rk_pack<T, W>*>(p) = value;
}

#endif
