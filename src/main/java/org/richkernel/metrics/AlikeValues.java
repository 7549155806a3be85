package org.richkernel.metrics;

/** Error of a mean whose independent terms are all equal, so that they have no scatter. */
public final class AlikeValues {
  private static final double RARE = 0.05;

  /** Probability .95 lies within so many standard errors of a normal variable. */
  private static final double NORMAL_95 = 1.959964;

  private AlikeValues() {}

  /**
   * A standard error in place of 0. Where a share p of terms is of another kind, n terms are all
   * alike with probability (1 - p)^n; the largest p with which that is not rarer than 5 % is the
   * half of an interval of 95 %, and the error is that over 1.96.
   *
   * @param terms n, at least 1
   */
  public static double standardError(int terms) {
    return (1 - Math.pow(RARE, 1.0 / terms)) / NORMAL_95;
  }
}
