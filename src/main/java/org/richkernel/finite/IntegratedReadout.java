package org.richkernel.finite;

import org.richkernel.bayes.TrajectoryRecord;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;

/**
 * Readout weights integrated out exactly: given the hidden weights, y ~ N(0, A / (gamma^2 N)) with
 * A = g Phi^L + kappa, so
 *
 * <pre>  V = (N gamma^2 / 2) tr Y^T A^{-1} Y + (K / 2) ln det A,
 *   dV/dphi^L = phi^L (-gamma^2 g v v^T + (K g / N) A^{-1}),   v = A^{-1} Y,</pre>
 *
 * and the outputs have the mean y - kappa v.
 */
final class IntegratedReadout implements ReadoutLikelihood {
  private final Backend backend;
  private final SiteFields fields;
  private final int layers;
  private final double readoutVariance; // g, over the pairs of sites that Phi is a mean over
  private final double kappa;
  private final int width;
  private final int outputs;
  private final Matrix phi;
  private final Matrix targets;
  private final Matrix cholesky;
  private final Matrix inverse;
  private final Matrix dual;
  private final Matrix dualSingle;
  private final Matrix tilt;
  private double richness;

  /**
   * @param phi top features, N x (P s)
   */
  IntegratedReadout(
      Backend backend,
      PosteriorProblem problem,
      Workspace memory,
      SiteFields fields,
      Matrix phi,
      Matrix targets) {
    this.backend = backend;
    this.fields = fields;
    layers = problem.network().hiddenLayers();
    this.phi = phi;
    this.targets = targets;
    readoutVariance = problem.network().weightVariance(layers) / fields.pairs(layers);
    kappa = problem.options().kappa();
    width = problem.options().width();
    outputs = problem.outputs();
    cholesky = memory.get("Cholesky factor");
    inverse = memory.get("inverse");
    dual = memory.get("dual");
    dualSingle = memory.get("dual, single");
    tilt = memory.get("tilt");
  }

  static void plan(MemoryPlan plan, int points, int outputs) {
    plan.add("Cholesky factor", Precision.FLOAT64, points, points)
        .add("inverse", Precision.FLOAT64, points, points)
        .add("dual", Precision.FLOAT64, points, outputs)
        .add("dual, single", Precision.FLOAT32, points, outputs)
        .add("tilt", Precision.FLOAT32, points, points);
  }

  /**
   * Computes V. Only overflow of the features makes g Phi + kappa indefinite; the move is then
   * rejected.
   */
  @Override
  public void potential(double gamma, TrajectoryRecord record) {
    richness = gamma;
    fields.gram(readoutVariance / width, layers, phi, 0, cholesky);
    backend.addDiagonal(kappa, cholesky);
    backend.cholesky(cholesky, record.failures());
    backend.copy(targets, dual);
    backend.solveCholesky(cholesky, dual);
    backend.dot(0.5 * width * gamma * gamma, targets, dual, 0, record.potential());
    backend.logDeterminant(0.5 * outputs, cholesky, 1, record.potential());
  }

  @Override
  public void pull(Matrix out) {
    backend.invertCholesky(1, cholesky, inverse);
    // -gamma^2 g v v^T + (K g / N) A^{-1}
    backend.gemm(
        Transpose.NO,
        Transpose.YES,
        -richness * richness * readoutVariance,
        dual,
        dual,
        outputs * readoutVariance / width,
        inverse);
    backend.copy(inverse, tilt);
    fields.tilt(phi, tilt, out);
  }

  @Override
  public double[] dual() {
    double[] values = new double[Math.toIntExact(dual.size())];
    backend.download(dual, values);
    return values;
  }

  /** u = (g / N) phi^L v: the mean of the readout given the hidden weights. */
  @Override
  public void outputWeights(Matrix u) {
    backend.copy(dual, dualSingle);
    fields.readoutGradient(readoutVariance / width, phi, dualSingle, 0, fields.bySite(u));
  }
}
