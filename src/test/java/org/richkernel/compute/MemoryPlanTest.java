package org.richkernel.compute;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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

  /**
   * An old generation of two thirds, as of the serial collector; the advice fits one of its own.
   */
  @Test
  void liveObjectsHaveToFitTheirPartOfTheHeap() {
    MemoryPlan plan = new MemoryPlan().addHost(900L << 20);
    plan.requireFits(new JavaHeap(1200L << 20, 1200L << 20), "");
    assertThatThrownBy(() -> plan.requireFits(new JavaHeap(1200L << 20, 800L << 20), "less points"))
        .isInstanceOf(OutOfDeviceMemoryException.class)
        .hasMessageContaining("less points, or raise -Xmx, such as java -Xmx1856m");
    plan.requireFits(new JavaHeap(1856L << 20, (1856L << 20) * 2 / 3), "");
    assertThat(plan.heapBytes(new JavaHeap(1200L << 20, 1200L << 20)) >> 20).isEqualTo(1248);
  }

  @Test
  void theHeapOfThisProcessHasRoom() {
    JavaHeap heap = JavaHeap.present();
    assertThat(heap.lasting()).isBetween(heap.whole() / 2, heap.whole());
    assertThat(heap.wholeFor(heap.lasting())).isEqualTo(heap.whole());
  }
}
