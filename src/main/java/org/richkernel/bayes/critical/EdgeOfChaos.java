package org.richkernel.bayes.critical;

import org.apache.commons.math3.analysis.solvers.BrentSolver;
import org.richkernel.compute.Activation;
import org.richkernel.lazy.ActivationMoments;
import org.richkernel.network.InvalidProblemException;

/**
 * The weight variance of the edge of chaos, chi_perp = 1, for a given bias variance: nearby points
 * neither converge nor diverge from layer to layer (Poole et al., arXiv:1606.05340).
 */
public final class EdgeOfChaos {
  private static final double ACCURACY = 1e-13;
  private static final int MOST_EVALUATIONS = 1000;

  private EdgeOfChaos() {}

  /**
   * The critical weight variance g_c. Without biases it is 1 / phi'(0)^2 for activations that are
   * smooth at 0. It is 2 for ReLU and 1 for linear layers at any bias variance; with biases their
   * variance has a fixed point only below g_c.
   *
   * @param gb bias variance, at least 0
   * @throws InvalidProblemException if it is negative or not finite
   */
  public static double criticalWeightVariance(Activation activation, double gb) {
    if (!(gb >= 0) || Double.isInfinite(gb)) {
      throw new InvalidProblemException("bias-variance", gb, "use a finite number of at least 0");
    }
    double limit = ResponseFunctions.stableBelow(activation);
    if (Double.isFinite(limit)) {
      return limit;
    }
    if (activation.equals(Activation.ERF)) {
      return gb == 0 ? Math.PI / 4 : erf(gb);
    }
    return gb == 0 ? 1 : bounded(activation, gb);
  }

  /**
   * erf: chi_perp = (4 g / pi) / sqrt(1 + 4 q) = 1 gives q_c(g) = ((4 g / pi)^2 - 1) / 4, and the
   * fixed point g_b(g) = q_c - g (2 / pi) asin(2 q_c / (1 + 2 q_c)), which increases with g.
   */
  private static double erf(double gb) {
    ActivationMoments moments = new ActivationMoments(Activation.ERF, 0);
    double low = Math.PI / 4;
    double high = 2 * low;
    while (biasAt(moments, high) < gb) {
      high *= 2;
    }
    return new BrentSolver(ACCURACY, 1e-300)
        .solve(MOST_EVALUATIONS, g -> biasAt(moments, g) - gb, low, high);
  }

  private static double biasAt(ActivationMoments moments, double g) {
    double slope = 4 * g / Math.PI;
    double q = (slope * slope - 1) / 4;
    return q - g * moments.value(q);
  }

  /** chi_perp at the fixed point increases with g. */
  private static double bounded(Activation activation, double gb) {
    double low = 1;
    double high = 2;
    while (excess(activation, high, gb) < 0) {
      low = high;
      high *= 2;
    }
    return new BrentSolver(ACCURACY, 1e-300)
        .solve(MOST_EVALUATIONS, g -> excess(activation, g, gb), low, high);
  }

  private static double excess(Activation activation, double g, double gb) {
    return ResponseFunctions.of(activation, g, gb).perpendicular() - 1;
  }
}
