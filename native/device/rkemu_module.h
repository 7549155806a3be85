// The part of every module that stands between a kernel and the emulated driver: access checks, thunks, entry table.
// Appended to the kernel source after it has been preprocessed; sees rkemu_device.h, never the C library.

#define RKEMU_PLAIN __attribute__((no_sanitize_address, used))
#define RKEMU_EXPORT extern "C" __attribute__((visibility("default"), used))

extern "C" {
__attribute__((visibility("hidden"))) rkemu_position rkemu_here;
RKEMU_EXPORT rkemu_position* const rkemu_here_pointer = &rkemu_here;
}
static const rkemu_host_calls* rkemu_host;
RKEMU_EXPORT RKEMU_PLAIN void rkemu_module_start(const rkemu_host_calls* host) { rkemu_host = host; }

RKEMU_PLAIN void rkemu_block_barrier(int line) { rkemu_host->block_barrier(line); }
RKEMU_PLAIN void rkemu_warp_barrier(unsigned mask, int line) { rkemu_host->warp_barrier(mask, line); }
RKEMU_PLAIN unsigned long rkemu_warp_exchange(unsigned mask, unsigned long bits, int source_lane, int line) {
  return rkemu_host->warp_exchange(mask, bits, source_lane, line);
}
RKEMU_PLAIN unsigned rkemu_warp_ballot(unsigned mask, int predicate, int line) {
  return rkemu_host->warp_ballot(mask, predicate, line);
}
RKEMU_PLAIN unsigned rkemu_active_mask() { return rkemu_host->active_mask(); }
RKEMU_PLAIN void* rkemu_shared_memory(const void* key, unsigned long bytes, unsigned long align, const char* name) {
  return rkemu_host->shared_slot(key, bytes, align, name);
}
RKEMU_PLAIN void rkemu_trap(const char* what, const char* file, int line) { rkemu_host->trap(what, file, line); }

// g++ -fsanitize=kernel-address calls these before each access. The driver wants to see all uses of shared memory.
#define RKEMU_CHECK(BYTES)                                                                        \
  RKEMU_EXPORT RKEMU_PLAIN void __asan_load##BYTES##_noabort(unsigned long a) {                      \
    unsigned long offset = a - RKEMU_ARENA_BASE;                                                  \
    if (offset < RKEMU_SHARED_OFFSET) {                                                            \
      if ((a & (BYTES - 1)) == 0 && RKEMU_WRITTEN_##BYTES(offset)) return;                        \
    } else if (a - RKEMU_STACK_BASE < RKEMU_STACK_SPAN) {                                            \
      return;                                                                                  \
    }                                                                                          \
    rkemu_host->slow_access(a, BYTES, 0, __builtin_return_address(0));                            \
  }                                                                                            \
  RKEMU_EXPORT RKEMU_PLAIN void __asan_store##BYTES##_noabort(unsigned long a) {                     \
    unsigned long offset = a - RKEMU_ARENA_BASE;                                                  \
    if (offset < RKEMU_SHARED_OFFSET) {                                                            \
      if ((a & (BYTES - 1)) == 0 && RKEMU_WRITTEN_##BYTES(offset)) return;                        \
    } else if (a - RKEMU_STACK_BASE < RKEMU_STACK_SPAN) {                                            \
      return;                                                                                  \
    }                                                                                          \
    rkemu_host->slow_access(a, BYTES, 1, __builtin_return_address(0));                            \
  }
#define RKEMU_SHADOW(offset) reinterpret_cast<const unsigned char*>(RKEMU_SHADOW_BASE)[(offset) >> 3]
#define RKEMU_WRITTEN_1(offset) ((RKEMU_SHADOW(offset) >> ((offset) & 7)) & 1)
#define RKEMU_WRITTEN_2(offset) (((RKEMU_SHADOW(offset) >> ((offset) & 7)) & 3) == 3)
#define RKEMU_WRITTEN_4(offset) (((RKEMU_SHADOW(offset) >> ((offset) & 7)) & 15) == 15)
#define RKEMU_WRITTEN_8(offset) (RKEMU_SHADOW(offset) == 255)
#define RKEMU_WRITTEN_16(offset) (RKEMU_SHADOW(offset) == 255 && RKEMU_SHADOW((offset) + 8) == 255)
RKEMU_CHECK(1) RKEMU_CHECK(2) RKEMU_CHECK(4) RKEMU_CHECK(8) RKEMU_CHECK(16)
RKEMU_EXPORT RKEMU_PLAIN void __asan_loadN_noabort(unsigned long a, unsigned long bytes) {
  rkemu_host->slow_access(a, bytes, 0, __builtin_return_address(0));
}
RKEMU_EXPORT RKEMU_PLAIN void __asan_storeN_noabort(unsigned long a, unsigned long bytes) {
  rkemu_host->slow_access(a, bytes, 1, __builtin_return_address(0));
}
RKEMU_EXPORT RKEMU_PLAIN void __asan_handle_no_return() {}

// A thunk unpacks cuLaunchKernel's array of pointers to arguments according to the kernel's type.
template <class T> struct rkemu_value { typedef T type; };
template <class T> struct rkemu_value<const T> { typedef T type; };
template <unsigned... I> struct rkemu_indices {};
template <unsigned N, unsigned... I> struct rkemu_count : rkemu_count<N - 1, N - 1, I...> {};
template <unsigned... I> struct rkemu_count<0, I...> { typedef rkemu_indices<I...> type; };
template <class... A, unsigned... I>
RKEMU_PLAIN inline void rkemu_call(void (*kernel)(A...), void** arguments, rkemu_indices<I...>) {
  kernel(*static_cast<typename rkemu_value<A>::type*>(arguments[I])...);
}
template <class... A>
RKEMU_PLAIN inline void rkemu_unpack(void (*kernel)(A...), void** arguments) {
  rkemu_call(kernel, arguments, typename rkemu_count<sizeof...(A)>::type());
}
template <class... A>
constexpr unsigned rkemu_arity(void (*)(A...)) { return sizeof...(A); }

#define RKEMU_KERNEL(NAME, ...)                                                                   \
  RKEMU_EXPORT RKEMU_PLAIN void rkemu_launch_##NAME(void** arguments) { rkemu_unpack(&__VA_ARGS__, arguments); } \
  RKEMU_EXPORT const unsigned rkemu_arity_##NAME = rkemu_arity(&__VA_ARGS__);
#define RKEMU_BOUNDS(NAME, THREADS, ...) RKEMU_EXPORT const unsigned rkemu_bounds_##NAME = (THREADS);
