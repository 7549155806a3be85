package org.richkernel.compute;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

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
}
