package org.richkernel.gallery;

import java.util.OptionalDouble;
import org.richkernel.report.plot.Numbers;
import org.richkernel.result.Score;

/**
 * A number with its standard error.
 *
 * @param error 0 where the number is exact, NaN where the error is unknown, as after a run that did
 *     not converge
 */
record Measured(double value, double error) {
  /** A number without error. */
  static Measured exact(double value) {
    return new Measured(value, 0);
  }

  /** A number of a sampled run, whose error is unknown if it is absent. */
  static Measured of(OptionalDouble value, OptionalDouble error) {
    return new Measured(value.orElse(Double.NaN), error.orElse(Double.NaN));
  }

  /** The loss of a sampled run. */
  static Measured loss(Score score) {
    return of(score.loss(), score.lossStandardError());
  }

  /** The loss of a closed form. */
  static Measured exactLoss(Score score) {
    return exact(score.loss().orElse(Double.NaN));
  }

  /** The difference of independent numbers. */
  Measured minus(Measured other) {
    return new Measured(value - other.value, Math.hypot(error, other.error));
  }

  /** The number times a constant. */
  Measured times(double factor) {
    return new Measured(factor * value, Math.abs(factor) * error);
  }

  /** Its size. */
  Measured size() {
    return new Measured(Math.abs(value), error);
  }

  /** The number with its error in words. */
  String text() {
    return Double.isNaN(error)
        ? Numbers.brief(value) + " (error unknown)"
        : Numbers.withError(value, error);
  }
}
