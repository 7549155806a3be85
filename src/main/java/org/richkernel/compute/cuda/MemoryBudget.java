package org.richkernel.compute.cuda;

import java.util.ArrayList;
import java.util.List;

/**
 * Memory of all lanes of a device, with a common limit. It is also the lock of their allocators: a
 * lane that is short of memory frees the blocks that others keep for reuse.
 */
final class MemoryBudget {
  private final long limit;
  private final List<DeviceMemory> lanes = new ArrayList<>();
  private long used;
  private long peak;
  private long cached;

  /**
   * @param limit most bytes in use at once
   */
  MemoryBudget(long limit) {
    this.limit = limit;
  }

  synchronized void join(DeviceMemory lane) {
    lanes.add(lane);
  }

  synchronized void leave(DeviceMemory lane) {
    lanes.remove(lane);
  }

  /** The allocators of all lanes; the lock must be held. */
  List<DeviceMemory> lanes() {
    return lanes;
  }

  /** Bytes in use by all lanes. */
  synchronized long used() {
    return used;
  }

  /** Most bytes that were in use at once. */
  synchronized long peak() {
    return peak;
  }

  /** Bytes that all lanes keep for reuse. */
  synchronized long cached() {
    return cached;
  }

  /** Bytes that may still be taken into use. */
  synchronized long left() {
    return limit - used;
  }

  synchronized void use(long bytes) {
    used += bytes;
    peak = Math.max(peak, used);
  }

  synchronized void keep(long bytes) {
    cached += bytes;
  }
}
