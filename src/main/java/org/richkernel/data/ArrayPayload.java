package org.richkernel.data;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.richkernel.network.InputValues;

/** The values that follow the header of a binary file. */
final class ArrayPayload {
  private static final int BUFFER = 1 << 16;

  private ArrayPayload() {}

  /**
   * Checks the claimed shape against the largest content of the source, then reads to the end of
   * the source.
   *
   * @return the values in the order of the file
   */
  static double[] read(ByteSource source, ElementType type, ByteOrder order, long[] dimensions) {
    long count = count(source.name(), type, dimensions);
    source.requireFollowing(count * type.bytes());
    double[] values = Heap.doubles(source.name(), count);
    byte[] bytes = new byte[BUFFER];
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(order);
    int perBuffer = BUFFER / type.bytes();
    for (int start = 0; start < values.length; start += perBuffer) {
      int here = Math.min(perBuffer, values.length - start);
      source.read(bytes, here * type.bytes(), "values");
      buffer.rewind();
      decode(source, type, buffer, values, start, here);
    }
    source.requireEnd();
    return values;
  }

  /** The same in the form in which they take least memory. */
  static InputValues values(
      ByteSource source, ElementType type, ByteOrder order, long[] dimensions) {
    return switch (type) {
      case UINT8 -> InputValues.ofUnsigned(readBytes(source, dimensions));
      case FLOAT32, FLOAT16 -> InputValues.of(readFloats(source, type, order, dimensions));
      default -> InputValues.of(read(source, type, order, dimensions));
    };
  }

  private static float[] readFloats(
      ByteSource source, ElementType type, ByteOrder order, long[] dimensions) {
    long count = count(source.name(), type, dimensions);
    source.requireFollowing(count * type.bytes());
    float[] values = Heap.floats(source.name(), count);
    byte[] bytes = new byte[BUFFER];
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(order);
    int perBuffer = BUFFER / type.bytes();
    for (int start = 0; start < values.length; start += perBuffer) {
      int here = Math.min(perBuffer, values.length - start);
      source.read(bytes, here * type.bytes(), "values");
      buffer.rewind();
      for (int i = start; i < start + here; i++) {
        values[i] = (float) type.decode(buffer);
      }
    }
    source.requireEnd();
    return values;
  }

  /** The same for unsigned bytes, without conversion. */
  static byte[] readBytes(ByteSource source, long[] dimensions) {
    long count = count(source.name(), ElementType.UINT8, dimensions);
    source.requireFollowing(count);
    byte[] values = Heap.bytes(source.name(), count);
    byte[] buffer = new byte[BUFFER];
    for (int start = 0; start < values.length; start += BUFFER) {
      int here = Math.min(BUFFER, values.length - start);
      source.read(buffer, here, "values");
      System.arraycopy(buffer, 0, values, start, here);
    }
    source.requireEnd();
    return values;
  }

  private static void decode(
      ByteSource source, ElementType type, ByteBuffer buffer, double[] values, int start, int n) {
    int i = start;
    try {
      for (; i < start + n; i++) {
        values[i] = type.decode(buffer);
      }
    } catch (ArithmeticException e) {
      throw inexact(source.name(), "value " + (i + 1L) + " is " + e.getMessage(), e);
    }
  }

  static InvalidDataException inexact(String source, String value, ArithmeticException e) {
    return new InvalidDataException(
        source,
        value + ", which float64 cannot hold exactly",
        "store values of at most 2^53, or store float64",
        e);
  }

  /** How many values a shape has; refuses more than any array holds. */
  static long count(String source, ElementType type, long[] dimensions) {
    try {
      long count = 1;
      for (long d : dimensions) {
        Math.toIntExact(d);
        count = Math.multiplyExact(count, d);
      }
      Math.multiplyExact(count, type.bytes());
      long width = 1; // of a row, which may be large where there are no rows
      for (int d = 1; d < dimensions.length; d++) {
        width = Math.multiplyExact(width, dimensions[d]);
      }
      Math.toIntExact(width);
      return count;
    } catch (ArithmeticException e) {
      throw new InvalidDataException(
          source,
          "its header promises "
              + Arrays.stream(dimensions)
                  .mapToObj(Long::toString)
                  .collect(Collectors.joining(" x "))
              + " values, more than any array holds",
          "the file is damaged: write it again",
          e);
    }
  }

  /** The dimensions as ints, once the values are known to fit in memory. */
  static int[] shape(long[] dimensions) {
    return Arrays.stream(dimensions).mapToInt(Math::toIntExact).toArray();
  }

  /** The same values in row-major order, from first-index-fastest (Fortran) order. */
  static double[] rowMajor(String source, double[] columnMajor, int[] shape) {
    int rank = shape.length;
    if (rank < 2 || columnMajor.length == 0) {
      return columnMajor;
    }
    int[] stride = new int[rank];
    stride[0] = 1;
    for (int d = 1; d < rank; d++) {
      stride[d] = stride[d - 1] * shape[d - 1];
    }
    double[] values = Heap.doubles(source, columnMajor.length);
    int[] index = new int[rank];
    int from = 0;
    for (int to = 0; to < values.length; to++) {
      values[to] = columnMajor[from];
      // the next index in row-major order: the last one counts fastest and carries to the left
      int d = rank - 1;
      from += stride[d];
      while (++index[d] == shape[d] && d > 0) {
        from += stride[d - 1] - index[d] * stride[d];
        index[d--] = 0;
      }
    }
    return values;
  }
}
