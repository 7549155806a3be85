package org.richkernel.lazy;

/**
 * Trapezoidal rule for integrals over a standard normal variable of functions of sqrt(a) z.
 *
 * <p>The rule converges exponentially for functions that are analytic near the real line. For
 * tanh(sqrt(a) z), with poles at z = i pi / (2 sqrt a), the Fourier transform of the integrand
 * falls like exp(-pi k / (2 sqrt a)), so the error is below 1e-16 once 2 pi / step exceeds 24
 * sqrt(a) plus the band of the other factors: sqrt(n) for the Hermite function of degree n, and 14
 * for the Gaussian. The nodes are (m + 1/2) step and their mirror images, m = 0 .. size - 1.
 */
final class GaussianGrid {
  /** exp(-z^2/4) is below 1e-18 beyond this point. */
  private static final double LARGEST_NODE = 13;

  private static final double POLE_BAND = 24;
  private static final double GAUSSIAN_BAND = 14;

  private final double[] nodes;
  private final double[] weights;
  private final double step;

  /**
   * A grid that resolves every degree up to {@code degree} and variance up to {@code variance}.
   *
   * @param degree largest degree of a Hermite function in the integrand
   * @param variance largest a
   */
  GaussianGrid(int degree, double variance) {
    step = 2 * Math.PI / (Math.sqrt(degree) + POLE_BAND * Math.sqrt(variance) + GAUSSIAN_BAND);
    nodes = new double[(int) Math.ceil(LARGEST_NODE / step)];
    weights = new double[nodes.length];
    for (int m = 0; m < nodes.length; m++) {
      nodes[m] = (m + 0.5) * step;
      weights[m] = step * Math.exp(-nodes[m] * nodes[m] / 2) / Math.sqrt(2 * Math.PI);
    }
  }

  /** Number of positive nodes. */
  int size() {
    return nodes.length;
  }

  /** Positive node m. */
  double node(int m) {
    return nodes[m];
  }

  /** Distance between nodes. */
  double step() {
    return step;
  }

  /** step times the standard normal density at node m. */
  double weight(int m) {
    return weights[m];
  }
}
