package org.richkernel.dynamics;

import org.richkernel.compute.Matrix;

/** Weights and readouts of all neurons, S x (r + K), or their velocities. */
final class NeuronState {
  private final Matrix all;
  private final Matrix[] rows;
  private final Matrix[] a;
  private final Matrix[] z;

  NeuronState(Matrix all, NeuronPanel[] panels, int rank) {
    this.all = all;
    rows = new Matrix[panels.length];
    a = new Matrix[panels.length];
    z = new Matrix[panels.length];
    for (int i = 0; i < panels.length; i++) {
      int count = panels[i].rows();
      rows[i] = all.rowRange(panels[i].first(), count);
      a[i] = rows[i].view(0, count, 0, rank);
      z[i] = rows[i].view(0, count, rank, all.columns() - rank);
    }
  }

  /** All of it. */
  Matrix all() {
    return all;
  }

  /** The rows of a panel. */
  Matrix rows(int panel) {
    return rows[panel];
  }

  /** Weights of a panel, rows x r. */
  Matrix a(int panel) {
    return a[panel];
  }

  /** Readouts of a panel, rows x K. */
  Matrix z(int panel) {
    return z[panel];
  }
}
