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
import org.junit.jupiter.params.provider.ValueSource;

class ConfigFileTest {
  private static final String IMAGES = "mnist01-train-images-idx3-ubyte.gz";
  private static final String LABELS = "mnist01-train-labels-idx1-ubyte.gz";

  @TempDir Path folder;

  private JsonNode config(Path file, String... more) throws IOException {
    Program run = lazy(file, more);
    assertThat(run.code()).as(run.err()).isZero();
    Path summary = folder.resolve("out/summary.json");
    return new ObjectMapper().readTree(Files.readString(summary)).path("config");
  }

  private Program lazy(Path file, String... more) {
    List<String> arguments = new ArrayList<>(List.of("lazy", "--config=" + file));
    arguments.add("--out=" + folder.resolve("out"));
    arguments.addAll(List.of(more));
    return Program.run(arguments.toArray(String[]::new));
  }

  private Path file(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text);
  }

  @Test
  void theCommandLineWinsOverJson() throws IOException {
    Path json =
        file(
            "a.json",
            "{\"train-x\": \"test-data/"
                + IMAGES
                + "\", \"train-y\": \"test-data/"
                + LABELS
                + "\", \"classes\": [0, 1], \"train-size\": 12, \"kappa\": 0.5, \"quiet\": true,"
                + " \"weight-variance\": [1, 2]}");

    JsonNode config = config(json, "--kappa=0.25", "--train-size", "8", "--no-quiet");

    assertThat(config.path("kappa").asDouble()).isEqualTo(0.25);
    assertThat(config.path("beta").asDouble()).isEqualTo(4);
    assertThat(config.path("train-size").asInt()).isEqualTo(8);
    assertThat(config.path("quiet").asBoolean()).isFalse();
    assertThat(config.path("classes").asText()).isEqualTo("0,1");
    assertThat(config.path("weight-variance").toString()).isEqualTo("[1.0,2.0]");
  }

  @Test
  void yamlHoldsTheSame() throws IOException {
    Path yaml =
        file(
            "a.yaml",
            "train-x: test-data/"
                + IMAGES
                + "\ntrain-y: test-data/"
                + LABELS
                + "\nclasses: 0,1\ntrain-size: 12\nkernel: ntk\nquiet: true\n");

    JsonNode config = config(yaml);

    assertThat(config.path("kernel").asText()).isEqualTo("ntk");
    assertThat(config.path("train-size").asInt()).isEqualTo(12);
    assertThat(config.path("quiet").asBoolean()).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"kapa\": 1} | 'kapa' is no option of richkernel lazy; did you mean kappa?",
        "{\"no-quiet\": true} | 'no-quiet' is no option",
        "{\"help\": true} | 'help' is no option",
        "{\"config\": \"b.json\"} | 'config' is no option",
        "{\"width\": 9} | 'width' is no option of richkernel lazy",
        "{\"quiet\": \"yes\"} | use true or false",
        "{\"kappa\": {\"a\": 1}} | use one value or a list",
        "{\"kappa\": null} | use one value or a list",
        "{\"kappa\": 1, \"kappa\": 2} | Duplicate",
        "{\"kappa\": 1 | not valid JSON",
        "[1] | holds no object",
        "{\"kappa\": \"much\"} | --kappa",
        "{\"kappa\": -1} | --kappa is -1.0",
      })
  void whatIsWrongInAFileIsSaid(String text, String says) throws IOException {
    Path y = file("y.csv", "1\n-1\n");
    Program run = lazy(file("bad.json", text), "--train-x=" + y, "--train-y=" + y);

    assertThat(run.code()).as(run.err()).isEqualTo(ExitCode.USAGE);
    assertThat(run.line()).contains(says);
  }

  @Test
  void aFileThatIsMissingIsNamed() {
    Path absent = folder.resolve("absent.json");
    Program run = lazy(absent);
    assertThat(run.code()).isEqualTo(ExitCode.USAGE);
    assertThat(run.line()).contains("--config " + absent + ": it cannot be read");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "lazy --kernel=ntk --kappa=0.3",
        "bayes --samples=64 --max-sweeps=20 --gamma=0.5 --activation=leaky-relu:0.2",
        "dynamics --samples=64 --steps=3 --activation=tanh --solver=causal",
        "finite --method=gd --width=16 --steps=3",
        "finite --method=langevin --width=16 --max-sweeps=20",
        "bayes --order=one-loop --width=50 --samples=100 --max-sweeps=20 --activation=erf --chi=4",
        "bayes --order=map --width=200 --samples=1000 --activation=erf"
      })
  void summaryOfARunRepeatsIt(String command, @TempDir Path folder) throws IOException {
    List<String> first = new ArrayList<>(Program.digits("", 8, 4, "--threads=1", "--quiet"));
    first.remove(0);
    List<String> words = List.of(command.split(" ", 0));
    first.addAll(0, words);
    first.add("--out=" + folder.resolve("first"));
    int code = Program.run(first.toArray(String[]::new)).code();
    assertThat(code).isIn(ExitCode.DONE, ExitCode.NOT_CONVERGED);

    String config = "--config=" + folder.resolve("first/summary.json");
    Program second =
        Program.run(words.get(0), config, "--out=" + folder.resolve("second"), "--quiet");
    assertThat(second.code()).as(second.err()).isEqualTo(code);
    assertThat(folder.resolve("second/arrays.npz"))
        .hasSameBinaryContentAs(folder.resolve("first/arrays.npz"));

    Program other = Program.run("phase", config);
    assertThat(other.code()).isEqualTo(ExitCode.USAGE);
    assertThat(other.line()).contains("the summary of a run of '" + words.get(0) + "'");
  }

  @Test
  void unknownNamesAreFollowedByThoseThatAreLikeThem() {
    assertThat(Program.run("bayes", "--gama=1").line()).contains("did you mean --gamma");
    assertThat(Program.run("bays").line()).contains("did you mean bayes");
  }
}
