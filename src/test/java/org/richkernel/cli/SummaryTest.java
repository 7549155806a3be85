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
        .containsExactly(
            ("train-x train-y test-x test-y classes one-hot train-size test-size standardize"
                    + " hidden-layers activation weight-variance bias-variance gamma beta samples"
                    + " seed tolerance max-sweeps determinant-weight gamma-path warm-start"
                    + " second-start select select-by betas evidence-width validation-fraction"
                    + " cross-check order width scaling chi backend threads devices device-memory"
                    + " precision quiet config debug out resume checkpoint-seconds dry-run")
                .split(" "));
    assertThat(json.at("/config/order").asText()).isEqualTo("tree");
    assertThat(json.at("/config/devices").asText()).isEqualTo("0");
    assertThat(json.at("/config/select-by").asText()).isEqualTo("validation");
    assertThat(json.at("/config/validation-fraction").asDouble()).isEqualTo(0.2);
    assertThat(withoutValue(json.path("config")))
        .containsExactly(
            ("gamma-path warm-start select betas evidence-width width scaling chi device-memory"
                    + " config")
                .split(" "));
    assertThat(json.at("/config/standardize").asText()).isEqualTo("global");
    assertThat(json.at("/config/threads").asInt()).isEqualTo(1);
    assertThat(json.at("/config/samples").asInt()).isEqualTo(64);
    assertThat(json.at("/config/checkpoint-seconds").asDouble()).isEqualTo(30);
    assertThat(json.at("/backend/name").asText()).isEqualTo("cpu");
    assertThat(json.at("/lazy/test/loss").isNumber()).isTrue();
    assertThat(json.at("/layers/0/alignmentStandardError").isNumber()).isTrue();
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
