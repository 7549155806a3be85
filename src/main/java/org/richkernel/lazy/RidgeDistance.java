package org.richkernel.lazy;

/**
 * A bound of the distance of any expansion f = K_PC a to the exact ridge f* = K (K + kappa)^{-1} Y
 * at the training points.
 *
 * <p>With e = Y - f and the residual r = K e / kappa - f of the exact system at its dual variable e
 * / kappa, d = f* - f = kappa (K + kappa)^{-1} r, so
 *
 * <pre>
 *   |d|^2 &lt;= |r|^2,
 *   |d|^2 &lt;= gap / 4,   gap = kappa |f - K e / kappa|_H^2,
 *   |d|^2 &lt;= E - (e.Y)^2 / (e.Y + e.r),   E = |e|^2 + kappa |f|_H^2.
 * </pre>
 *
 * <p>The second holds since gap = sum_lambda d_lambda^2 (lambda + kappa)^2 / (lambda kappa), and is
 * the duality gap of the ridge problem at e / kappa. The third is the gap at the best multiple of e
 * / kappa: the energy E exceeds its minimum by |d|^2 + kappa |d|_H^2, and stays useful where kappa
 * is far below the eigenvalues that f lacks. The smallest of the three counts.
 *
 * <p>At the inducing points kappa r is the residual of the normal equations; at each other point it
 * needs a row of the kernel, and the sum is estimated from a random sample of rows:
 *
 * <pre>
 *   e.r = sum_{i in C} e_i r_i + sum_{i not in C} e_i r_i,
 *   gap = e.r - kappa sum_{i in C} a_i r_i.
 * </pre>
 */
final class RidgeDistance {
  private final double overlap; // e.Y
  private final double expansion; // kappa a.r
  private double product; // e.r
  private double square; // |r|^2
  private double productVariance;
  private double squareVariance;

  /**
   * The part of the inducing points.
   *
   * @param targets Y, P x K in the order of the inducing points
   * @param rest e, P x K in the same order
   * @param coefficients a, M x K
   * @param residual K_PC^T e - kappa K_CC a, M x K
   */
  RidgeDistance(
      double[] targets, double[] rest, double[] coefficients, double[] residual, double kappa) {
    double along = 0;
    for (int i = 0; i < residual.length; i++) {
      double r = residual[i] / kappa;
      along += kappa * coefficients[i] * r;
      product += rest[i] * r;
      square += r * r;
    }
    this.expansion = along;
    double sum = 0;
    for (int i = 0; i < rest.length; i++) {
      sum += rest[i] * targets[i];
    }
    this.overlap = sum;
  }

  /**
   * Adds the part of the others from a sample of them.
   *
   * @param rest e at the sampled points, rows x K
   * @param residual r there, rows x K
   * @param others total number of other points
   */
  void addSample(double[] rest, double[] residual, int rows, int others) {
    int outputs = residual.length / Math.max(1, rows);
    double[] products = new double[rows];
    double[] squares = new double[rows];
    for (int i = 0; i < residual.length; i++) {
      products[i / outputs] += rest[i] * residual[i];
      squares[i / outputs] += residual[i] * residual[i];
    }
    product += others * mean(products);
    square += others * mean(squares);
    productVariance = variance(products, others);
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
    if (n < 2) {
      return Double.POSITIVE_INFINITY;
    }
    double mean = mean(values);
    double sum = 0;
    for (double value : values) {
      sum += (value - mean) * (value - mean);
    }
    double share = (double) n / others;
    return (double) others * others * (1 - share) * sum / (n * (n - 1.0));
  }

  /** kappa |f - K e / kappa|_H^2. */
  double gap() {
    return product - expansion;
  }

  /** E - (e.Y)^2 / (e.Y + e.r), the gap at the best multiple of the dual variable. */
  double smallestGap() {
    // E = |e|^2 + f.e - kappa a.r
    return overlap - expansion - share() * overlap;
  }

  /** The best multiple. */
  private double share() {
    double whole = overlap + product;
    return whole > 0 ? overlap / whole : 0;
  }

  /** A square of a bound, with its variance. */
  private record Bound(double square, double variance) {}

  private Bound smallest() {
    Bound best = new Bound(square, squareVariance);
    // rounding and the scatter of rows may leave a gap that is no square
    if (gap() > 0 && gap() < 4 * best.square()) {
      best = new Bound(gap() / 4, productVariance / 16);
    }
    if (smallestGap() > 0 && smallestGap() < best.square()) {
      best = new Bound(smallestGap(), Math.pow(share(), 4) * productVariance);
    }
    return best;
  }

  /** The smallest of the bounds of |f* - f|_F. */
  double bound() {
    return Math.sqrt(smallest().square());
  }

  /** The standard error of the bound. */
  double boundStandardError() {
    Bound bound = smallest();
    return bound.square() == 0 ? 0 : Math.sqrt(bound.variance() / bound.square()) / 2;
  }
}
