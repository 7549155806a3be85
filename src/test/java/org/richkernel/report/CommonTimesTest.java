package org.richkernel.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class CommonTimesTest {
  @Test
  void theCoarserStepsWithinBothRangesAreKept() {
    CommonTimes common =
        CommonTimes.of(new double[] {0, 0.1, 0.2, 0.3, 0.4}, new double[] {0, 0.2, 0.4, 0.6})
            .orElseThrow();

    assertThat(common.times()).containsExactly(0, 0.2, 0.4);
    assertThat(common.exact()).isTrue();
    assertThat(common.ofOwn(new double[] {0, 1, 2, 3, 4})).containsExactly(0, 2, 4);
    assertThat(common.ofOther(new double[] {5, 6, 7, 8})).containsExactly(5, 6, 7);
  }

  @Test
  void timesBetweenStepsAreInterpolatedColumnByColumn() {
    CommonTimes common =
        CommonTimes.of(new double[] {0, 1, 2, 3, 4, 5}, new double[] {0.5, 2.25, 4}).orElseThrow();

    assertThat(common.exact()).isFalse();
    // t and 10 t
    assertThat(common.ofOwn(new double[] {0, 0, 1, 10, 2, 20, 3, 30, 4, 40, 5, 50}))
        .containsExactly(new double[] {0.5, 5, 2.25, 22.5, 4, 40}, within(1e-12));
  }

  @Test
  void aNotKnownErrorBesideAKnownOneStaysWhereItIs() {
    CommonTimes common =
        CommonTimes.of(new double[] {0, 1, 2}, new double[] {0, 1, 2}).orElseThrow();

    assertThat(common.ofOwn(new double[] {1, Double.NaN, 3})).containsExactly(1, Double.NaN, 3);
  }

  @Test
  void rangesThatHardlyMeetHaveNothingInCommon() {
    assertThat(CommonTimes.of(new double[] {0, 1}, new double[] {1, 2})).isEmpty();
    assertThat(CommonTimes.of(new double[] {0}, new double[] {0, 1})).isEmpty();
  }
}
