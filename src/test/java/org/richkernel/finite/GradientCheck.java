package org.richkernel.finite;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.ToDoubleFunction;

/** A gradient against central differences of a potential in float64. */
final class GradientCheck {
  private static final double STEP = 1e-5;

  private GradientCheck() {}

  /**
   * Requires every component to agree up to a share of the largest one.
   *
   * @param least what the largest component must exceed
   */
  static void require(
      ToDoubleFunction<double[]> potential,
      double[] weights,
      double[] gradient,
      double least,
      double share) {
    double largest = 0;
    double worst = 0;
    for (int i = 0; i < weights.length; i++) {
      double kept = weights[i];
      weights[i] = kept + STEP;
      double above = potential.applyAsDouble(weights);
      weights[i] = kept - STEP;
      double difference = (above - potential.applyAsDouble(weights)) / (2 * STEP);
      weights[i] = kept;
      largest = Math.max(largest, Math.abs(difference));
      worst = Math.max(worst, Math.abs(gradient[i] - difference));
    }
    assertThat(largest).isGreaterThan(least);
    assertThat(worst / largest).isLessThan(share);
  }
}
