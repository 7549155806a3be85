package org.richkernel.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where results come from, and comparisons of results on other points. */
class ProvenanceTest {
  private static final String X = "0.5,1\n0,2\n-1,0\n0.3,-0.7\n";
  private static final String OTHER_X = "0.5,1\n0,2\n-1,0\n0.3,-0.8\n";
  private static final String Y = "1\n-1\n0.5\n0.2\n";

  @TempDir Path folder;

  private Path file(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text, StandardCharsets.UTF_8);
  }

  private static String sha256(Path file) throws IOException {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(digest.digest(Files.readAllBytes(file)));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  private JsonNode summary(String out) throws IOException {
    return new ObjectMapper().readTree(folder.resolve(out).resolve("summary.json").toFile());
  }

  private void run(String command, String out, String... more) {
    List<String> all = new ArrayList<>(List.of(command.split(" ")));
    all.addAll(List.of(more));
    all.addAll(List.of("--backend=cpu", "--out=" + folder.resolve(out)));
    Program program = Program.run(all.toArray(String[]::new));
    assertThat(program.code()).as(program.err()).isIn(0, 3);
  }

  private static void requireHere(JsonNode provenance, Instant before) {
    assertThat(Instant.parse(provenance.path("time").asText()))
        .isBetween(before.minusSeconds(1), Instant.now());
    assertThat(provenance.path("host").asText()).isNotEmpty();
    assertThat(provenance.path("java").asText()).contains(System.getProperty("java.vm.name"));
    assertThat(provenance.path("backend").asText()).startsWith("cpu, ");
    assertThat(provenance.path("commit").asText()).matches("([0-9a-f]{40}(-dirty)?)?");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "lazy",
        "bayes --samples=64 --max-sweeps=20",
        "bayes --order=one-loop --width=20 --chi=1 --samples=64 --max-sweeps=20",
        "bayes --order=map --width=20 --chi=1 --samples=256",
        "dynamics --samples=256 --steps=2",
        "finite --method=gd --width=8 --repeats=2 --steps=2",
        "finite --method=langevin --width=8 --repeats=2 --max-sweeps=20",
        "phase --width=20 --samples=200 --weight-variance=0.8:1.2:2"
      })
  void everyCommandThatReadsPointsRecordsTheirFiles(String command) throws IOException {
    Path x = file("x.csv", X);
    Path y = file("y.csv", Y);
    Instant before = Instant.now();
    run(command, "fit", "--train-x=" + x, "--train-y=" + y);
    JsonNode provenance = summary("fit").path("provenance");
    requireHere(provenance, before);
    assertThat(provenance.at("/data/train-x/file").asText()).isEqualTo(x.toString());
    assertThat(provenance.at("/data/train-x/sha256").asText()).isEqualTo(sha256(x));
    assertThat(provenance.at("/data/train-y/sha256").asText()).isEqualTo(sha256(y));
    assertThat(provenance.path("data")).hasSize(2);
    assertThat(provenance.at("/points/train").asText()).matches("[0-9a-f]{64}");
  }

  @Test
  void predictionsRecordTheirFilesAndReportsShowThem() throws IOException {
    Path x = file("x.csv", X);
    Path y = file("y.csv", Y);
    Path test = file("test.csv", OTHER_X);
    run("lazy", "fit", "--train-x=" + x, "--train-y=" + y);
    Instant before = Instant.now();
    run("predict --from=" + folder.resolve("fit"), "new", "--test-x=" + test, "--test-y=" + y);
    JsonNode provenance = summary("new").path("provenance");
    requireHere(provenance, before);
    assertThat(provenance.at("/data/test-x/sha256").asText()).isEqualTo(sha256(test));
    assertThat(provenance.at("/data/test-y/sha256").asText()).isEqualTo(sha256(y));
    assertThat(folder.resolve("fit/report.html")).content().contains(sha256(x));
  }

  private Program compare(String first, String second) {
    return Program.run(
        "report", folder.resolve(first).toString(), "--compare", folder.resolve(second).toString());
  }

  @Test
  void otherInputsWithTheSameTargetsAreNotCompared() throws IOException {
    Path x = file("x.csv", X);
    Path other = file("other.csv", OTHER_X);
    String y = "--train-y=" + file("y.csv", Y);
    run("lazy", "first", "--train-x=" + x, y);
    run("lazy", "second", "--train-x=" + other, y);
    Program refused = compare("first", "second");
    assertThat(refused.code()).isEqualTo(2);
    assertThat(refused.line())
        .contains("--compare")
        .contains("its --train-x " + other, "than " + x)
        .contains(sha256(x).substring(0, 12), sha256(other).substring(0, 12));
  }

  @Test
  void otherTestInputsWithTheSameTargetsAreNotCompared() throws IOException {
    Path x = file("x.csv", X);
    Path other = file("other.csv", OTHER_X);
    Path y = file("y.csv", Y);
    String[] train = {"--train-x=" + x, "--train-y=" + y, "--test-y=" + y};
    run("lazy " + String.join(" ", train), "first", "--test-x=" + x);
    run("lazy " + String.join(" ", train), "second", "--test-x=" + other);
    assertThat(compare("first", "second").code()).isEqualTo(2);
    assertThat(compare("first", "second").line()).contains("its --test-x " + other);
    run("lazy --train-x=" + x + " --train-y=" + y, "third");
    assertThat(compare("first", "third").code()).isZero();
  }

  @Test
  void theSamePointsInAnotherFileAreCompared() throws IOException {
    Path x = file("x.csv", X);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream packed = new GZIPOutputStream(bytes)) {
      packed.write(Files.readAllBytes(x));
    }
    Path zipped = Files.write(folder.resolve("x.csv.gz"), bytes.toByteArray());
    String y = "--train-y=" + file("y.csv", Y);
    run("lazy", "first", "--train-x=" + x, y);
    run("lazy", "second", "--train-x=" + zipped, y);
    assertThat(summary("second").at("/provenance/data/train-x/sha256").asText())
        .isEqualTo(sha256(zipped))
        .isNotEqualTo(sha256(x));
    Program run = compare("first", "second");
    assertThat(run.code()).isZero();
    assertThat(run.out()).doesNotContain("not known to be the same");
  }

  @Test
  void inputsThatWereStandardizedDifferentlyAreComparedWithTheOptionNamed() throws IOException {
    String x = "--train-x=" + file("x.csv", X);
    String y = "--train-y=" + file("y.csv", Y);
    run("lazy", "first", x, y);
    run("lazy", "second", x, y, "--standardize=0.5,2");
    Program run = compare("first", "second");
    assertThat(run.code()).isZero();
    assertThat(run.out()).contains("standardize none against 0.5,2");
  }

  /** A summary of a version that wrote no checksums. */
  @Test
  void resultsWithoutChecksumsAreComparedWithAWord() throws IOException {
    String y = "--train-y=" + file("y.csv", Y);
    run("lazy", "first", "--train-x=" + file("x.csv", X), y);
    run("lazy", "second", "--train-x=" + file("other.csv", OTHER_X), y);
    ObjectNode older = (ObjectNode) summary("second");
    older.remove("provenance");
    new ObjectMapper().writeValue(folder.resolve("second/summary.json").toFile(), older);
    String said =
        "not known to be the same in --train-x, --train-y: no checksums in "
            + folder.resolve("second");
    Program run = compare("first", "second");
    assertThat(run.code()).isZero();
    assertThat(run.out().lines()).contains("points    " + said);
    assertThat(folder.resolve("first/compare.html")).content().contains(said);
  }
}
