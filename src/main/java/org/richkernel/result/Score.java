package org.richkernel.result;

import java.util.OptionalDouble;

/**
 * How well a predictor does on a set of points.
 *
 * @param loss mean over points and outputs of (y - f)^2
 * @param accuracy fraction of points with the right class, absent without classes
 */
public record Score(
    OptionalDouble loss,
    OptionalDouble lossStandardError,
    OptionalDouble accuracy,
    OptionalDouble accuracyStandardError) {

  /** A score of a loss alone; a loss that is not finite counts as absent. */
  public static Score ofLoss(double loss) {
    return new Score(
        Present.of(loss), OptionalDouble.empty(), OptionalDouble.empty(), OptionalDouble.empty());
  }

  /** The same with the standard error of the loss. */
  public Score withLossStandardError(double error) {
    return new Score(loss, Present.of(error), accuracy, accuracyStandardError);
  }

  /** The same with an accuracy between 0 and 1. */
  public Score withAccuracy(double share) {
    return new Score(loss, lossStandardError, Present.of(share), accuracyStandardError);
  }

  /** The same with the standard error of the accuracy. */
  public Score withAccuracyStandardError(double error) {
    return new Score(loss, lossStandardError, accuracy, Present.of(error));
  }
}
