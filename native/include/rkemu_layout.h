// Fixed addresses of the emulated device, shared by the driver and by every compiled kernel.
//
// They are constants so that the check of an access is one comparison and one look at a bit map. The arena holds the
// memory of all devices and, behind it, the shared memory of the block that runs. Kernel stacks lie elsewhere.
#pragma once

#define RKEMU_MAX_DEVICES 4ul
#define RKEMU_DEVICE_SPAN (1ul << 36)
#define RKEMU_ARENA_BASE 0x500000000000ul
#define RKEMU_SHARED_BASE (RKEMU_ARENA_BASE + RKEMU_MAX_DEVICES * RKEMU_DEVICE_SPAN)
#define RKEMU_SHARED_OFFSET (RKEMU_SHARED_BASE - RKEMU_ARENA_BASE)
#define RKEMU_SHARED_SPAN (1ul << 20)
#define RKEMU_ARENA_SIZE (RKEMU_MAX_DEVICES * RKEMU_DEVICE_SPAN + RKEMU_SHARED_SPAN)

// One bit per byte of the arena: set where the byte belongs to a live allocation and has been written.
#define RKEMU_SHADOW_BASE 0x580000000000ul

// One stack per CUDA thread of a block; the lowest page of each is not accessible.
#define RKEMU_STACK_BASE 0x5c0000000000ul
#define RKEMU_STACK_BYTES (1ul << 17)
#define RKEMU_STACK_COUNT 1025ul
#define RKEMU_STACK_SPAN (RKEMU_STACK_BYTES * RKEMU_STACK_COUNT)

// Where the running CUDA thread stands; every module has one, the driver fills it at each switch of threads.
struct rkemu_position {
  unsigned thread[3];
  unsigned block[3];
  unsigned block_size[3];
  unsigned grid_size[3];
  unsigned in_atomic;  // set while an atomic operation accesses memory
};

// What a module may ask of the driver.
struct rkemu_host_calls {
  // An access that the quick check could not pass: returns if it is allowed after all, abandons the launch if not.
  void (*slow_access)(unsigned long address, unsigned long bytes, int is_store, void* pc);
  void (*block_barrier)(int line);
  void (*warp_barrier)(unsigned mask, int line);
  unsigned long (*warp_exchange)(unsigned mask, unsigned long bits, int source_lane, int line);
  unsigned (*warp_ballot)(unsigned mask, int predicate, int line);
  unsigned (*active_mask)();
  void* (*shared_slot)(const void* key, unsigned long bytes, unsigned long align, const char* name);
  void (*trap)(const char* what, const char* file, int line);
};
