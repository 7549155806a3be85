package org.richkernel.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class BatchScheduleTest {
  @Test
  void batchesTakeThePointsInTurnAndWrapAround() {
    BatchSchedule batches = new BatchSchedule(5, 2);
    assertThat(batches.batch(0)).containsExactly(0, 1);
    assertThat(batches.batch(1)).containsExactly(2, 3);
    assertThat(batches.batch(2)).containsExactly(0, 4);
    assertThat(batches.batch(3)).containsExactly(1, 2);
    assertThat(batches.batch(4)).containsExactly(3, 4);
    assertThat(batches.batch(5)).containsExactly(0, 1);
  }

  @Test
  void everyPointDrivesEquallyOftenInOneRound() {
    BatchSchedule batches = new BatchSchedule(7, 3);
    for (int i = 0; i < 7; i++) {
      int times = 0;
      for (int t = 0; t < 7; t++) {
        times += batches.drives(t, i) ? 1 : 0;
      }
      assertThat(times).isEqualTo(3);
    }
  }

  @Test
  void aFullBatchHoldsEveryPointAtEveryStep() {
    BatchSchedule full = new BatchSchedule(3, 3);
    assertThat(full.isFull()).isTrue();
    assertThat(full.batch(1_000_000_007)).containsExactly(0, 1, 2);
  }

  @Test
  void aBatchOutsideTheTrainingSetIsRefused() {
    assertThatThrownBy(() -> new BatchSchedule(4, 5))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessage("batch-size is 5; use 1 to the number of training points, 4");
  }
}
