package org.richkernel.stack;

import java.util.Arrays;

/** How many numbers of standard normal prior each sample has in each layer. */
public interface FieldWidths {
  /** Columns of the fields of every layer at S samples. */
  int[] widths(int samples);

  /** Columns of the fields of all layers side by side. */
  default int width(int samples) {
    return Arrays.stream(widths(samples)).reduce(0, Math::addExact);
  }
}
