package org.richkernel.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.richkernel.group.RankGroup;
import org.richkernel.group.RankThreads;
import org.richkernel.result.ResultFolder;

/** One fit by several ranks, threads of this process, has the bits of one. */
@Timeout(400)
class RanksTest {
  private static final Duration PATIENCE = Duration.ofSeconds(120);

  /** Two blocks of points, and a third that is short. */
  private static final int POINTS = 8256;

  private static final int COLUMNS = 7;

  @TempDir private static Path folder;

  @BeforeAll
  static void write() throws IOException {
    Random random = new Random(1);
    try (PrintWriter x = new PrintWriter(Files.newBufferedWriter(file("x")));
        PrintWriter y = new PrintWriter(Files.newBufferedWriter(file("y")))) {
      for (int p = 0; p < POINTS; p++) {
        double[] row = random.doubles(COLUMNS, -1, 1).toArray();
        for (int i = 0; i < COLUMNS; i++) {
          x.printf(Locale.ROOT, i == 0 ? "%.4f" : ",%.4f", row[i]);
        }
        x.println();
        y.println(Math.signum(row[0] * row[1]));
      }
    }
    assertThat(Main.run(command("alone"))).isEqualTo(ExitCode.NOT_CONVERGED);
  }

  private static Path file(String name) {
    return folder.resolve(name + ".csv");
  }

  /** Too few sweeps to converge. */
  private static String[] command(String out, String... more) {
    List<String> line =
        new ArrayList<>(
            List.of(
                "bayes",
                "--train-x=" + file("x"),
                "--train-y=" + file("y"),
                "--test-x=" + file("x"),
                "--test-y=" + file("y"),
                "--test-size=10",
                "--activation=tanh",
                "--form=dual",
                "--save-kernels-up-to=10",
                "--samples=64",
                "--beta=0.01",
                "--max-sweeps=3",
                "--threads=1",
                "--backend=cpu",
                "--quiet",
                "--out=" + folder.resolve(out)));
    line.addAll(List.of(more));
    return line.toArray(String[]::new);
  }

  private static List<Integer> run(int ranks, String... line) {
    return RankThreads.run(ranks, PATIENCE, group -> Main.run(group, line));
  }

  private static int ranks(String out) {
    return ResultFolder.readSummary(folder.resolve(out)).backend().orElseThrow().ranks();
  }

  private static void assertSameBits(String out) throws IOException {
    for (String array : List.of("f_train", "f_test", "y_test")) {
      assertThat(ResultFolder.read(folder.resolve(out)).array(array).orElseThrow().values())
          .as(out + ": " + array)
          .containsExactly(
              ResultFolder.read(folder.resolve("alone")).array(array).orElseThrow().values());
    }
    assertThat(Files.readAllBytes(folder.resolve(out).resolve("model.npz")))
        .as(out + ": model")
        .isEqualTo(Files.readAllBytes(folder.resolve("alone").resolve("model.npz")));
  }

  /** Rank 2 of three is lost in the middle, and two go on from the state that rank 0 has kept. */
  @Test
  void threeRanksAndAfterALossTwoHaveTheBitsOfOne() throws IOException {
    String[] line = command("lost", "--checkpoint-seconds=0");
    assertThat(
            RankThreads.run(
                    3,
                    PATIENCE,
                    group -> Main.run(group.rank() == 2 ? leaving(group) : group, line))
                .subList(0, 2))
        .containsOnly(ExitCode.STOPPED);
    assertThat(folder.resolve("lost").resolve("checkpoint")).isNotEmptyDirectory();
    assertThat(run(2, command("lost", "--resume"))).containsOnly(ExitCode.NOT_CONVERGED);
    assertSameBits("lost");
    assertThat(ranks("lost")).isEqualTo(2);
    assertThat(ranks("alone")).isEqualTo(1);
  }

  /** A rank that ends at its 1000th sum. */
  private static RankGroup leaving(RankGroup group) {
    int[] sums = {0};
    return (RankGroup)
        Proxy.newProxyInstance(
            RanksTest.class.getClassLoader(),
            new Class<?>[] {RankGroup.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("sum") && ++sums[0] == 1000) {
                group.close();
              }
              try {
                return method.invoke(group, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  @Test
  void fitsOfOneProcessAreRefused() {
    assertThat(run(2, command("primal", "--train-size=30"))).containsOnly(ExitCode.USAGE);
    assertThat(run(2, "lazy", "--train-x=" + file("x"), "--train-y=" + file("y")))
        .containsOnly(ExitCode.USAGE);
    assertThat(run(5, command("many"))).containsOnly(ExitCode.USAGE);
  }
}
