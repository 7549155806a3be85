package org.richkernel.compute;

import java.util.Arrays;

/** E f(h + s z), z ~ N(0, 1), by the trapezoidal rule, for f as smooth as tanh. */
final class NormalAverage {
  /** Normal weights beyond this many deviations are dropped; they hold 2e-9. */
  private static final double REACH = 6;

  /**
   * Spacing of the trapezoidal rule that leaves an error of exp(-2 pi^2 / 0.49) for the normal
   * density.
   */
  private static final double WIDEST_SPACING = 0.7;

  /**
   * The poles of tanh(h + s z) lie pi / (2 s) off the real axis, so a spacing of d leaves an error
   * of exp(pi^2 / (8 s^2) - pi^2 / (s d)): at most 1e-7 with both bounds.
   */
  private static final double SPACING_TIMES_DEVIATION = 0.5;

  /** Wider noise than this is treated with the spacing for this width. */
  private static final double WIDEST_RESOLVED = 1000;

  private NormalAverage() {}

  /** x = E f(x + s z), with a rule that is fine enough for the widest s. */
  static void of(ActivationForm f, float[] x, float[] s, float[] shifted, float[] sum, int n) {
    float widest = 0;
    for (int i = 0; i < n; i++) {
      // a NaN is no width to go by, but must not spoil its neighbours
      widest = s[i] > widest ? s[i] : widest;
    }
    double spacing =
        Math.min(WIDEST_SPACING, SPACING_TIMES_DEVIATION / Math.min(widest, WIDEST_RESOLVED));
    int half = (int) Math.ceil(REACH / spacing);
    Arrays.fill(sum, 0, n, 0f);
    for (int k = -half; k <= half; k++) {
      double z = k * spacing;
      float node = (float) z;
      for (int i = 0; i < n; i++) {
        shifted[i] = Math.fma(node, s[i], x[i]);
      }
      f.values(shifted, n);
      float weight = (float) (spacing / Math.sqrt(2 * Math.PI) * Math.exp(-0.5 * z * z));
      for (int i = 0; i < n; i++) {
        sum[i] = Math.fma(weight, shifted[i], sum[i]);
      }
    }
    System.arraycopy(sum, 0, x, 0, n);
  }
}
