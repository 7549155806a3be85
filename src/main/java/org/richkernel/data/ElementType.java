package org.richkernel.data;

import java.nio.ByteBuffer;

/** The element types that can be read, and how each becomes a double. */
enum ElementType {
  FLOAT64("f8", 8),
  FLOAT32("f4", 4),
  INT64("i8", 8),
  INT32("i4", 4),
  INT16("i2", 2),
  INT8("i1", 1),
  UINT64("u8", 8),
  UINT32("u4", 4),
  UINT16("u2", 2),
  UINT8("u1", 1),
  BOOL("b1", 1);

  /** Largest magnitude up to which every integer is a double. */
  private static final long LARGEST_EXACT = 1L << 53;

  private final String code;
  private final int bytes;

  ElementType(String code, int bytes) {
    this.code = code;
    this.bytes = bytes;
  }

  /** NumPy's name for the type, without the byte order. */
  String code() {
    return code;
  }

  /** Size of one element. */
  int bytes() {
    return bytes;
  }

  /**
   * The next element of a buffer.
   *
   * @throws ArithmeticException for an integer that no double equals
   */
  double decode(ByteBuffer buffer) {
    return switch (this) {
      case FLOAT64 -> buffer.getDouble();
      case FLOAT32 -> buffer.getFloat();
      case INT64 -> exact(buffer.getLong());
      case INT32 -> buffer.getInt();
      case INT16 -> buffer.getShort();
      case INT8 -> buffer.get();
      case UINT64 -> exactUnsigned(buffer.getLong());
      case UINT32 -> buffer.getInt() & 0xffffffffL;
      case UINT16 -> buffer.getShort() & 0xffff;
      case UINT8 -> buffer.get() & 0xff;
      case BOOL -> buffer.get() == 0 ? 0 : 1;
    };
  }

  private static double exact(long value) {
    if (value > LARGEST_EXACT || value < -LARGEST_EXACT) {
      throw new ArithmeticException(Long.toString(value));
    }
    return value;
  }

  private static double exactUnsigned(long value) {
    if (value < 0 || value > LARGEST_EXACT) {
      throw new ArithmeticException(Long.toUnsignedString(value));
    }
    return value;
  }
}
