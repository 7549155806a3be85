package org.richkernel.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.richkernel.result.ResultFolder;

/** The parts of the wall-clock time of a run add up to its total. */
class SecondsTest {
  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({
    "lazy, gram+solve+predict+metrics",
    "bayes --activation=linear --hidden-layers=2, gram+solve+kernels+predict+lazy",
    "bayes --activation=linear --one-hot, gram+solve+kernels+predict+lazy",
    "bayes --samples=64 --max-sweeps=20, inputs+sampling+gram+solve+lazy",
    "bayes --order=map --samples=100 --width=20, solve+lazy",
    "bayes --activation=linear --order=tree --width=20, solve+lazy",
    "finite --method=gd --width=8 --steps=5, training",
    "finite --method=langevin --width=8 --max-sweeps=20, sampling+lazy",
    "dynamics --samples=64 --steps=5, solve"
  })
  void partsAddUpToTheTotal(String command, String named) throws IOException {
    Path x = Files.writeString(folder.resolve("x.csv"), "1,0\n0,1\n1,1\n-1,1\n");
    Path y = Files.writeString(folder.resolve("y.csv"), "1\n0\n1\n0\n");
    Path out = folder.resolve("out");
    String[] more = {
      "--train-x=" + x,
      "--train-y=" + y,
      "--test-x=" + x,
      "--test-y=" + y,
      "--out=" + out,
      "--quiet"
    };
    Program run =
        Program.run(
            Stream.concat(Arrays.stream(command.split(" ", 0)), Arrays.stream(more))
                .toArray(String[]::new));

    assertThat(run.code()).as(run.err()).isIn(ExitCode.DONE, ExitCode.NOT_CONVERGED);
    Map<String, Double> seconds = ResultFolder.readSummary(out).seconds();
    assertThat(seconds).containsKeys(named.split("\\+", 0)).containsKeys("io", "other");
    double parts = seconds.values().stream().mapToDouble(s -> s).sum() - seconds.get("total");
    assertThat(parts).isCloseTo(seconds.get("total"), within(0.02 * seconds.get("total")));
    assertThat(seconds.values()).allSatisfy(s -> assertThat(s).isNotNegative());
  }
}
