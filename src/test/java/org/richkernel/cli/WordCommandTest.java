package org.richkernel.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.richkernel.data.NpzArchive;
import org.richkernel.data.Table;

/** Word embeddings from the command line: files, results, refusals. */
class WordCommandTest {
  @TempDir private Path folder;
  private Path text;
  private Path analogies;

  @BeforeEach
  void writeFiles() throws IOException {
    StringBuilder lines = new StringBuilder();
    String[] people = {"king queen", "man woman", "son daughter", "lord lady"};
    for (int i = 0; i < 400; i++) {
      String[] pair = people[i % people.length].split(" ");
      lines.append("the ").append(pair[0]).append(" he went to his house\n");
      lines.append("the ").append(pair[1]).append(" she went to her house\n");
    }
    lines.append("rare words\n");
    text = Files.writeString(folder.resolve("text.txt"), lines);
    StringBuilder questions = new StringBuilder(": people\n");
    for (String given : people) {
      for (String asked : people) {
        if (!given.equals(asked)) {
          questions.append(given).append(' ').append(asked).append('\n');
        }
      }
    }
    questions.append(": none\nking queen rare words\n");
    analogies = Files.writeString(folder.resolve("analogies.txt"), questions);
  }

  private Program run(Path read, String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "word2vec",
                "--text=" + read,
                "--min-count=5",
                "--epochs=3",
                "--subsample=0",
                "--backend=cpu",
                "--out=" + folder.resolve("out")));
    arguments.addAll(List.of(more));
    return Program.run(arguments.toArray(String[]::new));
  }

  private JsonNode summary() throws IOException {
    return new ObjectMapper().readTree(folder.resolve("out/summary.json").toFile());
  }

  @Test
  void resultHoldsAccuraciesNeighboursAndRows() throws IOException {
    Program run = run(text, "--analogies=" + analogies, "--widths=inf,8", "--neighbours=King,went");
    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isZero();
    assertThat(run.out())
        .contains("vocabulary of 16")
        .contains("12 analogies of 4 pairs in 1 sections, 1 skipped")
        .contains("near 'king', width inf:")
        .contains("inf - width");
    JsonNode summary = summary();
    assertThat(summary.path("converged").asBoolean()).isTrue();
    JsonNode limit = summary.path("accuracy").path("inf");
    assertThat(limit.path("questions").asInt()).isEqualTo(12);
    assertThat(limit.path("accuracyStandardError").isNumber()).isTrue();
    assertThat(limit.path("sections").path("people").path("accuracy").asDouble())
        .isEqualTo(limit.path("accuracy").asDouble());
    assertThat(summary.path("difference").has("8")).isTrue();
    assertThat(summary.path("neighbours").path("king, width inf").size()).isEqualTo(10);
    try (NpzArchive arrays = NpzArchive.open(folder.resolve("out/arrays.npz"))) {
      assertThat(arrays.read("width").values()).containsExactly(Double.POSITIVE_INFINITY, 8);
      Table accuracy = arrays.read("accuracy");
      assertThat(accuracy.shape()).containsExactly(2, 4);
      assertThat(accuracy.get(0, 0)).isZero();
      assertThat(accuracy.get(0, 3)).isEqualTo(limit.path("accuracy").asDouble());
    }
    rowsAreFiled();
    assertThat(Files.readString(folder.resolve("out/report.html")))
        .contains("Analogies by epoch and width");
  }

  private void rowsAreFiled() throws IOException {
    List<String> words = Files.readAllLines(folder.resolve("out/vocabulary.txt"));
    assertThat(words).hasSize(16).contains("king 100", "went 800");
    List<String> lines = Files.readAllLines(folder.resolve("out/embeddings-8.txt"));
    assertThat(lines.get(0)).isEqualTo("16 8");
    assertThat(lines).hasSize(17);
    try (NpzArchive limit = NpzArchive.open(folder.resolve("out/embeddings-inf.npz"));
        NpzArchive narrow = NpzArchive.open(folder.resolve("out/embeddings-8.npz"))) {
      assertThat(limit.read("input").shape()).containsExactly(16, 16);
      assertThat(limit.read("output").shape()).containsExactly(16, 16);
      Table rows = narrow.read("input");
      String[] first = lines.get(3).split(" ");
      assertThat(words.get(2)).startsWith(first[0] + " ");
      for (int j = 0; j < 8; j++) {
        assertThat((double) Float.parseFloat(first[1 + j])).isEqualTo(rows.get(2, j));
      }
    }
  }

  @Test
  void packedTextsGiveTheSameNumbers() throws IOException {
    Path gz = folder.resolve("text.gz");
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(gz))) {
      Files.copy(text, out);
    }
    Path zip = folder.resolve("text.zip");
    try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(zip))) {
      String all = Files.readString(text);
      int half = all.indexOf('\n', all.length() / 2) + 1;
      out.putNextEntry(new ZipEntry("a.txt"));
      out.write(all.substring(0, half).getBytes(StandardCharsets.UTF_8));
      out.putNextEntry(new ZipEntry("b.txt"));
      out.write(all.substring(half).getBytes(StandardCharsets.UTF_8));
    }
    List<Double> losses = new ArrayList<>();
    for (Path file : List.of(text, gz, zip)) {
      assertThat(run(file, "--widths=inf", "--no-embeddings", "--quiet").code()).isZero();
      losses.add(summary().path("widths").path("inf").path("loss").asDouble());
      assertThat(folder.resolve("out/embeddings-inf.npz")).doesNotExist();
    }
    assertThat(losses.get(1)).isEqualTo(losses.get(0));
    assertThat(losses.get(2)).isEqualTo(losses.get(0));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--window=0         | --window is 0; use 1 to 1000",
        "--negative=0       | --negative is 0; use 1 to 63",
        "--negative=64      | --negative is 64; use 1 to 63",
        "--epochs=0         | --epochs is 0",
        "--batch=0          | --batch is 0",
        "--subsample=-1     | --subsample is -1.0",
        "--step-size=0      | --step-size is 0.0",
        "--weight-decay=-1  | --weight-decay is -1.0",
        "--widths=inf,0     | --widths is inf,0; use inf and whole numbers",
        "--widths=8,8       | --widths is 8,8",
        "--min-count=0      | use at least 1",
        "--min-count=900000 | use at most",
        "--neighbours=xyzzy | --neighbours is xyzzy; it is not in the vocabulary",
        "--analogies=/none  | --analogies /none: there is no such file",
      })
  void badOptionsAreRefusedInOneLine(String option, String line) {
    Program run =
        Program.run("word2vec", "--text=" + text, option, "--out=" + folder.resolve("out"));
    assertThat(run.line()).contains(line);
    assertThat(run.code()).isEqualTo(2);
  }

  @Test
  void badFilesAreRefusedInOneLine() throws IOException {
    Path unknown = Files.writeString(folder.resolve("q1"), ": x\nfoo bar baz qux\n");
    Path three = Files.writeString(folder.resolve("q2"), "king queen man\n");
    Path empty = Files.writeString(folder.resolve("q3"), "\n");
    Path lonely = Files.writeString(folder.resolve("t1"), "a\nb\n".repeat(9));
    assertRefused(run(text, "--analogies=" + unknown), "--analogies is without known words");
    assertRefused(run(text, "--analogies=" + three), "line 1 has 3 words");
    assertRefused(run(text, "--analogies=" + empty), "without questions");
    assertRefused(run(lonely), "--text is without two such words in a sentence");
    assertRefused(run(empty), "fewer than 2 different words");
    assertRefused(run(folder), "this is a directory");
    assertRefused(run(folder.resolve("missing")), "there is no such file");
  }

  private static void assertRefused(Program run, String line) {
    assertThat(run.line()).contains(line);
    assertThat(run.code()).isEqualTo(2);
  }

  @Test
  void vocabularyTooLargeForTheMemoryIsRefusedWithOneThatFits() {
    String sample = Program.DATA + "web-sample.txt.gz";
    Program run = run(Path.of(sample), "--device-memory=12m", "--widths=inf");
    assertThat(run.code()).isEqualTo(4);
    assertThat(run.line()).containsPattern("[0-9]+ words would fit: use --min-count [0-9]+ \\(");
    String least = run.line().replaceAll(".*--min-count ([0-9]+) .*", "$1");
    Program smaller =
        Program.run(
            "word2vec",
            "--text=" + sample,
            "--min-count=" + least,
            "--widths=inf",
            "--device-memory=12m",
            "--backend=cpu",
            "--dry-run");
    assertThat(smaller.code()).isZero();
    Program larger =
        Program.run(
            "word2vec",
            "--text=" + sample,
            "--min-count=" + (Integer.parseInt(least) - 1),
            "--widths=inf",
            "--device-memory=12m",
            "--backend=cpu",
            "--dry-run");
    assertThat(larger.code()).isEqualTo(4);
  }

  @Test
  void rowsThatGrowBeyondAllNumbersEndWithTheirOwnCode() throws IOException {
    Program run =
        run(text, "--widths=inf", "--step-size=900", "--batch=64", "--analogies=" + analogies);
    assertThat(run.code()).isEqualTo(3);
    assertThat(run.line()).contains("NOT converged");
    assertThat(summary().path("converged").asBoolean()).isFalse();
    assertThat(summary().path("accuracy").has("inf")).isFalse();
  }
}
