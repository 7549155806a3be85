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

/** Fits of the dual form that start from a result with fewer training points. */
class WarmStartTest {
  private static final List<String> NUMBERS =
      List.of("/layers/0/alignment", "/layers/0/trace", "/layers/0/frobenius", "/test/loss");

  @TempDir Path folder;

  private Program fit(String name, int points, String... more) {
    List<String> options =
        new ArrayList<>(
            List.of(
                "--form=dual",
                "--samples=200",
                "--gamma=1",
                "--tolerance=0.05",
                "--threads=1",
                "--out=" + folder.resolve(name)));
    options.addAll(List.of(more));
    return Program.onDigits("bayes", points, 20, options.toArray(String[]::new));
  }

  private JsonNode json(String name, String file) throws IOException {
    return new ObjectMapper().readTree(Files.readString(folder.resolve(name).resolve(file)));
  }

  private String standardize(String name) throws IOException {
    JsonNode model = json(name, "model.json").path("model");
    return "--standardize=" + model.path("mean").asText() + "," + model.path("std").asText();
  }

  /** Twice the points at the same kappa / P, against a fit from the prior with another seed. */
  @Test
  void agreesWithTheFitFromThePrior() throws IOException {
    Program few = fit("few", 60, "--activation=tanh", "--kappa=0.5");
    assertThat(few.code()).as(few.err()).isZero();
    String start = "--warm-start=" + folder.resolve("few");
    String same = standardize("few");

    Program relu = fit("relu", 120, same, "--activation=relu", start);
    assertThat(relu.code()).isEqualTo(ExitCode.USAGE);
    assertThat(relu.line()).contains("--warm-start is a result of 1 hidden layer(s), tanh");
    Program scaled = fit("scaled", 120, "--activation=tanh", start);
    assertThat(scaled.code()).isEqualTo(ExitCode.USAGE);
    assertThat(scaled.line()).contains("--warm-start").contains("use " + same.replace('=', ' '));
    assertThat(folder.resolve("scaled")).doesNotExist();

    Program warm = fit("warm", 120, same, "--activation=tanh", "--kappa=1", start);
    assertThat(warm.code()).as(warm.err()).isZero();
    Program cold = fit("cold", 120, same, "--activation=tanh", "--kappa=1", "--seed=2");
    assertThat(cold.code()).as(cold.err()).isZero();
    JsonNode one = json("warm", "summary.json");
    JsonNode other = json("cold", "summary.json");
    double squares = 0;
    for (String name : NUMBERS) {
      double error =
          Math.hypot(
              one.at(name + "StandardError").asDouble(),
              other.at(name + "StandardError").asDouble());
      assertThat(error).as(name).isPositive();
      double z = (one.at(name).asDouble() - other.at(name).asDouble()) / error;
      assertThat(Math.abs(z)).as(name).isLessThan(4);
      squares += z * z;
    }
    assertThat(squares / NUMBERS.size()).isLessThan(4);
    // the point of it: fewer sweeps of burn-in than from the prior
    assertThat(burnIn(one)).isLessThan(burnIn(other));
  }

  /** Pooled images have another standardization too, and another network may come with both. */
  @Test
  void namesTheNetworkThenPoolingThenStandardization() {
    String pooled = "--pool-input=2";
    assertThat(fit("pooled", 20, "--activation=tanh", pooled, "--max-sweeps=2").code())
        .isEqualTo(ExitCode.NOT_CONVERGED);
    String start = "--warm-start=" + folder.resolve("pooled");

    Program network = fit("network", 24, "--activation=erf", start);
    assertThat(network.line())
        .contains("--warm-start is a result of 1 hidden layer(s), tanh")
        .contains("this network has 1 hidden layer(s), erf");
    Program pooling = fit("pooling", 24, "--activation=tanh", start);
    assertThat(pooling.line())
        .contains("--pool-input is 1; the result of --warm-start has --pool-input 2")
        .contains("use --pool-input 2");
    Program standardization = fit("standardization", 24, "--activation=tanh", pooled, start);
    assertThat(standardization.line()).contains("--standardize is").contains("--warm-start");
    assertThat(List.of(network.code(), pooling.code(), standardization.code()))
        .containsOnly(ExitCode.USAGE);
    assertThat(folder.resolve("pooling")).doesNotExist();
  }

  private static long burnIn(JsonNode summary) {
    return summary.path("iterations").asLong() - summary.at("/certificate/sweeps").asLong();
  }
}
