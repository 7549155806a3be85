package org.richkernel.result;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.richkernel.compute.BackendInfo;
import org.richkernel.data.DataFile;
import org.richkernel.data.DataOrigin;
import org.richkernel.data.InvalidDataException;

class ResultFolderTest {
  @TempDir Path folder;

  private static Summary.Builder full() {
    Map<String, Object> config = new LinkedHashMap<>();
    config.put("zeta", 1);
    config.put("alpha", "x");
    return Summary.builder("bayes", config)
        .backend(new BackendInfo("cpu", "device", 2))
        .seed(0)
        .converged(true)
        .iterations(17)
        .residual(1.2e-4)
        .residualStandardError(3e-5)
        .tolerance(1e-3)
        .monteCarlo(MonteCarlo.of(20000, 18000, 0.002))
        .train(Score.ofLoss(0.01).withAccuracy(1))
        .test(Score.ofLoss(0.02).withAccuracy(0.99))
        .lazyTest(Score.ofLoss(0.05).withAccuracy(0.97))
        .layer(LayerSummary.of(1, 0.35, 0.61, 12.3))
        .seconds("total", 8.1)
        .seconds("io", 0.1)
        .peakBytes(5, 6);
  }

  private JsonNode writtenSummary(Summary summary) throws IOException {
    ResultFolder.write(folder, Result.of(summary));
    return new ObjectMapper().readTree(folder.resolve("summary.json").toFile());
  }

  private static List<String> keys(JsonNode node) {
    List<String> names = new ArrayList<>();
    node.fieldNames().forEachRemaining(names::add);
    return names;
  }

  @Test
  void summaryHasExactlyTheDocumentedKeysInOrder() throws IOException {
    JsonNode json = writtenSummary(full().build());

    assertThat(keys(json))
        .containsExactly(
            "richkernel",
            "command",
            "config",
            "backend",
            "seed",
            "converged",
            "iterations",
            "residual",
            "residualStandardError",
            "tolerance",
            "mc",
            "train",
            "test",
            "lazy",
            "layers",
            "seconds",
            "peakBytes",
            "provenance");
    assertThat(keys(json.get("provenance")))
        .contains("time", "host", "java", "backend", "data", "points");
    assertThat(keys(json.get("config"))).containsExactly("zeta", "alpha");
    assertThat(keys(json.get("backend"))).containsExactly("name", "device", "threads");
    assertThat(keys(json.get("mc")))
        .containsExactly("samples", "effectiveSamples", "standardError");
    assertThat(keys(json.get("train"))).containsExactly("loss", "accuracy");
    assertThat(keys(json.get("test"))).containsExactly("loss", "accuracy");
    assertThat(keys(json.get("lazy"))).containsExactly("test");
    assertThat(keys(json.at("/lazy/test"))).containsExactly("loss", "accuracy");
    assertThat(keys(json.at("/layers/0")))
        .containsExactly("layer", "alignment", "trace", "frobenius");
    assertThat(keys(json.get("seconds"))).containsExactly("total", "io", "other");
    assertThat(keys(json.get("peakBytes"))).containsExactly("host", "device");
    assertThat(json.get("residual").doubleValue()).isEqualTo(1.2e-4);
    assertThat(json.get("seed").isIntegralNumber()).isTrue();
    assertThat(json.get("richkernel").asText()).isEqualTo(Version.get());
  }

  @Test
  void standardErrorsStandBesideTheirNumbers() throws IOException {
    JsonNode json =
        writtenSummary(
            full()
                .test(
                    Score.ofLoss(0.02)
                        .withLossStandardError(0.001)
                        .withAccuracy(0.9)
                        .withAccuracyStandardError(0.01))
                .layer(LayerSummary.of(2, 0.4, 0.5, 6).withStandardErrors(0.03, 0.02, 0.1))
                .build());

    assertThat(keys(json.get("test")))
        .containsExactly("loss", "lossStandardError", "accuracy", "accuracyStandardError");
    assertThat(json.at("/layers/1/alignmentStandardError").doubleValue()).isEqualTo(0.03);
    assertThat(json.at("/layers/1/traceStandardError").doubleValue()).isEqualTo(0.02);
  }

  @Test
  void numbersThatAreNotFiniteAreLeftOut() throws IOException {
    Map<String, Object> nested = new LinkedHashMap<>();
    nested.put("bad", Double.POSITIVE_INFINITY);
    nested.put("good", 2.5);
    JsonNode json =
        writtenSummary(
            full()
                .residual(Double.NaN)
                .test(Score.ofLoss(Double.POSITIVE_INFINITY).withAccuracy(0.5))
                .monteCarlo(MonteCarlo.of(10, Double.NaN, Double.NaN))
                .seconds("gram", Double.NaN)
                .detail("more", nested)
                .detail("list", new double[] {1, Double.NaN, 3})
                .build());

    assertThat(json.has("residual")).isFalse();
    assertThat(keys(json.get("test"))).containsExactly("accuracy");
    assertThat(keys(json.get("mc"))).containsExactly("samples");
    assertThat(json.get("seconds").has("gram")).isFalse();
    assertThat(keys(json.get("more"))).containsExactly("good");
    assertThat(json.get("list").get(1).isNull()).isTrue();
    assertThat(json.get("list").get(2).doubleValue()).isEqualTo(3);
    assertThat(Files.readString(folder.resolve("summary.json"))).doesNotContain("NaN", "Infinity");
  }

  @Test
  void detailsFollowAtTheTopLevel() throws IOException {
    JsonNode json = writtenSummary(full().detail("edge", Map.of("chi", 0.9)).build());

    assertThat(keys(json)).endsWith("peakBytes", "provenance", "edge");
    assertThat(json.at("/edge/chi").doubleValue()).isEqualTo(0.9);
  }

  @Test
  void aDetailMayNotTakeADocumentedKey() {
    assertThatThrownBy(() -> full().detail("test", 1).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("test");
  }

  @Test
  void aResultComesBackAsItWasWritten() {
    Summary summary =
        full()
            .detail("certificate", Map.of("chains", 8, "gap", List.of(1.5, 2.5)))
            .layer(LayerSummary.of(2, 0.4, 0.5, 6).withStandardErrors(0.03, 0.02, 0.1))
            .lazyTrain(Score.ofLoss(0.2))
            .data(
                new DataOrigin(
                    Map.of("train-x", new DataFile("a.npz", "x", "0f")), Map.of("train", "1e")))
            .build();
    double[] phi = {1, 0.1, 1.0 / 3, Math.nextUp(2.0)};
    ResultFolder.write(
        folder,
        Result.of(summary)
            .with("phi_1", phi, 2, 2)
            .with("f_test", new double[] {Double.NaN, -0.0}, 2)
            .with("empty", new double[0], 0, 3));

    Result back = ResultFolder.read(folder);

    assertThat(back.summary())
        .usingRecursiveComparison()
        .ignoringFields("seconds")
        .isEqualTo(summary);
    assertThat(back.arrays().keySet()).containsExactly("phi_1", "f_test", "empty");
    assertThat(back.array("phi_1").orElseThrow().values()).isEqualTo(phi);
    assertThat(back.array("phi_1").orElseThrow().shape()).containsExactly(2, 2);
    assertThat(back.array("f_test").orElseThrow().values())
        .isEqualTo(new double[] {Double.NaN, -0.0});
    assertThat(back.array("empty").orElseThrow().shape()).containsExactly(0, 3);
    assertThat(ResultFolder.read(folder, "f_test"::equals).arrays().keySet())
        .containsExactly("f_test");
  }

  @Test
  void writingCountsInTheTimeOfATimedSummary() {
    ResultFolder.write(
        folder, Result.of(full().build()).with("a", new double[1_000_000], 1_000_000));

    Map<String, Double> seconds = ResultFolder.readSummary(folder).seconds();
    assertThat(seconds.get("io")).isGreaterThan(0.1);
    assertThat(seconds.get("total") - seconds.get("io")).isCloseTo(8, within(1e-9));
  }

  @Test
  void aSummaryOfTheBareMinimumComesBack() {
    Summary summary = Summary.builder("lazy", Map.of()).build();
    ResultFolder.write(folder, Result.of(summary));

    assertThat(ResultFolder.read(folder)).isEqualTo(Result.of(summary));
  }

  @Test
  void aFailedWriteKeepsTheOldResultAndLeavesNothingHalfWritten() throws IOException {
    ResultFolder.write(folder, Result.of(full().build()).with("a", new double[] {1}, 1));
    byte[] before = Files.readAllBytes(folder.resolve("arrays.npz"));
    Files.delete(folder.resolve("summary.json"));
    // a directory in the place of the file makes its writing fail, for root too
    Files.createDirectories(folder.resolve("summary.json/in-the-way"));

    assertThatThrownBy(
            () ->
                ResultFolder.write(
                    folder, Result.of(full().build()).with("a", new double[] {2}, 1)))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("summary.json")
        .hasMessageNotContaining("\n");
    assertThat(Files.readAllBytes(folder.resolve("arrays.npz"))).isEqualTo(before);
    assertThat(names()).containsExactlyInAnyOrder("arrays.npz", "summary.json");
  }

  private static final SavedModel MODEL =
      new SavedModel(Map.of("type", "old"), ArrayBundle.empty().with("w", new double[] {1}, 1));

  private static final SavedModel NEW_MODEL =
      new SavedModel(Map.of("type", "new"), ArrayBundle.empty().with("w", new double[] {2}, 1));

  private void writeOldResult() throws IOException {
    ResultFolder.write(
        folder, Result.of(full().build()).with("a", new double[] {1}, 1), Optional.of(MODEL));
    Files.writeString(folder.resolve("report.html"), "old");
  }

  private Map<String, String> contents() throws IOException {
    Map<String, String> contents = new TreeMap<>();
    for (String name : names()) {
      contents.put(
          name, Files.isDirectory(folder.resolve(name)) ? "" : Checksum.of(folder.resolve(name)));
    }
    return contents;
  }

  private void writeNewResult(Optional<SavedModel> model) {
    Result result = Result.of(Summary.builder("lazy", Map.of()).build());
    ResultFolder.write(folder, result.with("a", new double[] {2}, 1), model);
  }

  @Test
  void nothingOfAnOlderResultStaysBesideANewOne() throws IOException {
    writeOldResult();
    writeNewResult(Optional.of(NEW_MODEL));
    assertThat(names())
        .containsExactlyInAnyOrder("summary.json", "arrays.npz", "model.json", "model.npz");
    assertThat(ModelFile.read(folder).array("w").values()).containsExactly(2);

    Files.writeString(folder.resolve("report.html"), "drawn again");
    writeNewResult(Optional.empty());
    assertThat(names()).containsExactlyInAnyOrder("summary.json", "arrays.npz");
  }

  /** A directory in the place of any of the files fails while the large files are written. */
  @ParameterizedTest
  @ValueSource(strings = {"arrays.npz", "model.npz", "model.json"})
  void aFailedSaveLeavesTheOlderResultAsItWas(String name) throws IOException {
    writeOldResult();
    Files.delete(folder.resolve(name));
    Files.createDirectories(folder.resolve(name).resolve("in-the-way"));
    Map<String, String> before = contents();

    assertThatThrownBy(() -> writeNewResult(Optional.of(NEW_MODEL)))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining(name)
        .hasMessageNotContaining("\n");
    assertThat(contents()).isEqualTo(before);
  }

  @Test
  void aSaveThatFailsAmongTheFilesLeavesNoSummaryAndSoNoResult() throws IOException {
    writeOldResult();
    Files.delete(folder.resolve("report.html"));
    Files.createDirectories(folder.resolve("report.html/in-the-way"));

    assertThatThrownBy(() -> writeNewResult(Optional.of(NEW_MODEL)))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageNotContaining("\n");
    assertThat(names())
        .containsExactlyInAnyOrder("arrays.npz", "model.json", "model.npz", "report.html");
    assertRefused(folder, "no summary.json");
  }

  @Test
  void aFailureBetweenTheFilesLeavesNoSummary() throws IOException {
    ResultFolder.write(folder, Result.of(full().build()));
    Files.delete(folder.resolve("arrays.npz"));
    Files.createDirectories(folder.resolve("arrays.npz/in-the-way"));
    Files.delete(folder.resolve("summary.json"));

    assertThatThrownBy(() -> ResultFolder.write(folder, Result.of(full().build())))
        .isInstanceOf(UncheckedIOException.class);
    assertThat(names()).containsExactly("arrays.npz");
  }

  @Test
  void preparingRemovesWhatAKilledRunLeftAndNothingElse() throws IOException {
    Path leftover = folder.resolve(".arrays.npz.01234567-89ab-cdef-0123-456789abcdef.tmp");
    Files.writeString(leftover, "torn");
    Files.writeString(folder.resolve("notes.tmp"), "mine");

    ResultFolder.prepare(folder);

    assertThat(names()).containsExactly("notes.tmp");
  }

  @Test
  void aFolderThatCannotBeCreatedIsRefusedInOneLine() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "x");

    for (Path bad : List.of(file, file.resolve("sub"), Path.of("/proc/richkernel"))) {
      assertThatThrownBy(() -> ResultFolder.prepare(bad))
          .isInstanceOf(UncheckedIOException.class)
          .hasMessageStartingWith(bad.toString())
          .hasMessageContaining("--out")
          .hasMessageNotContaining("\n");
    }
  }

  @Test
  void damagedFoldersAreRefusedInOneLine() throws IOException {
    assertRefused(folder.resolve("nowhere"), "no such folder");
    assertRefused(folder, "no summary.json");

    ResultFolder.write(folder, Result.of(full().build()).with("a", new double[100], 100));
    byte[] arrays = Files.readAllBytes(folder.resolve("arrays.npz"));
    Files.write(folder.resolve("arrays.npz"), Arrays.copyOf(arrays, arrays.length / 2));
    assertRefused(folder, "arrays.npz");

    Files.delete(folder.resolve("arrays.npz"));
    assertRefused(folder, "arrays.npz");

    byte[] summary = Files.readAllBytes(folder.resolve("summary.json"));
    Files.write(folder.resolve("summary.json"), Arrays.copyOf(summary, summary.length / 2));
    assertRefused(folder, "no sound JSON");

    Files.writeString(folder.resolve("summary.json"), "[1, 2]");
    assertRefused(folder, "no sound JSON");
  }

  @Test
  void settingsOfAModelThatWereChangedAreRefused() throws IOException {
    Map<String, Object> settings = Map.of("type", "kernel", "mean", 0.125);
    SavedModel model = new SavedModel(settings, ArrayBundle.empty().with("a", new double[3], 3));
    ResultFolder.write(folder, Result.of(full().build()), Optional.of(model));
    assertThat(ModelFile.read(folder).settings()).containsEntry("mean", 0.125);

    Path file = folder.resolve("model.json");
    String text = Files.readString(file);
    Files.writeString(file, text.replace("0.125", "0.126"));
    assertThatThrownBy(() -> ModelFile.read(folder))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("model.json: its checksum is wrong");

    // without a sum nothing says that the rest is as it was: one flipped bit can take it away
    Files.writeString(
        file, text.replaceAll(",\\s*\"sha256\"\\s*:\\s*\"[0-9a-f]+\"\\s*}\\s*$", "}"));
    assertThatThrownBy(() -> ModelFile.read(folder))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("model.json: it has no checksum");
  }

  private static void assertRefused(Path where, String part) {
    assertThatThrownBy(() -> ResultFolder.read(where))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining(part)
        .hasMessageNotContaining("\n");
  }

  @Test
  void theVersionIsThatOfTheBuild() throws IOException {
    String pom = Files.readString(Path.of("pom.xml"));
    assertThat(pom).contains("<version>" + Version.get() + "</version>");
    assertThat(Version.get()).matches("[0-9]+\\.[0-9]+\\.[0-9]+.*");
  }

  @Test
  void arrayNamesMustBeFitForFiles() {
    assertThatThrownBy(() -> Result.of(full().build()).with("../x", new double[1], 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("../x");
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).toList();
    }
  }
}
