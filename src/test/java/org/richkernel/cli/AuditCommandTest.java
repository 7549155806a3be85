package org.richkernel.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.richkernel.calibration.ExactCase;

/** {@code bayes --audit} on points whose saddle is known by quadrature. */
class AuditCommandTest {
  @TempDir Path folder;

  private Path x;
  private Path y;
  private Path out;

  @BeforeEach
  void write() throws IOException {
    ExactCase points = ExactCase.named("relu-g1-k0.01");
    x = folder.resolve("x.csv");
    y = folder.resolve("y.csv");
    out = folder.resolve("out");
    Files.writeString(x, csv(points.x()));
    Files.writeString(y, csv(points.y()));
  }

  private static String csv(double[][] rows) {
    StringBuilder text = new StringBuilder();
    for (double[] row : rows) {
      List<String> cells = new ArrayList<>();
      for (double value : row) {
        cells.add(Double.toString(value));
      }
      text.append(String.join(",", cells)).append('\n');
    }
    return text.toString();
  }

  private Program bayes(String... more) {
    List<String> all =
        new ArrayList<>(
            List.of(
                "bayes",
                "--audit",
                "--train-x=" + x,
                "--train-y=" + y,
                "--out=" + out,
                "--backend=cpu",
                "--threads=1"));
    all.addAll(List.of(more));
    return Program.run(all.toArray(String[]::new));
  }

  private JsonNode summary() throws IOException {
    return new ObjectMapper().readTree(Files.readString(out.resolve("summary.json")));
  }

  /** One Newton step from the fit leads to the exact y.v, within the error of the neurons. */
  @Test
  void aCertifiedFitPassesAndItsCorrectionLeadsToTheSaddle() throws IOException {
    ExactCase exact = ExactCase.named("relu-g1-k0.01");
    Program run = bayes("--gamma=1", "--beta=100", "--samples=100", "--tolerance=0.03");
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.err()).isEmpty();
    assertThat(run.out()).contains("audit ").contains("passed: independent neurons correct y.v");

    JsonNode json = summary();
    assertThat(json.at("/config/audit").asBoolean()).isTrue();
    assertThat(json.at("/certificate/failures")).isEmpty();
    JsonNode audit = json.at("/audit");
    assertThat(audit.at("/passed").asBoolean()).isTrue();
    double fit = json.at("/dualFit/value").asDouble();
    double correction = audit.at("/correction").asDouble();
    double neurons = audit.at("/neuronsStandardError").asDouble();
    assertThat(neurons).isBetween(1e-4, 1e-2);
    assertThat(fit + correction).isCloseTo(exact.dualFit(), within(4 * neurons));
    double error = Math.hypot(neurons, json.at("/dualFit/standardError").asDouble());
    assertThat(audit.at("/correctionStandardError").asDouble()).isCloseTo(error, within(1e-12));
    assertThat(audit.at("/z").asDouble()).isCloseTo(correction / error, within(1e-9));
    assertThat(audit.at("/relativeResidual").asDouble())
        .isCloseTo(Math.abs(correction) / fit, within(1e-9));
    assertThat(audit.at("/relativeResidualStandardError").asDouble())
        .isCloseTo(error / fit, within(1e-9));
    assertThat(json.at("/seconds/audit").asDouble()).isPositive();
    assertThat(Files.readString(out.resolve("report.html"))).contains("Audit: verdict");
  }

  /** Three wells, between which the neurons of the audit jump as those of the fit do. */
  @Test
  void severalWellsOfAFitAreNoFalseAlarm() throws IOException {
    ExactCase exact = ExactCase.named("tanh-g6-k0.1-draw4");
    Files.writeString(x, csv(exact.x()));
    Files.writeString(y, csv(exact.y()));
    Program run =
        bayes("--activation=tanh", "--gamma=6", "--beta=10", "--samples=200", "--tolerance=0.03");
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.out()).contains("passed: independent neurons correct y.v");
    JsonNode json = summary();
    assertThat(json.at("/certificate/wells").asInt()).isGreaterThan(1);
    double error = json.at("/dualFit/standardError").asDouble();
    assertThat(json.at("/dualFit/value").asDouble()).isCloseTo(exact.dualFit(), within(4 * error));
  }

  @Test
  void aFitThatIsCutShortIsNotAudited() throws IOException {
    Program run = bayes("--beta=100", "--samples=64", "--tolerance=0.03", "--max-sweeps=2");
    assertThat(run.code()).isEqualTo(ExitCode.NOT_CONVERGED);
    assertThat(run.line())
        .contains("too few sweeps to judge whether the chains agree")
        .contains("too few sweeps to judge the residual of layer 1")
        .doesNotContain("Infinity", "NaN", "audit");
    assertThat(run.out()).contains("not made, as the fit did not converge");
    JsonNode json = summary();
    assertThat(json.at("/audit/passed").isMissingNode()).isTrue();
    assertThat(json.at("/audit/z").isMissingNode()).isTrue();
    assertThat(json.at("/seconds/audit").isMissingNode()).isTrue();
  }

  @Test
  void dryRunPlansTheNeuronsAsAStage() {
    Program run = bayes("--dry-run");
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.out()).contains("stage 2 of 3").contains("independent neurons");
    assertThat(out).doesNotExist();
  }

  @ParameterizedTest
  @CsvSource({
    "--hidden-layers=2, deeper networks have --cross-check",
    "--activation=linear, closed form",
    "--gamma=0, closed form",
    "--determinant-weight=1, infinite width",
    "--select=beta --betas=1;2, a selection solves many problems",
    "--order=map --width=100, leave it out",
    "--order=one-loop --width=100, leave it out",
  })
  void whatNeuronsCannotAuditIsRefusedBeforeWork(String options, String says) {
    Program run = bayes(options.replace(';', ',').split(" "));
    assertThat(run.code()).as(run.err()).isEqualTo(ExitCode.USAGE);
    assertThat(run.line()).contains("--audit is given").contains(says);
    assertThat(out).doesNotExist();
  }
}
