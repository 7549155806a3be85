package org.richkernel.lazy;

import java.util.function.DoubleUnaryOperator;
import org.apache.commons.math3.analysis.integration.IterativeLegendreGaussIntegrator;

/** Expectations over a Gaussian pair by brute force, sharing nothing with the code under test. */
final class GaussianPair {
  private GaussianPair() {}

  /**
   * E[f(u) f(v)] for smooth f, by the two-dimensional trapezoidal rule on independent normals.
   *
   * @param a Var u
   * @param b Var v
   * @param rho their correlation
   */
  static double smooth(DoubleUnaryOperator f, double a, double b, double rho) {
    // tanh(sqrt(a) z) has its poles at distance pi / (2 sqrt a): error exp(-pi^2 / (step sqrt a))
    double step = 0.25 / (1 + Math.sqrt(Math.max(a, b)));
    int half = (int) Math.ceil(9.5 / step);
    double mix = Math.sqrt((1 - rho) * (1 + rho));
    double sum = 0;
    for (int i = -half; i <= half; i++) {
      double x = i * step;
      double inner = 0;
      for (int j = -half; j <= half; j++) {
        double y = j * step;
        inner += Math.exp(-y * y / 2) * f.applyAsDouble(Math.sqrt(b) * (rho * x + mix * y));
      }
      sum += Math.exp(-x * x / 2) * f.applyAsDouble(Math.sqrt(a) * x) * inner;
    }
    return sum * step * step / (2 * Math.PI);
  }

  /**
   * E[max(u, 0)^p max(v, 0)^p] for p = 0 or 1, in polar coordinates: the radial integral is done by
   * hand, the angle numerically.
   */
  static double rectified(int power, double a, double b, double rho) {
    double mix = Math.sqrt((1 - rho) * (1 + rho));
    // u = sqrt(a) r cos t > 0, v = sqrt(b) r cos(t - t0) > 0 with cos t0 = rho
    double low = Math.atan2(mix, rho) - Math.PI / 2;
    double high = Math.PI / 2;
    // int_0^inf r^{2p} r exp(-r^2/2) dr = 1 for p = 0 and 2 for p = 1
    double radial = power == 0 ? 1 : 2;
    if (high - low < 1e-15) {
      return 0;
    }
    double angle =
        new IterativeLegendreGaussIntegrator(20, 1e-13, 1e-15)
            .integrate(
                100_000,
                t ->
                    Math.pow(Math.cos(t), power)
                        * Math.pow(Math.max(0, rho * Math.cos(t) + mix * Math.sin(t)), power),
                low,
                high);
    return Math.pow(a * b, power / 2.0) * radial * angle / (2 * Math.PI);
  }
}
