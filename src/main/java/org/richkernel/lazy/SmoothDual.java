package org.richkernel.lazy;

import java.util.function.DoublePredicate;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Workspace;

/**
 * Expectations of tanh, the sigmoid and softplus: a Hermite series in layers of moderate variances,
 * a mixture of closed forms in the others, which are the first layer of inputs that are not
 * standardized, or layers behind large weights.
 */
final class SmoothDual implements DualMap {
  private final DualMap[] byLayer;
  private final DualMap[] parts;

  /**
   * One choice per layer.
   *
   * @param largestVariance of the preactivations of layers 1..L, over all points
   */
  SmoothDual(Activation activation, double[] largestVariance) {
    double bound = LogisticMixture.largestSeriesVariance(activation);
    SeriesDual series =
        new SeriesDual(activation, largestVariance, layers(largestVariance, v -> v <= bound));
    MixtureDual mixture = new MixtureDual(activation, layers(largestVariance, v -> v > bound));
    byLayer = new DualMap[largestVariance.length];
    for (int l = 1; l <= byLayer.length; l++) {
      byLayer[l - 1] = largestVariance[l - 1] > bound ? mixture : series;
    }
    parts = java.util.Arrays.stream(byLayer).distinct().toArray(DualMap[]::new);
  }

  private static int[] layers(double[] variance, DoublePredicate taken) {
    return IntStream.rangeClosed(1, variance.length)
        .filter(l -> taken.test(variance[l - 1]))
        .toArray();
  }

  @Override
  public void planTrain(MemoryPlan plan, IntUnaryOperator points) {
    for (DualMap part : parts) {
      part.planTrain(plan, points);
    }
  }

  @Override
  public void planPanel(MemoryPlan plan, int rows) {
    for (DualMap part : parts) {
      part.planPanel(plan, rows);
    }
  }

  @Override
  public void uploadTrain(Backend backend, Workspace workspace, int layer, double[] values) {
    byLayer[layer - 1].uploadTrain(backend, workspace, layer, values);
  }

  @Override
  public void uploadPanel(Backend backend, Workspace workspace, int layer, double[] variances) {
    byLayer[layer - 1].uploadPanel(backend, workspace, layer, variances);
  }

  @Override
  public void trainTrain(
      Backend backend,
      Workspace workspace,
      int layer,
      int firstRow,
      Matrix covariance,
      Matrix slope) {
    byLayer[layer - 1].trainTrain(backend, workspace, layer, firstRow, covariance, slope);
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
    byLayer[layer - 1].panelTrain(
        backend, workspace, layer, firstRow, firstColumn, covariance, slope);
  }

  @Override
  public double truncation() {
    double largest = 0;
    for (DualMap part : parts) {
      largest = Math.max(largest, part.truncation());
    }
    return largest;
  }
}
