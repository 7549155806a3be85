package org.richkernel.compute;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;

class ActivationTest {
  /** Values of erf from its series in 40-digit arithmetic, rounded to float64. */
  private static final double[][] ERF = {
    {1e-300, 1.1283791670955126e-300},
    {1e-30, 1.1283791670955125e-30},
    {1e-4, 0.00011283791633342487},
    {0.1, 0.1124629160182849},
    {0.3, 0.32862675945912745},
    {0.5, 0.5204998778130465},
    {0.7, 0.6778011938374184},
    {1.2, 0.9103139782296353},
    {2.0, 0.9953222650189527},
  };

  @Test
  void erfKeepsItsRelativeAccuracyDownToZero() {
    for (double[] row : ERF) {
      double bound = 4 * Math.ulp(row[1]);
      assertThat(Activation.ERF.value(row[0])).isCloseTo(row[1], within(bound));
      assertThat(Activation.ERF.value(-row[0])).isCloseTo(-row[1], within(bound));
    }
  }

  @ParameterizedTest
  @Activations("every")
  void derivativesAreThoseOfTheDefinition(Activation f) {
    double step = 1e-5;
    for (double h = -6.03; h < 6; h += 0.31) {
      double slope = (f.value(h + step) - f.value(h - step)) / (2 * step);
      double bend = (f.derivative(h + step) - f.derivative(h - step)) / (2 * step);
      assertThat(f.derivative(h)).isCloseTo(slope, within(1e-9));
      assertThat(f.curvature(h)).isCloseTo(bend, within(1e-9));
      assertThat(f.isOdd()).isEqualTo(odd(f));
      if (f.isHomogeneous()) {
        assertThat(f.value(3 * h)).isCloseTo(3 * f.value(h), within(1e-14));
      }
    }
    assertThat(f.isBounded()).isEqualTo(Math.abs(f.value(1e6)) < 10);
    assertThat(f.hasKink()).isEqualTo(f.derivative(1e-9) - f.derivative(-1e-9) > 0.1);
  }

  private static boolean odd(Activation f) {
    return f.value(0.7) == -f.value(-0.7);
  }

  /** The dual of one point with itself, and a difference quotient of it along the diagonal. */
  @ParameterizedTest
  @Activations({"relu", "leaky-relu:0.3", "erf", "linear", "gelu"})
  void momentsOfOneVariableAreTheDiagonalOfTheDual(Activation f) {
    for (double a : new double[] {1e-3, 0.2, 1, 3, 40}) {
      double step = 1e-5 * a;
      double growth = (diagonal(f, a + step)[0] - diagonal(f, a - step)[0]) / (2 * step);
      double[] dual = diagonal(f, a);
      assertThat(f.secondMoment(a)).isCloseTo(dual[0], within(1e-14 * Math.max(1, a)));
      assertThat(f.slopeMoment(a)).isCloseTo(dual[1], within(1e-14));
      assertThat(f.momentGrowth(a)).isCloseTo(growth, within(1e-8));
    }
  }

  private static double[] diagonal(Activation f, double a) {
    double[] value = {a};
    double[] slope = new double[1];
    f.dual(a, new double[] {a}, value, slope, 1);
    return new double[] {value[0], slope[0]};
  }

  @Test
  void namesAreReadBack() {
    for (Activation f : Activation.all()) {
      assertThat(Activation.named(f.id())).isEqualTo(f).hasSameHashCodeAs(f);
    }
    assertThat(Activation.named("LEAKY_RELU:0.2")).isEqualTo(Activation.leakyRelu(0.2));
    assertThat(Activation.named("leaky-relu").parameter()).isEqualTo(0.01);
    assertThatThrownBy(() -> Activation.named("swish")).hasMessageContaining("gelu");
    assertThatThrownBy(() -> Activation.named("leaky-relu:x")).hasMessageContaining("colon");
    assertThatThrownBy(() -> Activation.named("leaky-relu:2")).hasMessageContaining("between");
  }
}
