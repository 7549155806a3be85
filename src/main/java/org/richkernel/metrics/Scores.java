package org.richkernel.metrics;

import java.util.OptionalDouble;
import org.richkernel.network.Targets;

/**
 * How well predictions meet their targets.
 *
 * @param loss mean over points and outputs of (y - f)^2, 0 for no points
 * @param accuracy fraction of points in the right class; empty where the targets are not classes
 */
public record Scores(double loss, OptionalDouble accuracy) {

  /**
   * Scores of predictions.
   *
   * <p>Targets are classes if they are all -1 or +1 (one output: the sign decides, and a prediction
   * of exactly 0 is wrong) or if every row has one entry above K - 1 equal others (K outputs: the
   * first largest prediction decides).
   *
   * @param targets P x K
   * @param predictions P x K, row-major
   * @throws IllegalArgumentException if the shapes do not fit
   */
  public static Scores of(Targets targets, double[] predictions) {
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
    return new Scores(
        loss, outputs == 1 ? signs(targets, predictions) : oneHot(targets, predictions));
  }

  /**
   * Standard error of the loss that errors of the predictions cause, to first order and as if all
   * points erred together.
   *
   * @param targets y, P x K
   * @param predictions f, P x K, row-major
   * @param spread standard errors of the predictions
   */
  public static double lossError(Targets targets, double[] predictions, double[] spread) {
    double[] y = targets.toArray();
    double sum = 0;
    for (int i = 0; i < predictions.length; i++) {
      // d loss / d f_i = 2 (f_i - y_i) / n
      sum += 2 * Math.abs(predictions[i] - y[i]) * spread[i] / predictions.length;
    }
    return sum;
  }

  private static OptionalDouble signs(Targets targets, double[] predictions) {
    int right = 0;
    for (int i = 0; i < predictions.length; i++) {
      double y = targets.at(i, 0);
      if (Math.abs(y) != 1) {
        return OptionalDouble.empty();
      }
      right += y * predictions[i] > 0 ? 1 : 0;
    }
    return fraction(right, predictions.length);
  }

  private static OptionalDouble oneHot(Targets targets, double[] predictions) {
    int outputs = targets.outputs();
    int right = 0;
    for (int i = 0; i < targets.rows(); i++) {
      int target = 0;
      int predicted = 0;
      for (int k = 1; k < outputs; k++) {
        target = targets.at(i, k) > targets.at(i, target) ? k : target;
        predicted =
            predictions[i * outputs + k] > predictions[i * outputs + predicted] ? k : predicted;
      }
      if (!isOneHot(targets, i, target)) {
        return OptionalDouble.empty();
      }
      right += target == predicted ? 1 : 0;
    }
    return fraction(right, targets.rows());
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

  private static OptionalDouble fraction(int right, int points) {
    return points == 0 ? OptionalDouble.empty() : OptionalDouble.of((double) right / points);
  }
}
