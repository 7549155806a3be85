package org.richkernel.metrics;

import java.util.Arrays;
import java.util.Locale;
import java.util.OptionalDouble;
import org.richkernel.network.Targets;

/**
 * How well predictions meet their targets.
 *
 * @param loss mean over points and outputs of (y - f)^2, 0 for no points
 * @param accuracy fraction of points in the right class; empty where the targets are not classes
 */
public record Scores(double loss, OptionalDouble accuracy) {
  /** Relative size of the rounding of a sum, below which its sign means nothing. */
  private static final double ROUNDING = 1e-12;

  /** In words, such as {@code loss 0.08133, accuracy 0.9950}. */
  @Override
  public String toString() {
    String text = String.format(Locale.ROOT, "loss %.4g", loss);
    return accuracy.isPresent()
        ? text + String.format(Locale.ROOT, ", accuracy %.4g", accuracy.getAsDouble())
        : text;
  }

  /**
   * Scores of predictions.
   *
   * <p>Targets are classes if they are all -1 or +1 (one output: the sign decides, and a prediction
   * of 0 counts one half) or if every row has one entry above K - 1 equal others (K outputs: the
   * largest prediction decides, and n equal ones count 1/n). Predictions are equal, or 0, if they
   * are so up to 1e-12 of the terms that they are sums of.
   *
   * @param targets P x K
   * @param predictions P x K, row-major
   * @param terms sum of the magnitudes of the terms of a prediction, at least 0
   * @throws IllegalArgumentException if the shapes do not fit
   */
  public static Scores of(Targets targets, double[] predictions, double terms) {
    int points = targets.rows();
    int outputs = targets.outputs();
    if (predictions.length != points * outputs) {
      throw new IllegalArgumentException(
          predictions.length + " predictions do not fit " + points + " x " + outputs + " targets");
    }
    double sum = 0;
    for (int i = 0; i < points; i++) {
      for (int k = 0; k < outputs; k++) {
        double error = targets.at(i, k) - predictions[i * outputs + k];
        sum += error * error;
      }
    }
    double loss = points == 0 ? 0 : sum / ((double) points * outputs);
    double tie = ROUNDING * terms;
    return new Scores(
        loss, outputs == 1 ? signs(targets, predictions, tie) : oneHot(targets, predictions, tie));
  }

  /**
   * Scores of predictions that are sums of terms no larger than the targets.
   *
   * @param targets P x K
   * @param predictions P x K, row-major
   * @throws IllegalArgumentException if the shapes do not fit
   */
  public static Scores of(Targets targets, double[] predictions) {
    return of(targets, predictions, 1);
  }

  /**
   * The terms of the predictions of kernel ridge regression, f(x) = sum_j k(x, x_j) c_j.
   *
   * @param diagonal k(x_j, x_j) of the training points; |k(x, x_j)| is about as large
   * @param coefficients c, P x K, row-major
   */
  public static double terms(double[] diagonal, double[] coefficients) {
    double largest = Arrays.stream(diagonal).reduce(0, Math::max);
    return largest * Arrays.stream(coefficients).map(Math::abs).sum();
  }

  private static OptionalDouble signs(Targets targets, double[] predictions, double tie) {
    double right = 0;
    for (int i = 0; i < predictions.length; i++) {
      double y = targets.at(i, 0);
      if (Math.abs(y) != 1) {
        return OptionalDouble.empty();
      }
      right += Math.abs(predictions[i]) <= tie ? 0.5 : y * predictions[i] > 0 ? 1 : 0;
    }
    return fraction(right, predictions.length);
  }

  private static OptionalDouble oneHot(Targets targets, double[] predictions, double tie) {
    int outputs = targets.outputs();
    double right = 0;
    for (int i = 0; i < targets.rows(); i++) {
      int target = 0;
      for (int k = 1; k < outputs; k++) {
        target = targets.at(i, k) > targets.at(i, target) ? k : target;
      }
      if (!isOneHot(targets, i, target)) {
        return OptionalDouble.empty();
      }
      right += share(Arrays.copyOfRange(predictions, i * outputs, (i + 1) * outputs), target, tie);
    }
    return fraction(right, targets.rows());
  }

  /** 1/n for one of the n largest predictions of a point, 0 for another one. */
  private static double share(double[] f, int target, double tie) {
    double largest = Arrays.stream(f).reduce(Double.NEGATIVE_INFINITY, Math::max);
    if (!(f[target] >= largest - tie)) {
      return 0;
    }
    return 1.0 / Arrays.stream(f).filter(v -> v >= largest - tie).count();
  }

  private static boolean isOneHot(Targets targets, int row, int hot) {
    double rest = targets.at(row, hot == 0 ? 1 : 0);
    for (int k = 0; k < targets.outputs(); k++) {
      if (k != hot && targets.at(row, k) != rest) {
        return false;
      }
    }
    return targets.at(row, hot) > rest;
  }

  private static OptionalDouble fraction(double right, int points) {
    return points == 0 ? OptionalDouble.empty() : OptionalDouble.of(right / points);
  }
}
