package org.richkernel.stack;

import java.util.Arrays;

/** Number of parameters of standard normal prior per sample and layer. */
public interface FieldWidths {
  /** Columns of the fields of every layer at S samples. */
  int[] widths(int samples);

  /** Columns of the fields of all layers side by side. */
  default int width(int samples) {
    return Arrays.stream(widths(samples)).reduce(0, Math::addExact);
  }
}
