package org.richkernel.lazy;

import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Workspace;

/**
 * Expectations of tanh at large variances, as the average of arc-sine kernels of {@link
 * TanhMixture}.
 *
 * <p>The backend's kernel of erf(h) is (2 / pi) atan(2 c / D) with D^2 = (1 + 2 a)(1 + 2 b) - 4
 * c^2. At variances a / (2 k^2) and b / (2 q^2) and the covariance c / (2 k q) it is that of a pair
 * of nodes k and q. Rows are worked on in blocks, so that what is added to the kernel's own memory
 * does not grow with P^2.
 */
final class MixtureDual implements DualMap {
  private static final int BLOCK = 64;
  private static final String COVARIANCE = "mixture covariance";
  private static final String VALUE = "mixture value";
  private static final String SLOPE = "mixture slope";
  private static final String ROWS = "mixture row variance";
  private static final String COLUMNS = "mixture column variance";

  private final LayerVariances variances;

  /**
   * Some layers, at least one.
   *
   * @param layers that have large variances, from 1
   */
  MixtureDual(int... layers) {
    variances = new LayerVariances(layers);
  }

  @Override
  public void planTrain(MemoryPlan plan, int points) {
    variances.planTrain(plan, points);
    plan.add(COVARIANCE, Precision.FLOAT64, BLOCK, points);
    plan.add(VALUE, Precision.FLOAT64, BLOCK, points);
    plan.add(SLOPE, Precision.FLOAT64, BLOCK, points);
    plan.add(ROWS, Precision.FLOAT64, BLOCK, 1);
    plan.add(COLUMNS, Precision.FLOAT64, points, 1);
  }

  @Override
  public void planPanel(MemoryPlan plan, int rows) {
    variances.planPanel(plan, rows);
  }

  @Override
  public void uploadTrain(Backend backend, Workspace workspace, KernelDiagonals diagonals) {
    variances.uploadTrain(backend, workspace, diagonals);
  }

  @Override
  public void uploadPanel(Backend backend, Workspace workspace, int layer, double[] values) {
    variances.uploadPanel(backend, workspace, values);
  }

  @Override
  public void trainTrain(
      Backend backend, Workspace workspace, int layer, Matrix covariance, Matrix slope) {
    Matrix columns = variances.train(workspace, layer);
    apply(backend, workspace, columns, columns, covariance, slope);
  }

  @Override
  public void panelTrain(
      Backend backend, Workspace workspace, int layer, Matrix covariance, Matrix slope) {
    try (Matrix rows = variances.panel(workspace, covariance.rows())) {
      apply(backend, workspace, rows, variances.train(workspace, layer), covariance, slope);
    }
  }

  private static void apply(
      Backend backend,
      Workspace workspace,
      Matrix rowVariance,
      Matrix columnVariance,
      Matrix covariance,
      Matrix slope) {
    for (int first = 0; first < covariance.rows(); first += BLOCK) {
      int rows = Math.min(BLOCK, covariance.rows() - first);
      try (Matrix ownVariance = rowVariance.rowRange(first, rows);
          Matrix values = covariance.rowRange(first, rows);
          Matrix slopes = slope.rowRange(first, rows);
          Matrix given = workspace.get(COVARIANCE).rowRange(0, rows);
          Matrix value = workspace.get(VALUE).rowRange(0, rows);
          Matrix derivative = workspace.get(SLOPE).rowRange(0, rows);
          Matrix scaledRows = workspace.get(ROWS).rowRange(0, rows)) {
        backend.copy(values, given);
        backend.fill(0, values);
        backend.fill(0, slopes);
        for (int i = 0; i < TanhMixture.nodes(); i++) {
          scaled(backend, 0.5 / TanhMixture.square(i), ownVariance, scaledRows);
          for (int j = 0; j < TanhMixture.nodes(); j++) {
            double weight = TanhMixture.weight(i, j);
            if (weight == 0) {
              continue;
            }
            double scale = 0.5 / Math.sqrt(TanhMixture.square(i) * TanhMixture.square(j));
            Matrix scaledColumns = workspace.get(COLUMNS);
            scaled(backend, 0.5 / TanhMixture.square(j), columnVariance, scaledColumns);
            scaled(backend, scale, given, value);
            backend.dualActivation(
                Activation.ERF, value, scaledRows, scaledColumns, value, derivative);
            backend.axpy(weight, value, values);
            backend.axpy(weight * scale, derivative, slopes);
          }
        }
      }
    }
  }

  private static void scaled(Backend backend, double factor, Matrix from, Matrix to) {
    backend.copy(from, to);
    backend.scale(factor, to);
  }

  @Override
  public double truncation() {
    return 0;
  }
}
