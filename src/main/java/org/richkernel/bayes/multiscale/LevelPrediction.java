package org.richkernel.bayes.multiscale;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.richkernel.sampling.SampledVector;

/**
 * Mean outputs at one level of approximation; arrays are not copied.
 *
 * @param onTrain f on the training points
 * @param onTest f on the test points
 */
public record LevelPrediction(SampledVector onTrain, SampledVector onTest) {

  static LevelPrediction exact(double[] train, double[] test) {
    return new LevelPrediction(SampledVector.exact(train), SampledVector.exact(test));
  }

  /** f on the training points. */
  public double[] train() {
    return onTrain.value();
  }

  /** f on the test points. */
  public double[] test() {
    return onTest.value();
  }

  /** Standard errors of {@link #train()}, empty if it is exact. */
  public double[] trainError() {
    return onTrain.standardError();
  }

  /** Standard errors of {@link #test()}, empty if it is exact. */
  public double[] testError() {
    return onTest.standardError();
  }

  /** mean over the training points of y (y - f). */
  public double trainDiscrepancy(double[] y) {
    return Level.discrepancy(y, train());
  }

  /** mean over the test points of y (y - f); NaN without test points. */
  public double testDiscrepancy(double[] y) {
    return Level.discrepancy(y, test());
  }

  /** Standard error of the training discrepancy; 0 if it is exact. */
  public double trainDiscrepancyError(double[] y) {
    return onTrain.productError(y) / y.length;
  }

  /** Standard error of the test discrepancy; 0 if it is exact. */
  public double testDiscrepancyError(double[] y) {
    return onTest.productError(y) / y.length;
  }

  /** All numbers in one array, for a checkpoint. */
  double[] packed() {
    List<double[]> parts = new ArrayList<>();
    for (SampledVector f : List.of(onTrain, onTest)) {
      parts.add(new double[] {f.value().length, f.deviations().size(), f.degreesOfFreedom()});
      parts.add(f.value());
      parts.addAll(f.deviations());
    }
    return parts.stream().flatMapToDouble(Arrays::stream).toArray();
  }

  /** The prediction of a {@link #packed()} array. */
  static LevelPrediction unpacked(double[] numbers) {
    List<SampledVector> vectors = new ArrayList<>();
    int at = 0;
    while (at < numbers.length) {
      int length = (int) numbers[at];
      int deviations = (int) numbers[at + 1];
      double freedom = numbers[at + 2];
      List<double[]> rows = new ArrayList<>();
      for (int r = 0; r <= deviations; r++) {
        int first = at + 3 + r * length;
        rows.add(Arrays.copyOfRange(numbers, first, first + length));
      }
      vectors.add(new SampledVector(rows.get(0), rows.subList(1, rows.size()), freedom));
      at += 3 + rows.size() * length;
    }
    return new LevelPrediction(vectors.get(0), vectors.get(1));
  }
}
