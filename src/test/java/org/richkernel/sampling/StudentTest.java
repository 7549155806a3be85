package org.richkernel.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;

class StudentTest {
  /** t_{0.975} of printed tables (12.7062, 3.1824, 2.1448) over 1.959964. */
  @Test
  void factorsAreThoseOfTables() {
    assertThat(Student.widening(1)).isCloseTo(12.7062 / 1.959964, within(1e-4));
    assertThat(Student.widening(3)).isCloseTo(3.1824 / 1.959964, within(1e-4));
    assertThat(Student.widening(14)).isCloseTo(2.1448 / 1.959964, within(1e-4));
    assertThat(Student.widening(1e9)).isEqualTo(1);
    assertThat(Student.widening(7.5)).isBetween(Student.widening(8), Student.widening(7));
    assertThat(Student.widening(0)).isNaN();
  }

  /** 4000 experiments of n normal values: two standard errors hold 95 % within sampling error. */
  @Test
  void twoErrorsOfFewValuesHoldNinetyFiveOfAHundred() {
    Random random = new Random(11);
    for (int n : new int[] {2, 4, 8}) {
      int held = 0;
      int experiments = 4000;
      for (int e = 0; e < experiments; e++) {
        double[] values = random.doubles(n).map(u -> random.nextGaussian()).toArray();
        double error = IndependentEstimates.standardError(values);
        held += Math.abs(IndependentEstimates.mean(values)) <= 1.959964 * error ? 1 : 0;
      }
      // binomial error 0.0034
      assertThat((double) held / experiments).isCloseTo(0.95, within(0.012));
    }
  }
}
