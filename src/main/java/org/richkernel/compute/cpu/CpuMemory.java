package org.richkernel.compute.cpu;

import java.util.LinkedHashSet;
import java.util.Set;
import java.util.stream.Collectors;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.OutOfDeviceMemoryException;
import org.richkernel.compute.Ownership;
import org.richkernel.compute.Precision;

/** Owns and counts the native memory of one backend: matrices and scratch. */
final class CpuMemory {
  private static final String MEND = "lower the number of samples or points, or the block size";
  private static final long WORTH_A_LOOK_AT_THE_MACHINE = 1 << 20;

  private final long limit;
  private final long freeAtStart;
  private final Ownership ownership;
  private final Set<CpuMatrix> open = new LinkedHashSet<>();
  private long allocated;
  private long peak;

  /**
   * @param ownership ends with the last open matrix
   */
  CpuMemory(long limit, Ownership ownership) {
    this.ownership = ownership;
    this.limit = limit;
    this.freeAtStart = MachineMemory.freeBytes();
  }

  long allocatedBytes() {
    return allocated;
  }

  long peakBytes() {
    return peak;
  }

  int openMatrices() {
    return open.size();
  }

  /**
   * Bytes that could still be allocated. Fresh pages take no memory until their first use. So the
   * result is the smaller of two numbers: the memory free when the backend opened minus its
   * allocations, and the memory free now, which accounts for other programs.
   */
  long availableBytes() {
    long promised = Math.min(limit, freeAtStart) - allocated;
    return Math.max(0, Math.min(promised, MachineMemory.freeBytes()));
  }

  CpuMatrix allocate(Precision precision, int rows, int columns, String label) {
    if (rows < 0 || columns < 0) {
      throw new IllegalArgumentException(
          "allocate: " + label + " cannot be " + rows + " x " + columns);
    }
    String purpose = label + " (" + rows + " x " + columns + ", " + precision + ")";
    ownership.claim();
    try {
      NativeBlock block = reserve(precision, (long) rows * columns, purpose);
      CpuMatrix matrix = new CpuMatrix(this, block, precision, rows, columns, label);
      open.add(matrix);
      return matrix;
    } finally {
      ownership.releaseUnlessOpen(open.size());
    }
  }

  /** Memory that is counted but belongs to no matrix. */
  NativeBlock reserve(Precision precision, long elements, String purpose) {
    long bytes = elements > Long.MAX_VALUE / 16 ? Long.MAX_VALUE / 2 : elements * precision.bytes();
    long free =
        bytes < WORTH_A_LOOK_AT_THE_MACHINE
            ? Math.max(0, Math.min(limit, freeAtStart) - allocated)
            : availableBytes();
    NativeBlock block = bytes > free ? null : NativeBlock.allocate(precision, elements);
    if (block == null) {
      throw new OutOfDeviceMemoryException(purpose, bytes, free, MEND);
    }
    allocated += bytes;
    peak = Math.max(peak, allocated);
    return block;
  }

  /** Gives scratch memory back. */
  void release(NativeBlock block) {
    if (!block.isFreed()) {
      allocated -= block.bytes();
      block.free();
    }
  }

  void close(CpuMatrix matrix, NativeBlock block) {
    open.remove(matrix);
    release(block);
    ownership.releaseUnlessOpen(open.size());
  }

  /** The operand as a matrix of this backend that is open. */
  CpuMatrix use(Matrix matrix) {
    if (!(matrix instanceof CpuMatrix own) || own.memory() != this) {
      throw new IllegalArgumentException(matrix.describe() + " belongs to another backend");
    }
    own.requireOpen();
    return own;
  }

  /** Throws if matrices are still open, and names them. */
  void requireAllClosed() {
    if (!open.isEmpty()) {
      throw new IllegalStateException(
          "the backend was closed while matrices are open: "
              + open.stream().map(CpuMatrix::describe).collect(Collectors.joining(", ")));
    }
  }
}
