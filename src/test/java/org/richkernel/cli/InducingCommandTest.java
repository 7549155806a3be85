package org.richkernel.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.richkernel.result.ResultFolder;

/** {@code lazy --form inducing}. */
class InducingCommandTest {
  @TempDir Path folder;

  private Program lazy(String out, String... more) {
    List<String> all =
        new ArrayList<>(
            Program.digits(
                "lazy",
                120,
                20,
                "--kappa=0.1",
                "--backend=cpu",
                "--threads=1",
                "--out=" + folder.resolve(out)));
    all.addAll(Arrays.asList(more));
    return Program.run(all.toArray(String[]::new));
  }

  private JsonNode summary(String out) throws IOException {
    return new ObjectMapper()
        .readTree(Files.readString(folder.resolve(out).resolve("summary.json")));
  }

  private double distance(String array, String one, String other) {
    double[] a = ResultFolder.read(folder.resolve(one)).array(array).orElseThrow().values();
    double[] b = ResultFolder.read(folder.resolve(other)).array(array).orElseThrow().values();
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (a[i] - b[i]) * (a[i] - b[i]) / a.length;
    }
    return Math.sqrt(sum);
  }

  @Test
  void summaryBoundsTheDistanceToTheExactFit() throws IOException {
    Program run = lazy("some", "--form=inducing", "--inducing=30", "--seed=5");
    assertThat(run.code()).as(run.err()).isEqualTo(ExitCode.DONE);
    assertThat(run.out()).contains("distance to the exact fit, at most");
    lazy("exact");
    JsonNode json = summary("some");
    assertThat(json.at("/form").asText()).isEqualTo("inducing");
    assertThat(json.at("/config/inducing").asInt()).isEqualTo(30);
    assertThat(json.at("/converged").asBoolean()).isTrue();
    assertThat(json.at("/residual").asDouble()).isBetween(0.0, 1e-8);
    assertThat(json.at("/tolerance").asDouble()).isEqualTo(1e-8);
    assertThat(json.at("/iterations").asInt()).isBetween(5, 100);
    JsonNode approximation = json.at("/approximation");
    assertThat(approximation.at("/inducingPoints").asInt()).isEqualTo(30);
    double bound = approximation.at("/trainDistanceBound").asDouble();
    double truth = distance("f_train", "some", "exact");
    assertThat(truth).isGreaterThan(1e-3).isLessThanOrEqualTo(bound);
    assertThat(distance("f_test", "some", "exact")).isLessThanOrEqualTo(bound);
    assertThat(Files.readString(folder.resolve("some/report.html")))
        .contains("train distance bound");
    // other forms record nothing of it
    assertThat(summary("exact").at("/config/inducing").isNull()).isTrue();
    assertThat(summary("exact").has("approximation")).isFalse();
  }

  @Test
  void aSavedFitPredictsTheSame() {
    lazy("fit", "--form=inducing", "--inducing=30");
    Program predict =
        Program.run(
            "predict",
            "--from=" + folder.resolve("fit"),
            "--test-x=test-data/mnist01-test-images-idx3-ubyte.gz",
            "--test-y=test-data/mnist01-test-labels-idx1-ubyte.gz",
            "--classes=0,1",
            "--test-size=20",
            "--backend=cpu",
            "--out=" + folder.resolve("again"));
    assertThat(predict.code()).as(predict.err()).isEqualTo(ExitCode.DONE);
    assertThat(distance("f_test", "fit", "again")).isLessThan(1e-10);
  }

  @Test
  void tooFewStepsEndWithThree() throws IOException {
    Program run = lazy("short", "--form=inducing", "--inducing=30", "--max-iterations=1");
    assertThat(run.code()).isEqualTo(ExitCode.NOT_CONVERGED);
    assertThat(run.err()).contains("NOT converged").contains("raise --max-iterations");
    assertThat(summary("short").at("/converged").asBoolean()).isFalse();
  }

  @Test
  void badValuesAreRefusedInOneLine() {
    Program none = lazy("none", "--form=inducing", "--inducing=0");
    assertThat(none.code()).isEqualTo(ExitCode.USAGE);
    assertThat(none.line()).contains("inducing").contains("at least 1");
    Program ridge = Program.onDigits("lazy", 20, 5, "--form=inducing", "--kappa=0");
    assertThat(ridge.code()).isEqualTo(ExitCode.USAGE);
    assertThat(ridge.err()).contains("kappa").contains("above 0");
  }

  @Test
  void planIsShownStageByStage() {
    Program run = lazy("plan", "--form=inducing", "--inducing=30", "--dry-run");
    assertThat(run.code()).isEqualTo(ExitCode.DONE);
    assertThat(run.out()).contains("stage 1 of 3").contains("kernel rows");
  }
}
