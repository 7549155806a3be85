package org.richkernel.lazy;

import org.richkernel.compute.Activation;

/**
 * Gaussian expectations of tanh, the sigmoid and softplus at any variance, from tanh(h) = int p(k)
 * erf(h / (k sqrt 2)) dk with p the density of Kolmogorov's distribution: the logistic density is a
 * mixture of normal densities of deviation k (Andrews and Mallows 1974; Stefanski 1991).
 *
 * <p>For a Gaussian pair (u, v) with variances a and b and covariance c this makes E[tanh u tanh v]
 * an average of arc-sine kernels (Williams 1997), with D^2 = (a + k^2)(b + q^2) - c^2:
 *
 * <pre>  F(a, c, b) = (2 / pi) int int p(k) p(q) atan(c / D) dk dq,
 *   dF/dc = E[tanh' u tanh' v] = (2 / pi) int int p(k) p(q) / D,
 *   dF/da = -(1 / pi) int int p(k) p(q) c / ((a + k^2) D).</pre>
 *
 * <p>The sigmoid is (1 + tanh(h / 2)) / 2. Softplus is its integral, so it is the average of E
 * max(h + 2 k z, 0) over k with z ~ N(0, 1), and E[softplus u softplus v] that of arc-cosine
 * kernels of the variances a + 4 k^2 and b + 4 q^2 (Cho and Saul 2009).
 *
 * <p>The rule is trapezoidal in ln k. It converges exponentially at a rate that no variance and no
 * correlation changes, as the singularities of the integrand in ln k have an imaginary part of at
 * least pi / 4; its relative error is below 1e-13.
 */
public final class LogisticMixture {
  /**
   * Largest variance for which a Hermite series is taken instead: its length grows with the
   * variance, and it costs as much as this rule where it has some thousand terms.
   */
  private static final double LARGEST_SERIES_VARIANCE = 64;

  /** p(k) is below 1e-19 before and 1e-14 behind these. */
  private static final double LEAST_NODE = 0.16;

  private static final double LARGEST_NODE = 4.3;

  private static final double STEP = 0.125;

  /** Pairs of nodes of a smaller weight contribute less than rounding. */
  private static final double NEGLIGIBLE = 1e-17;

  /** Where the two series for p change places; both converge on either side. */
  private static final double SERIES_CHANGE = 0.9;

  private static final int SERIES_TERMS = 8;

  private static final double[] SQUARES;
  private static final double[] WEIGHTS;

  static {
    int nodes = (int) Math.ceil(Math.log(LARGEST_NODE / LEAST_NODE) / STEP);
    SQUARES = new double[nodes];
    WEIGHTS = new double[nodes];
    for (int m = 0; m < nodes; m++) {
      double k = LEAST_NODE * Math.exp(m * STEP);
      SQUARES[m] = k * k;
      WEIGHTS[m] = STEP * k * density(k);
    }
  }

  private LogisticMixture() {}

  /**
   * Largest variance for which a Hermite series is taken: the poles of sigmoid and softplus are
   * twice as far from the real axis as those of tanh. Infinity for activations that have no mixture
   * here; a series too long for them is refused.
   */
  public static double largestSeriesVariance(Activation f) {
    if (f.equals(Activation.TANH)) {
      return LARGEST_SERIES_VARIANCE;
    }
    boolean known = f.equals(Activation.SIGMOID) || f.equals(Activation.SOFTPLUS);
    return known ? 4 * LARGEST_SERIES_VARIANCE : Double.POSITIVE_INFINITY;
  }

  /** E f(h)^2 for h ~ N(0, a). */
  static double secondMoment(Activation f, double a) {
    if (f.equals(Activation.TANH)) {
      return pair(a, a, a).value();
    }
    if (f.equals(Activation.SIGMOID)) {
      return (1 + pair(a / 4, a / 4, a / 4).value()) / 4;
    }
    return softplus(a)[0];
  }

  /** E f'(h)^2 for h ~ N(0, a). */
  static double slopeMoment(Activation f, double a) {
    if (f.equals(Activation.TANH)) {
      return pair(a, a, a).slope();
    }
    if (f.equals(Activation.SIGMOID)) {
      return pair(a / 4, a / 4, a / 4).slope() / 16;
    }
    return softplus(a)[1];
  }

  /** d E f(h)^2 / da for h ~ N(0, a). */
  static double momentGrowth(Activation f, double a) {
    if (f.equals(Activation.TANH)) {
      return growth(a);
    }
    if (f.equals(Activation.SIGMOID)) {
      return growth(a / 4) / 16;
    }
    return softplus(a)[2];
  }

  /**
   * E f^2, E f'^2 and d E f^2 / da of softplus. An arc-cosine kernel R(a', c, b') is homogeneous of
   * degree one, so a' dR/da' = b' dR/db' = (R - c dR/dc) / 2.
   */
  private static double[] softplus(double a) {
    double[] sums = new double[3];
    double[] b = new double[1];
    double[] value = new double[1];
    double[] slope = new double[1];
    for (int i = 0; i < SQUARES.length; i++) {
      double row = a + 4 * SQUARES[i];
      for (int j = 0; j < SQUARES.length; j++) {
        double weight = weight(i, j);
        b[0] = a + 4 * SQUARES[j];
        value[0] = a;
        Activation.RELU.dual(row, b, value, slope, 1);
        double rest = (value[0] - a * slope[0]) / 2;
        sums[0] += weight * value[0];
        sums[1] += weight * slope[0];
        sums[2] += weight * (slope[0] + rest / row + rest / b[0]);
      }
    }
    return sums;
  }

  /**
   * F and its derivatives at one pair.
   *
   * @param value E[tanh u tanh v]
   * @param slope dF/dc = E[tanh' u tanh' v]
   * @param rowCurvature dF/da = E[tanh'' u tanh v] / 2
   */
  public record Moments(double value, double slope, double rowCurvature) {}

  /** The density of Kolmogorov's distribution. */
  static double density(double k) {
    double sum = 0;
    if (k < SERIES_CHANGE) {
      for (int m = 1; m <= SERIES_TERMS; m++) {
        double odd = (2 * m - 1) * Math.PI / (2 * k);
        double exponent = odd * odd / 2;
        sum += Math.exp(-exponent) * (2 * exponent - 1);
      }
      return Math.sqrt(2 * Math.PI) / (k * k) * sum;
    }
    for (int n = SERIES_TERMS; n >= 1; n--) {
      double term = n * n * Math.exp(-2.0 * n * n * k * k);
      sum += n % 2 == 1 ? term : -term;
    }
    return 8 * k * sum;
  }

  /** Number of nodes. */
  static int nodes() {
    return SQUARES.length;
  }

  /** k^2 of a node. */
  static double square(int node) {
    return SQUARES[node];
  }

  /** Weight of a pair of nodes; 0 where it is negligible. */
  static double weight(int first, int second) {
    double weight = WEIGHTS[first] * WEIGHTS[second];
    return weight < NEGLIGIBLE ? 0 : weight;
  }

  /**
   * Expectations over a pair.
   *
   * @param a Var u, finite, at least 0
   * @param covariance Cov(u, v), cut to at most sqrt(a b) in magnitude
   * @param b Var v, finite, at least 0
   */
  public static Moments pair(double a, double covariance, double b) {
    double s = Math.sqrt(a) * Math.sqrt(b);
    double c = Math.max(-s, Math.min(s, covariance));
    double gap = (s - c) * (s + c);
    double value = 0;
    double slope = 0;
    double curvature = 0;
    for (int i = 0; i < SQUARES.length; i++) {
      double k = SQUARES[i];
      for (int j = 0; j < SQUARES.length; j++) {
        double weight = weight(i, j);
        if (weight > 0) {
          double q = SQUARES[j];
          double d = Math.sqrt(gap + a * q + b * k + k * q);
          value += weight * Math.atan2(c, d);
          slope += weight / d;
          curvature -= weight * c / ((a + k) * d);
        }
      }
    }
    return new Moments(2 / Math.PI * value, 2 / Math.PI * slope, curvature / Math.PI);
  }

  /** E tanh'(h) for h ~ N(0, a). */
  public static double gain(double variance) {
    double sum = 0;
    for (int i = 0; i < SQUARES.length; i++) {
      sum += WEIGHTS[i] / Math.sqrt(variance + SQUARES[i]);
    }
    return Math.sqrt(2 / Math.PI) * sum;
  }

  /** d/da E tanh(h)^2 for h ~ N(0, a), by the chain rule from dF/dc and dF/da. */
  static double growth(double variance) {
    double sum = 0;
    for (int i = 0; i < SQUARES.length; i++) {
      double k = SQUARES[i];
      for (int j = 0; j < SQUARES.length; j++) {
        double q = SQUARES[j];
        double d = Math.sqrt(variance * (k + q) + k * q);
        sum += weight(i, j) * (k / (variance + k) + q / (variance + q)) / d;
      }
    }
    return sum / Math.PI;
  }
}
