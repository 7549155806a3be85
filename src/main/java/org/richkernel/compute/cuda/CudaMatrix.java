package org.richkernel.compute.cuda;

import java.util.Objects;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.Precision;

/** A matrix in device memory, or a window of one. */
final class CudaMatrix implements Matrix {
  private final DeviceMemory memory;
  private final DeviceMemory.Block block;
  private final CudaMatrix parent;
  private final DevicePointer pointer;
  private final Precision precision;
  private final int rows;
  private final int columns;
  private final int stride;
  private final String label;
  private boolean closed;

  /** A matrix that owns its block. */
  CudaMatrix(
      DeviceMemory memory,
      DeviceMemory.Block block,
      Precision precision,
      int rows,
      int columns,
      String label) {
    this.memory = memory;
    this.block = block;
    this.parent = null;
    this.pointer = block.pointer();
    this.precision = precision;
    this.rows = rows;
    this.columns = columns;
    this.stride = columns;
    this.label = label;
  }

  private CudaMatrix(CudaMatrix parent, DevicePointer pointer, int rows, int columns) {
    this.memory = parent.memory;
    this.block = parent.block;
    this.parent = parent;
    this.pointer = pointer;
    this.precision = parent.precision;
    this.rows = rows;
    this.columns = columns;
    this.stride = parent.stride;
    this.label = parent.label;
  }

  DeviceMemory memory() {
    return memory;
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
    return new CudaMatrix(this, at(firstRow, firstColumn), rowCount, columnCount);
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

  DevicePointer pointer() {
    return pointer;
  }

  /** Where element (i, j) lies. */
  DevicePointer at(long row, long column) {
    return pointer.plus((row * stride + column) * precision.bytes());
  }
}
