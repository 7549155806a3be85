package org.richkernel.lazy;

import java.util.ArrayList;
import java.util.List;
import org.richkernel.metrics.KernelMetrics;
import org.richkernel.network.Targets;
import org.richkernel.solver.SolverState;

/** y^T Phi y, Tr Phi and |Phi|_F^2 of each layer, added up over blocks of rows. */
final class LayerSums {
  private static final String NAME = "layer_sums";
  private static final int EACH = 3;

  private final double[] sums;

  /** Sums of so many layers, zero. */
  LayerSums(int layers) {
    sums = new double[EACH * layers];
  }

  /** Adds a block of rows of layer 1..L. */
  void add(int layer, double quadratic, double trace, double squares) {
    int at = EACH * (layer - 1);
    sums[at] += quadratic;
    sums[at + 1] += trace;
    sums[at + 2] += squares;
  }

  LayerSums copy() {
    LayerSums copy = new LayerSums(sums.length / EACH);
    copy.set(this);
    return copy;
  }

  void set(LayerSums other) {
    System.arraycopy(other.sums, 0, sums, 0, sums.length);
  }

  void save(SolverState state) {
    state.put(NAME, sums.clone());
  }

  void restore(SolverState state) {
    System.arraycopy(state.doubles(NAME), 0, sums, 0, sums.length);
  }

  /** Alignment, trace and norm of every layer. */
  List<KernelMetrics> metrics(Targets targets) {
    double targetSquares = 0;
    for (double value : targets.toArray()) {
      targetSquares += value * value;
    }
    List<KernelMetrics> metrics = new ArrayList<>();
    for (int at = 0; at < sums.length; at += EACH) {
      double frobenius = Math.sqrt(sums[at + 2]);
      double scale = frobenius * targetSquares;
      double alignment = scale == 0 ? 0 : sums[at] / scale;
      metrics.add(new KernelMetrics(alignment, sums[at + 1] / targets.rows(), frobenius));
    }
    return List.copyOf(metrics);
  }
}
