package org.richkernel.compute;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class ActivationTest {
  /** 20-digit values of erf (Abramowitz and Stegun, table 7.1, and 2 h / sqrt(pi) for tiny h). */
  private static final double[][] ERF = {
    {1e-300, 1.1283791670955125739e-300},
    {1e-30, 1.1283791670955125739e-30},
    {1e-4, 1.1283791633342486848e-4},
    {0.1, 0.11246291601828489220},
    {0.3, 0.32862675945912742764},
    {0.5, 0.52049987781304653768},
    {0.7, 0.67780119383741847297},
    {1.2, 0.91031397822963538024},
    {2.0, 0.99532226501895273416},
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
