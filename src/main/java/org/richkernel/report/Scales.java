package org.richkernel.report;

import java.util.Arrays;

/** Chooses between linear and logarithmic axes. */
final class Scales {
  private static final double RATIO = 20;

  private Scales() {}

  /** Whether positive values spread over more than a decade. */
  static boolean callsForLog(double[] values) {
    double[] finite = Arrays.stream(values).filter(Double::isFinite).toArray();
    double low = Arrays.stream(finite).min().orElse(0);
    double high = Arrays.stream(finite).max().orElse(0);
    return low > 0 && high > RATIO * low;
  }
}
