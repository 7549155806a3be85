package org.richkernel.sampling;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LooksTest {
  @Test
  void shortChainsAreLookedAtEveryRound() {
    List<Long> looks = new ArrayList<>();
    for (long sweep = Looks.after(0); sweep <= 300; sweep = Looks.after(sweep)) {
      looks.add(sweep);
    }
    assertThat(looks)
        .containsExactly(20L, 40L, 60L, 80L, 100L, 120L, 140L, 160L, 180L, 200L, 240L, 280L);
  }

  /** Sweeps that all looks go over, for any length of the chains. */
  @Test
  void theCostOfAllLooksIsLinearInTheLength() {
    long cost = 0;
    for (long sweep = Looks.after(0); sweep < 10_000_000; sweep = Looks.after(sweep)) {
      cost += sweep;
      assertThat(cost).isLessThan(12 * sweep);
      assertThat(Looks.after(sweep)).isLessThanOrEqualTo(sweep + 20 + sweep / 10);
    }
  }
}
