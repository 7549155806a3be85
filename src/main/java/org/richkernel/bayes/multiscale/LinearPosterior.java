package org.richkernel.bayes.multiscale;

import org.richkernel.compute.Backend;

/**
 * The exact posterior of a linear network with one hidden layer of width N: given the scale q of
 * the readout the outputs are Gaussian, and q has a density in one dimension (arXiv:2502.03210),
 *
 * <pre>  p(q | y) ~ q^{N/2-1} e^{-N q / 2} prod_i (q lambda_i + kappa)^{-1/2}
 *               exp(-chi/2 sum_i z_i^2 / (q lambda_i + kappa)).</pre>
 *
 * <p>Integrals over ln q are taken by the trapezoidal rule, which converges exponentially for a
 * smooth density that has decayed at both ends.
 */
public final class LinearPosterior {
  private static final int NODES = 1200;
  private static final int SCAN = 4000;

  /** The density is cut off after a fall by exp(-45). */
  private static final double DROP = 45;

  private final LinearModes modes;
  private final double[] q = new double[NODES];
  private final double[] probability = new double[NODES];

  private LinearPosterior(LinearModes modes) {
    this.modes = modes;
    double[] range = range();
    double[] log = new double[NODES];
    double largest = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < NODES; i++) {
      q[i] = Math.exp(range[0] + (range[1] - range[0]) * i / (NODES - 1));
      log[i] = modes.logDensity(q[i], 1);
      largest = Math.max(largest, log[i]);
    }
    double sum = 0;
    for (int i = 0; i < NODES; i++) {
      probability[i] = Math.exp(log[i] - largest);
      sum += probability[i];
    }
    for (int i = 0; i < NODES; i++) {
      probability[i] /= sum;
    }
  }

  /** The posterior of a linear network. */
  static LinearPosterior of(LinearModes modes) {
    return new LinearPosterior(modes);
  }

  /** Interval of ln q outside of which the density is negligible. */
  private double[] range() {
    double low = -1;
    double high = Math.log(modes.largestScale()) + 1;
    double top = largest(low, high);
    while (density(low) > top - DROP) {
      low -= 1;
      top = Math.max(top, density(low));
    }
    while (density(high) > top - DROP) {
      high += 0.5;
    }
    // narrow the interval to the mass of the density
    double first = high;
    double last = low;
    double step = (high - low) / SCAN;
    for (int i = 0; i <= SCAN; i++) {
      double x = low + i * step;
      if (density(x) > top - DROP) {
        first = Math.min(first, x - step);
        last = Math.max(last, x + step);
      }
    }
    return new double[] {first, last};
  }

  private double largest(double low, double high) {
    double top = Double.NEGATIVE_INFINITY;
    for (int i = 0; i <= SCAN; i++) {
      top = Math.max(top, density(low + (high - low) * i / SCAN));
    }
    return top;
  }

  private double density(double logQ) {
    return modes.logDensity(Math.exp(logQ), 1);
  }

  /** E[q | y]. */
  public double meanScale() {
    double sum = 0;
    for (int n = 0; n < NODES; n++) {
      sum += probability[n] * q[n];
    }
    return sum;
  }

  /** The mean predictor: f(x) = C(x, X) U E[q z / (q lambda + kappa)]. */
  public Level mean() {
    int points = modes.points();
    double[] a = new double[points];
    double[] f = new double[points];
    for (int i = 0; i < points; i++) {
      for (int n = 0; n < NODES; n++) {
        a[i] += probability[n] * q[n] * modes.z(i) / (q[n] * modes.lambda(i) + modes.kappa());
      }
      f[i] = modes.lambda(i) * a[i];
    }
    return new Level(modes.toPoints(a), modes.toPoints(f), meanScale());
  }

  /** Posterior mean of (1/P) sum (y - f)^2 on the training points, the variance of f included. */
  public double trainLoss() {
    double sum = 0;
    for (int n = 0; n < NODES; n++) {
      for (int i = 0; i < modes.points(); i++) {
        double d = q[n] * modes.lambda(i) + modes.kappa();
        double miss = modes.kappa() * modes.z(i) / d;
        double variance = modes.kappa() * q[n] * modes.lambda(i) / (modes.chi() * d);
        sum += probability[n] * (miss * miss + variance);
      }
    }
    return sum / modes.points();
  }

  /**
   * Posterior mean of (1/Q) sum (y - f(x))^2 at other points.
   *
   * @param cross C(x, X), Q x P
   * @param own C(x, x), Q
   * @param y targets there, Q
   */
  public double testLoss(Backend backend, double[] cross, double[] own, double[] y) {
    int points = modes.points();
    double[] k = modes.inModes(backend, cross, y.length);
    double sum = 0;
    double[] gain = new double[points];
    for (int n = 0; n < NODES; n++) {
      for (int i = 0; i < points; i++) {
        gain[i] = q[n] / (q[n] * modes.lambda(i) + modes.kappa());
      }
      for (int x = 0; x < y.length; x++) {
        double f = 0;
        double explained = 0;
        for (int i = 0; i < points; i++) {
          double component = k[x * points + i] * gain[i];
          f += component * modes.z(i);
          explained += component * k[x * points + i];
        }
        double variance = q[n] * (own[x] - explained) / modes.chi();
        sum += probability[n] * ((y[x] - f) * (y[x] - f) + Math.max(0, variance));
      }
    }
    return sum / y.length;
  }
}
