package org.richkernel.compute.cpu;

import java.util.Objects;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.Precision;

/** A matrix in native memory, or a window of one. */
final class CpuMatrix implements Matrix {
  private final CpuMemory memory;
  private final NativeBlock block;
  private final CpuMatrix parent;
  private final Precision precision;
  private final long first;
  private final int rows;
  private final int columns;
  private final int stride;
  private final String label;
  private boolean closed;

  /** A matrix that owns its block. */
  CpuMatrix(
      CpuMemory memory,
      NativeBlock block,
      Precision precision,
      int rows,
      int columns,
      String label) {
    this.memory = memory;
    this.block = block;
    this.parent = null;
    this.precision = precision;
    this.first = 0;
    this.rows = rows;
    this.columns = columns;
    this.stride = columns;
    this.label = label;
  }

  private CpuMatrix(CpuMatrix parent, long first, int rows, int columns) {
    this.memory = parent.memory;
    this.block = parent.block;
    this.parent = parent;
    this.precision = parent.precision;
    this.first = first;
    this.rows = rows;
    this.columns = columns;
    this.stride = parent.stride;
    this.label = parent.label;
  }

  CpuMemory memory() {
    return memory;
  }

  NativeBlock block() {
    return block;
  }

  @Override
  public int rows() {
    return rows;
  }

  @Override
  public int columns() {
    return columns;
  }

  @Override
  public int stride() {
    return stride;
  }

  @Override
  public Precision precision() {
    return precision;
  }

  @Override
  public String label() {
    return label;
  }

  @Override
  public boolean isClosed() {
    return closed || (parent != null && parent.isClosed());
  }

  @Override
  public Matrix view(int firstRow, int rowCount, int firstColumn, int columnCount) {
    requireOpen();
    Objects.checkFromIndexSize(firstRow, rowCount, rows);
    Objects.checkFromIndexSize(firstColumn, columnCount, columns);
    return new CpuMatrix(this, first + at(firstRow, firstColumn), rowCount, columnCount);
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      if (parent == null) {
        memory.close(this, block);
      }
    }
  }

  void requireOpen() {
    if (isClosed()) {
      throw new IllegalStateException(describe() + " is closed");
    }
  }

  boolean isSingle() {
    return precision == Precision.FLOAT32;
  }

  boolean isEmpty() {
    return rows == 0 || columns == 0;
  }

  /** Whether the rows follow each other without a gap. */
  boolean isDense() {
    return stride == columns || rows <= 1;
  }

  /** Leading dimension as BLAS wants it: at least 1. */
  int leading() {
    return Math.max(1, stride);
  }

  /** Elements from the start of this matrix to element (i, j). */
  long at(long row, long column) {
    return row * stride + column;
  }

  /** Memory address of element (i, j). */
  long address(int row, int column) {
    return block.address() + (first + at(row, column)) * precision.bytes();
  }

  void read(long element, float[] target, int count) {
    block.read(first + element, target, 0, count);
  }

  void read(long element, float[] target, int from, int count) {
    block.read(first + element, target, from, count);
  }

  void read(long element, double[] target, int count) {
    block.read(first + element, target, 0, count);
  }

  void read(long element, double[] target, int from, int count) {
    block.read(first + element, target, from, count);
  }

  void write(long element, float[] source, int count) {
    block.write(first + element, source, 0, count);
  }

  void write(long element, float[] source, int from, int count) {
    block.write(first + element, source, from, count);
  }

  void write(long element, double[] source, int count) {
    block.write(first + element, source, 0, count);
  }

  void write(long element, double[] source, int from, int count) {
    block.write(first + element, source, from, count);
  }

  void copyFrom(CpuMatrix source, long from, long to, int count) {
    block.copyFrom(source.block, source.first + from, first + to, count);
  }
}
