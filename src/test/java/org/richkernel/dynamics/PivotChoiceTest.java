package org.richkernel.dynamics;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PivotChoiceTest {
  /** Kernel of features (1, 0), (0, 1), (1, 1), (0.1, 0). */
  private static final double[] RANK_TWO = {
    1, 0, 1, 0.1, //
    0, 1, 1, 0, //
    1, 1, 2, 0.1, //
    0.1, 0, 0.1, 0.01
  };

  @Test
  void asManyColumnsAreChosenAsTheRank() {
    assertThat(PivotChoice.choose(RANK_TWO, 4, 1e-9, 4)).containsExactly(0, 2);
  }

  @Test
  void columnsWithLittleVarianceOfTheirOwnAreLeftOut() {
    // beside (1, 1) each of the others has at most a variance of 1/2 of its own
    assertThat(PivotChoice.choose(RANK_TWO, 4, 0.6, 4)).containsExactly(2);
    assertThat(PivotChoice.choose(RANK_TWO, 4, 3, 4)).isEmpty();
  }

  @Test
  void noMoreAreChosenThanThereIsRoomFor() {
    assertThat(PivotChoice.choose(RANK_TWO, 4, 1e-9, 1)).containsExactly(2);
    assertThat(PivotChoice.choose(RANK_TWO, 4, 1e-9, 0)).isEmpty();
  }

  @Test
  void independentColumnsAreAllChosen() {
    assertThat(PivotChoice.choose(new double[] {4, 0, 0, 1}, 2, 0.5, 2)).containsExactly(0, 1);
  }
}
