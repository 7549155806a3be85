package org.richkernel.compute.cpu;

import org.richkernel.compute.Matrix;
import org.richkernel.compute.Precision;
import org.richkernel.compute.StoredMatrix;

/** A matrix in native memory, or a window of one. */
final class CpuMatrix extends StoredMatrix {
  private final CpuMemory memory;
  private final NativeBlock block;

  /** A matrix that owns its block. */
  CpuMatrix(
      CpuMemory memory,
      NativeBlock block,
      Precision precision,
      int rows,
      int columns,
      String label) {
    super(precision, rows, columns, label);
    this.memory = memory;
    this.block = block;
  }

  private CpuMatrix(CpuMatrix parent, long first, int rows, int columns, int stride) {
    super(parent, first, rows, columns, stride);
    this.memory = parent.memory;
    this.block = parent.block;
  }

  CpuMemory memory() {
    return memory;
  }

  @Override
  protected Matrix window(long firstElement, int rowCount, int columnCount, int rowStride) {
    return new CpuMatrix(this, firstElement, rowCount, columnCount, rowStride);
  }

  @Override
  protected void free() {
    memory.close(this, block);
  }

  /** Memory address of element (i, j). */
  long address(int row, int column) {
    return block.address() + (first() + at(row, column)) * precision().bytes();
  }

  void read(long element, float[] target, int count) {
    block.read(first() + element, target, 0, count);
  }

  void read(long element, float[] target, int from, int count) {
    block.read(first() + element, target, from, count);
  }

  void read(long element, double[] target, int count) {
    block.read(first() + element, target, 0, count);
  }

  void read(long element, double[] target, int from, int count) {
    block.read(first() + element, target, from, count);
  }

  void write(long element, float[] source, int count) {
    block.write(first() + element, source, 0, count);
  }

  void write(long element, float[] source, int from, int count) {
    block.write(first() + element, source, from, count);
  }

  void write(long element, double[] source, int count) {
    block.write(first() + element, source, 0, count);
  }

  void write(long element, double[] source, int from, int count) {
    block.write(first() + element, source, from, count);
  }

  void copyFrom(CpuMatrix source, long from, long to, int count) {
    block.copyFrom(source.block, source.first() + from, first() + to, count);
  }
}
