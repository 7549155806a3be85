package org.richkernel.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.richkernel.cli.Main;
import org.richkernel.result.ResultFolder;

/** Runs on Spark have the bits of those without it. */
@Tag("cluster")
class ClusterSweepTest {
  /** Absolute names, as an executor works in a folder of its own. */
  private static final String[] FIT = {
    "bayes",
    "--train-x=" + data("train-images-idx3"),
    "--train-y=" + data("train-labels-idx1"),
    "--test-x=" + data("test-images-idx3"),
    "--test-y=" + data("test-labels-idx1"),
    "--classes=0,1",
    "--train-size=20",
    "--test-size=20",
    "--samples=200",
    "--threads=1"
  };

  @TempDir private Path folder;

  private static Path data(String name) {
    return Path.of("test-data/mnist01-" + name + "-ubyte.gz").toAbsolutePath();
  }

  private String[] sweep(String name) {
    String[] line = new String[FIT.length + 3];
    line[0] = "--out=" + folder.resolve(name);
    line[1] = "--over=gamma=0.5,1";
    line[2] = "--over=seed=0,1";
    System.arraycopy(FIT, 0, line, 3, FIT.length);
    return line;
  }

  private void assertSameRuns(String name) {
    for (String run : List.of("gamma=0.5,seed=0", "gamma=0.5,seed=1", "gamma=1,seed=1")) {
      Path path = Path.of("runs").resolve(run);
      assertThat(
              ResultFolder.read(folder.resolve(name).resolve(path))
                  .array("f_test")
                  .orElseThrow()
                  .values())
          .containsExactly(
              ResultFolder.read(folder.resolve("alone").resolve(path))
                  .array("f_test")
                  .orElseThrow()
                  .values());
    }
    assertThat(folder.resolve(name).resolve("report.html")).exists();
    assertThat(ResultFolder.readSummary(folder.resolve(name)).converged()).isTrue();
  }

  private void sweepAlone() {
    String[] line = new String[FIT.length + 4];
    line[0] = "sweep";
    System.arraycopy(sweep("alone"), 0, line, 1, FIT.length + 3);
    assertThat(Main.run(line)).isZero();
  }

  @Test
  void tasksOfOneProcess() {
    sweepAlone();
    try (JavaSparkContext spark = new JavaSparkContext(LocalCluster.threads(2))) {
      assertThat(ClusterSweep.run(spark, sweep("local"))).isZero();
    }
    assertSameRuns("local");
  }

  /** Two executors in processes of their own, one of which is killed while it computes. */
  @Test
  void anExecutorThatIsKilledLosesNothing() throws InterruptedException {
    sweepAlone();
    Path run = folder.resolve("cluster/runs/gamma=0.5,seed=0");
    AtomicBoolean killed = new AtomicBoolean();
    Thread killer = new Thread(() -> killOwner(run, killed));
    try (JavaSparkContext spark = new JavaSparkContext(LocalCluster.executors(2))) {
      killer.start();
      assertThat(ClusterSweep.run(spark, sweep("cluster"))).isZero();
    } finally {
      killer.interrupt();
      killer.join();
    }
    assertThat(killed).isTrue();
    assertSameRuns("cluster");
  }

  /** Kills the executor that computes a run, as soon as one does. */
  private static void killOwner(Path run, AtomicBoolean killed) {
    try {
      LocalCluster.await(
          () -> {
            killed.set(LocalCluster.owner(run).map(ProcessHandle::destroyForcibly).orElse(false));
            return killed.get();
          });
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
