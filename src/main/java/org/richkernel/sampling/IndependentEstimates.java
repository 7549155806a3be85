package org.richkernel.sampling;

import java.util.List;
import java.util.stream.IntStream;

/**
 * Independent estimates of the same numbers, such as those of populations or replicas: their mean,
 * and its standard error from their scatter with Student's factor, component by component.
 */
public final class IndependentEstimates {
  private final List<double[]> estimates;

  /**
   * @param estimates at least one, of the same length
   */
  public IndependentEstimates(List<double[]> estimates) {
    if (estimates.isEmpty()) {
      throw new IllegalArgumentException("no estimates");
    }
    this.estimates = List.copyOf(estimates);
  }

  /** The mean. */
  public double[] mean() {
    double[] mean = new double[estimates.get(0).length];
    for (double[] estimate : estimates) {
      for (int i = 0; i < mean.length; i++) {
        mean[i] += estimate[i] / estimates.size();
      }
    }
    return mean;
  }

  /** Standard error of the mean; NaN, unknown, for a single estimate. */
  public double[] standardError() {
    return IntStream.range(0, estimates.get(0).length)
        .mapToDouble(
            i -> standardError(estimates.stream().mapToDouble(estimate -> estimate[i]).toArray()))
        .toArray();
  }

  /** Mean of independent values; of equal ones just their value, without an error of rounding. */
  public static double mean(double[] values) {
    double sum = 0;
    for (double value : values) {
      sum += value - values[0];
    }
    return values[0] + sum / values.length;
  }

  /**
   * Standard error of the mean of n independent values, with Student's factor of n - 1 degrees of
   * freedom; NaN, unknown, for a single one.
   */
  public static double standardError(double[] values) {
    double mean = mean(values);
    double sum = 0;
    for (double value : values) {
      sum += (value - mean) * (value - mean);
    }
    int freedom = values.length - 1;
    return Math.sqrt(sum / (values.length * (double) freedom)) * Student.widening(freedom);
  }
}
