package org.richkernel.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.richkernel.cli.Main;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.result.ResultFolder;

/** Points over several ranks of Spark: the bits of one process, whatever is killed on the way. */
@Tag("cluster")
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class ClusterFitTest {
  /** Four blocks of points, so that three ranks own one, one and two. */
  private static final int POINTS = 16384;

  private static final int COLUMNS = 8;
  private static final int NOT_CONVERGED = 3;

  @TempDir private static Path data;
  @TempDir private static Path folder;
  private static double[] alone;

  @BeforeAll
  static void fitAlone() throws IOException {
    write("train", POINTS);
    write("test", 20);
    assertThat(Main.run(command("alone"))).isEqualTo(NOT_CONVERGED);
    alone = predictions("alone");
  }

  private static void write(String name, int points) throws IOException {
    Random random = new Random(name.hashCode());
    try (PrintWriter x = writer(name + "-x");
        PrintWriter y = writer(name + "-y")) {
      for (int p = 0; p < points; p++) {
        double product = 1;
        for (int i = 0; i < COLUMNS; i++) {
          double value = random.nextGaussian();
          product *= i < 2 ? value : 1;
          x.printf(Locale.ROOT, i == 0 ? "%.6f" : ",%.6f", value);
        }
        x.println();
        y.println(Math.signum(product));
      }
    }
  }

  private static PrintWriter writer(String name) throws IOException {
    return new PrintWriter(Files.newBufferedWriter(file(name)));
  }

  private static Path file(String name) {
    return data.resolve(name + ".csv");
  }

  /** Too few sweeps to converge, which the same bits do not ask for. */
  private static String[] command(String out) {
    return new String[] {
      "bayes",
      "--train-x=" + file("train-x"),
      "--train-y=" + file("train-y"),
      "--test-x=" + file("test-x"),
      "--test-y=" + file("test-y"),
      "--form=dual",
      "--save-kernels-up-to=100",
      "--samples=64",
      "--gamma=1",
      "--activation=tanh",
      "--beta=0.01",
      "--max-sweeps=20",
      "--threads=1",
      "--checkpoint-seconds=1",
      "--quiet",
      "--out=" + folder.resolve(out)
    };
  }

  private static String[] ranks(int ranks, String out) {
    List<String> line = new ArrayList<>(List.of("--ranks=" + ranks, "--rank-timeout=60"));
    line.addAll(List.of(command(out)));
    return line.toArray(String[]::new);
  }

  private static double[] predictions(String out) {
    return ResultFolder.read(folder.resolve(out)).array("f_test").orElseThrow().values();
  }

  @Test
  void oneTwoAndThreeRanksHaveTheSameBits() {
    for (int ranks = 1; ranks <= 3; ranks++) {
      String out = "ranks" + ranks;
      try (JavaSparkContext spark = new JavaSparkContext(LocalCluster.threads(3))) {
        assertThat(ClusterFit.run(spark, ranks(ranks, out))).isEqualTo(NOT_CONVERGED);
      }
      assertThat(predictions(out)).as("%d ranks", ranks).containsExactly(alone);
    }
  }

  @Test
  void aFitThatIsFinishedIsNotMadeAgain() throws IOException {
    try (JavaSparkContext spark = new JavaSparkContext(LocalCluster.threads(2))) {
      assertThat(ClusterFit.run(spark, ranks(2, "once"))).isEqualTo(NOT_CONVERGED);
      Path summary = folder.resolve("once").resolve(ResultFolder.SUMMARY);
      FileTime first = Files.getLastModifiedTime(summary);
      assertThat(ClusterFit.run(spark, ranks(2, "once"))).isEqualTo(NOT_CONVERGED);
      assertThat(Files.getLastModifiedTime(summary)).isEqualTo(first);
    }
  }

  /** First one that is not rank 0, then rank 0, each after a checkpoint. */
  @Test
  void executorsThatAreKilledLoseNothing() throws InterruptedException {
    String out = "killed";
    List<ProcessHandle> killed = new CopyOnWriteArrayList<>();
    Thread killer = new Thread(() -> killTwo(out, killed));
    try (JavaSparkContext spark = new JavaSparkContext(LocalCluster.executors(3))) {
      killer.start();
      assertThat(ClusterFit.run(spark, ranks(3, out))).isEqualTo(NOT_CONVERGED);
    } finally {
      killer.interrupt();
      killer.join();
    }
    assertThat(killed).hasSize(2).doesNotHaveDuplicates();
    assertThat(predictions(out)).containsExactly(alone);
  }

  private static void killTwo(String out, List<ProcessHandle> killed) {
    try {
      LocalCluster.await(() -> hasCheckpoint(out));
      killed.add(kill(out, false));
      long before = checkpoints(out);
      LocalCluster.await(() -> checkpoints(out) > before);
      killed.add(kill(out, true));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The whole job, from one moment to the next. */
  @Test
  void aDriverThatIsKilledLosesNothing() throws IOException, InterruptedException {
    String out = "driver";
    List<String> line =
        new ArrayList<>(List.of(ProcessHandle.current().info().command().orElseThrow()));
    line.addAll(java.lang.management.ManagementFactory.getRuntimeMXBean().getInputArguments());
    line.addAll(List.of("-cp", LocalCluster.absoluteClassPath(), FitDriver.class.getName()));
    line.addAll(List.of(ranks(2, out)));
    Process driver =
        new ProcessBuilder(line)
            .redirectErrorStream(true)
            .redirectOutput(data.resolve("log").toFile())
            .start();
    try {
      LocalCluster.await(() -> hasCheckpoint(out) || !driver.isAlive());
      assertThat(driver.isAlive()).as("log: %s", data.resolve("log")).isTrue();
    } finally {
      List<ProcessHandle> executors = LocalCluster.executorsOf(driver.toHandle());
      driver.destroyForcibly().waitFor();
      // they end by themselves when the driver is gone
      LocalCluster.await(() -> executors.stream().noneMatch(ProcessHandle::isAlive));
    }
    assertThat(folder.resolve(out).resolve(ResultFolder.SUMMARY)).doesNotExist();
    try (JavaSparkContext spark = new JavaSparkContext(LocalCluster.threads(3))) {
      assertThat(ClusterFit.run(spark, ranks(3, out))).isEqualTo(NOT_CONVERGED);
    }
    assertThat(predictions(out)).containsExactly(alone);
  }

  /** A driver that a test may kill. */
  static final class FitDriver {
    private FitDriver() {}

    public static void main(String[] arguments) {
      try (JavaSparkContext spark = new JavaSparkContext(LocalCluster.executors(2))) {
        ClusterFit.run(spark, arguments);
      }
    }
  }

  @Test
  void badInputEndsWithItsCodeAndIsNotTriedAgain() {
    try (JavaSparkContext spark = new JavaSparkContext(LocalCluster.threads(2))) {
      String[] line = ranks(2, "bad");
      line[line.length - 2] = "--train-size=50";
      assertThat(ClusterFit.run(spark, line)).isEqualTo(2);
      assertThatThrownBy(() -> ClusterFit.run(spark, command("none")))
          .isInstanceOf(InvalidProblemException.class)
          .hasMessageContaining("--ranks=8");
    }
  }

  private static boolean hasCheckpoint(String out) {
    return checkpoints(out) > 0;
  }

  /** Time of the newest checkpoint that is complete; 0 where there is none. */
  private static long checkpoints(String out) {
    Path checkpoint = folder.resolve(out).resolve("checkpoint");
    if (!Files.isDirectory(checkpoint)) {
      return 0;
    }
    try (Stream<Path> files = Files.list(checkpoint)) {
      return files
          .filter(file -> file.getFileName().toString().startsWith("snapshot-"))
          .mapToLong(file -> file.toFile().lastModified())
          .max()
          .orElse(0);
    } catch (IOException e) {
      return 0;
    }
  }

  /** Kills the executor of rank 0, which holds the lock of the folder, or another one. */
  private static ProcessHandle kill(String out, boolean first) throws InterruptedException {
    List<ProcessHandle> found = new ArrayList<>();
    LocalCluster.await(
        () -> {
          Optional<ProcessHandle> owner = LocalCluster.owner(folder.resolve(out));
          LocalCluster.executorsOf(ProcessHandle.current()).stream()
              .filter(process -> owner.isPresent() && owner.get().equals(process) == first)
              .findFirst()
              .filter(ProcessHandle::destroyForcibly)
              .ifPresent(found::add);
          return !found.isEmpty();
        });
    return found.get(0);
  }
}
