package org.richkernel.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.richkernel.data.NpzArchive;

class FewShotCommandTest {
  @TempDir private Path folder;

  private Program fewShot(String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "few-shot",
                "--images=test-data/strokes.npz",
                "--backend=cpu",
                "--out=" + folder.resolve("out")));
    arguments.addAll(List.of(more));
    return Program.run(arguments.toArray(String[]::new));
  }

  private JsonNode summary() throws IOException {
    return new ObjectMapper().readTree(Files.readAllBytes(folder.resolve("out/summary.json")));
  }

  @Test
  void curvesOfAllModelsStandBesideEachOther() throws IOException {
    Program run =
        fewShot(
            "--widths=inf,32,8",
            "--repeats=2",
            "--kernels=ntk",
            "--pool-input=2",
            "--meta-steps=60",
            "--evaluate-at=0,60",
            "--evaluation-tasks=100");
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.out())
        .contains("read 720 images of 7 x 7 in 60 classes of 12", "paired difference to inf")
        .containsPattern("(?m)^inf +0\\.\\d{3} \\+-\\.\\d{3}")
        .containsPattern("(?m)^60 +inf [<=>] 32 [<=>] 8, 8 [<=>] ntk$");
    JsonNode json = summary();
    assertThat(json.path("converged").asBoolean()).isTrue();
    assertThat(json.path("config").path("train-classes").asInt()).isEqualTo(40);
    assertThat(json.path("config").path("evaluate-at").asText()).isEqualTo("0,60");
    assertThat(json.path("classes").path("turns").asInt()).isEqualTo(4);
    assertThat(json.path("accuracy").findValuesAsText("model"))
        .containsExactly("inf", "inf", "32", "32", "8", "8", "ntk", "ntk");
    assertThat(json.path("accuracy").get(2).path("networks").asInt()).isEqualTo(2);
    assertThat(json.path("accuracy").get(1).path("accuracy").asDouble()).isBetween(0.3, 0.6);
    assertThat(json.path("accuracy").get(1).path("accuracyStandardError").asDouble())
        .isBetween(0.005, 0.02);
    assertThat(json.path("differences").findValuesAsText("from")).containsOnly("inf");
    assertThat(json.path("curves").size()).isEqualTo(6);
    assertThat(json.path("provenance").path("data").toString()).contains("images");
    try (NpzArchive arrays = NpzArchive.open(folder.resolve("out/arrays.npz"))) {
      assertThat(arrays.read("accuracy_by_task").shape()).containsExactly(6, 2, 100);
      assertThat(arrays.read("loss").shape()).containsExactly(6, 60);
    }
    assertThat(folder.resolve("out/report.html"))
        .content()
        .contains("Paired difference to inf", "Outer loss in training", "Learning to learn");
  }

  @Test
  void ratesAreChosenOnTuningClasses() throws IOException {
    Program run =
        fewShot(
            "--widths=inf",
            "--kernels=none",
            "--pool-input=2",
            "--train-classes=30",
            "--tune-classes=15",
            "--inner-rates=0.000001,0.4",
            "--meta-steps=10",
            "--tune-steps=5",
            "--tune-tasks=50",
            "--evaluation-tasks=20",
            "--no-rotations",
            "--quiet");
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.out()).isEmpty();
    JsonNode curve = summary().path("curves").get(0);
    assertThat(curve.path("innerRate").asDouble()).isEqualTo(0.4);
    assertThat(curve.path("trials").size()).isEqualTo(2);
    assertThat(summary().path("classes").path("evaluation").asInt()).isEqualTo(15);
    assertThat(summary().path("classes").path("turns").asInt()).isOne();
  }

  private static String table(Program run) {
    return run.out().substring(run.out().indexOf("accuracy"), run.out().indexOf("report"));
  }

  @Test
  void aSummaryRunsAgain() throws IOException {
    Program run =
        fewShot(
            "--widths=inf,8",
            "--kernels=none",
            "--pool-input=2",
            "--meta-steps=5",
            "--evaluation-tasks=20",
            "--meta-rates=0.2");
    assertThat(run.code()).as(run.err()).isZero();
    Path summary = folder.resolve("summary.json");
    Files.copy(folder.resolve("out/summary.json"), summary);
    Program again = Program.run("few-shot", "--config=" + summary);
    assertThat(again.code()).as(again.err()).isZero();
    assertThat(table(again)).isEqualTo(table(run));
  }

  @Test
  void whatDivergesIsNotConverged() throws IOException {
    Program run =
        fewShot(
            "--widths=inf",
            "--kernels=none",
            "--meta-steps=3",
            "--evaluation-tasks=4",
            "--inner-rates=1e200",
            "--evaluate-at=3",
            "--quiet");
    assertThat(run.code()).isEqualTo(ExitCode.NOT_CONVERGED);
    assertThat(run.line()).contains("NOT converged: inf left the finite numbers; lower");
    assertThat(summary().path("converged").asBoolean()).isFalse();
    assertThat(summary().path("accuracy").get(0).has("accuracy")).isFalse();
  }

  @Test
  void aPlanIsShownWithoutWork() {
    Program run = fewShot("--dry-run");
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.out()).contains("kernel, training images", "input weights", "total");
    assertThat(folder.resolve("out")).doesNotExist();
  }

  @Test
  void memoryIsRefusedBeforeTheWork() {
    Program run = fewShot("--device-memory=1m");
    assertThat(run.code()).isEqualTo(ExitCode.NO_BACKEND);
    assertThat(run.line()).contains("lower --train-classes or --tasks, or leave out --kernels");
    assertThat(folder.resolve("out")).doesNotExist();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--ways=161 | --ways is 161; there are 160 training classes, turned ones counted; use at",
        "--ways=1 | --ways is 1; use at least 2",
        "--shots=8 | --images test-data/strokes.npz: class 0 has 12 images; a task takes 13 of a"
            + " class (--shots 8 and queries); lower --shots",
        "--train-classes=60 | --train-classes is 60; there are 60 classes, of which at least one is"
            + " left to evaluate on; use 1 to 59",
        "--train-classes=0 | --train-classes is 0; there are",
        "--tune-classes=20 | --tune-classes is 20; there are 60 classes",
        "--widths=0 | --widths is 0; use widths from 1 to",
        "--widths=inf,-3 | --widths is -3; use widths from 1 to",
        "--widths=wide | --widths is wide; use whole numbers and inf",
        "--widths=8,8 | --widths is 8,8; name each width once",
        "--widths=none --kernels=none | --widths is none; name at least one width",
        "--kernels=nngp,npk | --kernels is npk; use nngp, ntk or none",
        "--evaluate-at=0,2000 | --evaluate-at is 2000; use steps from 0 to --meta-steps, 1000",
        "--evaluate-at=x | --evaluate-at is x; use whole numbers",
        "--meta-rates=0.1,0.4 | --tune-classes is 0; a choice of --inner-rates or --meta-rates needs",
        "--meta-rates=-1 | --meta-rates is -1.0; use positive numbers",
        "--inner-rates=a | --inner-rates is a; use numbers with commas",
        "--pool-input=3 | --pool-input is 3; use a divisor of the image size, 14 x 14",
        "--resize=0 | --resize is 0; use 1 to 4096 pixels",
        "--repeats=0 | --repeats is 0; use 1 to 65535",
        "--clip=0 | --clip is 0.0; use a positive",
        "--weight-variance=0 | --weight-variance is 0.0; use a positive number",
        "--readout-deviation=-1 | --readout-deviation is -1.0; use a number of at least 0",
        "--images=nowhere.npz | --images nowhere.npz: there is no such file",
      })
  void badInputIsSaidInOneLine(String options, String says) {
    Program run = fewShot(options.split(" "));
    assertThat(run.line()).startsWith("richkernel: " + says);
    assertThat(run.code()).isEqualTo(ExitCode.USAGE);
    assertThat(folder.resolve("out")).doesNotExist();
  }

  @Test
  void imagesHaveToBeNamed() {
    Program run = Program.run("few-shot");
    assertThat(run.code()).isEqualTo(ExitCode.USAGE);
    assertThat(run.line()).contains("--images is missing; name a folder, a .zip or an .npz file");
  }
}
