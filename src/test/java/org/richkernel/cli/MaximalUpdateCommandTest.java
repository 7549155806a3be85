package org.richkernel.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

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
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.Precision;
import org.richkernel.compute.RandomStreams;
import org.richkernel.data.NpzArchive;
import org.richkernel.limit.Classification;
import org.richkernel.limit.CoordinateRun;
import org.richkernel.limit.Optimizer;
import org.richkernel.limit.Parametrization;
import org.richkernel.limit.ScalingExperiment;
import org.richkernel.limit.ScalingOptions;
import org.richkernel.sampling.IndependentEstimates;
import org.richkernel.solver.RunControl;

/** The dynamics of networks in the maximal update parametrization. */
class MaximalUpdateCommandTest {
  private static final int POINTS = 4;
  private static final int STEPS = 8;
  private static final double RATE = 0.6;
  private static final double DECAY = 0.1;

  @TempDir private Path folder;

  private Program dynamics(String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "dynamics",
                "--train-x=" + folder.resolve("x.csv"),
                "--train-y=" + folder.resolve("y.csv"),
                "--hidden-layers=2",
                "--activation=tanh",
                "--loss=mean",
                "--steps=" + STEPS,
                "--out=" + folder.resolve("out")));
    arguments.addAll(List.of(more));
    return Program.run(arguments.toArray(String[]::new));
  }

  /** The points that networks of several widths are trained on, with targets +-alpha in turn. */
  private void writePoints(ScalingOptions options, double alpha) throws IOException {
    int dimension = options.inputDimension();
    double[] x = new double[POINTS * dimension];
    try (Backend backend = Backends.cpu();
        Matrix drawn = backend.allocate(Precision.FLOAT32, POINTS, dimension, "points")) {
      long stream = RandomStreams.stream(RandomStreams.SCALING_WEIGHTS, 0, 0);
      backend.fillGaussian(options.seed(), stream, 0, drawn);
      backend.download(drawn, x);
    }
    StringBuilder rows = new StringBuilder();
    StringBuilder targets = new StringBuilder();
    for (int p = 0; p < POINTS; p++) {
      for (int i = 0; i < dimension; i++) {
        rows.append(x[p * dimension + i]).append(i + 1 < dimension ? "," : "\n");
      }
      targets.append(p % 2 == 0 ? alpha : -alpha).append('\n');
    }
    Files.writeString(folder.resolve("x.csv"), rows);
    Files.writeString(folder.resolve("y.csv"), targets);
  }

  private double[] array(String name) {
    try (NpzArchive arrays = NpzArchive.open(folder.resolve("out/arrays.npz"))) {
      return arrays.read(name).values();
    }
  }

  /**
   * Networks of two widths. alpha g on targets alpha y with the rate eta / alpha^2 is alpha times g
   * on y with the rate eta, and those are trained.
   */
  @Test
  void theLimitIsThatOfNetworksOfTwoWidths() throws IOException {
    double alpha = 0.5;
    Parametrization mup = Parametrization.maximalUpdate(2, Optimizer.SGD);
    int repeats = 40;
    ScalingOptions options =
        ScalingOptions.usual(mup)
            .withNetworks(List.of(128, 512), repeats, Activation.TANH)
            .withSteps(STEPS, RATE)
            .withWeightDecay(DECAY, Classification.of(mup).weightDecayExponents())
            .withSeed(3);
    writePoints(options, alpha);
    Program run =
        dynamics(
            "--parametrization=mup",
            "--multiplier=" + alpha,
            "--step-size=" + RATE / (alpha * alpha),
            "--weight-decay=" + DECAY * alpha * alpha,
            "--samples=8000");
    assertThat(run.code()).as(run.err()).isZero();
    double[] limit = array("f_train_t");
    double[] limitError = array("f_train_t_standard_error");
    double[] squares = new double[2];
    double[] squareErrors = new double[2];
    double[][] means = new double[2][limit.length];
    double[][] errors = new double[2][limit.length];
    try (Backend backend = Backends.cpu()) {
      List<CoordinateRun> runs =
          new ScalingExperiment(mup, options).run(backend, RunControl.silent()).orElseThrow();
      for (int w = 0; w < 2; w++) {
        double[] distances = new double[repeats];
        for (int i = POINTS; i < limit.length; i++) {
          double[] f = new double[repeats];
          for (int r = 0; r < repeats; r++) {
            f[r] = alpha * runs.get(w * repeats + r).outputs()[i];
            distances[r] += (f[r] - limit[i]) * (f[r] - limit[i]) / limit.length;
          }
          means[w][i] = IndependentEstimates.mean(f);
          errors[w][i] = IndependentEstimates.standardError(f);
        }
        squares[w] = IndependentEstimates.mean(distances);
        squareErrors[w] = IndependentEstimates.standardError(distances) / squares[w];
      }
    }
    // means are 1 / n away, which four times the width shows and takes out
    for (int i = POINTS; i < limit.length; i++) {
      double mean = (4 * means[1][i] - means[0][i]) / 3;
      double error = Math.hypot(4 * errors[1][i], errors[0][i]) / 3;
      assertThat(error).isLessThan(0.02);
      assertThat(mean).isCloseTo(limit[i], within(3.5 * Math.hypot(error, limitError[i])));
    }
    // networks are n^{-1/2} away
    double slope = 0.5 * Math.log(squares[1] / squares[0]) / Math.log(4);
    double slopeError = 0.5 * Math.hypot(squareErrors[0], squareErrors[1]) / Math.log(4);
    assertThat(slopeError).isLessThan(0.12);
    assertThat(slope).isCloseTo(-0.5, within(3.5 * slopeError));
    // and features were learned: the lazy limit is far away
    Program lazy =
        dynamics(
            "--gamma=" + 1 / alpha,
            "--step-size=" + RATE,
            "--weight-decay=0",
            "--approximation=static-ntk");
    assertThat(lazy.code()).as(lazy.err()).isZero();
    double[] still = array("f_train_t");
    double farthest = 0;
    for (int i = 0; i < limit.length; i++) {
      farthest = Math.max(farthest, Math.abs(still[i] - limit[i]));
    }
    assertThat(farthest).isGreaterThan(0.1);
  }

  @Test
  void theRecordHoldsTheTranslation() throws IOException {
    writePoints(
        ScalingOptions.usual(Parametrization.maximalUpdate(2, Optimizer.SGD)).withSeed(3), 1);
    Program run =
        dynamics(
            "--parametrization=mup",
            "--multiplier=0.5",
            "--step-size=0.8",
            "--weight-decay=0.05",
            "--samples=64",
            "--tolerance=10");
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.out())
        .contains(
            "mup with --multiplier 0.5 --step-size 0.8 --weight-decay 0.05 is mean-field with"
                + " --gamma 2 --step-size 0.2 --weight-decay 0.2\n");
    double[] f = array("f_train_t");
    JsonNode config =
        new ObjectMapper()
            .readTree(Files.readAllBytes(folder.resolve("out/summary.json")))
            .path("config");
    assertThat(config.path("gamma").asDouble()).isEqualTo(2);
    assertThat(config.path("step-size").asDouble()).isEqualTo(0.2);
    assertThat(config.path("parametrization").asText()).isEqualTo("mean-field");
    Path summary = folder.resolve("summary.json");
    Files.copy(folder.resolve("out/summary.json"), summary);
    Program again = Program.run("dynamics", "--config=" + summary);
    assertThat(again.code()).as(again.err()).isZero();
    assertThat(array("f_train_t")).isEqualTo(f);
  }

  /** Advice names a mean-field step size, so the one of the command stands beside it. */
  @Test
  void adviceTellsItsStepSizeFromThatOfTheCommand() throws IOException {
    writePoints(
        ScalingOptions.usual(Parametrization.maximalUpdate(2, Optimizer.SGD)).withSeed(3), 1);
    Program run =
        dynamics(
            "--parametrization=mup",
            "--multiplier=2",
            "--step-size=1e6",
            "--weight-decay=0",
            "--samples=64",
            "--quiet");
    assertThat(run.code()).as(run.err()).isEqualTo(ExitCode.NOT_CONVERGED);
    assertThat(run.err())
        .contains("use a step-size below 4000000.0; mup with --multiplier 2 --step-size 1000000 ")
        .contains("is mean-field with --gamma 0.5 --step-size 4000000 ");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--parametrization=mup | --step-size is missing; give the learning rate of",
        "--parametrization=mup --gamma=2 --step-size=1 | --gamma is 2.0; --parametrization mup has",
        "--parametrization=ntp | --parametrization is ntp; its limit is a kernel that stays as it",
        "--parametrization=mop | --parametrization is mop; use mean-field or mup",
        "--multiplier=2 | --multiplier is 2.0; it is of --parametrization mup; use --gamma",
        "--parametrization=mup --step-size=1 --multiplier=0 | --multiplier is 0.0; use a positive",
      })
  void badInputIsSaidInOneLine(String options, String says) throws IOException {
    writePoints(
        ScalingOptions.usual(Parametrization.maximalUpdate(2, Optimizer.SGD)).withSeed(3), 1);
    Program run = dynamics(options.split(" "));
    assertThat(run.code()).isEqualTo(ExitCode.USAGE);
    assertThat(run.line()).startsWith("richkernel: " + says);
  }
}
