package org.richkernel.lazy;

import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Workspace;

/**
 * Expectations in closed form: arc-cosine kernels for ReLU (Cho and Saul 2009), arc-sine for erf
 * (Williams 1997).
 */
final class ClosedFormDual implements DualMap {
  private static final String TRAIN = "train variance ";
  private static final String PANEL = "panel variance";

  private final Activation activation;
  private final int layers;

  ClosedFormDual(Activation activation, int layers) {
    this.activation = activation;
    this.layers = layers;
  }

  @Override
  public void planTrain(MemoryPlan plan, int points) {
    for (int l = 1; l <= layers; l++) {
      plan.add(TRAIN + l, Precision.FLOAT64, points, 1);
    }
  }

  @Override
  public void planPanel(MemoryPlan plan, int rows) {
    plan.add(PANEL, Precision.FLOAT64, rows, 1);
  }

  @Override
  public void uploadTrain(Backend backend, Workspace workspace, KernelDiagonals diagonals) {
    for (int l = 1; l <= layers; l++) {
      backend.upload(diagonals.preactivation(l), workspace.get(TRAIN + l));
    }
  }

  @Override
  public void uploadPanel(Backend backend, Workspace workspace, int layer, double[] variances) {
    try (Matrix rows = workspace.get(PANEL).rowRange(0, variances.length)) {
      backend.upload(variances, rows);
    }
  }

  @Override
  public void trainTrain(
      Backend backend, Workspace workspace, int layer, Matrix covariance, Matrix slope) {
    Matrix variance = workspace.get(TRAIN + layer);
    backend.dualActivation(activation, covariance, variance, variance, covariance, slope);
  }

  @Override
  public void panelTrain(
      Backend backend, Workspace workspace, int layer, Matrix covariance, Matrix slope) {
    try (Matrix rows = workspace.get(PANEL).rowRange(0, covariance.rows())) {
      backend.dualActivation(
          activation, covariance, rows, workspace.get(TRAIN + layer), covariance, slope);
    }
  }

  @Override
  public double truncation() {
    return 0;
  }
}
