package org.richkernel.dynamics;

import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;

/** Moves columns between fields whose points are in different orders. */
final class Columns {
  private Columns() {}

  /** Column i of target = column indices[i] of source; runs of neighbours move together. */
  static void gather(Backend backend, Matrix source, int[] indices, Matrix target) {
    int rows = source.rows();
    for (int i = 0; i < indices.length; ) {
      int run = run(indices, i);
      backend.copy(source.view(0, rows, indices[i], run), target.view(0, rows, i, run));
      i += run;
    }
  }

  /** Column indices[i] of target = column i of source. */
  static void scatter(Backend backend, Matrix source, int[] indices, Matrix target) {
    int rows = source.rows();
    for (int i = 0; i < indices.length; ) {
      int run = run(indices, i);
      backend.copy(source.view(0, rows, i, run), target.view(0, rows, indices[i], run));
      i += run;
    }
  }

  private static int run(int[] indices, int start) {
    int end = start + 1;
    while (end < indices.length && indices[end] == indices[end - 1] + 1) {
      end++;
    }
    return end - start;
  }
}
