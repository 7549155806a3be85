package org.richkernel.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.richkernel.data.ArrayReader;

/** {@code bayes --cross-check}: result, report, plan, refusals. */
class CrossCheckCommandTest {
  @TempDir Path folder;

  private Program bayes(String... more) {
    String[] all = java.util.Arrays.copyOf(more, more.length + 4);
    all[more.length] = "--cross-check";
    all[more.length + 1] = "--out=" + folder.resolve("out");
    all[more.length + 2] = "--beta=10";
    all[more.length + 3] = "--threads=1";
    return Program.onDigits("bayes", 12, 10, all);
  }

  @Test
  void kernelsOfBothRoutesAreInTheResult() throws IOException {
    Program run =
        bayes("--hidden-layers=2", "--activation=tanh", "--samples=256", "--tolerance=0.05");
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.err()).isEmpty();
    assertThat(run.out()).contains("cross-check, layer 1 ").contains("cross-check, layer 2 ");

    Path out = folder.resolve("out");
    JsonNode json = new ObjectMapper().readTree(Files.readString(out.resolve("summary.json")));
    assertThat(json.at("/config/cross-check").asBoolean()).isTrue();
    JsonNode check = json.at("/cross_check");
    assertThat(check.at("/settled").asBoolean()).isTrue();
    assertThat(check.at("/agrees").asBoolean()).isTrue();
    assertThat(check.at("/layers")).hasSize(2);
    for (int l = 1; l <= 2; l++) {
      JsonNode layer = check.at("/layers/" + (l - 1));
      assertThat(layer.at("/layer").asInt()).isEqualTo(l);
      double[] own = ArrayReader.read(out.resolve("arrays.npz") + ":phi_" + l).values();
      double[] other =
          ArrayReader.read(out.resolve("arrays.npz") + ":phi_cross_check_" + l).values();
      double squares = 0;
      double size = 0;
      for (int i = 0; i < own.length; i++) {
        squares += Math.pow(other[i] - own[i], 2);
        size += own[i] * own[i];
      }
      double difference = layer.at("/relativeDifference").asDouble();
      assertThat(difference).isBetween(1e-6, 0.1);
      assertThat(Math.abs(difference - Math.sqrt(squares / size))).isLessThan(1e-9);
      assertThat(layer.at("/relativeDifferenceStandardError").asDouble()).isBetween(1e-4, 0.05);
      assertThat(layer.at("/sampler/alignment").asDouble())
          .isEqualTo(json.at("/layers/" + (l - 1) + "/alignment").asDouble());
      assertThat(layer.at("/sweep/trace").asDouble()).isPositive();
      assertThat(layer.at("/sweep/alignmentStandardError").asDouble()).isPositive();
    }
    assertThat(json.at("/seconds/crossCheck").asDouble()).isPositive();
    assertThat(Files.readString(out.resolve("report.html")))
        .contains("Cross-check")
        .contains("The two routes agree within the tolerance.");
  }

  @Test
  void sweepsThatDidNotSettleAreSaidSo() throws IOException {
    Program run =
        bayes(
            "--hidden-layers=2",
            "--activation=erf",
            "--samples=64",
            "--tolerance=0.001",
            "--max-sweeps=20");
    assertThat(run.code()).isEqualTo(ExitCode.NOT_CONVERGED);
    assertThat(run.err()).contains("cross-check did not settle");
    JsonNode json =
        new ObjectMapper()
            .readTree(Files.readString(folder.resolve("out").resolve("summary.json")));
    assertThat(json.at("/cross_check/settled").asBoolean()).isFalse();
    assertThat(json.at("/cross_check/agrees").asBoolean()).isFalse();
    assertThat(Files.readString(folder.resolve("out").resolve("report.html")))
        .contains("did NOT settle");
  }

  @Test
  void dryRunPlansTheSweepsAsAStage() {
    Program run = bayes("--hidden-layers=3", "--activation=tanh", "--dry-run");
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.out()).contains("stage 2 of 3").contains("conjugate kernel of layer 3");
    assertThat(folder.resolve("out")).doesNotExist();
  }

  @ParameterizedTest
  @CsvSource({
    "--activation=relu, smooth activation",
    "--activation=linear, smooth activation",
    "--gamma=0 --activation=tanh, closed form",
    "--determinant-weight=1 --activation=tanh, infinite width",
    "--select=beta --betas=1;2 --activation=tanh, a selection solves many problems",
    "--order=map --width=100 --activation=tanh, leave it out",
  })
  void whatSweepsCannotSolveIsRefusedBeforeWork(String options, String says) {
    Program run = bayes(options.replace(';', ',').split(" "));
    assertThat(run.code()).as(run.err()).isEqualTo(ExitCode.USAGE);
    assertThat(run.line()).contains("--cross-check is given").contains(says);
    assertThat(folder.resolve("out")).doesNotExist();
  }
}
