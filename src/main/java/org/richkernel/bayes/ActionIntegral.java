package org.richkernel.bayes;

import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;
import org.apache.commons.math3.analysis.UnivariateFunction;
import org.apache.commons.math3.analysis.integration.gauss.GaussIntegrator;
import org.apache.commons.math3.analysis.integration.gauss.GaussIntegratorFactory;
import org.apache.commons.math3.analysis.interpolation.LinearInterpolator;
import org.apache.commons.math3.analysis.interpolation.SplineInterpolator;
import org.richkernel.sampling.Estimate;

/**
 * Action per neuron along a line of solutions, by thermodynamic integration.
 *
 * <p>The weight of a saddle is exp(-N S). At a saddle only the explicit dependence on richness and
 * noise contributes to its derivatives, so that
 *
 * <pre>
 *   dS = (1/2) tr Y^T v d(gamma^2) - (gamma^2 / 2) tr v^T v d(kappa),   v = (g Phi + kappa)^{-1} Y,
 * </pre>
 *
 * <p>and S = 0 at gamma = 0. The logarithm of the trace is interpolated by a natural cubic spline:
 * along gamma in u = asinh(gamma / s), where s^2 = 1 / tr Y^T v at gamma = 0 is the richness at
 * which features begin to move, and along kappa in ln kappa. Like a natural spline, both logarithms
 * are straight lines at either end: constant for features that have not moved, power laws for
 * features that have.
 */
final class ActionIntegral {
  private ActionIntegral() {}

  /**
   * Value and errors of an integral; NaN if the estimate of a trace is not positive.
   *
   * @param value at each node, from the first node
   * @param error standard error that the Monte Carlo errors of the integrand cause
   * @param grid difference to the integral over every other node, NaN for fewer than 5
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Cumulative(double[] value, double[] error, double grid) {}

  /** s, in units of gamma. */
  static double scale(Estimate lazyDualFit) {
    return 1 / Math.sqrt(lazyDualFit.value());
  }

  /**
   * Richnesses with equal spacing in u.
   *
   * @param spacing largest spacing
   * @param least smallest number of them
   */
  static double[] nodes(double gamma, double scale, double spacing, int least) {
    double last = asinh(gamma / scale);
    int count = Math.max(least, (int) Math.ceil(last / spacing));
    double[] nodes = new double[count];
    for (int i = 1; i <= count; i++) {
      nodes[i - 1] = i == count ? gamma : scale * Math.sinh(last * i / count);
    }
    return nodes;
  }

  private static double asinh(double x) {
    return Math.log(x + Math.sqrt(x * x + 1));
  }

  /**
   * Integral of gamma tr Y^T v over gamma, which is the action at every node.
   *
   * @param gammas rising from 0
   */
  static Cumulative overGamma(double[] gammas, Estimate[] dualFits) {
    double s = scale(dualFits[0]);
    double[] u = new double[gammas.length];
    for (int i = 0; i < u.length; i++) {
      u[i] = asinh(gammas[i] / s);
    }
    // gamma dgamma = s^2 sinh(u) cosh(u) du
    return integral(u, dualFits, at -> 0.5 * s * s * Math.sinh(2 * at));
  }

  /**
   * Integral of -(gamma^2 / 2) tr v^T v over kappa.
   *
   * @param kappas monotonic
   */
  static Cumulative overKappa(double gamma, double[] kappas, Estimate[] dualSquares) {
    double[] logs = new double[kappas.length];
    for (int i = 0; i < kappas.length; i++) {
      logs[i] = Math.log(kappas[i]);
    }
    return integral(logs, dualSquares, at -> -0.5 * gamma * gamma * Math.exp(at));
  }

  private static Cumulative integral(
      double[] nodes, Estimate[] values, DoubleUnaryOperator weight) {
    int n = nodes.length;
    Quadrature quadrature = new Quadrature(nodes);
    double[] integrand = quadrature.integrand(values, weight);
    double[] value = quadrature.cumulative(integrand);
    double[] variance = new double[n];
    for (int i = 0; i < n; i++) {
      // d integral / d ln value_i: the spline is linear in the logarithms
      double[] unit = new double[n];
      unit[i] = 1;
      double[] slope = quadrature.at(unit);
      for (int k = 0; k < slope.length; k++) {
        slope[k] *= integrand[k];
      }
      double[] derivative = quadrature.cumulative(slope);
      for (int j = 0; j < n; j++) {
        variance[j] += Math.pow(derivative[j] * values[i].error() / values[i].value(), 2);
      }
    }
    return new Cumulative(
        value,
        Arrays.stream(variance).map(Math::sqrt).toArray(),
        n < 5 ? Double.NaN : Math.abs(coarse(nodes, values, weight) - value[n - 1]));
  }

  /** The whole integral from the last node, every other one before it, and the first. */
  private static double coarse(double[] nodes, Estimate[] values, DoubleUnaryOperator weight) {
    int n = nodes.length;
    int count = n / 2 + 1;
    double[] x = new double[count];
    Estimate[] f = new Estimate[count];
    for (int i = 0; i < count; i++) {
      int at = Math.max(0, n - 1 - 2 * (count - 1 - i));
      x[i] = nodes[at];
      f[i] = values[at];
    }
    Quadrature quadrature = new Quadrature(x);
    return quadrature.cumulative(quadrature.integrand(f, weight))[count - 1];
  }

  /** Gauss-Legendre points between neighbouring nodes. */
  private static final class Quadrature {
    private static final int POINTS = 8;

    private final double[] nodes;
    private final double[] points;
    private final double[] weights;

    Quadrature(double[] nodes) {
      this.nodes = nodes;
      points = new double[(nodes.length - 1) * POINTS];
      weights = new double[points.length];
      GaussIntegratorFactory rules = new GaussIntegratorFactory();
      for (int i = 0; i + 1 < nodes.length; i++) {
        GaussIntegrator rule = rules.legendre(POINTS, nodes[i], nodes[i + 1]);
        for (int k = 0; k < POINTS; k++) {
          points[i * POINTS + k] = rule.getPoint(k);
          weights[i * POINTS + k] = rule.getWeight(k);
        }
      }
    }

    /** Weight times the exponential of the interpolated logarithm, at every point. */
    double[] integrand(Estimate[] values, DoubleUnaryOperator weight) {
      double[] logs = Arrays.stream(values).mapToDouble(v -> Math.log(v.value())).toArray();
      double[] integrand = at(logs);
      for (int k = 0; k < integrand.length; k++) {
        integrand[k] = weight.applyAsDouble(points[k]) * Math.exp(integrand[k]);
      }
      return integrand;
    }

    /** The natural spline through values at the nodes, at every point. */
    double[] at(double[] values) {
      UnivariateFunction spline =
          nodes.length < 3
              ? new LinearInterpolator().interpolate(nodes, values)
              : new SplineInterpolator().interpolate(nodes, values);
      return Arrays.stream(points).map(spline::value).toArray();
    }

    /** Integrals from the first node to each. */
    double[] cumulative(double[] integrand) {
      double[] sums = new double[nodes.length];
      for (int i = 1; i < nodes.length; i++) {
        sums[i] = sums[i - 1];
        for (int k = (i - 1) * POINTS; k < i * POINTS; k++) {
          sums[i] += weights[k] * integrand[k];
        }
      }
      return sums;
    }
  }
}
