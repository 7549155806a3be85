package org.richkernel.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SweepCommandTest {
  private static final List<String> FIT =
      List.of("bayes", "--config=test-data/digits.yaml", "--test-size=20", "--samples=160");

  @TempDir private Path folder;

  private Program sweep(List<String> command, String... options) {
    List<String> arguments = new ArrayList<>(List.of("sweep", "--out=" + folder.resolve("sweep")));
    arguments.addAll(List.of(options));
    arguments.addAll(command);
    return Program.run(arguments.toArray(String[]::new));
  }

  private JsonNode json(String name) throws IOException {
    return new ObjectMapper().readTree(Files.readAllBytes(folder.resolve("sweep").resolve(name)));
  }

  @Test
  void meansAndErrorsAreThoseOfTheRuns() throws IOException {
    Program run = sweep(FIT, "--over=train-size=10,20", "--over=seed=0..2");
    assertThat(run.code()).as(run.err()).isZero();
    double[] losses = new double[3];
    for (int seed = 0; seed < 3; seed++) {
      String name = "runs/train-size=20,seed=" + seed + "/summary.json";
      losses[seed] = json(name).path("test").path("loss").asDouble();
    }
    double mean = (losses[0] + losses[1] + losses[2]) / 3;
    double sum = 0;
    for (double loss : losses) {
      sum += (loss - mean) * (loss - mean);
    }
    assertThat(run.err()).isEmpty();
    assertThat(run.out()).containsPattern("test loss [0-9.]+ \\+- [0-9.]+");
    assertThat(run.out()).matches("\\p{ASCII}*");
    assertThat(json("summary.json").path("seedChangesNothing").asBoolean()).isFalse();
    JsonNode means = json("summary.json").path("means");
    assertThat(means).hasSize(2);
    JsonNode second = means.get(1);
    assertThat(second.path("options").path("train-size").asText()).isEqualTo("20");
    JsonNode numbers = second.path("numbers");
    assertThat(numbers.path("test.loss").asDouble()).isCloseTo(mean, within(1e-15));
    // Student's factor of two degrees of freedom widens the error of three values
    assertThat(numbers.path("test.lossStandardError").asDouble())
        .isBetween(1.05 * Math.sqrt(sum / 6), 3 * Math.sqrt(sum / 6));
    assertThat(numbers.path("lazy.test.loss").asDouble()).isGreaterThan(mean);
    assertThat(Files.readAllLines(folder.resolve("sweep/sweep.csv"))).hasSize(7);
    assertThat(folder.resolve("sweep/report.html")).content().contains("test loss over train-size");
  }

  @Test
  void errorBarsOfTheKernelAtInitialisationAreThoseOfTheSamePoints() throws IOException {
    List<String> fit = new ArrayList<>(FIT);
    fit.add("--random");
    Program run = sweep(fit, "--over=train-size=10,20", "--over=seed=0,1");
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(json("summary.json").at("/means/1/numbers/lazy.test.lossStandardError").asDouble())
        .isPositive();
    assertThat(folder.resolve("sweep/report.html"))
        .content()
        .contains("class=\"whisker beside c0\"");
  }

  @Test
  void networksTrainedWithCrossEntropyAreComparedByIt() throws IOException {
    List<String> networks =
        List.of(
            "finite",
            "--method=gd",
            "--train-x=" + Program.DATA + "mnist10-train-images-idx3-ubyte.gz",
            "--train-y=" + Program.DATA + "mnist10-train-labels-idx1-ubyte.gz",
            "--test-x=" + Program.DATA + "mnist10-test-images-idx3-ubyte.gz",
            "--test-y=" + Program.DATA + "mnist10-test-labels-idx1-ubyte.gz",
            "--one-hot",
            "--train-size=30",
            "--test-size=20",
            "--criterion=cross-entropy",
            "--loss=mean",
            "--widths=8",
            "--repeats=1",
            "--batch-size=10",
            "--steps=5");

    Program run = sweep(networks, "--over=step-size=0.1,1", "--over=seed=0..1");

    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.out()).contains("test cross-entropy").doesNotContain("test loss");
    JsonNode numbers = json("summary.json").path("means").get(1).path("numbers");
    for (String set : List.of("train", "test")) {
      double[] losses = new double[2];
      for (int seed = 0; seed < 2; seed++) {
        String name = "runs/step-size=1,seed=" + seed + "/summary.json";
        losses[seed] = json(name).path("crossEntropy").path(set).asDouble();
      }
      assertThat(numbers.path(set + ".crossEntropy").asDouble())
          .isCloseTo((losses[0] + losses[1]) / 2, within(1e-14));
      assertThat(numbers.path(set + ".crossEntropyStandardError").asDouble())
          .isGreaterThan(Math.abs(losses[0] - losses[1]) / 2);
      // squared errors of logits are another number, and keep their name
      assertThat(numbers.path(set + ".loss").asDouble()).isLessThan(losses[0] / 2);
    }
    assertThat(Files.readAllLines(folder.resolve("sweep/sweep.csv")).get(0))
        .contains("train.crossEntropy", "test.crossEntropy");
    assertThat(folder.resolve("sweep/report.html"))
        .content()
        .contains("test cross-entropy over step-size", "training cross-entropy over step-size")
        .contains(">test cross-entropy</th>", ">train cross-entropy</th>")
        .doesNotContain("test loss", "training loss", "train loss");
  }

  @Test
  void aSeedThatChangesNothingGivesNoErrors() throws IOException {
    List<String> closedForm = List.of("lazy", "--config=test-data/digits.yaml", "--test-size=20");
    Program run = sweep(closedForm, "--over=train-size=10,20", "--over=seed=0,1");
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.line()).contains("the seed changes nothing");
    JsonNode summary = json("summary.json");
    assertThat(summary.path("seedChangesNothing").asBoolean()).isTrue();
    JsonNode numbers = summary.path("means").get(1).path("numbers");
    assertThat(numbers.path("test.loss").asDouble())
        .isEqualTo(
            json("runs/train-size=20,seed=1/summary.json").path("test").path("loss").asDouble());
    assertThat(numbers.has("test.lossStandardError")).isFalse();
    assertThat(folder.resolve("sweep/report.html")).content().contains("The seed changes nothing");
  }

  @Test
  void everySeedDrawsItsOwnPointsWhichAreTheSameForAllSizes() throws IOException {
    List<String> closedForm =
        List.of("lazy", "--config=test-data/digits.yaml", "--test-size=20", "--random");

    Program run = sweep(closedForm, "--over=train-size=10,20", "--over=seed=1..3");

    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.err()).isEmpty();
    JsonNode summary = json("summary.json");
    assertThat(summary.path("seedDrawsPoints").asBoolean()).isTrue();
    for (JsonNode mean : summary.path("means")) {
      assertThat(mean.path("numbers").path("test.lossStandardError").asDouble())
          .isGreaterThan(0.01 * mean.path("numbers").path("test.loss").asDouble());
    }
    assertThat(testRows(10, 1)).isEqualTo(testRows(20, 1)).isNotEqualTo(testRows(10, 2));
    assertThat(folder.resolve("sweep/report.html"))
        .content()
        .contains("Each seed draws its own training points", ">lazy</text>", "class=\"whisker c0\"")
        .doesNotContain(">adaptive</text>");
  }

  /** Rows of the test points of a run, in the file. */
  private List<String> testRows(int trainSize, int seed) throws IOException {
    String run = "sweep/runs/train-size=" + trainSize + ",seed=" + seed + "/predictions.csv";
    return Files.readAllLines(folder.resolve(run)).stream()
        .map(line -> line.split(",")[0])
        .toList();
  }

  @Test
  void theReportSaysWhichRunsItsMeansLeaveOut() {
    Program run = sweep(FIT, "--over=train-size=10,40", "--over=seed=0,1");

    assertThat(run.code()).as(run.err()).isEqualTo(ExitCode.NOT_CONVERGED);
    assertThat(folder.resolve("sweep/report.html"))
        .content()
        .contains("2 of 4 runs did not converge: the means are of the others.")
        .contains("class=\"whisker c0\"")
        .doesNotContain("last iterate");
  }

  @Test
  void whatIsFinishedIsNotRunAgainAndTheGridMayGrow() throws IOException {
    assertThat(sweep(FIT, "--over=train-size=10").code()).isZero();
    Path finished = folder.resolve("sweep/runs/train-size=10/summary.json");
    FileTime before = Files.getLastModifiedTime(finished);
    Program grown = sweep(FIT, "--over=train-size=10,20");
    assertThat(grown.code()).as(grown.err()).isZero();
    assertThat(grown.out()).contains("(was there)");
    assertThat(Files.getLastModifiedTime(finished)).isEqualTo(before);
    assertThat(json("summary.json").path("runs")).hasSize(2);
  }

  @Test
  void theLastIndexToFinishMerges() throws IOException {
    assertThat(sweep(FIT, "--over=train-size=10,20", "--index=1").code()).isZero();
    assertThat(folder.resolve("sweep/summary.json")).doesNotExist();
    Program early = sweep(FIT, "--over=train-size=10,20", "--merge");
    assertThat(early.code()).isEqualTo(ExitCode.NOT_CONVERGED);
    assertThat(json("summary.json").path("runs")).hasSize(1);
    assertThat(sweep(FIT, "--over=train-size=10,20", "--index=0").code()).isZero();
    assertThat(json("summary.json").path("runs")).hasSize(2);
    assertThat(json("summary.json").path("converged").asBoolean()).isTrue();
  }

  @Test
  void plansGoOnWhereARunDoesNotFit() {
    List<String> plan = List.of("bayes", "--config=test-data/digits.yaml", "--dry-run");
    Program run = sweep(plan, "--over=samples=40000000,160");
    assertThat(run.code()).isEqualTo(ExitCode.NO_BACKEND);
    assertThat(run.out()).contains("0  samples=40000000").contains("1  samples=160");
    assertThat(run.err()).contains("the computation needs");
  }

  @Test
  void aRunThatFailsEndsTheSweepWithItsCode() {
    Program run = sweep(FIT, "--over=train-size=10,100000");
    assertThat(run.code()).isEqualTo(ExitCode.USAGE);
    assertThat(run.err()).contains("train-size").contains("run 1");
    assertThat(folder.resolve("sweep/runs/train-size=10/summary.json")).exists();
    assertThat(folder.resolve("sweep/summary.json")).doesNotExist();
  }

  @Test
  void optionsOfTheSweepBehindTheCommandAreSentBeforeIt() {
    Program run = sweep(List.of("lazy", "--config=test-data/digits.yaml", "--over=seed=0,1"));
    assertThat(run.code()).isEqualTo(ExitCode.USAGE);
    assertThat(run.err().strip())
        .contains("--over is behind lazy; let options of sweep stand before")
        .doesNotContain("\n");
  }

  @Test
  void aFolderBelongsToOneCommand() {
    assertThat(sweep(FIT, "--over=train-size=10").code()).isZero();
    Program other =
        sweep(List.of("lazy", "--config=test-data/digits.yaml"), "--over=train-size=10");
    assertThat(other.code()).isEqualTo(ExitCode.USAGE);
    assertThat(other.err()).contains("it holds a sweep of: bayes").doesNotContain("\n\n");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "kappa=1:1000:4:log | kappa=1,kappa=10,kappa=100,kappa=1000",
        "kappa=1:2:3 | kappa=1,kappa=1.5,kappa=2",
        "kappa=0.1:10:3:log | kappa=0.1,kappa=1,kappa=10",
        "seed=0..2 | seed=0,seed=1,seed=2",
        "classes=0,1;2,3 | classes=0,1,classes=2,3",
        "train-size=10:320:6:log | "
            + "train-size=10,train-size=20,train-size=40,train-size=80,train-size=160,train-size=320"
      })
  void rangesAndLists(String over, String expected) {
    Program run = sweep(List.of("bayes"), "--list", "--over=" + over);
    assertThat(run.code()).as(run.err()).isZero();
    List<String> lines = run.out().lines().map(line -> line.replaceFirst("^[0-9]+  ", "")).toList();
    assertThat(String.join(",", lines)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "gama=1,2 | it is no option of bayes",
        "gamma=1,1 | give values that differ",
        "seed=1,01 | give values that differ",
        "gamma=1e-3,0.0010 | give values that differ",
        "gamma=x,1 | --gamma is x; use a number",
        "gamma | use NAME=V1,V2",
        "seed=3..1 | let the last number be at least the first",
        "samples=1,2 | it stands among the options of bayes too",
        "out=a,b | that can be swept over",
      })
  void whatCannotBeSweptIsRefusedBeforeAnyRun(String over, String said) {
    Program run = sweep(FIT, "--over=" + over);
    assertThat(run.code()).isEqualTo(ExitCode.USAGE);
    assertThat(run.err().strip()).contains(said).doesNotContain("\n");
    assertThat(folder.resolve("sweep/runs")).doesNotExist();
  }
}
