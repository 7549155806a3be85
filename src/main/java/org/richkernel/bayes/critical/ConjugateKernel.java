package org.richkernel.bayes.critical;

import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Workspace;

/**
 * Conjugate kernel of the readout, the derivative of the log likelihood with respect to C^L: Ct^L =
 * (chi V V^T - K (C^L + kappa)^{-1}) / 2 with V = (C^L + kappa)^{-1} Y (arXiv:2405.10761). The
 * second term comes from the determinant.
 */
final class ConjugateKernel {
  private final double[] dual;
  private final double[] pull;

  private ConjugateKernel(double[] dual, double[] pull) {
    this.dual = dual;
    this.pull = pull;
  }

  /** Adds the memory of {@link #of} to a plan. */
  static MemoryPlan plan(MemoryPlan plan, int points, int outputs) {
    return plan.add("readout kernel", Precision.FLOAT64, points, points)
        .add("inverse", Precision.FLOAT64, points, points)
        .add("targets", Precision.FLOAT64, points, outputs);
  }

  /**
   * The conjugate kernel at a readout kernel.
   *
   * @param c C^L, P x P
   */
  static ConjugateKernel of(Backend backend, FiniteWidthProblem problem, double[] c) {
    int points = problem.points();
    int outputs = problem.targets().outputs();
    double[] v = new double[points * outputs];
    double[] inverse = new double[points * points];
    try (Workspace memory = new Workspace(backend, plan(new MemoryPlan(), points, outputs))) {
      Matrix factor = memory.get("readout kernel");
      Matrix inverted = memory.get("inverse");
      Matrix y = memory.get("targets");
      backend.upload(c, factor);
      backend.addDiagonal(problem.kappa(), factor);
      backend.cholesky(factor);
      backend.invertCholesky(1, factor, inverted);
      backend.download(inverted, inverse);
      backend.upload(problem.targets().toArray(), y);
      backend.solveCholesky(factor, y);
      backend.download(y, v);
    }
    double[] pull = new double[points * points];
    for (int i = 0; i < points; i++) {
      for (int j = 0; j < points; j++) {
        double sum = 0;
        for (int k = 0; k < outputs; k++) {
          sum += v[i * outputs + k] * v[j * outputs + k];
        }
        double symmetric = 0.5 * (inverse[i * points + j] + inverse[j * points + i]);
        pull[i * points + j] = 0.5 * (problem.chi() * sum - outputs * symmetric);
      }
    }
    return new ConjugateKernel(v, pull);
  }

  /** V, P x K. */
  double[] dual() {
    return dual;
  }

  /** Ct^L, P x P. */
  double[] pull() {
    return pull;
  }
}
