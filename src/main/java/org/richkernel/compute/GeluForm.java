package org.richkernel.compute;

import org.apache.commons.math3.special.Erf;

/** h NormCdf(h). */
final class GeluForm extends ActivationForm {
  /** From here on NormCdf(-h) and h NormPdf(h) are 0 in float64. */
  private static final double FAR = 39;

  private static double cdf(double h) {
    return 0.5 * Erf.erfc(-h * Math.sqrt(0.5));
  }

  private static double pdf(double h) {
    return Math.exp(-h * h / 2) / Math.sqrt(2 * Math.PI);
  }

  @Override
  double value(double h) {
    return Math.abs(h) > FAR ? Math.max(h, 0) : h * cdf(h);
  }

  @Override
  double derivative(double h) {
    return Math.abs(h) > FAR ? (h > 0 ? 1 : 0) : cdf(h) + h * pdf(h);
  }

  @Override
  double curvature(double h) {
    return Math.abs(h) > FAR ? 0 : (2 - h * h) * pdf(h);
  }

  @Override
  void values(float[] h, int n) {
    for (int i = 0; i < n; i++) {
      h[i] = ActivationLoops.gelu(h[i]);
    }
  }

  @Override
  void valuesAndSlopes(float[] h, float[] slope, int n) {
    for (int i = 0; i < n; i++) {
      slope[i] = ActivationLoops.geluSlope(h[i]);
      h[i] = ActivationLoops.gelu(h[i]);
    }
  }

  /** With q = sqrt(1 + s^2) and u = h / q: q gelu(u) + s^2 / q NormPdf(u). */
  @Override
  void smoothed(float[] h, float[] s, float[] first, float[] second, int n) {
    for (int i = 0; i < n; i++) {
      float q = (float) Math.sqrt(Math.fma(s[i], s[i], 1f));
      float u = h[i] / q;
      float bell = s[i] * s[i] / q * ActivationLoops.normalDensity(u);
      h[i] = Math.fma(q, ActivationLoops.gelu(u), bell);
    }
  }

  @Override
  boolean hasClosedDual() {
    return true;
  }

  /**
   * By Gaussian integration by parts, with d = (1 + a)(1 + b) - c^2, p = 1 / (2 pi sqrt d), k = 1 /
   * (1 + a) + 1 / (1 + b) - 1 and t = 1/4 + asin(c / sqrt((1 + a)(1 + b))) / (2 pi) (Tsuchida et
   * al., arXiv:2002.08517, have the kernel):
   *
   * <pre>  value = p (a b + k c^2) + c t,   slope = (c p / d)(a b + k c^2) + 2 c k p + c p + t.
   * </pre>
   */
  @Override
  void dual(double a, double[] b, double[] cov, double[] slope, int n) {
    for (int j = 0; j < n; j++) {
      double s = Math.sqrt(a * b[j]);
      double c = Math.max(-s, Math.min(s, cov[j]));
      double d = 1 + a + b[j] + (s - c) * (s + c);
      double p = 1 / (2 * Math.PI * Math.sqrt(d));
      double k = 1 / (1 + a) + 1 / (1 + b[j]) - 1;
      double t = 0.25 + Math.atan2(c, Math.sqrt(d)) / (2 * Math.PI);
      double sum = a * b[j] + k * c * c;
      cov[j] = p * sum + c * t;
      slope[j] = c * p * (sum / d + 2 * k + 1) + t;
    }
  }

  @Override
  double secondMoment(double a) {
    return a * a / (Math.PI * (1 + a) * Math.sqrt(1 + 2 * a)) + a * angle(a);
  }

  @Override
  double slopeMoment(double a) {
    double d = 1 + 2 * a;
    double p = 1 / (2 * Math.PI * Math.sqrt(d));
    double k = 2 / (1 + a) - 1;
    return a * p * ((1 + k) * a * a / d + 2 * k + 1) + angle(a);
  }

  @Override
  double momentGrowth(double a) {
    double root = Math.sqrt(1 + 2 * a);
    double square = (1 + a) * (1 + a);
    return a * (2 + 4 * a + a * a) / (Math.PI * square * root * root * root)
        + angle(a)
        + a / (2 * Math.PI * (1 + a) * root);
  }

  /** E NormCdf(h)^2 = 1/4 + asin(a / (1 + a)) / (2 pi). */
  private static double angle(double a) {
    return 0.25 + Math.atan2(a, Math.sqrt(1 + 2 * a)) / (2 * Math.PI);
  }
}
