package org.richkernel.limit;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.commons.math3.distribution.TDistribution;
import org.apache.commons.math3.fraction.BigFraction;

/**
 * How a quantity scaled with the width, beside how it should.
 *
 * @param step that it was measured after, 0 for the start
 * @param widths n that could be used, increasing
 * @param sizes root mean squares over networks, points and coordinates
 * @param errors standard errors of their logarithms
 * @param freedom degrees of freedom that the errors come from: networks less widths
 * @param law the line through their logarithms
 * @param predicted the exponent of the parametrization
 * @param isBound whether that is an upper bound only
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
  /** What a logarithm of a size is uncertain by, however many networks there are. */
  private static final double FLOOR = 0.02;

  /** Half of the smallest step between exponents of parametrizations in use. */
  static final double RESOLVED = 0.25;

  private static final double SIGNIFICANT = 3;

  /** Probability of a normal variable below 3. */
  private static final double THREE_SIGMA = 0.998650101968370;

  /**
   * The slopes of all quantities that training moves and that the runs hold, and of f_0.
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

  /** The slopes of those of the quantities that the runs hold. */
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

  /** Slope less prediction; 0 below an upper bound. */
  public double deviation() {
    double off = law.slope() - predicted.doubleValue();
    return isBound ? Math.max(0, off) : off;
  }

  /**
   * Whether it is off by more than a quarter, and by more than chance would make it in one of 370
   * cases: three standard errors, or more of them where few networks are behind these.
   */
  public boolean isOff() {
    return Math.abs(deviation()) > Math.max(RESOLVED, chance(freedom) * law.slopeStandardError());
  }

  /** Whether the local slopes at both ends differ by that much. */
  public boolean isCurved() {
    return Math.abs(law.curvature())
        > Math.max(RESOLVED, chance(freedom) * law.curvatureStandardError());
  }

  /** How many standard errors chance makes of three, which come from so many networks. */
  static double chance(int freedom) {
    return freedom == 0
        ? SIGNIFICANT
        : new TDistribution(null, freedom).inverseCumulativeProbability(THREE_SIGMA);
  }
}
