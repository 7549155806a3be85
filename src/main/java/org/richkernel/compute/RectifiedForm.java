package org.richkernel.compute;

/** max(h, 0) + alpha min(h, 0) = alpha h + (1 - alpha) max(h, 0). */
final class RectifiedForm extends ActivationForm {
  private static final float SQRT_HALF = (float) Math.sqrt(0.5);

  /** Beyond this many widths the normal density underflows the rounding of the rest. */
  private static final float FAR = 9f;

  private final double alpha;

  RectifiedForm(double alpha) {
    this.alpha = alpha;
  }

  @Override
  double value(double h) {
    return alpha == 0 || h > 0 ? Math.max(h, 0) : alpha * h;
  }

  @Override
  double derivative(double h) {
    return h > 0 ? 1 : alpha;
  }

  @Override
  double curvature(double h) {
    return 0;
  }

  @Override
  boolean hasKink() {
    return true;
  }

  @Override
  boolean isHomogeneous() {
    return true;
  }

  @Override
  double parameter() {
    return alpha;
  }

  @Override
  void values(float[] h, int n) {
    if (alpha == 0) {
      ActivationLoops.relu(h, n);
      return;
    }
    float a = (float) alpha;
    for (int i = 0; i < n; i++) {
      h[i] = Math.max(h[i], a * h[i]);
    }
  }

  @Override
  void valuesAndSlopes(float[] h, float[] slope, int n) {
    ActivationLoops.reluSlope(h, slope, n);
    lift(slope, n);
    values(h, n);
  }

  @Override
  void sliding(float[] h, float[] reach, float[] slope, int n) {
    ActivationLoops.reluSlidingSlope(h, reach, slope, n);
    lift(slope, n);
    values(h, n);
  }

  /** slope = alpha + (1 - alpha) slope. */
  private void lift(float[] slope, int n) {
    if (alpha == 0) {
      return;
    }
    float a = (float) alpha;
    for (int i = 0; i < n; i++) {
      slope[i] = Math.fma(1f - a, slope[i], a);
    }
  }

  /**
   * E max(h + s z, 0) = h NormCdf(h/s) + s NormPdf(h/s) = h/2 (1 + erf(t)) + s/sqrt(2 pi)
   * exp(-t^2), t = h/(s sqrt 2).
   */
  @Override
  void smoothed(float[] h, float[] s, float[] t, float[] bell, int n) {
    for (int i = 0; i < n; i++) {
      float width = Math.max(s[i], Float.MIN_NORMAL);
      t[i] = Math.max(-FAR, Math.min(FAR, h[i] * SQRT_HALF / width));
    }
    // 2/sqrt(pi) exp(-t^2)
    ActivationLoops.erfSlope(t, bell, n);
    ActivationLoops.erf(t, n);
    float pdf = 0.5f * SQRT_HALF;
    float a = (float) alpha;
    for (int i = 0; i < n; i++) {
      float rectified = Math.fma(0.5f * h[i], 1f + t[i], pdf * s[i] * bell[i]);
      h[i] = alpha == 0 ? rectified : Math.fma(1f - a, rectified, a * h[i]);
    }
  }

  @Override
  boolean hasClosedDual() {
    return true;
  }

  /**
   * Arc-cosine kernels (Cho and Saul 2009): with s = sqrt(ab), cos t = c / s, value = (s sin t + c
   * (pi - t)) / (2 pi), slope = (pi - t) / (2 pi); s sin t = sqrt((s - c) (s + c)) keeps its digits
   * where c is near s. With alpha: alpha c + (1 - alpha)^2 value, alpha + (1 - alpha)^2 slope.
   */
  @Override
  void dual(double a, double[] b, double[] cov, double[] slope, int n) {
    double square = (1 - alpha) * (1 - alpha);
    for (int j = 0; j < n; j++) {
      double s = Math.sqrt(a * b[j]);
      double c = Math.max(-s, Math.min(s, cov[j]));
      double height = Math.sqrt((s - c) * (s + c));
      double rest = Math.PI - Math.atan2(height, c);
      double value = (height + c * rest) / (2 * Math.PI);
      // phi'(0) = alpha, so a variance of zero has no other slope
      double slopes = s == 0 ? 0 : rest / (2 * Math.PI);
      cov[j] = alpha == 0 ? value : alpha * c + square * value;
      slope[j] = alpha == 0 ? slopes : s == 0 ? atZero(a, b[j]) : alpha + square * slopes;
    }
  }

  /** E phi' E phi', where phi' of a variance of 0 is alpha and of another one (1 + alpha) / 2. */
  private double atZero(double a, double b) {
    return (a == 0 ? alpha : (1 + alpha) / 2) * (b == 0 ? alpha : (1 + alpha) / 2);
  }

  @Override
  double secondMoment(double variance) {
    return alpha == 0 ? variance / 2 : (1 + alpha * alpha) / 2 * variance;
  }

  @Override
  double slopeMoment(double variance) {
    return (1 + alpha * alpha) / 2;
  }

  @Override
  double momentGrowth(double variance) {
    return (1 + alpha * alpha) / 2;
  }
}
