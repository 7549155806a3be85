package org.richkernel.data;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Locale;
import java.util.Objects;
import org.richkernel.compute.Precision;

/** One array on its way into a stream: the header at once, then values in the order of the file. */
final class NpyEncoder {
  private static final int BUFFER = 1 << 16;

  private final String name;
  private final OutputStream out;
  private final ElementType type;
  private final int[] shape;
  private final long expected;
  private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER).order(ByteOrder.LITTLE_ENDIAN);
  private long written;

  NpyEncoder(String name, OutputStream out, ElementType type, ElementOrder order, int[] shape)
      throws IOException {
    this.name = name;
    this.out = out;
    this.type = type;
    this.shape = shape.clone();
    this.expected = elements(shape);
    out.write(NpyFormat.encodeHeader(type, order, shape));
  }

  /** The element type that a precision is stored as. */
  static ElementType type(Precision precision) {
    return switch (precision) {
      case FLOAT32 -> ElementType.FLOAT32;
      case FLOAT64 -> ElementType.FLOAT64;
    };
  }

  void write(double[] values, int offset, int count) throws IOException {
    write(
        values.length,
        offset,
        count,
        type == ElementType.FLOAT64
            ? (from, to) -> {
              buffer.asDoubleBuffer().put(values, from, to - from);
              buffer.position((to - from) * Double.BYTES);
            }
            : (from, to) -> {
              for (int i = from; i < to; i++) {
                type.encode(values[i], buffer);
              }
            });
  }

  void write(long[] values, int offset, int count) throws IOException {
    write(
        values.length,
        offset,
        count,
        (from, to) -> {
          for (int i = from; i < to; i++) {
            type.encode(values[i], buffer);
          }
        });
  }

  void write(int[] values, int offset, int count) throws IOException {
    write(
        values.length,
        offset,
        count,
        (from, to) -> {
          for (int i = from; i < to; i++) {
            type.encode((long) values[i], buffer);
          }
        });
  }

  /** Puts the values of a range of indices into the empty buffer. */
  private interface Block {
    void encode(int from, int to);
  }

  private void write(int length, int offset, int count, Block block) throws IOException {
    Objects.checkFromIndexSize(offset, count, length);
    if (count > expected - written) {
      throw incomplete(written + count);
    }
    int end;
    for (int next = offset; next < offset + count; next = end) {
      end = next + Math.min(BUFFER / type.bytes(), offset + count - next);
      buffer.clear();
      try {
        block.encode(next, end);
      } catch (ArithmeticException e) {
        throw new IllegalArgumentException(
            name
                + ": value "
                + (written + next - offset + buffer.position() / type.bytes() + 1)
                + " is "
                + e.getMessage()
                + ", which "
                + type.name().toLowerCase(Locale.ROOT)
                + " cannot hold",
            e);
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
