package org.richkernel.limit;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.commons.math3.fraction.BigFraction;

/**
 * How a quantity scaled with the width, beside how it should.
 *
 * @param step that it was measured after
 * @param widths n that could be used, increasing
 * @param sizes root mean squares over networks, points and coordinates
 * @param errors standard errors of their logarithms
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
    PowerLaw law,
    BigFraction predicted,
    boolean isBound) {
  /** What a logarithm of a size is uncertain by, however many networks there are. */
  private static final double FLOOR = 0.02;

  /**
   * The slopes of all quantities that the runs hold, after one step.
   *
   * @param runs of any widths; those without at least two networks at a width have its error from
   *     the others
   */
  public static List<Slope> measure(
      Classification classification, List<CoordinateRun> runs, int step) {
    List<Slope> slopes = new ArrayList<>();
    for (Quantity quantity : Quantity.all(classification.parametrization().depth())) {
      measure(classification, quantity, runs, step).ifPresent(slopes::add);
    }
    return slopes;
  }

  /** The slope of one quantity; empty unless it is a finite, positive number at two widths. */
  static Optional<Slope> measure(
      Classification classification, Quantity quantity, List<CoordinateRun> runs, int step) {
    List<WidthMean> means = WidthMean.of(quantity, runs, step);
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
            step,
            widths,
            sizes,
            errors,
            PowerLaw.fit(widths, logs, errors),
            quantity.exponent(classification),
            quantity.kind() == Quantity.Kind.BY_FEATURES
                && classification.isOutputByFeaturesBound()));
  }

  /** Slope less prediction; 0 below an upper bound. */
  public double deviation() {
    double off = law.slope() - predicted.doubleValue();
    return isBound ? Math.max(0, off) : off;
  }
}
