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
        "{\"kapa\": 1} | 'kapa' is no option",
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
}
