package org.richkernel.sampling;

import org.apache.commons.math3.distribution.NormalDistribution;
import org.apache.commons.math3.distribution.TDistribution;

/**
 * Student's factor: a spread of few independent values is itself uncertain, so two times the
 * standard error that it gives hold less than 95 of 100 repetitions.
 */
public final class Student {
  private static final double UPPER = 0.975;
  private static final double NORMAL =
      new NormalDistribution(0, 1).inverseCumulativeProbability(UPPER);

  /** Factors of whole degrees of freedom, 1 to the length; beyond it the factor is computed. */
  private static final double[] WHOLE = new double[65];

  static {
    for (int nu = 1; nu < WHOLE.length; nu++) {
      WHOLE[nu] = factor(nu);
    }
  }

  private Student() {}

  /**
   * Factor by which a standard error is widened: t_{0.975}(nu) / z_{0.975}.
   *
   * @param degreesOfFreedom nu, positive; infinite for an error that is known
   * @return at least 1; NaN, unknown, for no degree of freedom
   */
  public static double widening(double degreesOfFreedom) {
    if (!(degreesOfFreedom > 0)) {
      return Double.NaN;
    }
    int whole = (int) degreesOfFreedom;
    if (whole == degreesOfFreedom && whole < WHOLE.length) {
      return WHOLE[whole];
    }
    return degreesOfFreedom > 1e6 ? 1 : factor(degreesOfFreedom);
  }

  private static double factor(double degreesOfFreedom) {
    return new TDistribution(degreesOfFreedom).inverseCumulativeProbability(UPPER) / NORMAL;
  }
}
