package org.richkernel.lazy;

import java.util.function.DoubleUnaryOperator;
import org.richkernel.compute.Activation;

/**
 * Second moments of an activation of one Gaussian variable: E f(h)^2 and E f'(h)^2 for h ~ N(0, a).
 * They are the diagonals of the kernels.
 */
public final class ActivationMoments {
  private final Activation activation;
  private final GaussianGrid grid;

  /** Whether the grid would be too fine, so that the activation is a mixture. */
  private final boolean mixed;

  /**
   * Moments for variances up to a largest one.
   *
   * @param largestVariance finite, at least 0
   */
  public ActivationMoments(Activation activation, double largestVariance) {
    this.activation = activation;
    boolean closed = activation.hasClosedDual();
    this.mixed = !closed && largestVariance > LogisticMixture.largestSeriesVariance(activation);
    this.grid = new GaussianGrid(0, closed || mixed ? 0 : largestVariance);
  }

  /** E f(h)^2. */
  public double value(double variance) {
    if (activation.hasClosedDual()) {
      return activation.secondMoment(variance);
    }
    return mixed
        ? LogisticMixture.secondMoment(activation, variance)
        : quadratureValue(activation, grid, variance);
  }

  /** E f'(h)^2. */
  public double slope(double variance) {
    if (activation.hasClosedDual()) {
      return activation.slopeMoment(variance);
    }
    return mixed
        ? LogisticMixture.slopeMoment(activation, variance)
        : quadratureSlope(activation, grid, variance);
  }

  /**
   * d/da E f(h)^2 = E[f'(h)^2 + f(h) f''(h)], the response of the variance of a layer to that of
   * the layer before.
   */
  public double growth(double variance) {
    if (activation.hasClosedDual()) {
      return activation.momentGrowth(variance);
    }
    return mixed
        ? LogisticMixture.momentGrowth(activation, variance)
        : average(
            activation,
            grid,
            variance,
            h -> square(activation.derivative(h)) + activation.value(h) * activation.curvature(h));
  }

  static double quadratureValue(Activation activation, GaussianGrid grid, double variance) {
    return average(activation, grid, variance, h -> square(activation.value(h)));
  }

  static double quadratureSlope(Activation activation, GaussianGrid grid, double variance) {
    return average(activation, grid, variance, h -> square(activation.derivative(h)));
  }

  private static double square(double x) {
    return x * x;
  }

  /**
   * E f(h), h ~ N(0, a): the nodes of a grid are those above 0.
   *
   * @param f even where the activation is odd
   */
  private static double average(
      Activation activation, GaussianGrid grid, double variance, DoubleUnaryOperator f) {
    double deviation = Math.sqrt(variance);
    double sum = 0;
    for (int m = 0; m < grid.size(); m++) {
      double h = deviation * grid.node(m);
      double atNode = f.applyAsDouble(h);
      double atMirror = activation.isOdd() ? atNode : f.applyAsDouble(-h);
      sum += grid.weight(m) * (atNode + atMirror);
    }
    return sum;
  }
}
