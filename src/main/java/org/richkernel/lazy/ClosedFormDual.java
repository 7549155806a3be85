package org.richkernel.lazy;

import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Workspace;

/**
 * Expectations in closed form: arc-cosine kernels for ReLU (Cho and Saul 2009), arc-sine for erf
 * (Williams 1997), and the others that {@link Activation#dual} has.
 */
final class ClosedFormDual implements DualMap {

  private final Activation activation;
  private final LayerVariances variances;

  ClosedFormDual(Activation activation, int layers) {
    this.activation = activation;
    variances = new LayerVariances(IntStream.rangeClosed(1, layers).toArray());
  }

  @Override
  public void planTrain(MemoryPlan plan, IntUnaryOperator points) {
    variances.planTrain(plan, points);
  }

  @Override
  public void planPanel(MemoryPlan plan, int rows) {
    variances.planPanel(plan, rows);
  }

  @Override
  public void uploadTrain(Backend backend, Workspace workspace, int layer, double[] values) {
    variances.uploadTrain(backend, workspace, layer, values);
  }

  @Override
  public void uploadPanel(Backend backend, Workspace workspace, int layer, double[] values) {
    variances.uploadPanel(backend, workspace, values);
  }

  @Override
  public void trainTrain(
      Backend backend, Workspace workspace, int layer, Matrix covariance, Matrix slope) {
    Matrix variance = variances.train(workspace, layer);
    backend.dualActivation(activation, covariance, variance, variance, covariance, slope);
  }

  @Override
  public void panelTrain(
      Backend backend,
      Workspace workspace,
      int layer,
      int firstRow,
      int firstColumn,
      Matrix covariance,
      Matrix slope) {
    try (Matrix rows = variances.panel(workspace, firstRow, covariance.rows());
        Matrix columns = variances.train(workspace, layer, firstColumn, covariance.columns())) {
      backend.dualActivation(activation, covariance, rows, columns, covariance, slope);
    }
  }

  @Override
  public double truncation() {
    return 0;
  }
}
