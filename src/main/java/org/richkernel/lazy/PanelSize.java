package org.richkernel.lazy;

import org.richkernel.compute.Backend;
import org.richkernel.network.Inputs;

/** Number of test points processed at a time, so that memory is O(P^2 + panel x P). */
final class PanelSize {
  private static final int LEAST = 256;

  private PanelSize() {}

  /** Rows of a panel against these training points, at most {@code rows}. */
  static int of(Backend backend, Inputs train, int rows) {
    int columns = Math.max(train.rows(), train.dimension());
    return Math.min(rows, Math.max(LEAST, backend.panelRows(columns)));
  }
}
