package org.richkernel.data;

import java.util.Locale;

/** Allocation of large arrays that ends in one clear line, not in an OutOfMemoryError. */
final class Heap {
  /** Longest array that every virtual machine can make. */
  static final long LONGEST_ARRAY = Integer.MAX_VALUE - 8L;

  private Heap() {}

  /**
   * Room for some doubles that are read from a source.
   *
   * @throws InvalidDataException if they are more than an array or the heap can hold
   */
  static double[] doubles(String source, long count) {
    requireRoom(source, count, Double.BYTES);
    try {
      return new double[(int) count];
    } catch (OutOfMemoryError e) {
      // one large request that was refused leaves the virtual machine as it was
      throw tooLarge(source, count, Double.BYTES, e);
    }
  }

  /** The same for bytes. */
  static byte[] bytes(String source, long count) {
    requireRoom(source, count, 1);
    try {
      return new byte[(int) count];
    } catch (OutOfMemoryError e) {
      throw tooLarge(source, count, 1, e);
    }
  }

  private static void requireRoom(String source, long count, int size) {
    if (count > Math.min(LONGEST_ARRAY, Runtime.getRuntime().maxMemory() / size)) {
      throw tooLarge(source, count, size, null);
    }
  }

  private static InvalidDataException tooLarge(
      String source, long count, int size, Throwable cause) {
    return new InvalidDataException(
        source,
        String.format(
            Locale.ROOT,
            "%d values of %d bytes need %.1f GB of memory, and this program may use %.1f GB",
            count,
            size,
            count * size * 1e-9,
            Runtime.getRuntime().maxMemory() * 1e-9),
        count > LONGEST_ARRAY
            ? "cut the file to at most " + LONGEST_ARRAY + " values"
            : "give java a larger -Xmx or cut the file",
        cause);
  }
}
