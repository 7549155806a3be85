package org.richkernel.compute.cuda;

import org.richkernel.compute.Matrix;
import org.richkernel.compute.Precision;
import org.richkernel.compute.StoredMatrix;

/** A matrix in device memory, or a window of one. */
final class CudaMatrix extends StoredMatrix {
  private final DeviceMemory memory;
  private final DeviceMemory.Block block;
  private final DevicePointer pointer;

  /** A matrix that owns its block. */
  CudaMatrix(
      DeviceMemory memory,
      DeviceMemory.Block block,
      Precision precision,
      int rows,
      int columns,
      String label) {
    super(precision, rows, columns, label);
    this.memory = memory;
    this.block = block;
    this.pointer = block.pointer();
  }

  private CudaMatrix(CudaMatrix parent, long first, int rows, int columns, int stride) {
    super(parent, first, rows, columns, stride);
    this.memory = parent.memory;
    this.block = parent.block;
    this.pointer = block.pointer().plus(first * precision().bytes());
  }

  DeviceMemory memory() {
    return memory;
  }

  @Override
  protected Matrix window(long firstElement, int rowCount, int columnCount, int rowStride) {
    return new CudaMatrix(this, firstElement, rowCount, columnCount, rowStride);
  }

  @Override
  protected void free() {
    memory.close(this, block);
  }

  DevicePointer pointer() {
    return pointer;
  }

  /** Where element (i, j) lies. */
  DevicePointer pointer(long row, long column) {
    return pointer.plus(at(row, column) * precision().bytes());
  }

  /** The whole matrix as a library takes it. */
  Operand operand() {
    return operand(0, 0);
  }

  /** From element (i, j) on. */
  Operand operand(long row, long column) {
    return new Operand(pointer(row, column), leading());
  }
}
