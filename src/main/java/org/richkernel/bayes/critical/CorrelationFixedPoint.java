package org.richkernel.bayes.critical;

import org.apache.commons.math3.analysis.solvers.BrentSolver;

/**
 * Fixed point of the covariance of two different points in deep layers, and its response to a
 * perturbation (Poole et al., arXiv:1606.05340; Schoenholz et al., arXiv:1611.01232):
 *
 * <pre>  c* = g_b + g E[phi(u) phi(v)],   chi_c = g E[phi'(u) phi'(v)],
 *   Var u = Var v = q*,  Cov(u, v) = c*.</pre>
 *
 * <p>Up to the edge of chaos points become parallel: c* = q* and chi_c = chi_perp. Beyond it that
 * fixed point is unstable, chi_perp &gt; 1, and distinct points reach c* &lt; q* with chi_c &lt; 1.
 * So the depth scale of distinct points is infinite at the edge only.
 *
 * @param covariance c*
 * @param correlation c* / q*; 1 where q* is 0
 * @param response chi_c
 */
public record CorrelationFixedPoint(double covariance, double correlation, double response) {
  private static final double ACCURACY = 1e-14;
  private static final int MOST_EVALUATIONS = 1000;

  /** The stable fixed point of the covariance at the fixed point of the variance. */
  public static CorrelationFixedPoint of(ResponseFunctions at) {
    double q = at.fixedPoint();
    if (at.perpendicular() <= 1) {
      return new CorrelationFixedPoint(q, 1, at.perpendicular());
    }
    PairMoments pair = PairMoments.of(at.activation(), new double[] {q, q});
    double g = at.weightVariance();
    // the moment of an odd activation is convex in c >= 0, so that the excess is 0 or positive at
    // c = 0, falls to a minimum, and rises to 0 at c = q
    double lowest = q;
    if (excessSlope(pair, g, 0) < 0) {
      lowest =
          new BrentSolver(ACCURACY, 1e-300)
              .solve(MOST_EVALUATIONS, c -> excessSlope(pair, g, c), 0, q);
    }
    double bias = at.biasVariance();
    double c = 0;
    if (excess(pair, g, bias, lowest) >= 0) {
      c = q;
    } else if (excess(pair, g, bias, 0) > 0) {
      c =
          new BrentSolver(ACCURACY, 1e-300)
              .solve(MOST_EVALUATIONS, x -> excess(pair, g, bias, x), 0, lowest);
    }
    pair.evaluate(0, 1, c);
    return new CorrelationFixedPoint(c, c / q, g * pair.slope());
  }

  private static double excess(PairMoments pair, double g, double bias, double c) {
    pair.evaluate(0, 1, c);
    return bias + g * pair.value() - c;
  }

  private static double excessSlope(PairMoments pair, double g, double c) {
    pair.evaluate(0, 1, c);
    return g * pair.slope() - 1;
  }

  /** xi_c = -1 / ln chi_c in layers; infinite at the edge of chaos, finite on both sides of it. */
  public double depth() {
    return ResponseFunctions.depth(response);
  }

  /**
   * {@link ResponseFunctions#adaptationGrowth} of points at the fixed point: sum_{k &lt; L}
   * chi_c^{2k}, with its maximum L at the edge of chaos.
   */
  public double adaptationGrowth(int layers) {
    return ResponseFunctions.growth(response, layers);
  }
}
