package org.richkernel.calibration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;

/** The tests that simulation-based calibration judges by. */
class RanksTest {
  private static double[] normals(Random random, double scale) {
    return random.doubles(19).map(u -> scale * random.nextGaussian()).toArray();
  }

  private static Ranks ranks(Random random, int sets, double shift, double scale) {
    Ranks ranks = new Ranks(19);
    for (int s = 0; s < sets; s++) {
      ranks.add(shift + random.nextGaussian(), normals(random, scale));
    }
    return ranks;
  }

  /** 200 right posteriors: 5 % leave the band, up to 0.015 a standard deviation. */
  @Test
  void theBandHoldsWhatItPromises() {
    Random random = new Random(1);
    int left = 0;
    int unlikely = 0;
    for (int r = 0; r < 200; r++) {
      Ranks ranks = ranks(random, 30, 0, 1);
      left += ranks.band() < 0.05 ? 1 : 0;
      unlikely += ranks.chiSquare(10) < 0.05 ? 1 : 0;
    }
    assertThat(left / 200.0).isBetween(0.0, 0.1);
    assertThat(unlikely / 200.0).isBetween(0.0, 0.1);
  }

  @Test
  void wrongPlacesAndWrongWidthsLeaveIt() {
    assertThat(ranks(new Random(2), 200, 0.5, 1).band()).isLessThan(0.001);
    assertThat(ranks(new Random(3), 200, 0, 1.6).band()).isLessThan(0.001);
    assertThat(ranks(new Random(4), 200, 0, 0.6).band()).isLessThan(0.001);
    assertThat(ranks(new Random(2), 400, 0.5, 1).mean()).isCloseTo(0.64, within(0.05));
  }
}
