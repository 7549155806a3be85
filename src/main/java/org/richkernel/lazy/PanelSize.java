package org.richkernel.lazy;

import org.richkernel.compute.Backend;

/** How many test points are processed at a time, so that memory is O(P^2 + panel x P). */
final class PanelSize {
  private static final int LEAST = 256;

  private PanelSize() {}

  /** Rows of a panel of a kernel with {@code points} columns, at most {@code rows}. */
  static int of(Backend backend, int points, int rows) {
    return Math.min(rows, Math.max(LEAST, backend.panelRows(points)));
  }
}
