package org.richkernel.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.richkernel.data.ArrayReader;
import org.richkernel.data.Table;

class FiniteCommandTest {
  @TempDir Path folder;

  private Program finite(String... more) {
    String[] all = Arrays.copyOf(more, more.length + 2);
    all[more.length] = "--out=" + folder;
    all[more.length + 1] = "--quiet";
    return Program.onDigits("finite", 8, 6, all);
  }

  private Program descent(String... more) {
    String[] all = Arrays.copyOf(more, more.length + 4);
    System.arraycopy(
        new String[] {"--method=gd", "--width=30", "--repeats=3", "--steps=5"},
        0,
        all,
        more.length,
        4);
    return finite(all);
  }

  private Table array(String name) {
    return ArrayReader.read(folder.resolve("arrays.npz") + ":" + name);
  }

  private JsonNode summary() throws IOException {
    return new ObjectMapper().readTree(Files.readString(folder.resolve("summary.json")));
  }

  @Test
  void samplesOfACommonConfigurationAreTakenAndSaidToDoNothing() throws IOException {
    Program run = descent("--samples=100");
    assertThat(run.code()).isZero();
    assertThat(run.line()).contains("--samples has no effect: networks have --width neurons");
    assertThat(summary().path("config").path("samples").isNull()).isTrue();
    assertThat(descent("--samples=-1").line()).contains("--samples is -1; use at least 0");
  }

  @Test
  void gradientDescentWritesTheArraysOfTheContract() throws IOException {
    assertThat(descent("--hidden-layers=2", "--batch-size=3", "--record-every=2").code()).isZero();

    assertThat(array("time").values())
        .containsExactly(new double[] {0, .1, .2, .3, .4, .5}, within(1e-12));
    assertThat(array("f_train_t").shape()).containsExactly(6, 8);
    assertThat(array("f_test_t").shape()).containsExactly(6, 6);
    assertThat(array("loss_train_t").values()[0]).isEqualTo(1);
    assertThat(array("loss_test_t").shape()).containsExactly(6);
    assertThat(array("ntk").shape()).containsExactly(8, 8);
    assertThat(array("phi_2").shape()).containsExactly(8, 8);
    assertThat(array("kernel_time").values())
        .containsExactly(new double[] {0, .2, .4, .5}, within(1e-12));
    assertThat(array("alignment_t").shape()).containsExactly(4, 3);
    assertThat(array("movement_t").get(0, 2)).isZero();
    for (String number : new String[] {"alignment_t", "trace_t", "movement_t"}) {
      Table errors = array(number + "_standard_error");
      assertThat(errors.shape()).containsExactly(4, 3);
      // two networks leave one degree of freedom, which widens errors by 12.7 / 1.96
      assertThat(errors.get(3, 1)).isPositive().isLessThan(6.5 * array(number).get(3, 1));
    }
    assertThat(array("movement_t").get(3, 0)).isPositive();
    assertThat(array("trace_t").get(3, 1))
        .isEqualTo(summary().at("/layers/1/trace").asDouble(), within(1e-12));
    assertThat(array("f_train").get(3, 0)).isEqualTo(array("f_train_t").get(5, 3));
    assertThat(array("loss_train_t_standard_error").values()[5]).isPositive();
    JsonNode summary = summary();
    assertThat(summary.at("/converged").asBoolean()).isTrue();
    assertThat(summary.at("/config/method").asText()).isEqualTo("gd");
    assertThat(summary.at("/config/batch-size").asInt()).isEqualTo(3);
    assertThat(summary.at("/config/beta").isNull()).isTrue();
    assertThat(summary.at("/layers/1/alignment").isNumber()).isTrue();
    assertThat(summary.at("/layers/1/alignmentStandardError").asDouble())
        .isEqualTo(array("alignment_t_standard_error").get(3, 1), within(1e-12));
    assertThat(Files.readString(folder.resolve("report.html")))
        .contains("Loss over training", "Finite-width network", "class=\"band c0\"");
  }

  @Test
  void severalOutputsMakePathsOfThreeDimensions() {
    Program run =
        Program.run(
            "finite",
            "--method=gd",
            "--train-x=" + Program.DATA + "mnist10-train-images-idx3-ubyte.gz",
            "--train-y=" + Program.DATA + "mnist10-train-labels-idx1-ubyte.gz",
            "--one-hot",
            "--train-size=12",
            "--width=20",
            "--steps=3",
            "--loss=mean",
            "--quiet",
            "--out=" + folder);
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(array("f_train_t").shape()).containsExactly(4, 12, 10);
  }

  @Test
  void theKeptNetworksPredictTheTestPointsOfTheirTraining() {
    assertThat(descent().code()).isZero();
    Path predictions = folder.resolve("predictions");
    Program run =
        Program.run(
            "predict",
            "--from=" + folder,
            "--test-x=" + Program.DATA + "mnist01-test-images-idx3-ubyte.gz",
            "--test-y=" + Program.DATA + "mnist01-test-labels-idx1-ubyte.gz",
            "--classes=0,1",
            "--test-size=6",
            "--quiet",
            "--out=" + predictions);
    assertThat(run.code()).as(run.err()).isZero();
    double[] seen = ArrayReader.read(predictions.resolve("arrays.npz") + ":f_test").values();
    assertThat(seen).containsExactly(array("f_test").values(), within(1e-5));
  }

  @Test
  void aDivergenceIsNamedWithItsStepAndWhatWasReachedIsKept() throws IOException {
    assertThat(descent().code()).isZero(); // leaves a model behind
    Program run = descent("--step-size=1000");
    assertThat(run.code()).isEqualTo(ExitCode.NOT_CONVERGED);
    assertThat(run.line()).contains("diverged at step").contains("use a step-size below 1000");
    assertThat(summary().at("/converged").asBoolean()).isFalse();
    assertThat(array("loss_train_t").rows()).isPositive();
    assertThat(folder.resolve("model.json")).doesNotExist();
  }

  @Test
  void thePosteriorHasErrorsDiagnosticsAndTheKernelAtInitialisationBesideIt() throws IOException {
    Program run =
        finite("--method=langevin", "--width=24", "--beta=10", "--tolerance=0.05", "--repeats=2");
    assertThat(run.code()).as(run.err()).isZero();
    JsonNode summary = summary();
    assertThat(summary.at("/certificate/splitRhat").asDouble()).isBetween(0.99, 1.05);
    assertThat(summary.at("/mc/effectiveSamples").asDouble()).isGreaterThan(100);
    assertThat(summary.at("/residual").asDouble()).isLessThan(0.05);
    assertThat(summary.at("/layers/0/alignmentStandardError").asDouble()).isPositive();
    assertThat(summary.at("/chains").size()).isEqualTo(2);
    assertThat(summary.at("/chains/0/acceptance").asDouble()).isBetween(0.5, 1.0);
    assertThat(summary.at("/config/steps").isNull()).isTrue();
    assertThat(array("history_yv").columns()).isEqualTo(2);
    assertThat(array("history_yv").rows()).isGreaterThanOrEqualTo(40);
    assertThat(array("phi_1_standard_error").shape()).containsExactly(8, 8);
    assertThat(array("phi_lazy_1").shape()).containsExactly(8, 8);
    assertThat(array("f_test_standard_error").shape()).containsExactly(6);
  }

  @Test
  void chainsThatHaveNotMixedEndWithTheirDiagnostics() {
    Program run = finite("--method=langevin", "--width=24", "--max-sweeps=8");

    assertThat(run.err())
        .contains("the chains are too short: ")
        .contains(" effective draws (100 wanted); ")
        .contains("the kernels are known to ");
    assertThat(run.code()).isEqualTo(ExitCode.NOT_CONVERGED);
    assertThat(run.line()).contains("split R-hat").contains("--max-sweeps");
    assertThat(folder.resolve("summary.json")).exists();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--width=10 | --method is missing; use gd or langevin",
        "--method=sgd | --method",
        "--method=gd --beta=3 | --beta is given; --method gd has no such option",
        "--method=langevin --steps=3 | --steps is given; --method langevin has no such option",
        "--method=gd --gamma=0 | --gamma is 0.0; use a positive finite number",
        "--method=gd --width=0 | --width is 0; use at least 1 neuron",
        "--method=langevin --repeats=1 | --repeats is 1",
        "--method=gd --batch-size=9 | --batch-size is 9; use at most the number of training points",
        "--method=gd --bias-variance=1 | --bias-variance is 1.0",
        "--method=langevin --readout-weights=half | --readout-weights",
      })
  void nonsenseEndsWithOneLineBeforeAnyWork(String arguments, String expected) {
    Program run = finite(arguments.split(" "));
    assertThat(run.code()).isEqualTo(ExitCode.USAGE);
    assertThat(run.line()).contains(expected);
    assertThat(folder.resolve("summary.json")).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(strings = {"gd", "langevin"})
  void aDryRunShowsTheMemoryAndStops(String method) {
    Program run =
        Program.onDigits(
            "finite",
            8,
            6,
            "--method=" + method,
            "--width=5000",
            "--hidden-layers=3",
            "--dry-run",
            "--out=" + folder.resolve("no"));
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.out()).contains("weights").contains("total");
    assertThat(folder.resolve("no")).doesNotExist();
  }

  @Test
  void memoryThatWouldNotSufficeIsRefusedWithTheEstimate() {
    Program run =
        finite("--method=langevin", "--width=40000", "--hidden-layers=2", "--repeats=200");
    assertThat(run.code()).isEqualTo(ExitCode.NO_BACKEND);
    assertThat(run.line()).contains("MB are free; lower --width");
  }

  @Test
  void aReportSetsTwoRunsBesideEachOther() {
    assertThat(descent("--hidden-layers=2").code()).isZero();
    Path other = folder.resolve("other");
    Program theory =
        Program.onDigits("lazy", 8, 6, "--hidden-layers=2", "--quiet", "--out=" + other);
    assertThat(theory.code()).isZero();
    Program run = Program.run("report", folder.toString(), "--compare", other.toString());
    assertThat(run.code()).as(run.err()).isZero();
    List<String> lines = run.out().lines().toList();
    assertThat(lines.get(1)).contains("cosine").contains("finite width against lazy");
    assertThat(lines.get(2)).startsWith("phi_1");
    assertThat(lines.get(3)).startsWith("phi_2");
    assertThat(run.out()).contains("test loss ").contains("options ");
    // terminals may have ASCII alone; the first line names the page
    assertThat(String.join("", lines.subList(1, lines.size()))).matches("\\p{ASCII}*");
    assertThat(folder.resolve("compare.html")).content().contains("Finite width beside lazy");
    assertThat(folder.resolve("report.html")).content().doesNotContain("Finite width beside lazy");
  }

  @Test
  void runsOnDifferentPointsAreNotCompared() {
    assertThat(descent().code()).isZero();
    Path other = folder.resolve("other");
    assertThat(Program.onDigits("lazy", 10, 6, "--quiet", "--out=" + other).code()).isZero();
    Program run = Program.run("report", folder.toString(), "--compare", other.toString());
    assertThat(run.code()).isEqualTo(ExitCode.USAGE);
    assertThat(run.line()).contains("its training targets are not those of");
  }

  @Test
  void whatIsLeftOpenIsChosenAsByTheTheory() {
    assertThat(
            Program.onDigits(
                    "finite",
                    8,
                    6,
                    "--method=gd",
                    "--width=20",
                    "--repeats=2",
                    "--steps=30",
                    "--hidden-layers=2",
                    "--activation=tanh",
                    "--quiet",
                    "--out=" + folder)
                .code())
        .isZero();
    Path other = folder.resolve("other");
    Program theory =
        Program.onDigits(
            "dynamics",
            8,
            6,
            "--steps=30",
            "--samples=64",
            "--hidden-layers=2",
            "--activation=tanh",
            "--tolerance=9",
            "--quiet",
            "--out=" + other);
    assertThat(theory.code()).as(theory.err()).isZero();
    java.util.Map<String, Object> networks =
        org.richkernel.result.ResultFolder.readSummary(folder).config();
    java.util.Map<String, Object> infinite =
        org.richkernel.result.ResultFolder.readSummary(other).config();
    for (String name :
        List.of(
            "step-size",
            "record-every",
            "steps",
            "loss",
            "weight-decay",
            "batch-size",
            "gamma",
            "seed",
            "weight-variance",
            "bias-variance")) {
      assertThat(networks.get(name)).as(name).isNotNull().isEqualTo(infinite.get(name));
    }
    assertThat(networks.get("record-every")).isEqualTo(3L);
  }
}
