package org.richkernel.compute;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class MemoryPlanTest {
  private static MemoryPlan plan(int onFirst, int onSecond, long host) {
    return new MemoryPlan()
        .add("matrix", Precision.FLOAT64, onFirst, 1)
        .onDevice(1)
        .add("matrix", Precision.FLOAT64, onSecond, 1)
        .addHost(host);
  }

  /** The first device is filled by one part, the second one by another. */
  @Test
  void partsInTurnFillEachDeviceByTheLargestOfIt() {
    MemoryPlan first = new MemoryPlan().add("alone", Precision.FLOAT64, 9, 1).addHost(70);

    MemoryPlan largest = MemoryPlan.largest(first, plan(4, 20, 50), plan(7, 10, 60));

    assertThat(largest.entries())
        .containsExactly(
            new MemoryPlan.Entry(0, "alone", Precision.FLOAT64, 9, 1),
            new MemoryPlan.Entry(1, "matrix", Precision.FLOAT64, 20, 1));
    assertThat(largest.hostBytes()).isEqualTo(70);
  }
}
