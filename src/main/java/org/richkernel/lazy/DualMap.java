package org.richkernel.lazy;

import java.util.function.IntUnaryOperator;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Workspace;

/**
 * The step from the covariances of the preactivations of a layer to the expectations E[phi phi] and
 * E[phi' phi'], among the training points and between a panel of other points and them.
 *
 * <p>An implementation plans its matrices, is told the variances (diagonals) of both sets of
 * points, and then maps covariances in place. In a convolutional network sites of points take the
 * place of points.
 */
interface DualMap {
  /** The implementation for an activation: its closed form, or series and quadrature. */
  static DualMap of(Activation activation, double[] largestVariance) {
    return activation.hasClosedDual()
        ? new ClosedFormDual(activation, largestVariance.length)
        : new SmoothDual(activation, largestVariance);
  }

  /**
   * Adds the memory of the training points, for all layers.
   *
   * @param points the most there are at a time in each layer, from 1
   */
  void planTrain(MemoryPlan plan, IntUnaryOperator points);

  /** Adds the memory of a panel of at most {@code rows} other points, for one layer at a time. */
  void planPanel(MemoryPlan plan, int rows);

  /** Takes the preactivation variances of the training points in one layer. */
  void uploadTrain(Backend backend, Workspace workspace, int layer, double[] variances);

  /** Takes the preactivation variances of a panel in one layer. */
  void uploadPanel(Backend backend, Workspace workspace, int layer, double[] variances);

  /**
   * Sigma^l becomes Phi^l, and slope becomes Phidot^l, in some rows of all training points.
   *
   * @param firstRow the first of them
   * @param covariance rows x P
   * @param slope rows x P
   */
  void trainTrain(
      Backend backend,
      Workspace workspace,
      int layer,
      int firstRow,
      Matrix covariance,
      Matrix slope);

  /**
   * The same for some of the panel uploaded last, and some training points.
   *
   * @param firstRow the first of the panel
   * @param firstColumn the first of the training points
   */
  void panelTrain(
      Backend backend,
      Workspace workspace,
      int layer,
      int firstRow,
      int firstColumn,
      Matrix covariance,
      Matrix slope);

  /** The largest relative mass that a truncated series leaves out; 0 for a closed form. */
  double truncation();
}
