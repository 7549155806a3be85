package org.richkernel.compute.cuda;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.OutOfDeviceMemoryException;
import org.richkernel.compute.Precision;

/**
 * Owns the device memory of one lane. Blocks that were given back are kept for the next request of
 * a like size, because allocating makes the device wait; they are freed when the limit or the
 * device asks for it, for this lane or for another.
 *
 * <p>All work of a lane runs on its compute stream, and transfers are ordered with it by events, so
 * a block may be handed on within the lane while work on its former content is still under way.
 */
final class DeviceMemory {
  static final String MEND = "lower the number of samples or points, or the block size";

  /** Granularity of the device's own allocator for small blocks. */
  private static final long GRAIN = 512;

  private final CudaSession session;
  private final MemoryBudget budget; // also the lock of the fields below
  private final Set<CudaMatrix> open = new LinkedHashSet<>();
  private final TreeMap<Long, Deque<Block>> cache = new TreeMap<>();

  DeviceMemory(CudaSession session) {
    this.session = session;
    budget = session.context().budget();
    budget.join(this);
  }

  /** A block of device memory: requested bytes, and allocated bytes. */
  static final class Block {
    private final DevicePointer pointer;
    private final long capacity;
    private long bytes;

    private Block(DevicePointer pointer, long capacity) {
      this.pointer = pointer;
      this.capacity = capacity;
    }

    DevicePointer pointer() {
      return pointer;
    }

    long bytes() {
      return bytes;
    }
  }

  /** Bytes in use on the device, by all lanes. */
  long usedBytes() {
    return budget.used();
  }

  /** Most bytes that were in use on the device at once. */
  long peakBytes() {
    return budget.peak();
  }

  /** Bytes kept for reuse, by all lanes. */
  long cachedBytes() {
    return budget.cached();
  }

  int openMatrices() {
    return open.size();
  }

  /** Bytes of the device that no matrix or scratch of this backend holds. */
  long takenBytes() {
    return session.device().memoryBytes() - session.freeBytes() - budget.used() - budget.cached();
  }

  long availableBytes() {
    return Math.max(0, Math.min(budget.left(), session.freeBytes() + budget.cached()));
  }

  CudaMatrix allocate(Precision precision, int rows, int columns, String label) {
    if (rows < 0 || columns < 0) {
      throw new IllegalArgumentException(
          "allocate: " + label + " cannot be " + rows + " x " + columns);
    }
    String purpose = label + " (" + rows + " x " + columns + ", " + precision + ")";
    session.ownership().claim();
    try {
      Block block = take(bytes((long) rows * columns, precision), purpose);
      CudaMatrix matrix = new CudaMatrix(this, block, precision, rows, columns, label);
      if (block.bytes > 0) {
        try {
          zero(block.pointer, block.bytes);
        } catch (RuntimeException e) {
          giveBack(block);
          throw e;
        }
      }
      open.add(matrix);
      return matrix;
    } finally {
      session.ownership().releaseUnlessOpen(open.size());
    }
  }

  /** Bytes of so many elements; a number that no device has where they would not fit 64 bits. */
  private static long bytes(long elements, Precision precision) {
    return elements > Long.MAX_VALUE / 16 ? Long.MAX_VALUE / 2 : elements * precision.bytes();
  }

  private void zero(DevicePointer pointer, long bytes) {
    session.check(
        JCudaDriver.cuMemsetD8Async(pointer, (byte) 0, bytes, session.compute()),
        "cuMemsetD8Async");
  }

  /** Memory with undefined content that belongs to no matrix until it is given back. */
  Block take(long bytes, String purpose) {
    synchronized (budget) {
      Block block = bytes == 0 ? new Block(new DevicePointer(), 0) : find(bytes, purpose);
      block.bytes = bytes;
      budget.use(bytes);
      return block;
    }
  }

  private Block find(long bytes, String purpose) {
    if (bytes > budget.left()) {
      throw new OutOfDeviceMemoryException(purpose, bytes, budget.left(), MEND);
    }
    Block kept = fromCache(bytes);
    if (kept != null) {
      return kept;
    }
    if (bytes > budget.left() - budget.cached()) {
      emptyCaches();
    }
    return fresh(bytes, purpose);
  }

  /** The most that a block of so many bytes takes. */
  static long roundedUp(long bytes) {
    return bytes + bytes / 8 + GRAIN;
  }

  /** A kept block that wastes at most an eighth. */
  private Block fromCache(long bytes) {
    Map.Entry<Long, Deque<Block>> entry = cache.ceilingEntry(bytes);
    if (entry == null || entry.getKey() > roundedUp(bytes)) {
      return null;
    }
    Block block = entry.getValue().pop();
    if (entry.getValue().isEmpty()) {
      cache.remove(entry.getKey());
    }
    budget.keep(-block.capacity);
    return block;
  }

  private Block fresh(long bytes, String purpose) {
    long capacity = (bytes + GRAIN - 1) / GRAIN * GRAIN;
    DevicePointer pointer = new DevicePointer();
    int code = JCudaDriver.cuMemAlloc(pointer, capacity);
    if (code == CUresult.CUDA_ERROR_OUT_OF_MEMORY) {
      emptyCaches();
      code = JCudaDriver.cuMemAlloc(pointer, capacity);
    }
    if (code == CUresult.CUDA_ERROR_OUT_OF_MEMORY) {
      throw new OutOfDeviceMemoryException(purpose, bytes, availableBytes(), MEND);
    }
    session.check(code, "cuMemAlloc(" + capacity + ")");
    return new Block(pointer, capacity);
  }

  void giveBack(Block block) {
    synchronized (budget) {
      budget.use(-block.bytes);
      block.bytes = 0;
      if (block.capacity > 0) {
        budget.keep(block.capacity);
        cache.computeIfAbsent(block.capacity, size -> new ArrayDeque<>()).push(block);
      }
    }
  }

  /** Frees the cached blocks of all lanes. */
  void emptyCaches() {
    synchronized (budget) {
      for (DeviceMemory lane : budget.lanes()) {
        lane.emptyCache(session);
      }
    }
  }

  /**
   * Frees the cached blocks of this lane; waits for its running work, which may still use them.
   *
   * @param asking the session of the calling thread, which may be that of another lane
   */
  private void emptyCache(CudaSession asking) {
    synchronized (budget) {
      if (cache.isEmpty()) {
        return;
      }
      asking.await(session);
      int worst = CUresult.CUDA_SUCCESS;
      for (Deque<Block> blocks : cache.values()) {
        for (Block block : blocks) {
          int code = JCudaDriver.cuMemFree(block.pointer);
          worst = worst == CUresult.CUDA_SUCCESS ? code : worst;
        }
      }
      forgetCache();
      asking.check(worst, "cuMemFree");
    }
  }

  private void forgetCache() {
    synchronized (budget) {
      for (Deque<Block> blocks : cache.values()) {
        blocks.forEach(block -> budget.keep(-block.capacity));
      }
      cache.clear();
    }
  }

  void close(CudaMatrix matrix, Block block) {
    if (open.remove(matrix)) {
      giveBack(block);
    }
    session.ownership().releaseUnlessOpen(open.size());
  }

  /** The operand as a matrix of this backend that is open. */
  CudaMatrix use(Matrix matrix) {
    if (!(matrix instanceof CudaMatrix own) || own.memory() != this) {
      throw new IllegalArgumentException(matrix.describe() + " belongs to another backend");
    }
    own.requireOpen();
    return own;
  }

  /**
   * Closes open matrices and frees everything; returns the names of the open ones, or an empty
   * string.
   */
  String release() {
    String names = open.stream().map(CudaMatrix::describe).collect(Collectors.joining(", "));
    for (CudaMatrix matrix : Set.copyOf(open)) {
      matrix.close();
    }
    if (session.isLost()) {
      forgetCache();
    } else {
      emptyCache(session);
    }
    budget.leave(this);
    return names;
  }
}
