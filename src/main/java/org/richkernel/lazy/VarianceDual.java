package org.richkernel.lazy;

import java.util.function.IntUnaryOperator;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Workspace;

/** Expectations that follow from covariances and variances alone, with no series in between. */
abstract class VarianceDual implements DualMap {
  private final LayerVariances variances;

  /**
   * @param layers that it is for, from 1
   */
  VarianceDual(int... layers) {
    variances = new LayerVariances(layers);
  }

  /** The covariances become E[phi phi], and slope becomes E[phi' phi']. */
  abstract void apply(
      Backend backend,
      Workspace workspace,
      Matrix rowVariance,
      Matrix columnVariance,
      Matrix covariance,
      Matrix slope);

  @Override
  public void planTrain(MemoryPlan plan, IntUnaryOperator points) {
    variances.planTrain(plan, points);
  }

  @Override
  public final void planPanel(MemoryPlan plan, int rows) {
    variances.planPanel(plan, rows);
  }

  @Override
  public final void uploadTrain(Backend backend, Workspace workspace, int layer, double[] values) {
    variances.uploadTrain(backend, workspace, layer, values);
  }

  @Override
  public final void uploadPanel(Backend backend, Workspace workspace, int layer, double[] values) {
    variances.uploadPanel(backend, workspace, values);
  }

  @Override
  public final void trainTrain(
      Backend backend,
      Workspace workspace,
      int layer,
      int firstRow,
      Matrix covariance,
      Matrix slope) {
    try (Matrix rows = variances.train(workspace, layer, firstRow, covariance.rows())) {
      apply(backend, workspace, rows, variances.train(workspace, layer), covariance, slope);
    }
  }

  @Override
  public final void panelTrain(
      Backend backend,
      Workspace workspace,
      int layer,
      int firstRow,
      int firstColumn,
      Matrix covariance,
      Matrix slope) {
    try (Matrix rows = variances.panel(workspace, firstRow, covariance.rows());
        Matrix columns = variances.train(workspace, layer, firstColumn, covariance.columns())) {
      apply(backend, workspace, rows, columns, covariance, slope);
    }
  }

  @Override
  public final double truncation() {
    return 0;
  }
}
