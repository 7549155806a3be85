package org.richkernel.lazy;

import java.util.Arrays;
import java.util.function.IntUnaryOperator;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Workspace;

/**
 * Expectations of tanh, the sigmoid and softplus at large variances, as the average of closed forms
 * of {@link LogisticMixture}.
 *
 * <p>The backend's kernel of erf(h) is (2 / pi) atan(2 c / D) with D^2 = (1 + 2 a)(1 + 2 b) - 4
 * c^2. At variances a / (2 k^2) and b / (2 q^2) and the covariance c / (2 k q) it is that of a pair
 * of nodes k and q; the sigmoid has a quarter of the variances, and a quarter of one more than the
 * value. Softplus has arc-cosine kernels at a + 4 k^2 and b + 4 q^2. Rows are processed in blocks,
 * so that the memory in addition to the kernel does not grow with P^2.
 */
final class MixtureDual extends VarianceDual {
  private static final int BLOCK = 64;
  private static final String COVARIANCE = "mixture covariance";
  private static final String VALUE = "mixture value";
  private static final String SLOPE = "mixture slope";
  private static final String ROWS = "mixture row variance";
  private static final String COLUMNS = "mixture column variance";

  private final int[] layers;

  /** Whether the nodes widen the preactivations of a ReLU; otherwise they scale those of erf. */
  private final boolean rectified;

  private final double inputScale;
  private final double outputScale;
  private final double mean;

  /**
   * Some layers, at least one.
   *
   * @param layers that have large variances, from 1
   */
  MixtureDual(Activation activation, int... layers) {
    super(layers);
    this.layers = layers.clone();
    rectified = activation.equals(Activation.SOFTPLUS);
    boolean sigmoid = activation.equals(Activation.SIGMOID);
    inputScale = sigmoid ? 0.25 : 1;
    outputScale = sigmoid ? 0.25 : 1;
    mean = sigmoid ? 0.25 : 0;
  }

  @Override
  public void planTrain(MemoryPlan plan, IntUnaryOperator points) {
    super.planTrain(plan, points);
    int most = Arrays.stream(layers).map(points).max().orElse(0);
    plan.add(COVARIANCE, Precision.FLOAT64, BLOCK, most);
    plan.add(VALUE, Precision.FLOAT64, BLOCK, most);
    plan.add(SLOPE, Precision.FLOAT64, BLOCK, most);
    plan.add(ROWS, Precision.FLOAT64, BLOCK, 1);
    plan.add(COLUMNS, Precision.FLOAT64, most, 1);
  }

  @Override
  void apply(
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
          Matrix given = scratch(workspace, COVARIANCE, rows, covariance);
          Matrix value = scratch(workspace, VALUE, rows, covariance);
          Matrix derivative = scratch(workspace, SLOPE, rows, covariance);
          Matrix scaledColumns = workspace.get(COLUMNS).rowRange(0, covariance.columns());
          Matrix scaledRows = workspace.get(ROWS).rowRange(0, rows)) {
        backend.copy(values, given);
        backend.fill(mean, values);
        backend.fill(0, slopes);
        for (int i = 0; i < LogisticMixture.nodes(); i++) {
          toNode(backend, i, ownVariance, scaledRows);
          for (int j = 0; j < LogisticMixture.nodes(); j++) {
            double weight = LogisticMixture.weight(i, j);
            if (weight == 0) {
              continue;
            }
            double scale = rectified ? 1 : Math.sqrt(scale(i) * scale(j));
            toNode(backend, j, columnVariance, scaledColumns);
            backend.copy(given, value);
            backend.scale(scale, value);
            backend.dualActivation(
                rectified ? Activation.RELU : Activation.ERF,
                value,
                scaledRows,
                scaledColumns,
                value,
                derivative);
            backend.axpy(outputScale * weight, value, values);
            backend.axpy(outputScale * weight * scale, derivative, slopes);
          }
        }
      }
    }
  }

  private static Matrix scratch(Workspace workspace, String name, int rows, Matrix like) {
    return workspace.get(name).view(0, rows, 0, like.columns());
  }

  /** Factor of a node on the variances of the preactivations of erf. */
  private double scale(int node) {
    return inputScale * 0.5 / LogisticMixture.square(node);
  }

  /** The variances of the closed form that belongs to a node. */
  private void toNode(Backend backend, int node, Matrix variance, Matrix target) {
    if (rectified) {
      backend.fill(4 * LogisticMixture.square(node), target);
      backend.axpy(1, variance, target);
    } else {
      backend.copy(variance, target);
      backend.scale(scale(node), target);
    }
  }
}
