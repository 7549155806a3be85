package org.richkernel.lazy;

import java.util.Arrays;
import java.util.function.IntUnaryOperator;
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

  void planTrain(MemoryPlan plan, IntUnaryOperator points) {
    for (int l : layers) {
      plan.add(TRAIN + l, Precision.FLOAT64, points.applyAsInt(l), 1);
    }
  }

  void planPanel(MemoryPlan plan, int rows) {
    plan.add(PANEL, Precision.FLOAT64, rows, 1);
  }

  /** Takes those of a layer, if it is one of these. */
  void uploadTrain(Backend backend, Workspace workspace, int layer, double[] variances) {
    if (Arrays.stream(layers).anyMatch(l -> l == layer)) {
      try (Matrix rows = train(workspace, layer, 0, variances.length)) {
        backend.upload(variances, rows);
      }
    }
  }

  void uploadPanel(Backend backend, Workspace workspace, double[] variances) {
    try (Matrix rows = panel(workspace, 0, variances.length)) {
      backend.upload(variances, rows);
    }
  }

  /** Those of the training points, P x 1. */
  Matrix train(Workspace workspace, int layer) {
    return workspace.get(TRAIN + layer);
  }

  /** Those of some training points, rows x 1; a view to be closed. */
  Matrix train(Workspace workspace, int layer, int first, int rows) {
    return train(workspace, layer).rowRange(first, rows);
  }

  /** Those of some of the panel uploaded last, rows x 1; a view to be closed. */
  Matrix panel(Workspace workspace, int first, int rows) {
    return workspace.get(PANEL).rowRange(first, rows);
  }
}
