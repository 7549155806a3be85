package org.richkernel.limit;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.commons.math3.distribution.TDistribution;
import org.apache.commons.math3.fraction.BigFraction;

/**
 * Measured and predicted exponent of a quantity as a power of the width.
 *
 * @param step number of steps before the measurement, 0 for the start
 * @param widths n with a finite, positive size, increasing
 * @param sizes root mean squares over networks, points and coordinates
 * @param errors standard errors of their logarithms
 * @param freedom degrees of freedom of the errors: number of networks minus number of widths
 * @param law the line through their logarithms
 * @param predicted the exponent of the parametrization
 * @param isBound whether the prediction is an upper bound only
 */
@SuppressWarnings("ArrayRecordComponent")
public record Slope(
    Quantity quantity,
    int step,
    double[] widths,
    double[] sizes,
    double[] errors,
    int freedom,
    PowerLaw law,
    BigFraction predicted,
    boolean isBound) {
  /** Smallest standard error of the logarithm of a size, at any number of networks. */
  private static final double FLOOR = 0.02;

  /**
   * Largest deviation that counts as agreement: half the smallest step between exponents in use.
   */
  static final double RESOLVED = 0.25;

  private static final double SIGNIFICANT = 3;

  /** Probability of a normal variable below 3. */
  private static final double THREE_SIGMA = 0.998650101968370;

  /**
   * The slopes of f_0 and of all quantities that training moves, if the runs determine them.
   *
   * @param runs with the same times, of any widths; the error of a width with a single network
   *     comes from the others
   * @param index of the time, 1 to T
   */
  public static List<Slope> measure(
      Classification classification, List<CoordinateRun> runs, int index) {
    return measure(
        classification, Quantity.moving(classification.parametrization().depth()), runs, index);
  }

  /** The slopes of the quantities that the runs determine. */
  static List<Slope> measure(
      Classification classification,
      List<Quantity> quantities,
      List<CoordinateRun> runs,
      int index) {
    List<Slope> slopes = new ArrayList<>();
    for (Quantity quantity : quantities) {
      BigFraction predicted = quantity.exponent(classification);
      boolean bound =
          quantity.kind() == Quantity.Kind.BY_FEATURES && classification.isOutputByFeaturesBound();
      measure(quantity, predicted, bound, runs, index).ifPresent(slopes::add);
    }
    return slopes;
  }

  /** The slope of one quantity; empty unless it is a finite, positive number at two widths. */
  static Optional<Slope> measure(
      Quantity quantity,
      BigFraction predicted,
      boolean isBound,
      List<CoordinateRun> runs,
      int index) {
    List<WidthMean> means = WidthMean.of(quantity, runs, index);
    if (means.size() < 2) {
      return Optional.empty();
    }
    double[] widths = means.stream().mapToDouble(WidthMean::width).toArray();
    double[] sizes = means.stream().mapToDouble(mean -> Math.sqrt(mean.meanSquare())).toArray();
    double[] logs = means.stream().mapToDouble(mean -> 0.5 * Math.log(mean.meanSquare())).toArray();
    double relative = WidthMean.relativeDeviation(means);
    double[] errors =
        means.stream()
            .mapToDouble(mean -> 0.5 * relative / Math.sqrt(mean.networks()) + FLOOR)
            .toArray();
    return Optional.of(
        new Slope(
            quantity,
            quantity.isInitial() ? 0 : runs.get(0).times().get(index),
            widths,
            sizes,
            errors,
            WidthMean.freedom(means),
            PowerLaw.fit(widths, logs, errors),
            predicted,
            isBound));
  }

  /** Slope minus prediction; 0 below an upper bound. */
  public double deviation() {
    double off = law.slope() - predicted.doubleValue();
    return isBound ? Math.max(0, off) : off;
  }

  /**
   * Whether the deviation is above 1/4 and above the one that chance exceeds in one of 370 cases:
   * three standard errors, or more if few networks determine them.
   */
  public boolean isOff() {
    return Math.abs(deviation()) > Math.max(RESOLVED, chance(freedom) * law.slopeStandardError());
  }

  /** The same test for the difference between the local slopes at both ends. */
  public boolean isCurved() {
    return Math.abs(law.curvature())
        > Math.max(RESOLVED, chance(freedom) * law.curvatureStandardError());
  }

  /** Quantile of Student's t with the probability of three normal standard deviations. */
  static double chance(int freedom) {
    return freedom == 0
        ? SIGNIFICANT
        : new TDistribution(null, freedom).inverseCumulativeProbability(THREE_SIGMA);
  }
}
