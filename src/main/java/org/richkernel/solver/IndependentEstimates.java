package org.richkernel.solver;

import java.util.List;

/**
 * Independent estimates of the same numbers, such as those of chains or replicas: their mean, and
 * its standard error from their scatter, component by component.
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
    double[] mean = mean();
    double[] error = new double[mean.length];
    int count = estimates.size();
    for (int i = 0; i < error.length; i++) {
      double sum = 0;
      for (double[] estimate : estimates) {
        sum += (estimate[i] - mean[i]) * (estimate[i] - mean[i]);
      }
      error[i] = Math.sqrt(sum / (count * (count - 1.0)));
    }
    return error;
  }
}
