package org.richkernel.lazy;

import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Workspace;

/**
 * Variances of the preactivations of some layers on the device: of the training points in every
 * layer, and of a panel of other points in one layer at a time.
 */
final class LayerVariances {
  private static final String TRAIN = "train variance ";
  private static final String PANEL = "panel variance";

  private final int[] layers;

  /**
   * Variances of some layers.
   *
   * @param layers from 1
   */
  LayerVariances(int... layers) {
    this.layers = layers.clone();
  }

  void planTrain(MemoryPlan plan, int points) {
    for (int l : layers) {
      plan.add(TRAIN + l, Precision.FLOAT64, points, 1);
    }
  }

  void planPanel(MemoryPlan plan, int rows) {
    plan.add(PANEL, Precision.FLOAT64, rows, 1);
  }

  void uploadTrain(Backend backend, Workspace workspace, KernelDiagonals diagonals) {
    for (int l : layers) {
      backend.upload(diagonals.preactivation(l), train(workspace, l));
    }
  }

  void uploadPanel(Backend backend, Workspace workspace, double[] variances) {
    try (Matrix rows = panel(workspace, variances.length)) {
      backend.upload(variances, rows);
    }
  }

  /** Those of the training points, P x 1. */
  Matrix train(Workspace workspace, int layer) {
    return workspace.get(TRAIN + layer);
  }

  /** Those of the panel uploaded last, rows x 1; a view to be closed. */
  Matrix panel(Workspace workspace, int rows) {
    return workspace.get(PANEL).rowRange(0, rows);
  }
}
