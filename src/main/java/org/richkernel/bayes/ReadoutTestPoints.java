package org.richkernel.bayes;

import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;

/**
 * Predictions at new points in the dual form: a population is a network of S neurons with readout
 * w,
 *
 * <pre>  g k(x)^T v = sum_s w_s E_z phi(xi_s . R_x + s_x z).</pre>
 *
 * <p>Cost per population: S P_t (r + K) multiply-adds, whatever the number of training points.
 */
final class ReadoutTestPoints implements TestPoints {
  private final Backend backend;
  private final Activation activation;
  private final Workspace memory;
  private final Matrix coordinates; // R, P_t x r
  private final Matrix deviation; // s, 1 x P_t
  private final Matrix phi;
  private final Matrix readout;

  ReadoutTestPoints(
      Backend backend,
      Activation activation,
      InputFactor.Coordinates points,
      int outputs,
      int panelRows) {
    this.backend = backend;
    this.activation = activation;
    int count = points.deviation().length;
    MemoryPlan plan = new MemoryPlan();
    plan(plan, points.whitened().length / count, outputs, count, panelRows);
    memory = new Workspace(backend, plan);
    coordinates = memory.get("coordinates of the new points");
    deviation = memory.get("deviation of the new points");
    phi = memory.get("phi of the new points");
    readout = memory.get("readout of the new points");
    backend.upload(points.whitened(), coordinates);
    backend.upload(points.deviation(), deviation);
  }

  static void plan(MemoryPlan plan, int rank, int outputs, int newPoints, int panelRows) {
    plan.add("coordinates of the new points", Precision.FLOAT32, newPoints, rank)
        .add("deviation of the new points", Precision.FLOAT32, 1, newPoints)
        .add("phi of the new points", Precision.FLOAT32, panelRows, newPoints)
        .add("readout of the new points", Precision.FLOAT32, panelRows, outputs);
  }

  /** The noise of the points is integrated: nothing is drawn. */
  @Override
  public void addPrediction(FieldPopulation population, Draw draw, Matrix sum) {
    for (int from = 0; from < population.samples(); from += phi.rows()) {
      int rows = Math.min(phi.rows(), population.samples() - from);
      try (Matrix xi = population.xi().rowRange(from, rows);
          Matrix weights = population.weights().rowRange(from, rows);
          Matrix single = readout.rowRange(0, rows);
          Matrix test = phi.rowRange(0, rows)) {
        backend.copy(weights, single);
        backend.gemm(Transpose.NO, Transpose.YES, 1, xi, coordinates, 0, test);
        backend.activateSmoothed(activation, test, deviation, test);
        backend.crossGram(1, test, single, 1, sum);
      }
    }
  }

  @Override
  public void close() {
    memory.close();
  }
}
