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
import org.richkernel.data.ArrayReader;

/** Adaptive kernels of convolutional networks from the command line. */
class ConvolutionalBayesTest {
  @TempDir Path folder;

  private Program bayes(String... more) {
    List<String> all = new ArrayList<>(List.of(more));
    all.add("--out=" + folder.resolve("fit"));
    return Program.onDigits("bayes", 12, 10, all.toArray(String[]::new));
  }

  private double[] array(String result, String name) {
    return ArrayReader.read(folder.resolve(result).resolve("arrays.npz") + ":" + name).values();
  }

  private JsonNode summary() throws IOException {
    return new ObjectMapper().readTree(Files.readString(folder.resolve("fit/summary.json")));
  }

  @Test
  void fitOfImagesHasPooledKernelsAndPredictsAgain() throws IOException {
    Program run =
        bayes(
            "--convolutions=3x3/2,3x3/2",
            "--pool-input=4",
            "--activation=tanh",
            "--beta=10",
            "--samples=64",
            "--tolerance=0.2");

    assertThat(run.code()).as(run.err()).isZero();
    assertThat(summary().path("fields").asText()).isEqualTo("weights");
    // 16 channels at S/4, of 2 x 2 sites
    JsonNode size = summary().at("/certificate/sampleSize");
    assertThat(size.path("largestEffectiveDimension").asDouble())
        .isCloseTo(0.55 * 64, within(1e-9));
    assertThat(size.path("effectiveDimension").asDouble()).isBetween(3.0, 12.0);
    assertThat(size.path("residual").asDouble()).isBetween(1e-6, 0.2);
    JsonNode layers = summary().path("layers");
    assertThat(layers).hasSize(2);
    for (int l = 1; l <= 2; l++) {
      double[] kernel = array("fit", "phi_" + l);
      assertThat(kernel).hasSize(144);
      double trace = 0;
      for (int i = 0; i < 12; i++) {
        trace += kernel[13 * i] / 12;
      }
      assertThat(layers.path(l - 1).path("trace").asDouble()).isCloseTo(trace, within(1e-9));
      assertThat(layers.path(l - 1).path("traceStandardError").asDouble()).isPositive();
      assertThat(array("fit", "phi_lazy_" + l)).hasSize(144);
    }
    assertThat(Files.readString(folder.resolve("fit/report.html")).contains("pixels")).isTrue();
    requirePredictions();
  }

  /** The saved networks have the predictions of the fit, as few populations of it can. */
  private void requirePredictions() {
    Program predicted =
        Program.run(
            "predict",
            "--from=" + folder.resolve("fit"),
            "--test-x=" + Program.DATA + "mnist01-test-images-idx3-ubyte.gz",
            "--classes=0,1",
            "--test-y=" + Program.DATA + "mnist01-test-labels-idx1-ubyte.gz",
            "--test-size=10",
            "--out=" + folder.resolve("predicted"));
    assertThat(predicted.code()).as(predicted.err()).isZero();
    double[] expected = array("fit", "f_test");
    double[] fitError = array("fit", "f_test_standard_error");
    double[] seen = array("predicted", "f_test");
    double[] error = array("predicted", "f_test_standard_error");
    for (int i = 0; i < 10; i++) {
      assertThat(seen[i]).isCloseTo(expected[i], within(6 * Math.hypot(error[i], fitError[i])));
    }
  }

  @Test
  void dualFormHoldsNoKernelUntilTheEnd() throws IOException {
    Program run =
        bayes(
            "--convolutions=3x3/2,3x3/2",
            "--pool-input=4",
            "--readout=gap",
            "--activation=tanh",
            "--beta=20",
            "--samples=64",
            "--tolerance=0.2",
            "--form=dual");

    assertThat(run.code()).as(run.err()).isZero();
    assertThat(summary().path("form").asText()).isEqualTo("dual");
    assertThat(summary().path("fields").asText()).isEqualTo("weights");
    for (int l = 1; l <= 2; l++) {
      double[] kernel = array("fit", "phi_" + l);
      double trace = 0;
      for (int i = 0; i < 12; i++) {
        trace += kernel[13 * i] / 12;
      }
      // of the kept populations, eight of each chain at most
      double all = summary().path("layers").path(l - 1).path("trace").asDouble();
      assertThat(trace).isCloseTo(all, within(0.1 * all));
    }
    requirePredictions();
  }

  @Test
  void linearNetworksNeedNoSampling() throws IOException {
    Program run =
        bayes(
            "--convolutions=3x3/2,3x3/2",
            "--pool-input=4",
            "--activation=linear",
            "--readout=gap",
            "--beta=10");

    assertThat(run.code()).as(run.err()).isZero();
    assertThat(summary().path("method").asText()).isEqualTo("closed-form");
    assertThat(summary().path("residual").asDouble()).isLessThan(1e-7);
    double[] train = array("fit", "f_train");
    double[] v = array("fit", "v");
    double[] y = array("fit", "y_train");
    for (int i = 0; i < train.length; i++) {
      assertThat(train[i]).isCloseTo(y[i] - 0.1 * v[i], within(1e-9));
    }
  }

  @Test
  void plansAreToldBeforeTheWork() {
    Program run = bayes("--convolutions=3x3/2,3x3/2", "--pool-input=4", "--dry-run");

    assertThat(run.code()).as(run.err()).isZero();
    // 48 sites of all images, 9 x 500 features at S/4
    assertThat(run.out()).contains("Cholesky factor of layer 2").contains("total");
    run = bayes("--convolutions=3x3/2,3x3/2", "--pool-input=4", "--fields=weights", "--dry-run");
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.out()).contains("patches of layer 2").contains("total");
    assertThat(folder.resolve("fit")).doesNotExist();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "--cross-check; --cross-check has fully connected layers; leave it out",
        "--audit; independent neurons exist for one hidden layer"
      })
  void whatConvolutionsLackIsSaidInOneLine(String option, String message) {
    Program run = bayes("--convolutions=3x3/2,3x3/2", "--pool-input=4", option);

    assertThat(run.code()).isEqualTo(2);
    assertThat(run.line()).contains(message);
  }
}
