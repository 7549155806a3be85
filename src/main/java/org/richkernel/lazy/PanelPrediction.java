package org.richkernel.lazy;

import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;

/** Predictions f(x) = k(x)^T C at any number of points, one panel of them at a time. */
final class PanelPrediction {
  private static final String PREDICTIONS = "panel predictions";

  private PanelPrediction() {}

  /** Adds the matrices of a panel of at most {@code rows} points. */
  static void plan(MemoryPlan plan, KernelRecursion recursion, int rows, int outputs) {
    recursion.planPanel(plan, rows);
    plan.add(PREDICTIONS, Precision.FLOAT64, rows, outputs);
  }

  /**
   * Predictions at all other points of the recursion.
   *
   * @param coefficients C, P x K
   * @return rows x K, row-major
   */
  static double[] predict(
      Backend backend, Workspace workspace, KernelRecursion recursion, Matrix coefficients) {
    int points = recursion.otherPoints();
    int outputs = coefficients.columns();
    Matrix predictions = workspace.get(PREDICTIONS);
    double[] all = new double[Math.multiplyExact(points, outputs)];
    int panel = predictions.rows();
    for (int first = 0; first < points; first += panel) {
      int rows = Math.min(panel, points - first);
      double[] block = new double[rows * outputs];
      recursion.panelTrain(
          backend,
          workspace,
          first,
          rows,
          kernel -> {
            try (Matrix out = predictions.rowRange(0, rows)) {
              backend.gemm(Transpose.NO, Transpose.NO, 1, kernel, coefficients, 0, out);
              backend.download(out, block);
            }
          });
      System.arraycopy(block, 0, all, first * outputs, block.length);
    }
    return all;
  }
}
