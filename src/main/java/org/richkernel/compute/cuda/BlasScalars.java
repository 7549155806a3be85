package org.richkernel.compute.cuda;

import jcuda.Pointer;
import org.richkernel.compute.Precision;

/** The factors alpha and beta of a cuBLAS call, in native memory that serves every call. */
final class BlasScalars implements AutoCloseable {
  private final HostMemory memory;
  private final Pointer beta;

  BlasScalars(CudaSession session) {
    memory = new HostMemory(session, 2 * Double.BYTES);
    beta = memory.pointer().withByteOffset(Double.BYTES);
  }

  Pointer alpha(double value, Precision precision) {
    set(0, value, precision);
    return memory.pointer();
  }

  Pointer beta(double value, Precision precision) {
    set(Double.BYTES, value, precision);
    return beta;
  }

  private void set(int at, double value, Precision precision) {
    if (precision == Precision.FLOAT32) {
      memory.bytes().putFloat(at, (float) value);
    } else {
      memory.bytes().putDouble(at, value);
    }
  }

  @Override
  public void close() {
    memory.close();
  }
}
