package org.richkernel.bayes.critical;

import java.util.Random;
import org.richkernel.compute.Activation;

/**
 * Test that the importance weights have a variance. For activations that grow linearly the tilted
 * density exists only if lambda = max over |u| = 1 of (2 g / N) phi(F u)^T Ct phi(F u) is below 1,
 * C = F F^T, and the weights have finite variance only if it is below 1/2; the effective number of
 * samples does not show this. Bounded activations have lambda = 0.
 */
final class TiltBound {
  private static final int STARTS = 8;
  private static final int STEPS = 200;

  private TiltBound() {}

  /**
   * The largest lambda from local ascents from several starts.
   *
   * @param c covariance C, P x P
   * @param ct conjugate kernel Ct, P x P
   */
  static double of(Activation activation, double[] c, double[] ct, int points, double gOverWidth) {
    if (activation.isBounded()) {
      return 0;
    }
    Random random = new Random(1);
    double largest = 0;
    for (int start = 0; start < STARTS; start++) {
      // h = F u with |u| = 1 is h = C a with a^T C a = 1
      double[] a = random.doubles(points, -1, 1).toArray();
      largest = Math.max(largest, ascend(activation, c, ct, points, a));
    }
    return 2 * gOverWidth * largest;
  }

  /** Ascent a <- normalized (a + step grad), in the metric of C; the step adapts. */
  private static double ascend(
      Activation activation, double[] c, double[] ct, int points, double[] start) {
    double[] a = normalized(c, start, points);
    double step = 1;
    double value = value(activation, c, ct, points, a, new double[points]);
    double[] gradient = new double[points];
    for (int k = 0; k < STEPS; k++) {
      value(activation, c, ct, points, a, gradient);
      double[] trial = new double[points];
      for (int i = 0; i < points; i++) {
        trial[i] = a[i] + step * gradient[i];
      }
      trial = normalized(c, trial, points);
      double next = value(activation, c, ct, points, trial, new double[points]);
      if (next > value) {
        a = trial;
        value = next;
        step *= 2;
      } else {
        step /= 4;
      }
    }
    return value;
  }

  /** phi(h)^T Ct phi(h) at h = C a, with phi'(h) o (Ct phi(h)), the gradient over h. */
  private static double value(
      Activation activation, double[] c, double[] ct, int points, double[] a, double[] gradient) {
    double[] h = product(c, a, points);
    double[] phi = new double[points];
    for (int i = 0; i < points; i++) {
      phi[i] = activation.value(h[i]);
    }
    double[] pull = product(ct, phi, points);
    double sum = 0;
    for (int i = 0; i < points; i++) {
      sum += phi[i] * pull[i];
      gradient[i] = activation.derivative(h[i]) * pull[i];
    }
    return sum;
  }

  private static double[] normalized(double[] c, double[] a, int points) {
    double[] h = product(c, a, points);
    double square = 0;
    for (int i = 0; i < points; i++) {
      square += a[i] * h[i];
    }
    double[] result = new double[points];
    for (int i = 0; i < points; i++) {
      result[i] = square > 0 ? a[i] / Math.sqrt(square) : 0;
    }
    return result;
  }

  private static double[] product(double[] m, double[] x, int n) {
    double[] y = new double[n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        y[i] += m[i * n + j] * x[j];
      }
    }
    return y;
  }
}
