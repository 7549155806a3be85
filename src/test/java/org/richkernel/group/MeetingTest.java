package org.richkernel.group;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Ranks that meet in a folder. */
@Timeout(60)
class MeetingTest {
  @TempDir private Path folder;

  private static Map<String, String> slurm(int rank) {
    return Map.of(
        "SLURM_JOB_ID",
        "71",
        "SLURM_STEP_ID",
        "0",
        "SLURM_PROCID",
        "" + rank,
        "SLURM_NTASKS",
        "3",
        "SLURMD_NODENAME",
        "localhost");
  }

  @Test
  void ranksOfAStepOfSlurmMeet() throws IOException {
    // another start of the same job left this behind
    Files.writeString(folder.resolve("rank-71.1.0-1"), "localhost:1");
    List<CompletableFuture<double[]>> running =
        IntStream.range(0, 3)
            .mapToObj(
                rank -> {
                  CompletableFuture<double[]> done = new CompletableFuture<>();
                  Thread thread = new Thread(() -> meet(rank, done));
                  thread.setDaemon(true);
                  thread.start();
                  return done;
                })
            .toList();
    for (CompletableFuture<double[]> one : running) {
      assertThat(one.join()).containsExactly(10, 11, 12);
    }
    try (Stream<Path> left = Files.list(folder)) {
      assertThat(left).hasSize(1);
    }
  }

  private void meet(int rank, CompletableFuture<double[]> done) {
    try (RankGroup group = Meeting.ofSlurm(slurm(rank)).join(folder, Duration.ofSeconds(30))) {
      double[] values = new double[3];
      values[rank] = 10 + rank;
      group.gather(values, new int[] {0, 1, 2, 3});
      done.complete(values);
    } catch (RuntimeException | Error e) {
      done.completeExceptionally(e);
    }
  }

  @Test
  void aRankThatDoesNotComeIsNamed() {
    assertThatThrownBy(() -> Meeting.ofSlurm(slurm(0)).join(folder, Duration.ofMillis(300)))
        .isInstanceOf(RankLostException.class)
        .hasMessage("rank 1 left no address in " + folder);
  }

  @Test
  void outsideOfSlurmThereIsNone() {
    assertThatThrownBy(() -> Meeting.ofSlurm(Map.of("SLURM_JOB_ID", "5")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("SLURM_STEP_ID is ''; start the ranks by srun within a job of Slurm");
  }
}
