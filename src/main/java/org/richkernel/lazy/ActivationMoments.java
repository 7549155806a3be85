package org.richkernel.lazy;

import org.richkernel.compute.Activation;

/**
 * Second moments of an activation of one Gaussian variable: E f(h)^2 and E f'(h)^2 for h ~ N(0, a).
 * They are the diagonals of the kernels.
 */
public final class ActivationMoments {
  private final Activation activation;
  private final GaussianGrid grid;

  /** Whether the grid would be too fine, so that tanh is a mixture. */
  private final boolean mixed;

  /**
   * Moments for variances up to a largest one.
   *
   * @param largestVariance finite, at least 0
   */
  public ActivationMoments(Activation activation, double largestVariance) {
    this.activation = activation;
    this.mixed =
        activation == Activation.TANH && largestVariance > TanhMixture.LARGEST_SERIES_VARIANCE;
    this.grid = new GaussianGrid(0, activation == Activation.TANH && !mixed ? largestVariance : 0);
  }

  /** E f(h)^2. */
  public double value(double variance) {
    return switch (activation) {
      case RELU -> variance / 2;
      case LINEAR -> variance;
      // Williams 1997, with erf(h) for erf(h / sqrt 2)
      case ERF -> 2 / Math.PI * Math.asin(2 * variance / (1 + 2 * variance));
      case TANH ->
          mixed
              ? TanhMixture.pair(variance, variance, variance).value()
              : quadratureValue(activation, grid, variance);
    };
  }

  /** E f'(h)^2. */
  public double slope(double variance) {
    return switch (activation) {
      case RELU -> 0.5;
      case LINEAR -> 1;
      case ERF -> 4 / Math.PI / Math.sqrt(1 + 4 * variance);
      case TANH ->
          mixed
              ? TanhMixture.pair(variance, variance, variance).slope()
              : quadratureSlope(activation, grid, variance);
    };
  }

  /**
   * d/da E f(h)^2 = E[f'(h)^2 + f(h) f''(h)], the response of the variance of a layer to that of
   * the layer before.
   */
  public double growth(double variance) {
    return switch (activation) {
      case RELU -> 0.5;
      case LINEAR -> 1;
      case ERF -> 4 / Math.PI / ((1 + 2 * variance) * Math.sqrt(1 + 4 * variance));
      case TANH -> mixed ? TanhMixture.growth(variance) : quadratureGrowth(variance);
    };
  }

  /** For tanh, f'^2 + f f'' = (1 - t^2)(1 - 3 t^2) with t = tanh(h). */
  private double quadratureGrowth(double variance) {
    double deviation = Math.sqrt(variance);
    double sum = 0;
    for (int m = 0; m < grid.size(); m++) {
      double value = activation.value(deviation * grid.node(m));
      double square = value * value;
      sum += grid.weight(m) * (1 - square) * (1 - 3 * square);
    }
    return 2 * sum;
  }

  /** E f^2 for odd f, whose square is even: the positive half counts twice. */
  static double quadratureValue(Activation activation, GaussianGrid grid, double variance) {
    double deviation = Math.sqrt(variance);
    double sum = 0;
    for (int m = 0; m < grid.size(); m++) {
      double value = activation.value(deviation * grid.node(m));
      sum += grid.weight(m) * value * value;
    }
    return 2 * sum;
  }

  /** E f'^2 for odd f, whose derivative is even. */
  static double quadratureSlope(Activation activation, GaussianGrid grid, double variance) {
    double deviation = Math.sqrt(variance);
    double sum = 0;
    for (int m = 0; m < grid.size(); m++) {
      double slope = activation.derivative(deviation * grid.node(m));
      sum += grid.weight(m) * slope * slope;
    }
    return 2 * sum;
  }
}
