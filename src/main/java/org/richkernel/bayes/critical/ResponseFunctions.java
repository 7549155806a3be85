package org.richkernel.bayes.critical;

import org.apache.commons.math3.analysis.solvers.BrentSolver;
import org.richkernel.compute.Activation;
import org.richkernel.lazy.ActivationMoments;
import org.richkernel.network.InvalidProblemException;

/**
 * Responses of deep layers at their fixed point q* = g_b + g E[phi(h)^2], h ~ N(0, q*), to a
 * perturbation of the preactivation covariance (Schoenholz et al., arXiv:1611.01232; Fischer et
 * al., arXiv:2405.10761):
 *
 * <pre>  chi_perp = g E[phi'^2]              of the angle between two nearby points,
 *   chi_par  = g E[phi'^2 + phi phi'']  of the length of one point.</pre>
 *
 * @param activation phi
 * @param weightVariance g
 * @param biasVariance g_b
 * @param fixedPoint q*, the stable fixed point from a finite variance
 * @param parallel chi_par
 * @param perpendicular chi_perp
 */
public record ResponseFunctions(
    Activation activation,
    double weightVariance,
    double biasVariance,
    double fixedPoint,
    double parallel,
    double perpendicular) {
  private static final double ACCURACY = 1e-14;
  private static final int MOST_EVALUATIONS = 1000;

  /** The fixed point of a variance map, and moments valid up to it. */
  private record FixedPoint(double variance, ActivationMoments moments) {}

  /**
   * The response at the fixed point of one activation.
   *
   * @param g weight variance of the hidden layers, positive
   * @param gb bias variance, at least 0
   * @throws InvalidProblemException if the variance grows without bound from layer to layer, as for
   *     ReLU with g &gt;= 2 and for linear layers with g &gt;= 1
   */
  public static ResponseFunctions of(Activation activation, double g, double gb) {
    if (!(g > 0) || Double.isInfinite(g)) {
      throw new InvalidProblemException("weight-variance", g, "use a positive finite number");
    }
    if (!(gb >= 0) || Double.isInfinite(gb)) {
      throw new InvalidProblemException("bias-variance", gb, "use a finite number of at least 0");
    }
    FixedPoint point = fixedPoint(activation, g, gb);
    return new ResponseFunctions(
        activation,
        g,
        gb,
        point.variance(),
        g * point.moments().growth(point.variance()),
        g * point.moments().slope(point.variance()));
  }

  /**
   * The weight variance beyond which no fixed point is stable: 2 for ReLU, 1 for linear layers,
   * infinite for bounded activations.
   */
  public static double stableBelow(Activation activation) {
    PairMoments.requireKnown(activation);
    if (activation.isBounded()) {
      return Double.POSITIVE_INFINITY;
    }
    return activation.equals(Activation.RELU) ? 2 : 1;
  }

  private static FixedPoint fixedPoint(Activation activation, double g, double gb) {
    double limit = stableBelow(activation);
    if (g >= limit) {
      throw new InvalidProblemException(
          "weight-variance",
          g,
          "the variance of "
              + activation.id()
              + " layers has no stable fixed point from "
              + limit
              + " on; stay below it");
    }
    if (Double.isFinite(limit)) {
      // homogeneous: E phi^2 = q / limit, so q* = g_b / (1 - g / limit)
      return new FixedPoint(gb / (1 - g / limit), new ActivationMoments(activation, 0));
    }
    // |phi| <= 1 bounds the fixed point
    double high = gb + g;
    ActivationMoments moments = new ActivationMoments(activation, high);
    double low = gb;
    if (gb == 0) {
      double departure = g * moments.growth(0) - 1;
      if (departure <= 0) {
        return new FixedPoint(0, moments);
      }
      // E phi^2 is concave in q: 0 is unstable, and one more root lies above it
      low = Math.min(1, departure) * high;
      while (g * moments.value(low) <= low) {
        low /= 4;
      }
    }
    double start = low;
    double root =
        new BrentSolver(ACCURACY, 1e-300)
            .solve(MOST_EVALUATIONS, q -> gb + g * moments.value(q) - q, start, high);
    return new FixedPoint(root, moments);
  }

  /** xi_par = -1 / ln chi_par in layers; infinite at and beyond 1. */
  public double parallelDepth() {
    return depth(parallel);
  }

  /**
   * xi_perp = -1 / ln chi_perp in layers; infinite at the edge of chaos and beyond it, where nearby
   * points diverge.
   */
  public double perpendicularDepth() {
    return depth(perpendicular);
  }

  /** Depth scale of a response. */
  static double depth(double response) {
    return response >= 1 ? Double.POSITIVE_INFINITY : response <= 0 ? 0 : -1 / Math.log(response);
  }

  /**
   * Change of the angle between nearby points by L layers with equal sources, relative to that by
   * one layer: sum_{k &lt; L} chi_perp^{2k}. Every layer's source propagates down by the adjoint
   * response and up by the response. Beyond the edge of chaos distinct points do not stay close,
   * see {@link CorrelationFixedPoint}.
   */
  public double adaptationGrowth(int layers) {
    return growth(perpendicular, layers);
  }

  /** sum_{k < L} chi^{2k}. */
  static double growth(double chi, int layers) {
    double sum = 0;
    double power = 1;
    for (int k = 0; k < layers; k++) {
      sum += power;
      power *= chi * chi;
    }
    return sum;
  }
}
