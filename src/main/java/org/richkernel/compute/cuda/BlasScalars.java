package org.richkernel.compute.cuda;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import jcuda.Pointer;
import org.richkernel.compute.Precision;

/** The factors alpha and beta of a cuBLAS call, in native memory that serves every call. */
final class BlasScalars {
  private final ByteBuffer values =
      ByteBuffer.allocateDirect(2 * Double.BYTES).order(ByteOrder.nativeOrder());
  private final Pointer alpha = Pointer.to(values);
  private final Pointer beta = alpha.withByteOffset(Double.BYTES);

  Pointer alpha(double value, Precision precision) {
    set(0, value, precision);
    return alpha;
  }

  Pointer beta(double value, Precision precision) {
    set(Double.BYTES, value, precision);
    return beta;
  }

  private void set(int at, double value, Precision precision) {
    if (precision == Precision.FLOAT32) {
      values.putFloat(at, (float) value);
    } else {
      values.putDouble(at, value);
    }
  }
}
