package org.richkernel.stack;

import java.util.Arrays;
import java.util.Collection;

/** Number of parameters of standard normal prior per sample and layer. */
public interface FieldWidths {
  /** Columns of the fields of every layer at S samples. */
  int[] widths(int samples);

  /** Columns of the fields of all layers side by side. */
  default int width(int samples) {
    return Arrays.stream(widths(samples)).reduce(0, Math::addExact);
  }

  /**
   * The number of samples whose fields have the given number of parameters.
   *
   * @param sizes candidates for the number of samples
   * @throws IllegalArgumentException if none of them fits
   */
  default int samplesOf(long length, Collection<Integer> sizes) {
    return sizes.stream()
        .filter(samples -> (long) samples * width(samples) == length)
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("fields of another number of samples"));
  }
}
