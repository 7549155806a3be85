package org.richkernel.bayes;

import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;

/**
 * Predictions at new points, f(x) = g k(x)^T v with k(x)_mu = &lt;phi(h(x)) phi(h_mu)&gt; over a
 * population.
 *
 * <p>New points have no tilt: given the training fields, h(x) = xi R_x^T + s z with z ~ N(0, 1),
 * and the noise is integrated analytically ({@link Backend#activateSmoothed}). Cost per population:
 * S (P r + P_t r + P P_t) multiply-adds.
 */
final class TestPointKernel implements TestPoints {
  private final Backend backend;
  private final Activation activation;
  private final double readoutVariance;
  private final Workspace memory;
  private final Matrix factor; // F, P x r
  private final Matrix coordinates; // R, P_t x r
  private final Matrix deviation; // s, 1 x P_t
  private final Matrix phiTrain;
  private final Matrix phiTest;
  private final Matrix kernel; // g k, P x P_t

  TestPointKernel(
      Backend backend,
      Activation activation,
      double readoutVariance,
      InputFactor input,
      InputFactor.Coordinates points,
      int panelRows) {
    this.backend = backend;
    this.readoutVariance = readoutVariance;
    this.activation = activation;
    int count = points.deviation().length;
    MemoryPlan plan = new MemoryPlan();
    plan(plan, input.points(), input.rank(), count, panelRows);
    memory = new Workspace(backend, plan);
    factor = memory.get("F of the training points");
    coordinates = memory.get("coordinates of the new points");
    deviation = memory.get("deviation of the new points");
    phiTrain = memory.get("phi of the training points");
    phiTest = memory.get("phi of the new points");
    kernel = memory.get("kernel with the new points");
    backend.upload(input.factor(), factor);
    backend.upload(points.whitened(), coordinates);
    backend.upload(points.deviation(), deviation);
  }

  static void plan(MemoryPlan plan, int points, int rank, int newPoints, int panelRows) {
    plan.add("F of the training points", Precision.FLOAT32, points, rank)
        .add("coordinates of the new points", Precision.FLOAT32, newPoints, rank)
        .add("deviation of the new points", Precision.FLOAT32, 1, newPoints)
        .add("phi of the training points", Precision.FLOAT32, panelRows, points)
        .add("phi of the new points", Precision.FLOAT32, panelRows, newPoints)
        .add("kernel with the new points", Precision.FLOAT64, points, newPoints);
  }

  /** Integrates the noise of the points without random numbers. */
  @Override
  public void addPrediction(FieldPopulation population, Draw draw, Matrix sum) {
    addPrediction(population.xi(), population.dual(), sum);
  }

  /**
   * sum += g k^T v with k = (1/S) sum_s phi(h_s) E_z phi(h_s(x))^T.
   *
   * @param xi fields, S x r
   * @param v P x K
   * @param sum P_t x K, float64
   */
  void addPrediction(Matrix xi, Matrix v, Matrix sum) {
    backend.fill(0, kernel);
    for (int from = 0; from < xi.rows(); from += phiTrain.rows()) {
      int rows = Math.min(phiTrain.rows(), xi.rows() - from);
      try (Matrix panel = xi.rowRange(from, rows);
          Matrix train = phiTrain.rowRange(0, rows);
          Matrix test = phiTest.rowRange(0, rows)) {
        backend.gemm(Transpose.NO, Transpose.YES, 1, panel, factor, 0, train);
        backend.activate(activation, train, train);
        backend.gemm(Transpose.NO, Transpose.YES, 1, panel, coordinates, 0, test);
        backend.activateSmoothed(activation, test, deviation, test);
        backend.crossGram(readoutVariance / xi.rows(), train, test, 1, kernel);
      }
    }
    backend.gemm(Transpose.YES, Transpose.NO, 1, kernel, v, 1, sum);
  }

  @Override
  public void close() {
    memory.close();
  }
}
