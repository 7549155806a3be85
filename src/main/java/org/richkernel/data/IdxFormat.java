package org.richkernel.data;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.richkernel.network.InputValues;

/**
 * The IDX format of the MNIST files: two zero bytes, element type, number of dimensions, each
 * dimension as a big-endian 32-bit integer, then the values, big-endian and row-major
 * (yann.lecun.com/exdb/mnist).
 */
final class IdxFormat {
  private IdxFormat() {}

  /** Whether a file that begins so is IDX. */
  static boolean recognizes(byte[] head) {
    return head.length >= 4
        && head[0] == 0
        && head[1] == 0
        && head[2] >= 0x08
        && head[2] <= 0x0e
        && head[3] > 0;
  }

  static Table read(ByteSource source) {
    byte[] magic = source.header(4);
    ElementType type = type(source, magic[2]);
    long[] dimensions = new long[magic[3]];
    ByteBuffer header = ByteBuffer.wrap(source.header(4 * dimensions.length));
    for (int d = 0; d < dimensions.length; d++) {
      dimensions[d] = header.getInt() & 0xffffffffL;
    }
    boolean bytes = type == ElementType.UINT8;
    InputValues values = ArrayPayload.values(source, type, ByteOrder.BIG_ENDIAN, dimensions);
    return new Table(source.name(), values, ArrayPayload.shape(dimensions), bytes);
  }

  private static ElementType type(ByteSource source, byte code) {
    return switch (code) {
      case 0x08 -> ElementType.UINT8;
      case 0x09 -> ElementType.INT8;
      case 0x0b -> ElementType.INT16;
      case 0x0c -> ElementType.INT32;
      case 0x0d -> ElementType.FLOAT32;
      case 0x0e -> ElementType.FLOAT64;
      default ->
          throw new InvalidDataException(
              source.name(),
              "IDX knows no element type " + code,
              "the file is damaged: copy it again");
    };
  }
}
