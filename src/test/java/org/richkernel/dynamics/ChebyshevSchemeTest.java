package org.richkernel.dynamics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChebyshevSchemeTest {
  /** What a step of size 1 makes of y(0) = 1 under y' = z y + z t. */
  private static double step(int stages, double z, double slope) {
    ChebyshevScheme c = ChebyshevScheme.of(stages);
    double f0 = z;
    double[] y = new double[stages + 1];
    double[] t = new double[stages + 1];
    y[0] = 1;
    y[1] = 1 + c.first() * f0;
    t[1] = c.first();
    for (int j = 2; j <= stages; j++) {
      double rate = z * y[j - 1] + slope * t[j - 1];
      y[j] =
          c.start()[j]
              + c.last()[j] * y[j - 1]
              + c.before()[j] * y[j - 2]
              + c.rate()[j] * rate
              + c.startRate()[j] * f0;
      // the time is a component whose rate is 1
      t[j] = c.last()[j] * t[j - 1] + c.before()[j] * t[j - 2] + c.rate()[j] + c.startRate()[j];
    }
    assertThat(t[stages]).isCloseTo(1, within(1e-10));
    return y[stages];
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 7, 20, 100})
  void errorOfAStepIsOfThirdOrder(int stages) {
    double coarse = Math.abs(step(stages, -0.2, 0) - Math.exp(-0.2));
    double fine = Math.abs(step(stages, -0.1, 0) - Math.exp(-0.1));
    assertThat(coarse / fine).isBetween(7.0, 9.0);
    // a drive that grows with time, exactly integrated to second order
    assertThat(step(stages, 0, 0.3)).isCloseTo(1.15, within(1e-10));
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 7, 20, 100})
  void decaysAsFastAsItsReachAreStable(int stages) {
    double reach = ChebyshevScheme.reach(stages);
    assertThat(reach).isGreaterThan(0.55 * (stages * stages - 1));
    for (int i = 1; i <= 1000; i++) {
      assertThat(Math.abs(step(stages, -reach * i / 1000, 0))).isLessThan(1);
    }
    assertThat(Math.abs(step(stages, -2 * reach, 0))).isGreaterThan(1);
  }

  @Test
  void stagesAreTheFewestThatReach() {
    assertThat(ChebyshevScheme.stagesFor(0)).isEqualTo(2);
    for (double product : new double[] {3, 30, 300}) {
      int stages = ChebyshevScheme.stagesFor(product);
      assertThat(ChebyshevScheme.reach(stages)).isGreaterThanOrEqualTo(product);
      assertThat(ChebyshevScheme.reach(stages - 1)).isLessThan(product);
    }
    assertThat(ChebyshevScheme.stagesFor(1e9)).isEqualTo(ChebyshevScheme.MOST_STAGES);
  }
}
