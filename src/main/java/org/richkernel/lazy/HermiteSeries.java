package org.richkernel.lazy;

import org.richkernel.compute.Activation;
import org.richkernel.network.InvalidProblemException;

/**
 * Hermite coefficients of a smooth activation: f(sqrt(a) z) = sum_n c_n(a) he_n(z) with he_n the
 * Hermite polynomials that are orthonormal under the standard normal density.
 *
 * <p>Mehler's formula then gives E[f(u) f(v)] = sum_n c_n(a) c_n(b) rho^n for a Gaussian pair with
 * variances a and b and correlation rho (Daniely, Frostig and Singer 2016, arXiv:1602.05897). By
 * Parseval the mass beyond degree N is E f^2 - sum_{n &lt;= N} c_n^2, and that of the derivative a
 * E f'^2 - sum_{n &lt;= N} n c_n^2, so the truncation error is known, not guessed. The degree is
 * chosen such that both are below {@link #TOLERANCE} of the whole.
 *
 * <p>The coefficients are taken against the Hermite functions psi_n(z) = he_n(z) exp(-z^2/4) / (2
 * pi)^{1/4}, which are bounded by 1 and stable under the forward recursion psi_{n+1} = (z psi_n -
 * sqrt(n) psi_{n-1}) / sqrt(n+1) at any degree.
 */
public final class HermiteSeries {
  /** Largest mass beyond the last degree, relative to the whole. */
  static final double TOLERANCE = 1e-12;

  /** Largest degree; reached by tanh at a variance of about 70, see {@link LogisticMixture}. */
  static final int MAX_DEGREE = 8191;

  private static final int FIRST_DEGREE = 31;

  /** Stands for a variance of 0, whose series is sqrt(a) f'(0) z as a goes to 0. */
  private static final double LEAST_VARIANCE = 1e-60;

  private final Activation activation;
  private final GaussianGrid grid;
  private final int degree;
  private final double tail;

  /** psi_n(z_m) exp(-z_m^2/4) (2 pi)^{-1/4} step, node by node. */
  private final double[] weightedFunctions;

  private HermiteSeries(
      Activation activation,
      GaussianGrid grid,
      int degree,
      double tail,
      double[] weightedFunctions) {
    this.activation = activation;
    this.grid = grid;
    this.degree = degree;
    this.tail = tail;
    this.weightedFunctions = weightedFunctions;
  }

  /**
   * The series that is accurate for all variances up to a largest one.
   *
   * @param layer the layer that the variance belongs to, for the message
   * @throws InvalidProblemException if more than {@link #MAX_DEGREE} degrees would be needed
   */
  public static HermiteSeries upTo(Activation activation, double largestVariance, int layer) {
    double variance = floor(largestVariance);
    for (int limit = FIRST_DEGREE; limit <= MAX_DEGREE; limit = 2 * limit + 1) {
      GaussianGrid grid = new GaussianGrid(limit, variance);
      HermiteSeries trial = new HermiteSeries(activation, grid, limit, 0, tabulate(grid, limit));
      double[] coefficients = new double[limit + 1];
      trial.coefficients(variance, coefficients, 0);
      double valueMass = ActivationMoments.quadratureValue(activation, grid, variance);
      double slopeMass = variance * ActivationMoments.quadratureSlope(activation, grid, variance);
      double valueTail = valueMass;
      double slopeTail = slopeMass;
      for (int n = 0; n <= limit; n++) {
        double square = coefficients[n] * coefficients[n];
        valueTail -= square;
        slopeTail -= n * square;
        double relative = Math.max(ratio(valueTail, valueMass), ratio(slopeTail, slopeMass));
        if (n >= 1 && relative < TOLERANCE) {
          return new HermiteSeries(activation, grid, n, Math.max(0, relative), tabulate(grid, n));
        }
      }
    }
    throw new InvalidProblemException(
        "preactivation variance of layer " + layer,
        largestVariance,
        "the Hermite series of "
            + activation.id()
            + " needs more than "
            + MAX_DEGREE
            + " terms; lower the weight variance or standardize the inputs");
  }

  /** The variance to use in correlations and scalings where the true one may be 0. */
  public static double floor(double variance) {
    return Math.max(variance, LEAST_VARIANCE);
  }

  /** N, the largest degree kept. */
  public int degree() {
    return degree;
  }

  /** The larger relative mass beyond the last degree, of f and of f', at the largest variance. */
  double tail() {
    return tail;
  }

  /**
   * c_0(a) .. c_N(a).
   *
   * @param variance a, at most the one that this series was made for
   * @param out receives N + 1 coefficients from {@code offset} on
   */
  public void coefficients(double variance, double[] out, int offset) {
    java.util.Arrays.fill(out, offset, offset + degree + 1, 0);
    double deviation = Math.sqrt(floor(variance));
    if (variance < LEAST_VARIANCE) {
      out[offset] = activation.value(0);
      out[offset + 1] = deviation * activation.derivative(0);
      return;
    }
    for (int m = 0; m < grid.size(); m++) {
      // psi_n has the parity of n: the two halves of f meet with one sign or the other
      double right = activation.value(deviation * grid.node(m));
      double left = activation.value(-deviation * grid.node(m));
      int row = m * (degree + 1);
      for (int n = 1; n <= degree; n += 2) {
        out[offset + n] += (right - left) * weightedFunctions[row + n];
      }
      if (!activation.isOdd()) {
        for (int n = 0; n <= degree; n += 2) {
          out[offset + n] += (right + left) * weightedFunctions[row + n];
        }
      }
    }
  }

  private static double[] tabulate(GaussianGrid grid, int degree) {
    double[] table = new double[Math.multiplyExact(grid.size(), degree + 1)];
    for (int m = 0; m < grid.size(); m++) {
      double z = grid.node(m);
      double previous = 0;
      double current = grid.weight(m);
      int row = m * (degree + 1);
      for (int n = 0; n <= degree; n++) {
        table[row + n] = current;
        double next = (z * current - Math.sqrt(n) * previous) / Math.sqrt(n + 1.0);
        previous = current;
        current = next;
      }
    }
    return table;
  }

  private static double ratio(double part, double whole) {
    return whole == 0 ? 0 : part / whole;
  }
}
