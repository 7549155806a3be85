package org.richkernel.data;

import java.nio.ByteBuffer;
import java.util.function.ToDoubleFunction;

/** The element types that can be read, and how each becomes a double. */
enum ElementType {
  FLOAT64("f8", 8, ByteBuffer::getDouble),
  FLOAT32("f4", 4, ByteBuffer::getFloat),
  INT64("i8", 8, b -> exact(b.getLong())),
  INT32("i4", 4, ByteBuffer::getInt),
  INT16("i2", 2, ByteBuffer::getShort),
  INT8("i1", 1, ByteBuffer::get),
  UINT64("u8", 8, b -> exactUnsigned(b.getLong())),
  UINT32("u4", 4, b -> b.getInt() & 0xffffffffL),
  UINT16("u2", 2, b -> b.getShort() & 0xffff),
  UINT8("u1", 1, b -> b.get() & 0xff),
  BOOL("b1", 1, b -> b.get() == 0 ? 0 : 1);

  /** Largest magnitude up to which every integer is a double. */
  private static final long LARGEST_EXACT = 1L << 53;

  private final String code;
  private final int bytes;
  private final ToDoubleFunction<ByteBuffer> decoder;

  ElementType(String code, int bytes, ToDoubleFunction<ByteBuffer> decoder) {
    this.code = code;
    this.bytes = bytes;
    this.decoder = decoder;
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
    return decoder.applyAsDouble(buffer);
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
