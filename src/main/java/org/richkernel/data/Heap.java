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
    long largest = Math.min(LONGEST_ARRAY, Runtime.getRuntime().maxMemory() / Double.BYTES);
    if (count > largest) {
      throw tooLarge(source, count, null);
    }
    try {
      return new double[(int) count];
    } catch (OutOfMemoryError e) {
      // one large request that was refused leaves the virtual machine as it was
      throw tooLarge(source, count, e);
    }
  }

  private static InvalidDataException tooLarge(String source, long count, Throwable cause) {
    return new InvalidDataException(
        source,
        String.format(
            Locale.ROOT,
            "%d values need %.1f GB of memory as float64, and this program may use %.1f GB",
            count,
            count * 8e-9,
            Runtime.getRuntime().maxMemory() * 1e-9),
        count > LONGEST_ARRAY
            ? "cut the file to at most " + LONGEST_ARRAY + " values"
            : "give java a larger -Xmx or cut the file",
        cause);
  }
}
