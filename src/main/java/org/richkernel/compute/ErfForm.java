package org.richkernel.compute;

import org.apache.commons.math3.special.Erf;

/** erf(h). */
final class ErfForm extends ActivationForm {
  private static final double TWO_OVER_SQRT_PI = 2 / Math.sqrt(Math.PI);

  @Override
  double value(double h) {
    return Double.isNaN(h) ? h : erf(h);
  }

  /**
   * erf by its Maclaurin series where |h| &lt; 5/4: there Commons Math keeps only 14 to 15 digits.
   */
  private static double erf(double h) {
    if (Math.abs(h) >= 1.25) {
      return Erf.erf(h);
    }
    double power = 1;
    double sum = 1;
    for (int n = 1; n <= 24; n++) {
      power *= -h * h / n;
      sum += power / (2 * n + 1);
    }
    return TWO_OVER_SQRT_PI * h * sum;
  }

  @Override
  double derivative(double h) {
    return TWO_OVER_SQRT_PI * Math.exp(-h * h);
  }

  @Override
  double curvature(double h) {
    return -2 * h * derivative(h);
  }

  @Override
  boolean isBounded() {
    return true;
  }

  @Override
  boolean isOdd() {
    return true;
  }

  @Override
  void values(float[] h, int n) {
    ActivationLoops.erf(h, n);
  }

  @Override
  void valuesAndSlopes(float[] h, float[] slope, int n) {
    ActivationLoops.erfSlope(h, slope, n);
    ActivationLoops.erf(h, n);
  }

  /** erf(h / sqrt(1 + 2 s^2)). */
  @Override
  void smoothed(float[] h, float[] s, float[] first, float[] second, int n) {
    for (int i = 0; i < n; i++) {
      h[i] /= (float) Math.sqrt(1f + 2f * s[i] * s[i]);
    }
    ActivationLoops.erf(h, n);
  }

  @Override
  boolean hasClosedDual() {
    return true;
  }

  /**
   * Arc-sine kernels (Williams 1997) for erf(h): value = 2/pi asin(2c / d) with d^2 = (1 + 2a)(1 +
   * 2b), slope = 4/pi / sqrt(d^2 - 4c^2), where d^2 - 4c^2 = 1 + 2(a + b) + 4 (ab - c^2) is a sum
   * of terms that are not negative.
   */
  @Override
  void dual(double a, double[] b, double[] cov, double[] slope, int n) {
    for (int j = 0; j < n; j++) {
      double s = Math.sqrt(a * b[j]);
      double c = Math.max(-s, Math.min(s, cov[j]));
      double rest = Math.sqrt(1 + 2 * (a + b[j]) + 4 * ((s - c) * (s + c)));
      cov[j] = 2 / Math.PI * Math.atan2(2 * c, rest);
      slope[j] = 4 / Math.PI / rest;
    }
  }

  /** Williams 1997, with erf(h) for erf(h / sqrt 2). */
  @Override
  double secondMoment(double variance) {
    return 2 / Math.PI * Math.asin(2 * variance / (1 + 2 * variance));
  }

  @Override
  double slopeMoment(double variance) {
    return 4 / Math.PI / Math.sqrt(1 + 4 * variance);
  }

  @Override
  double momentGrowth(double variance) {
    return 4 / Math.PI / ((1 + 2 * variance) * Math.sqrt(1 + 4 * variance));
  }
}
