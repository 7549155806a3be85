package org.richkernel.compute.cuda;

import java.util.EnumMap;
import java.util.Map;

/** Device memory of operations in addition to their operands: one growing block per purpose. */
final class Scratch {
  /** Purpose of a block. */
  enum Purpose {
    /** Partial sums of a reduction, and its result. */
    REDUCTION,
    /** Float32 products of Gram panels. */
    GRAM_PANELS,
    /** Work space and answers of cuSOLVER. */
    SOLVER,
    /** Indices of columns. */
    INDICES,
    /** Projections and pulls of a back-projection of high rank. */
    BACK_PROJECTION,
    /** Positions of bags of words. */
    BAGS,
    /** Their inner products over slabs of columns. */
    BAG_PRODUCTS,
    /** The left factor of a product in parts. */
    LEFT_FACTOR,
    /** The right one. */
    RIGHT_FACTOR
  }

  private final DeviceMemory memory;
  private final Map<Purpose, DeviceMemory.Block> blocks = new EnumMap<>(Purpose.class);
  private long moves;

  Scratch(DeviceMemory memory) {
    this.memory = memory;
  }

  /** At least so many bytes with undefined content, valid until the next call for this purpose. */
  DevicePointer take(Purpose purpose, long bytes) {
    DeviceMemory.Block block = blocks.get(purpose);
    if (block == null || block.bytes() < bytes) {
      release(purpose);
      block = memory.take(bytes, "scratch memory for " + purpose);
      blocks.put(purpose, block);
      moves++;
    }
    return block.pointer();
  }

  /** How often a block came to lie elsewhere. */
  long moves() {
    return moves;
  }

  private void release(Purpose purpose) {
    DeviceMemory.Block block = blocks.remove(purpose);
    if (block != null) {
      memory.giveBack(block);
    }
  }

  void releaseAll() {
    for (Purpose purpose : Purpose.values()) {
      release(purpose);
    }
  }
}
