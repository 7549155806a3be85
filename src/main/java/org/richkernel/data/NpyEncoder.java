package org.richkernel.data;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;
import org.richkernel.compute.Precision;

/** One array on its way into a stream: the header at once, then values in row-major order. */
final class NpyEncoder {
  private static final int BUFFER = 1 << 16;

  private final String name;
  private final OutputStream out;
  private final Precision precision;
  private final int[] shape;
  private final long expected;
  private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER).order(ByteOrder.LITTLE_ENDIAN);
  private long written;

  NpyEncoder(String name, OutputStream out, Precision precision, int[] shape) throws IOException {
    this.name = name;
    this.out = out;
    this.precision = precision;
    this.shape = shape.clone();
    this.expected = elements(shape);
    ElementType type =
        switch (precision) {
          case FLOAT32 -> ElementType.FLOAT32;
          case FLOAT64 -> ElementType.FLOAT64;
        };
    out.write(NpyFormat.encodeHeader(type, shape));
  }

  void write(double[] values, int offset, int count) throws IOException {
    Objects.checkFromIndexSize(offset, count, values.length);
    if (count > expected - written) {
      throw incomplete(written + count);
    }
    int next = offset;
    while (next < offset + count) {
      int end = next + Math.min(BUFFER / precision.bytes(), offset + count - next);
      buffer.clear();
      switch (precision) {
        case FLOAT32 -> {
          for (; next < end; next++) {
            buffer.putFloat((float) values[next]);
          }
        }
        case FLOAT64 -> {
          for (; next < end; next++) {
            buffer.putDouble(values[next]);
          }
        }
      }
      out.write(buffer.array(), 0, buffer.position());
    }
    written += count;
  }

  /** Holds the caller to the shape that the header promised. */
  void requireComplete() {
    if (written != expected) {
      throw incomplete(written);
    }
  }

  private IllegalStateException incomplete(long values) {
    return new IllegalStateException(
        name + " of shape " + Table.describe(shape) + " was given " + values + " values");
  }

  private static long elements(int[] shape) {
    long count = 1;
    for (int d : shape) {
      if (d < 0) {
        throw new IllegalArgumentException("a dimension is " + d);
      }
      count = Math.multiplyExact(count, d);
    }
    return count;
  }
}
