package org.richkernel.fit;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SnapshotTimesTest {
  @Test
  void timesBetweenTheFirstAndTheLastHaveAboutEqualRatios() {
    double[] times = new double[1001];
    for (int i = 0; i < times.length; i++) {
      times[i] = 0.5 * i;
    }

    int[] chosen = DynamicsArrays.chosen(times);

    // 0, then 0.5 times powers of the cube root or square root of 1000
    assertThat(chosen[0]).isZero();
    assertThat(chosen[1]).isEqualTo(1);
    assertThat(chosen[chosen.length - 1]).isEqualTo(1000);
    double ratio = Math.pow(1000, 1.0 / (chosen.length - 2));
    for (int i = 2; i < chosen.length; i++) {
      assertThat((double) chosen[i] / chosen[i - 1]).isBetween(0.9 * ratio, 1.1 * ratio);
    }
  }

  @Test
  void fewTimesAreAllChosenOnce() {
    assertThat(DynamicsArrays.chosen(new double[] {0, 1, 100})).containsExactly(0, 1, 2);
    assertThat(DynamicsArrays.chosen(new double[] {0})).containsExactly(0);
    assertThat(DynamicsArrays.chosen(new double[] {0, 98, 99, 100, 101}))
        .doesNotHaveDuplicates()
        .isSorted()
        .startsWith(0, 1)
        .endsWith(4);
  }
}
