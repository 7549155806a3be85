package org.richkernel.data;

import java.nio.ByteBuffer;

/** The element types of files, and how each becomes a double or is made of one. */
public enum ElementType {
  /** NumPy's float64. */
  FLOAT64("f8", 8),
  /** NumPy's float32. */
  FLOAT32("f4", 4),
  /** NumPy's float16, IEEE 754 binary16. */
  FLOAT16("f2", 2),
  /** NumPy's int64. */
  INT64("i8", 8),
  /** NumPy's int32. */
  INT32("i4", 4),
  /** NumPy's int16. */
  INT16("i2", 2),
  /** NumPy's int8. */
  INT8("i1", 1),
  /** NumPy's uint64. */
  UINT64("u8", 8),
  /** NumPy's uint32. */
  UINT32("u4", 4),
  /** NumPy's uint16. */
  UINT16("u2", 2),
  /** NumPy's uint8. */
  UINT8("u1", 1),
  /** NumPy's bool, 0 or 1. */
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
      case FLOAT16 -> HalfFloat.value(buffer.getShort());
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

  /**
   * Puts a number into a buffer; float32 and float16 round it.
   *
   * @throws ArithmeticException for a number that an integer type cannot hold
   */
  void encode(double value, ByteBuffer buffer) {
    switch (this) {
      case FLOAT64 -> buffer.putDouble(value);
      case FLOAT32 -> buffer.putFloat((float) value);
      case FLOAT16 -> buffer.putShort(HalfFloat.bits(value));
      default -> {
        // a double of 2^63 would be clamped to the largest long
        if (value != Math.rint(value) || Math.abs(value) >= 0x1p63) {
          throw new ArithmeticException(Double.toString(value));
        }
        encode((long) value, buffer);
      }
    }
  }

  /**
   * Puts a whole number into a buffer.
   *
   * @throws ArithmeticException for a number that the type cannot hold
   */
  void encode(long value, ByteBuffer buffer) {
    switch (this) {
      case FLOAT64 -> buffer.putDouble(exact(value));
      case FLOAT32 -> buffer.putFloat((float) within(value, -1L << 24, 1L << 24));
      case FLOAT16 -> buffer.putShort(HalfFloat.bits(within(value, -1L << 11, 1L << 11)));
      case INT64 -> buffer.putLong(value);
      case INT32 -> buffer.putInt((int) within(value, Integer.MIN_VALUE, Integer.MAX_VALUE));
      case INT16 -> buffer.putShort((short) within(value, Short.MIN_VALUE, Short.MAX_VALUE));
      case INT8 -> buffer.put((byte) within(value, Byte.MIN_VALUE, Byte.MAX_VALUE));
      case UINT64 -> buffer.putLong(within(value, 0, Long.MAX_VALUE));
      case UINT32 -> buffer.putInt((int) within(value, 0, 0xffffffffL));
      case UINT16 -> buffer.putShort((short) within(value, 0, 0xffff));
      case UINT8 -> buffer.put((byte) within(value, 0, 0xff));
      case BOOL -> buffer.put((byte) within(value, 0, 1));
    }
  }

  private static long within(long value, long least, long most) {
    if (value < least || value > most) {
      throw new ArithmeticException(Long.toString(value));
    }
    return value;
  }

  /**
   * The double that equals an integer.
   *
   * @throws ArithmeticException if none does
   */
  static double exact(long value) {
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
