// What NVRTC has built in, for g++: included before every kernel source.
//
// Nothing of the C or C++ library is visible, as with NVRTC. Words that begin with rkemu_ or __rkemu_ are not for kernels.
// __rkemu_global__, __rkemu_shared__ and __rkemu_bounds__ are rewritten between preprocessing and compiling.
#pragma once

#define __CUDACC__ 1
#define __CUDACC_RTC__ 1
#define __NVCC__ 1
#define __CUDACC_VER_MAJOR__ 12
#define __CUDACC_VER_MINOR__ 6
#define __RICHKERNEL_EMU__ 1

#define __global__ __rkemu_global__
#define __shared__ __rkemu_shared__
#define __launch_bounds__(...) __rkemu_bounds__(__VA_ARGS__)
#define __device__
#define __host__
#define __managed__
#define __constant__ __attribute__((used))
#define __forceinline__ inline __attribute__((always_inline))
#define __noinline__ __attribute__((noinline))
#define __align__(n) __attribute__((aligned(n)))
#define __grid_constant__

typedef __SIZE_TYPE__ size_t;
typedef __PTRDIFF_TYPE__ ptrdiff_t;
#define NULL __null
#define warpSize 32

// ---- position in the grid ------------------------------------------------------------------------------------------
// Read through assembly so that the reads are not themselves instrumented; constant within one call of a kernel.
#define RKEMU_COORDINATE(NAME, OFFSET)                                                            \
  struct NAME {                                                                                \
    __attribute__((always_inline)) operator unsigned() const {                                 \
      unsigned value;                                                                          \
      __asm__("movl rkemu_here+" #OFFSET "(%%rip), %0" : "=r"(value));                            \
      return value;                                                                            \
    }                                                                                          \
  }
RKEMU_COORDINATE(rkemu_thread_x, 0); RKEMU_COORDINATE(rkemu_thread_y, 4); RKEMU_COORDINATE(rkemu_thread_z, 8);
RKEMU_COORDINATE(rkemu_block_x, 12); RKEMU_COORDINATE(rkemu_block_y, 16); RKEMU_COORDINATE(rkemu_block_z, 20);
RKEMU_COORDINATE(rkemu_size_x, 24); RKEMU_COORDINATE(rkemu_size_y, 28); RKEMU_COORDINATE(rkemu_size_z, 32);
RKEMU_COORDINATE(rkemu_grid_x, 36); RKEMU_COORDINATE(rkemu_grid_y, 40); RKEMU_COORDINATE(rkemu_grid_z, 44);

// ---- vector types --------------------------------------------------------------------------------------------------
#define RKEMU_VECTORS(T, NAME, A2, A4)                                                            \
  struct NAME##1 { T x; };                                                                     \
  struct __attribute__((aligned(A2))) NAME##2 { T x, y; };                                     \
  struct NAME##3 { T x, y, z; };                                                               \
  struct __attribute__((aligned(A4))) NAME##4 { T x, y, z, w; };                               \
  inline NAME##1 make_##NAME##1(T x) { return {x}; }                                           \
  inline NAME##2 make_##NAME##2(T x, T y) { return {x, y}; }                                   \
  inline NAME##3 make_##NAME##3(T x, T y, T z) { return {x, y, z}; }                           \
  inline NAME##4 make_##NAME##4(T x, T y, T z, T w) { return {x, y, z, w}; }
RKEMU_VECTORS(signed char, char, 2, 4)
RKEMU_VECTORS(unsigned char, uchar, 2, 4)
RKEMU_VECTORS(short, short, 4, 8)
RKEMU_VECTORS(unsigned short, ushort, 4, 8)
RKEMU_VECTORS(int, int, 8, 16)
RKEMU_VECTORS(unsigned int, uint, 8, 16)
RKEMU_VECTORS(long, long, 16, 16)
RKEMU_VECTORS(unsigned long, ulong, 16, 16)
RKEMU_VECTORS(long long, longlong, 16, 16)
RKEMU_VECTORS(unsigned long long, ulonglong, 16, 16)
RKEMU_VECTORS(float, float, 8, 16)
RKEMU_VECTORS(double, double, 16, 16)

struct dim3 {
  unsigned x, y, z;
  constexpr dim3(unsigned vx = 1, unsigned vy = 1, unsigned vz = 1) : x(vx), y(vy), z(vz) {}
  constexpr dim3(uint3 v) : x(v.x), y(v.y), z(v.z) {}
  operator uint3() const { return {x, y, z}; }
};

#define RKEMU_POSITION(TYPE, X, Y, Z)                                                             \
  struct TYPE {                                                                                \
    X x;                                                                                       \
    Y y;                                                                                       \
    Z z;                                                                                       \
    operator uint3() const { return {x, y, z}; }                                               \
    operator dim3() const { return {x, y, z}; }                                                \
  }
RKEMU_POSITION(rkemu_thread_index, rkemu_thread_x, rkemu_thread_y, rkemu_thread_z);
RKEMU_POSITION(rkemu_block_index, rkemu_block_x, rkemu_block_y, rkemu_block_z);
RKEMU_POSITION(rkemu_block_extent, rkemu_size_x, rkemu_size_y, rkemu_size_z);
RKEMU_POSITION(rkemu_grid_extent, rkemu_grid_x, rkemu_grid_y, rkemu_grid_z);
static constexpr rkemu_thread_index threadIdx{};
static constexpr rkemu_block_index blockIdx{};
static constexpr rkemu_block_extent blockDim{};
static constexpr rkemu_grid_extent gridDim{};

// ---- barriers, warp operations, shared memory -----------------------------------------------------------------------
void rkemu_block_barrier(int line);
void rkemu_warp_barrier(unsigned mask, int line);
unsigned long rkemu_warp_exchange(unsigned mask, unsigned long bits, int source_lane, int line);
unsigned rkemu_warp_ballot(unsigned mask, int predicate, int line);
unsigned rkemu_active_mask();
void* rkemu_shared_memory(const void* key, unsigned long bytes, unsigned long align, const char* name);
void rkemu_trap(const char* what, const char* file, int line);

#define RKEMU_DYNAMIC_SHARED 0x504000000000ul
template <class T>
__attribute__((always_inline)) inline T& rkemu_shared_slot(const void* key, const char* name) {
  return *reinterpret_cast<T*>(rkemu_shared_memory(key, sizeof(T), alignof(T), name));
}

#define __syncthreads() rkemu_block_barrier(__LINE__)
inline void __threadfence() {}
inline void __threadfence_block() {}
inline void __threadfence_system() {}
inline void __nanosleep(unsigned) {}
inline void rkemu_syncwarp(int line, unsigned mask = 0xffffffffu) { rkemu_warp_barrier(mask, line); }
#define __syncwarp(...) rkemu_syncwarp(__LINE__ __VA_OPT__(, ) __VA_ARGS__)
#define __activemask() rkemu_active_mask()

inline int rkemu_lane() { return (threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z)) & 31; }

template <class T>
inline T rkemu_shuffle(unsigned mask, T value, int source, int line) {
  static_assert(sizeof(T) == 4 || sizeof(T) == 8, "shuffles move 4 or 8 bytes");
  unsigned long bits = 0;
  __builtin_memcpy(&bits, &value, sizeof(T));
  bits = rkemu_warp_exchange(mask, bits, source, line);
  T result;
  __builtin_memcpy(&result, &bits, sizeof(T));
  return result;
}
template <class T>
inline T rkemu_shfl(int line, unsigned mask, T value, int source, int width = 32) {
  return rkemu_shuffle(mask, value, (rkemu_lane() & ~(width - 1)) | (source & (width - 1)), line);
}
template <class T>
inline T rkemu_shfl_up(int line, unsigned mask, T value, unsigned delta, int width = 32) {
  int lane = rkemu_lane(), source = lane - static_cast<int>(delta);
  return rkemu_shuffle(mask, value, source < (lane & ~(width - 1)) ? lane : source, line);
}
template <class T>
inline T rkemu_shfl_down(int line, unsigned mask, T value, unsigned delta, int width = 32) {
  int lane = rkemu_lane(), source = lane + static_cast<int>(delta);
  return rkemu_shuffle(mask, value, source > (lane | (width - 1)) ? lane : source, line);
}
template <class T>
inline T rkemu_shfl_xor(int line, unsigned mask, T value, int lanes, int width = 32) {
  int lane = rkemu_lane(), source = lane ^ lanes;
  return rkemu_shuffle(mask, value, source > (lane | (width - 1)) ? lane : source, line);
}
#define __shfl_sync(...) rkemu_shfl(__LINE__, __VA_ARGS__)
#define __shfl_up_sync(...) rkemu_shfl_up(__LINE__, __VA_ARGS__)
#define __shfl_down_sync(...) rkemu_shfl_down(__LINE__, __VA_ARGS__)
#define __shfl_xor_sync(...) rkemu_shfl_xor(__LINE__, __VA_ARGS__)
#define __ballot_sync(mask, predicate) rkemu_warp_ballot(mask, predicate, __LINE__)
#define __any_sync(mask, predicate) (rkemu_warp_ballot(mask, predicate, __LINE__) != 0)
#define __all_sync(mask, predicate) (rkemu_warp_ballot(mask, !(predicate), __LINE__) == 0)

// ---- atomics: CUDA threads take turns, so plain reads and writes are atomic ------------------------------------------
// While one of these lives, accesses are not taken for races.
struct rkemu_atomic {
  __attribute__((always_inline)) rkemu_atomic() { __asm__ volatile("movl $1, rkemu_here+48(%%rip)" ::: "memory"); }
  __attribute__((always_inline)) ~rkemu_atomic() { __asm__ volatile("movl $0, rkemu_here+48(%%rip)" ::: "memory"); }
};
#define RKEMU_ATOMIC(NAME, T, EXPRESSION)                                                         \
  inline T NAME(T* address, T value) {                                                         \
    rkemu_atomic guard;                                                                        \
    T old = *address;                                                                          \
    *address = EXPRESSION;                                                                     \
    return old;                                                                                \
  }
#define RKEMU_ATOMICS(NAME, EXPRESSION)                                                           \
  RKEMU_ATOMIC(NAME, int, EXPRESSION)                                                             \
  RKEMU_ATOMIC(NAME, unsigned, EXPRESSION)                                                        \
  RKEMU_ATOMIC(NAME, unsigned long long, EXPRESSION)
RKEMU_ATOMICS(atomicAdd, old + value)
RKEMU_ATOMIC(atomicAdd, float, old + value)
RKEMU_ATOMIC(atomicAdd, double, old + value)
RKEMU_ATOMIC(atomicSub, int, old - value)
RKEMU_ATOMIC(atomicSub, unsigned, old - value)
RKEMU_ATOMICS(atomicMax, old > value ? old : value)
RKEMU_ATOMICS(atomicMin, old < value ? old : value)
RKEMU_ATOMIC(atomicMax, long long, old > value ? old : value)
RKEMU_ATOMIC(atomicMin, long long, old < value ? old : value)
RKEMU_ATOMICS(atomicAnd, old & value)
RKEMU_ATOMICS(atomicOr, old | value)
RKEMU_ATOMICS(atomicXor, old ^ value)
RKEMU_ATOMICS(atomicExch, value)
RKEMU_ATOMIC(atomicExch, float, value)
#define RKEMU_CAS(T)                                                                              \
  inline T atomicCAS(T* address, T expected, T value) {                                        \
    rkemu_atomic guard;                                                                        \
    T old = *address;                                                                          \
    if (old == expected) *address = value;                                                     \
    return old;                                                                                \
  }
RKEMU_CAS(int) RKEMU_CAS(unsigned) RKEMU_CAS(unsigned long long)

template <class T> inline T __ldg(const T* address) { return *address; }
template <class T> inline T __ldcs(const T* address) { return *address; }
template <class T> inline T __ldca(const T* address) { return *address; }
template <class T> inline T __ldcg(const T* address) { return *address; }
template <class T> inline void __stcs(T* address, T value) { *address = value; }
template <class T> inline void __stcg(T* address, T value) { *address = value; }

// ---- traps and output ------------------------------------------------------------------------------------------------
#define __trap() rkemu_trap("__trap()", __FILE__, __LINE__)
#define assert(condition) ((condition) ? (void)0 : rkemu_trap("assert(" #condition ")", __FILE__, __LINE__))
extern "C" int printf(const char* format, ...);
extern "C" void* memcpy(void*, const void*, size_t);
extern "C" void* memset(void*, int, size_t);
inline long long clock64() { return __builtin_ia32_rdtsc(); }
#include "rkemu_math.h"
