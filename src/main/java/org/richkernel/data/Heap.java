package org.richkernel.data;

import org.richkernel.compute.JavaHeap;
import org.richkernel.compute.OutOfDeviceMemoryException;

/** Allocation of large arrays that ends in one clear line, not in an OutOfMemoryError. */
final class Heap {
  /** Longest array that every virtual machine can make. */
  static final long LONGEST_ARRAY = Integer.MAX_VALUE - 8L;

  private Heap() {}

  /**
   * Room for some doubles that are read from a source.
   *
   * @throws InvalidDataException if they are more than an array can hold
   * @throws OutOfDeviceMemoryException if they are more than the heap can hold
   */
  static double[] doubles(String source, long count) {
    requireRoom(source, count, Double.BYTES);
    try {
      return new double[(int) count];
    } catch (OutOfMemoryError e) {
      // one large request that was refused leaves the virtual machine as it was
      OutOfDeviceMemoryException tooLarge = tooLarge(source, count, Double.BYTES);
      tooLarge.initCause(e);
      throw tooLarge;
    }
  }

  /** The same for bytes. */
  static byte[] bytes(String source, long count) {
    requireRoom(source, count, 1);
    try {
      return new byte[(int) count];
    } catch (OutOfMemoryError e) {
      OutOfDeviceMemoryException tooLarge = tooLarge(source, count, 1);
      tooLarge.initCause(e);
      throw tooLarge;
    }
  }

  /** The same for floats. */
  static float[] floats(String source, long count) {
    requireRoom(source, count, Float.BYTES);
    try {
      return new float[(int) count];
    } catch (OutOfMemoryError e) {
      OutOfDeviceMemoryException tooLarge = tooLarge(source, count, Float.BYTES);
      tooLarge.initCause(e);
      throw tooLarge;
    }
  }

  /**
   * Refuses more values than can be held.
   *
   * @param size bytes of each
   */
  static void requireRoom(String source, long count, int size) {
    if (count > LONGEST_ARRAY) {
      throw new InvalidDataException(
          source,
          "it holds " + count + " values, more than fit into one array",
          "cut the file to at most " + LONGEST_ARRAY + " values");
    }
    if (count > JavaHeap.present().lasting() / size) {
      throw tooLarge(source, count, size);
    }
  }

  private static OutOfDeviceMemoryException tooLarge(String source, long count, int size) {
    return new OutOfDeviceMemoryException(
        source + ": reading " + count + " values of " + size + " bytes",
        count * size,
        JavaHeap.present().lasting(),
        "give java a larger -Xmx or cut the file");
  }
}
