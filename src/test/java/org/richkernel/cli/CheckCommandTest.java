package org.richkernel.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.richkernel.data.NpzWriter;

class CheckCommandTest {
  private static final String DECLARED =
      "{\"optimizer\": \"adam\", \"L\": 2, \"a\": [0, 0, 0], \"b\": [0, 0.5, \"1\"],"
          + " \"c\": [0, 1, 1]}";

  @TempDir private Path folder;
  private Path dumps;
  private Path out;

  @BeforeEach
  void folders() throws IOException {
    dumps = Files.createDirectory(folder.resolve("dumps"));
    out = folder.resolve("out");
  }

  private void declare(String json) throws IOException {
    Files.writeString(dumps.resolve("parametrization.json"), json, StandardCharsets.UTF_8);
  }

  private Program train(String... parametrization) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "abc",
                "--train",
                "--widths=64,128,256,512",
                "--repeats=3",
                "--quiet",
                "--seed=21",
                "--dump=" + dumps,
                "--out=" + folder.resolve("trained")));
    arguments.addAll(List.of(parametrization));
    return Program.run(arguments.toArray(String[]::new));
  }

  private Program check(String... more) {
    List<String> arguments = new ArrayList<>(List.of("check", dumps.toString(), "--out=" + out));
    arguments.addAll(List.of(more));
    return Program.run(arguments.toArray(String[]::new));
  }

  private JsonNode summary() throws IOException {
    return new ObjectMapper().readTree(Files.readAllBytes(out.resolve("summary.json")));
  }

  @Test
  void dumpsOfACorrectRunAreAsPredicted() throws IOException {
    assertThat(train("--named=mup-adam", "--weight-decay=1").code()).isZero();
    assertThat(dumps.resolve("n512-seed2.npz")).exists();
    Program run = check("--report");
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.err()).isEmpty();
    assertThat(run.out())
        .contains("declared          adam, L = 2, a 0,0,1, b 0,1/2,0, c 0,1,0: feature learning")
        .contains("verdict           as predicted");
    JsonNode json = summary();
    assertThat(json.path("verdict").asText()).isEqualTo("as predicted");
    assertThat(json.path("likelyMistake").asText()).isEqualTo("none");
    assertThat(json.path("runs").asInt()).isEqualTo(12);
    assertThat(json.path("config").path("dumps").asText()).isEqualTo(dumps.toString());
    assertThat(json.path("slopes").findValuesAsText("quantity"))
        .contains("h_1", "W0", "dh_1", "dh_2", "df", "dW.x", "W0.dx", "f_0", "w_2");
    assertThat(out.resolve("report.html")).content().contains("Coordinate check", "as predicted");
  }

  @Test
  void aCheckRecordsWhatItReadAndCanBeMadeAgain() throws Exception {
    declare(DECLARED);
    dump("a.npz", 8, 1);
    dump("b.npz", 64, 1);
    assertThat(check().code()).isZero();
    JsonNode read = summary().path("provenance").path("data");
    assertThat(read.size()).isEqualTo(3);
    byte[] bytes = Files.readAllBytes(dumps.resolve("b.npz"));
    assertThat(read.path("b.npz").path("sha256").asText())
        .isEqualTo(HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes)));
    JsonNode slopes = summary().path("slopes");

    Path again = folder.resolve("again");
    Program run = Program.run("check", "--config=" + out.resolve("summary.json"), "--out=" + again);
    assertThat(run.code()).as(run.err()).isZero();
    JsonNode second =
        new ObjectMapper().readTree(Files.readAllBytes(again.resolve("summary.json")));
    assertThat(second.path("slopes")).isEqualTo(slopes);
    assertThat(second.path("config").path("dumps").asText()).isEqualTo(dumps.toString());
  }

  @Test
  void aCheckNeedsItsFolder() {
    assertThat(Program.run("check").line()).contains("dumps is missing; name the folder");
  }

  @Test
  void olderDumpsOfTheProgramGo() throws IOException {
    dump("n7-seed0.npz", 7, 1);
    dump("mine.npz", 7, 1);
    assertThat(train("--named=mup").code()).isZero();
    assertThat(dumps.resolve("n7-seed0.npz")).doesNotExist();
    assertThat(dumps.resolve("mine.npz")).exists();
    assertThat(dumps.resolve("n64-seed0.npz")).exists();
  }

  @Test
  void distanceToTheComputedLimitFallsAsTheRootOfTheWidth() throws IOException {
    assertThat(train("--named=mup").code()).isZero();
    Program run = check("--limit", "--report", "--samples=4000");
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.out()).contains("distance to the limit", "where n^-1/2 is predicted");
    JsonNode limit = summary().path("distanceToLimit");
    assertThat(limit.path("tendsToLimit").asBoolean()).isTrue();
    assertThat(limit.path("slope").asDouble() + 0.5)
        .isBetween(
            -3 * limit.path("slopeStandardError").asDouble(),
            3 * limit.path("slopeStandardError").asDouble());
    JsonNode widest = limit.path("widths").path(3);
    assertThat(widest.path("width").asInt()).isEqualTo(512);
    assertThat(widest.path("distance").asDouble()).isLessThan(0.06);
    assertThat(out.resolve("report.html")).content().contains("Distance to the limit");

    // the limit of other steps is no limit of these networks
    Path declared = dumps.resolve("parametrization.json");
    Files.writeString(
        declared, Files.readString(declared).replace("\"step_size\" : 0.5", "\"step_size\" : 1.5"));
    Program other = check("--limit", "--samples=4000");
    assertThat(other.code()).isZero();
    assertThat(other.out()).contains("these networks tend elsewhere");
    assertThat(summary().path("distanceToLimit").path("tendsToLimit").asBoolean()).isFalse();
  }

  @Test
  void limitsThatAreNotKnownAreRefusedInOneLine() throws IOException {
    assertThat(train("--named=mup-adam").code()).isZero();
    Program adam = check("--limit");
    assertThat(adam.code()).isEqualTo(2);
    assertThat(adam.line()).contains("--limit is given; it is computed for gradient descent");
    declare(DECLARED);
    Program without = check("--limit");
    assertThat(without.code()).isEqualTo(2);
    assertThat(without.line()).contains("it describes no \"task\"", "leave out --limit");
    declare(DECLARED.replace("}", ", \"task\": {\"activation\": \"tanh\", \"y\": [1]}}"));
    assertThat(check().line()).contains("\"task\" lacks an activation, a step_size, or rows");
    declare(
        DECLARED.replace(
            "}",
            ", \"task\": {\"activation\": \"no\", \"step_size\": 1, \"x\": [[1]], \"y\": [1]}}"));
    assertThat(check().line()).contains("the activation of its task");
  }

  /** What ran had a learning rate of order 1 in the hidden layer, which was not declared. */
  @Test
  void aMistakeIsNamedAndTheExitCodeIsZero() throws IOException {
    assertThat(train("--a=0,0,0", "--b=0,1/2,1", "--c=0,0,1", "--optimizer=adam").code()).isZero();
    declare(DECLARED);
    Program run = check();
    assertThat(run.code()).isZero();
    assertThat(run.out())
        .contains("verdict           deviates", "look at the learning rate of layer 2");
    JsonNode json = summary();
    assertThat(json.path("verdict").asText()).isEqualTo("deviates");
    assertThat(json.path("likelyMistake").asText()).isEqualTo("learning rate of layer 2");
    assertThat(json.path("layer").asInt()).isEqualTo(2);
    assertThat(json.path("quantity").asText()).isEqualTo("dh_2");
    assertThat(out.resolve("report.html")).doesNotExist();
  }

  /** The least that another program has to write: n, h, f. */
  private void dump(String name, long width, double size, long... seed) {
    try (NpzWriter writer = NpzWriter.create(dumps.resolve(name))) {
      double[] h = new double[3 * 2 * 2];
      double[] f = new double[3 * 2];
      double start = 1 / Math.sqrt((double) width);
      for (int t = 0; t < 3; t++) {
        double moved = t == 0 ? 0 : t * size;
        Arrays.fill(h, 4 * t, 4 * t + 4, 1 + moved);
        Arrays.fill(f, 2 * t, 2 * t + 2, start + moved);
      }
      writer.put("n", new long[] {width});
      if (seed.length > 0) {
        writer.put("seed", seed);
      }
      writer.put("h1", h, 3, 2, 2);
      writer.put("h2", h, 3, 2, 2);
      writer.put("f", f, 3, 2);
      writer.commit();
    }
  }

  @Test
  void theLeastThatAnotherProgramWritesIsEnough() throws IOException {
    declare(DECLARED);
    dump("a.npz", 16, 1);
    dump("b.npz", 64, 1);
    Program run = check();
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.out()).contains("as predicted").doesNotContain("W0.dx");
    assertThat(run.err().lines())
        .containsExactly(
            "richkernel: 2 widths from 16 to 64; at least 4 with a factor of 8 between are needed"
                + " to trust the slopes",
            "richkernel: fewer than 3 seeds at some width; errors are uncertain");
    assertThat(summary().path("doubts")).hasSize(2);
  }

  private void refused(String says) {
    Program run = check();
    assertThat(run.code()).as(run.err()).isEqualTo(ExitCode.USAGE);
    assertThat(run.line()).startsWith("richkernel: ").contains(says);
    assertThat(run.out()).isEmpty();
    assertThat(out).doesNotExist();
  }

  @Test
  void widthsThatAreTooFewAreSaid() throws IOException {
    refused("it holds no parametrization.json; write {");
    declare(DECLARED);
    refused("dumps: it holds no .npz files; dump runs of at least 2 widths");
    dump("a.npz", 16, 1);
    dump("b.npz", 16, 1);
    refused("all its runs are of width 16; dump runs of at least 2 widths");
    dump("c.npz", 32, Double.NaN);
    dump("b.npz", 16, 0);
    dump("a.npz", 16, 0);
    refused("dumps: at fewer than 2 widths do its runs move, by finite numbers; dump a step with");
  }

  @Test
  void copiesAndNetworksWithoutNumbersAreNoRuns() throws IOException {
    declare(DECLARED);
    dump("a.npz", 16, 1);
    dump("b.npz", 64, 1);
    try (NpzWriter writer = NpzWriter.create(dumps.resolve("c.npz"))) {
      double[] h = new double[2 * 2];
      h[1] = Double.NaN;
      writer.put("n", new long[] {64});
      writer.put("seed", new long[] {1});
      writer.put("h1", h, 2, 1, 2);
      writer.put("h2", h, 2, 1, 2);
      writer.put("f", new double[2], 2, 1);
      writer.commit();
    }
    refused("c.npz: its h1 holds NaN at step 0");
    Files.delete(dumps.resolve("c.npz"));
    dump("c.npz", 16, 1, 7);
    dump("d.npz", 16, 1, 7);
    refused("c.npz and d.npz are both of n = 16 and seed 7; keep one of them");
  }

  @Test
  void arraysThatDoNotFitAreNamed() throws IOException {
    declare(DECLARED.replace("2,", "3,").replace("0]", "0, 0]").replace("1]", "1, 1]"));
    dump("a.npz", 16, 1);
    refused("\"b\" has 3 exponents for L = 3");
    declare("{\"optimizer\": \"adam\", \"L\": 3, \"a\": 0, \"b\": 0, \"c\": 0}");
    refused("a.npz: it holds no array 'h3'");
    declare(DECLARED);
    dump("b.npz", 1, 1);
    refused("b.npz: its h1 has the shape [3, 2, 2]; f says (3, 2, k), with k at most n = 1");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"L\": 2} | it names no \"optimizer\"",
        "{\"optimizer\": \"lion\", \"L\": 1, \"a\": 0, \"b\": 0, \"c\": 0} | optimizer is lion;"
            + " use",
        "{\"optimizer\": \"sgd\"} | \"L\" is no number of hidden layers",
        "{\"optimizer\": \"sgd\", \"L\": 1, \"a\": 0, \"b\": 0} | it holds no \"c\"",
        "{\"optimizer\": \"sgd\", \"L\": 1, \"a\": [0,1,2], \"b\": 0, \"c\": 0} | \"a\" has 3 exp",
        "{\"optimizer\": \"sgd\", \"L\": 1, \"a\": \"x\", \"b\": 0, \"c\": 0} | 'x'; write whole",
        "{\"optimizer\": \"sgd\", \"L\": 1, \"a\": [{}, 1], \"b\": 0, \"c\": 0} | \"a\" holds {}",
        "[1] | it is no sound JSON object",
      })
  void declarationsThatCannotBeUnderstoodAreNamed(String json, String says) throws IOException {
    declare(json);
    refused("parametrization.json: ");
    assertThat(check().line()).contains(says);
  }

  @Test
  void aFolderThatIsNotThereIsNamed() {
    Program run = Program.run("check", folder.resolve("absent").toString());
    assertThat(run.code()).isEqualTo(ExitCode.USAGE);
    assertThat(run.line()).contains("absent: there is no such folder");
  }
}
