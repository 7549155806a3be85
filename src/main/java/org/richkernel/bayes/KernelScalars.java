package org.richkernel.bayes;

import java.util.List;
import org.richkernel.sampling.MonteCarloSeries;
import org.richkernel.solver.SolverState;

/** Scalars of a layer's kernel, one value per sweep. */
final class KernelScalars {
  private final MonteCarloSeries fit = new MonteCarloSeries();
  private final MonteCarloSeries trace = new MonteCarloSeries();
  private final MonteCarloSeries frobenius = new MonteCarloSeries();
  private final MonteCarloSeries alignment = new MonteCarloSeries();

  /**
   * Adds the kernel after a sweep.
   *
   * @param quadratic tr Y^T (g Phi) Y
   * @param diagonal tr g Phi
   * @param norm |g Phi|_F
   * @param targetSquare |Y|^2
   */
  void add(double quadratic, double diagonal, double norm, double targetSquare) {
    fit.add(quadratic);
    trace.add(diagonal);
    frobenius.add(norm);
    alignment.add(norm == 0 ? 0 : quadratic / (norm * targetSquare));
  }

  /** Clears all series. */
  void clear() {
    for (MonteCarloSeries series : List.of(fit, trace, frobenius, alignment)) {
      series.clear();
    }
  }

  /** tr Y^T (g Phi) Y. */
  MonteCarloSeries fit() {
    return fit;
  }

  /** tr g Phi. */
  MonteCarloSeries trace() {
    return trace;
  }

  /** |g Phi|_F. */
  MonteCarloSeries frobenius() {
    return frobenius;
  }

  /** tr Y^T Phi Y / (|Phi|_F |Y|^2) of each sweep's own kernel, 0 for a zero kernel. */
  MonteCarloSeries alignment() {
    return alignment;
  }

  /** Adds everything to a checkpoint. */
  void save(SolverState state, String name) {
    state.put(name + "_fit", fit.values());
    state.put(name + "_trace", trace.values());
    state.put(name + "_frobenius", frobenius.values());
    state.put(name + "_alignment", alignment.values());
  }

  /** Restores a saved state. */
  void restore(SolverState state, String name) {
    fit.restore(state.doubles(name + "_fit"));
    trace.restore(state.doubles(name + "_trace"));
    frobenius.restore(state.doubles(name + "_frobenius"));
    alignment.restore(state.doubles(name + "_alignment"));
  }
}
