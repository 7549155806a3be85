package org.richkernel.sampling;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Standard error of a mean squared loss whose predictions are known from independent parts only,
 * such as populations, replicas, networks or pseudo-values.
 */
public final class LossError {
  /** Root of the fourth moment of a standard normal. */
  private static final double KURTOSIS = Math.sqrt(3);

  private LossError() {}

  /**
   * Standard error of L(f) = mean (y - f)^2.
   *
   * <p>The parts x_b enter through the loss linearised at f, sum_i 2 (f_i - y_i) x_bi / n, whose
   * scatter keeps the correlations between the points. The second order, mean delta^2, does not
   * vanish where f meets y: it adds sqrt(3) mean(standard error^2) in quadrature, the root mean
   * square of delta^2 for normal errors that all points share.
   *
   * @param targets y, n numbers
   * @param mean f, n numbers, the predictions that are scored
   * @param parts independent estimates of f with the same n numbers each; their mean need not be f,
   *     which may have a bias taken out
   * @return NaN, unknown, for a single part; 0 for no points
   */
  public static double of(double[] targets, double[] mean, List<double[]> parts) {
    int n = targets.length;
    if (n == 0) {
      return 0;
    }
    double[] linear = new double[parts.size()];
    for (int b = 0; b < linear.length; b++) {
      double[] part = parts.get(b);
      for (int i = 0; i < n; i++) {
        linear[b] += 2 * (mean[i] - targets[i]) * part[i] / n;
      }
    }
    double squares = 0;
    for (double error : new IndependentEstimates(parts).standardError()) {
      squares += error * error;
    }
    return Math.hypot(IndependentEstimates.standardError(linear), KURTOSIS * squares / n);
  }

  /**
   * The same at each of several times.
   *
   * @param mean predictions of all points at all times, row-major times x width
   * @param parts in the same shape
   * @param first column of the first target in a row of predictions
   * @param width numbers a time has
   */
  public static double[] alongTime(
      double[] targets, double[] mean, List<double[]> parts, int first, int width) {
    double[] errors = new double[mean.length / width];
    for (int t = 0; t < errors.length; t++) {
      int start = t * width + first;
      List<double[]> now = new ArrayList<>();
      for (double[] part : parts) {
        now.add(Arrays.copyOfRange(part, start, start + targets.length));
      }
      errors[t] = of(targets, Arrays.copyOfRange(mean, start, start + targets.length), now);
    }
    return errors;
  }
}
