package org.richkernel.lazy;

/**
 * A bound of the distance of any expansion f = K_PC a to the exact ridge f* = K (K + kappa)^{-1} Y.
 *
 * <p>With e = Y - f, the dual variable e / kappa and the residual r = K e / kappa - f of the exact
 * system at it, f* - f = kappa (K + kappa)^{-1} r at the training points, so
 *
 * <pre>
 *   |f* - f| <= |r|,    4 |f* - f|^2 <= gap = kappa |f - K e / kappa|_H^2,
 * </pre>
 *
 * the second since gap = sum_lambda d_lambda^2 (lambda + kappa)^2 / (lambda kappa) with d = f* - f
 * (more where f leaves the span of the training points, which it does not); it is the duality gap
 * of the ridge problem. At the inducing points kappa r is the residual of the normal equations; at
 * the others it takes a row of the kernel each, so a random sample of rows stands for them:
 *
 * <pre>
 *   gap = sum_{i in C} (e_i - kappa a_i) r_i + sum_{i not in C} e_i r_i.
 * </pre>
 */
final class RidgeDistance {
  private double gap;
  private double square;
  private double gapVariance;
  private double squareVariance;

  /**
   * The part of the inducing points.
   *
   * @param rest e, P x K in the order of the inducing points
   * @param coefficients a, M x K
   * @param residual K_PC^T e - kappa K_CC a, M x K
   */
  RidgeDistance(double[] rest, double[] coefficients, double[] residual, double kappa) {
    for (int i = 0; i < residual.length; i++) {
      double r = residual[i] / kappa;
      gap += (rest[i] - kappa * coefficients[i]) * r;
      square += r * r;
    }
  }

  /**
   * Adds the part of the others from a sample of them.
   *
   * @param rest e at the sampled points, rows x K
   * @param residual r there, rows x K
   * @param others how many there are in all
   */
  void addSample(double[] rest, double[] residual, int rows, int others) {
    int outputs = residual.length / Math.max(1, rows);
    double[] gaps = new double[rows];
    double[] squares = new double[rows];
    for (int i = 0; i < residual.length; i++) {
      gaps[i / outputs] += rest[i] * residual[i];
      squares[i / outputs] += residual[i] * residual[i];
    }
    gap += others * mean(gaps);
    square += others * mean(squares);
    gapVariance = variance(gaps, others);
    squareVariance = variance(squares, others);
  }

  private static double mean(double[] values) {
    double sum = 0;
    for (double value : values) {
      sum += value;
    }
    return values.length == 0 ? 0 : sum / values.length;
  }

  /** Variance of others times the mean of a sample without replacement. */
  private static double variance(double[] values, int others) {
    int n = values.length;
    if (n >= others) {
      return 0;
    }
    double mean = mean(values);
    double sum = 0;
    for (double value : values) {
      sum += (value - mean) * (value - mean);
    }
    double share = (double) n / others;
    return n < 2 ? Double.POSITIVE_INFINITY : (double) others * others * (1 - share) * sum / (n * (n - 1.0));
  }

  /** The duality gap. */
  double gap() {
    return gap;
  }

  /** The standard error of the gap. */
  double gapStandardError() {
    return Math.sqrt(gapVariance);
  }

  /** Whether the gap gives the smaller bound. */
  private boolean byGap() {
    return gap > 0 && gap <= 4 * square;
  }

  /** The smaller of the two bounds of |f* - f|_F. */
  double bound() {
    return byGap() ? Math.sqrt(gap) / 2 : Math.sqrt(square);
  }

  /** The standard error of the bound. */
  double boundStandardError() {
    if (square == 0) {
      return 0;
    }
    // d (1/2) gap^{1/2} = d gap / (4 gap^{1/2}), d square^{1/2} = d square / (2 square^{1/2})
    return byGap()
        ? Math.sqrt(gapVariance / gap) / 4
        : Math.sqrt(squareVariance / square) / 2;
  }
}
