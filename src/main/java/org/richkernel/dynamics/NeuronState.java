package org.richkernel.dynamics;

import java.util.List;
import org.richkernel.compute.Matrix;

/**
 * Weights of all neurons, S x r, and their readouts, S x (Z K) with a block of K for each site with
 * separate readouts; or their velocities.
 */
final class NeuronState {
  private final List<Matrix> all;
  private final List<List<Matrix>> parts;
  private final Matrix[] z;

  /**
   * @param weights S x r
   * @param readouts S x (Z K), without gaps between rows
   * @param outputs K
   */
  NeuronState(Matrix weights, Matrix readouts, NeuronPanel[] panels, int outputs) {
    all = List.of(weights, readouts);
    parts =
        java.util.Arrays.stream(panels)
            .map(
                panel ->
                    List.of(
                        weights.rowRange(panel.first(), panel.rows()),
                        readouts.rowRange(panel.first(), panel.rows())))
            .toList();
    z = new Matrix[panels.length];
    for (int i = 0; i < panels.length; i++) {
      Matrix rows = parts.get(i).get(1);
      z[i] = rows.reshaped(Math.toIntExact(rows.size() / outputs), outputs);
    }
  }

  /** Weights and readouts of all neurons. */
  List<Matrix> all() {
    return all;
  }

  /** Weights and readouts of a panel. */
  List<Matrix> parts(int panel) {
    return parts.get(panel);
  }

  /** Weights of a panel, rows x r. */
  Matrix a(int panel) {
    return parts.get(panel).get(0);
  }

  /** Readouts of a panel, (rows Z) x K. */
  Matrix z(int panel) {
    return z[panel];
  }
}
