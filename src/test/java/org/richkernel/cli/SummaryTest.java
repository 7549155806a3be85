package org.richkernel.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.richkernel.data.Table;
import org.richkernel.result.Result;
import org.richkernel.result.ResultFolder;
import org.richkernel.result.Summary;

class SummaryTest {
  @TempDir Path folder;

  private JsonNode summary(String command, String... more) throws IOException {
    List<String> arguments = Program.digits(command, 10, 10, more);
    arguments.add("--out=" + folder);
    Program run = Program.run(arguments.toArray(String[]::new));
    assertThat(run.code()).as(run.err()).isZero();
    return new ObjectMapper().readTree(Files.readString(folder.resolve("summary.json")));
  }

  private static List<String> names(JsonNode node) {
    List<String> names = new ArrayList<>();
    node.fieldNames().forEachRemaining(names::add);
    return names;
  }

  private static List<String> withoutValue(JsonNode node) {
    return names(node).stream().filter(name -> node.path(name).isNull()).toList();
  }

  @Test
  void theSummaryOfAnAdaptiveFitHasEveryKeyAndEveryOption() throws IOException {
    JsonNode json = summary("bayes", "--samples=64", "--tolerance=0.2", "--threads=1");

    assertThat(names(json))
        .contains("richkernel", "command", "config", "backend", "seed", "converged", "iterations")
        .contains("residual", "tolerance", "mc", "train", "test", "lazy", "layers", "seconds")
        .contains("peakBytes");
    assertThat(names(json.path("config")))
        .contains(
            ("train-x train-y test-x test-y classes one-hot train-size test-size standardize"
                    + " image-shape image-layout pool-input"
                    + " hidden-layers activation weight-variance bias-variance"
                    + " convolutions padding readout gamma beta kappa samples"
                    + " seed tolerance max-sweeps determinant-weight form save-kernels-up-to"
                    + " gamma-path warm-start"
                    + " second-start select select-by betas evidence-width validation-fraction"
                    + " cross-check audit order width scaling chi backend threads devices device-memory"
                    + " precision cuda-libraries quiet config debug out resume checkpoint-seconds time-limit dry-run")
                .split(" "));
    assertThat(json.at("/config/order").asText()).isEqualTo("tree");
    assertThat(json.at("/config/devices").asText()).isEqualTo("0");
    assertThat(json.at("/config/select-by").asText()).isEqualTo("validation");
    assertThat(json.at("/config/validation-fraction").asDouble()).isEqualTo(0.2);
    assertThat(withoutValue(json.path("config")))
        .contains(
            ("convolutions padding readout"
                    + " gamma-path warm-start select betas evidence-width width scaling chi device-memory"
                    + " cuda-libraries config time-limit")
                .split(" "));
    assertThat(json.at("/config/standardize").asText()).isEqualTo("global");
    assertThat(json.at("/config/threads").asInt()).isEqualTo(1);
    assertThat(json.at("/config/samples").asInt()).isEqualTo(64);
    assertThat(json.at("/config/checkpoint-seconds").asDouble()).isEqualTo(30);
    assertThat(json.at("/backend/name").asText()).isEqualTo("cpu");
    assertThat(json.at("/lazy/test/loss").isNumber()).isTrue();
    assertThat(json.at("/layers/0/alignmentStandardError").isNumber()).isTrue();
    assertThat(names(json.path("mc"))).contains("samples", "effectiveSamples", "standardError");
    assertThat(names(json.path("seconds"))).contains("total", "sampling", "gram", "solve", "io");
    assertThat(names(json.path("peakBytes"))).contains("host", "device");
    assertThat(names(json.path("layers").get(0)))
        .contains("layer", "alignment", "trace", "frobenius");
    assertThat(json.path("certificate").isObject()).isTrue();
    assertThat(json.path("chains").isArray()).isTrue();
  }

  /** Names and shapes of the arrays, all of them float64. */
  private void assertArrays(Map<String, int[]> shapes) throws IOException {
    Result result = ResultFolder.read(folder);
    shapes.forEach(
        (name, shape) -> assertThat(result.array(name).map(Table::shape)).as(name).hasValue(shape));
    try (ZipFile zip = new ZipFile(folder.resolve("arrays.npz").toFile())) {
      for (ZipEntry entry : zip.stream().toList()) {
        byte[] head = zip.getInputStream(entry).readNBytes(80);
        assertThat(new String(head, StandardCharsets.ISO_8859_1))
            .as(entry.getName())
            .contains("'descr': '<f8'", "'fortran_order': False");
      }
    }
  }

  @Test
  void arraysOfFitsHaveTheNamesAndShapesOfTheContract() throws IOException {
    int[] vector = {10};
    int[] square = {10, 10};
    Map<String, int[]> fit =
        Map.of(
            "y_train", vector, "f_train", vector, "y_test", vector, "f_test", vector, "phi_1",
            square, "phi_2", square);
    summary("lazy", "--kernel=ntk", "--hidden-layers=2");
    assertArrays(fit);
    assertArrays(Map.of("ntk", square));
    summary("bayes", "--hidden-layers=2", "--activation=tanh", "--samples=64", "--tolerance=0.5");
    assertArrays(fit);
  }

  @Test
  void severalOutputsOfASampledFitHaveAColumnEach() throws IOException {
    Program run =
        Program.run(
            "bayes",
            "--train-x=" + Program.DATA + "mnist10-train-images-idx3-ubyte.gz",
            "--train-y=" + Program.DATA + "mnist10-train-labels-idx1-ubyte.gz",
            "--test-x=" + Program.DATA + "mnist10-test-images-idx3-ubyte.gz",
            "--test-y=" + Program.DATA + "mnist10-test-labels-idx1-ubyte.gz",
            "--one-hot",
            "--train-size=20",
            "--test-size=15",
            "--samples=128",
            "--beta=5",
            "--tolerance=0.3",
            "--out=" + folder);
    assertThat(run.code()).as(run.err()).isZero();
    assertArrays(
        Map.of(
            "y_train", new int[] {20, 10},
            "f_train", new int[] {20, 10},
            "y_test", new int[] {15, 10},
            "f_test", new int[] {15, 10},
            "phi_1", new int[] {20, 20}));
    Summary summary = ResultFolder.readSummary(folder);
    assertThat(summary.config()).containsEntry("one-hot", true);
    // ten classes: 0.1 by chance
    assertThat(summary.train().orElseThrow().accuracy().orElseThrow()).isGreaterThan(0.5);
  }

  @Test
  void aLazyFitRecordsGammaZeroAndItsSeed() throws IOException {
    JsonNode json = summary("lazy", "--gamma=2", "--seed=5");

    assertThat(json.at("/config/gamma").asDouble()).isZero();
    assertThat(json.path("seed").asInt()).isEqualTo(5);
    assertThat(json.at("/config/kernel").asText()).isEqualTo("nngp");
    assertThat(json.path("converged").asBoolean()).isTrue();
  }
}
