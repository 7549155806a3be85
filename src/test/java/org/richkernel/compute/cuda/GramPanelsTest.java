package org.richkernel.compute.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How samples are cut into panels on devices of 4, 108 and 132 multiprocessors. */
class GramPanelsTest {

  private static int count(int multiprocessors, int samples, int points) {
    return new GramPanels(multiprocessors).count(samples, points, points);
  }

  /** Samples, points, panels; blocks are the panels times (P / 128)^2, rounded up. */
  @ParameterizedTest
  @CsvSource({
    // 4 blocks a panel: the shortest panels without a rest, of 100 samples
    "1000, 200, 10",
    // one block a panel, 125 of 132 multiprocessors busy
    "20000, 50, 125",
    // 64 blocks a panel: two full rounds, less by 3 %
    "4000, 1000, 4",
    "1000, 1000, 2",
    "1, 200, 1",
    "63, 200, 1"
  })
  void fewPanelsGiveWayToMoreWhereTheyLeaveTheDeviceIdle(int samples, int points, int panels) {
    assertThat(count(132, samples, points)).isEqualTo(panels);
  }

  /** Of all rounds at least eight ninths are full, or half of a device where memory is short. */
  @ParameterizedTest
  @CsvSource({"132, 0.8", "108, 0.8", "4, 0.8"})
  void mostOfADeviceIsBusy(int multiprocessors, double least) {
    for (int points : new int[] {200, 500, 1000}) {
      for (int samples : new int[] {8000, 20000, 100_000}) {
        long blocks = KernelLauncher.ceil(points, 128);
        blocks *= blocks * count(multiprocessors, samples, points);
        double busy =
            (double) blocks / KernelLauncher.ceil(blocks, multiprocessors) / multiprocessors;
        assertThat(busy).as(points + " points, " + samples).isGreaterThan(least);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {4, 108, 132})
  void panelsAreNeitherTooLongNorWithoutSamplesNorLargerThanTheFields(int multiprocessors) {
    for (int points : new int[] {1, 50, 200, 1000, 1024}) {
      for (int samples = 1; samples < 300_000; samples = 2 * samples + 1) {
        int count = count(multiprocessors, samples, points);
        assertThat(samples / count).isBetween(Math.min(samples, 64), 1024);
        long least = KernelLauncher.ceil(samples, 1024);
        assertThat((long) count * points * points * Float.BYTES)
            .isLessThanOrEqualTo(
                Math.max(
                    least * points * points * Float.BYTES,
                    Math.max(8L << 20, (long) samples * points * Float.BYTES)));
      }
    }
  }
}
