package org.richkernel.bayes;

import java.util.Arrays;
import org.apache.commons.math3.analysis.interpolation.SplineInterpolator;
import org.apache.commons.math3.analysis.polynomials.PolynomialSplineFunction;

/**
 * Action per neuron along a line of solutions, by thermodynamic integration.
 *
 * <p>The weight of a saddle is exp(-N S). At a saddle the action depends on richness and noise only
 * where they stand explicitly, so that
 *
 * <pre>
 *   dS = (1/2) tr Y^T v d(gamma^2) - (gamma^2 / 2) tr v^T v d(kappa),   v = (g Phi + kappa)^{-1} Y,
 * </pre>
 *
 * <p>and S = 0 at gamma = 0. The integrand is interpolated by a natural cubic spline: along gamma
 * in u = asinh(gamma / s), where s^2 = 1 / tr Y^T v at gamma = 0 is the richness at which features
 * begin to move (gamma tr Y^T v is odd in u), and along kappa in ln kappa.
 */
final class ActionIntegral {
  private ActionIntegral() {}

  /**
   * What an integral is.
   *
   * @param value at each node, from the first node
   * @param error standard error that the Monte Carlo errors of the integrand cause
   * @param grid difference to the integral over every other node, NaN for fewer than 5
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Cumulative(double[] value, double[] error, double grid) {}

  /** s, in units of gamma. */
  static double scale(AdaptiveNbkSolution.Estimate lazyDualFit) {
    return 1 / Math.sqrt(lazyDualFit.value());
  }

  /**
   * Richnesses of even spacing in u.
   *
   * @param spacing largest spacing
   * @param least fewest of them
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
  static Cumulative overGamma(double[] gammas, AdaptiveNbkSolution.Estimate[] dualFits) {
    double s = scale(dualFits[0]);
    double[] u = new double[gammas.length];
    double[] weight = new double[gammas.length];
    for (int i = 0; i < u.length; i++) {
      u[i] = asinh(gammas[i] / s);
      // gamma dgamma = gamma s cosh(u) du
      weight[i] = gammas[i] * Math.hypot(s, gammas[i]);
    }
    return integral(u, dualFits, weight);
  }

  /**
   * Integral of -(gamma^2 / 2) tr v^T v over kappa.
   *
   * @param kappas monotonic
   */
  static Cumulative overKappa(
      double gamma, double[] kappas, AdaptiveNbkSolution.Estimate[] dualSquares) {
    double[] logs = new double[kappas.length];
    double[] scale = new double[kappas.length];
    for (int i = 0; i < kappas.length; i++) {
      logs[i] = Math.log(kappas[i]);
      scale[i] = -0.5 * gamma * gamma * kappas[i];
    }
    return integral(logs, dualSquares, scale);
  }

  private static Cumulative integral(
      double[] nodes, AdaptiveNbkSolution.Estimate[] values, double[] scale) {
    int n = nodes.length;
    double[] value = new double[n];
    double[] variance = new double[n];
    for (int i = 0; i < n; i++) {
      // The integral is linear in the values: integrate the spline of each unit vector.
      double[] unit = new double[n];
      unit[i] = 1;
      double[] weight = cumulative(nodes, unit);
      for (int j = 0; j < n; j++) {
        value[j] += weight[j] * scale[i] * values[i].value();
        variance[j] += Math.pow(weight[j] * scale[i] * values[i].error(), 2);
      }
    }
    return new Cumulative(
        value,
        Arrays.stream(variance).map(Math::sqrt).toArray(),
        grid(nodes, values, scale, value));
  }

  private static double grid(
      double[] nodes, AdaptiveNbkSolution.Estimate[] values, double[] scale, double[] fine) {
    int n = nodes.length;
    if (n < 5) {
      return Double.NaN;
    }
    int coarse = (n + 1) / 2 + (n % 2 == 0 ? 1 : 0);
    double[] x = new double[coarse];
    double[] f = new double[coarse];
    for (int i = 0; i < coarse; i++) {
      int at = Math.min(2 * i, n - 1);
      x[i] = nodes[at];
      f[i] = scale[at] * values[at].value();
    }
    return Math.abs(cumulative(x, f)[coarse - 1] - fine[n - 1]);
  }

  /** Integral of the natural spline from the first node to each. */
  private static double[] cumulative(double[] nodes, double[] values) {
    int n = nodes.length;
    double[] sums = new double[n];
    if (n == 2) {
      sums[1] = 0.5 * (nodes[1] - nodes[0]) * (values[0] + values[1]);
      return sums;
    }
    PolynomialSplineFunction spline = new SplineInterpolator().interpolate(nodes, values);
    for (int i = 1; i < n; i++) {
      double width = nodes[i] - nodes[i - 1];
      double[] c = spline.getPolynomials()[i - 1].getCoefficients();
      double power = width;
      sums[i] = sums[i - 1];
      for (int k = 0; k < c.length; k++) {
        sums[i] += c[k] * power / (k + 1);
        power *= width;
      }
    }
    return sums;
  }
}
