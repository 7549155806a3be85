package org.richkernel.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.richkernel.data.ArrayReader;

/** Deep networks on the command line: paths, warm starts, predictions, selections. */
class DeepCommandTest {
  @TempDir Path folder;

  private Path fit(String name, int expected, String... more) {
    Path out = folder.resolve(name);
    String[] all = java.util.Arrays.copyOf(more, more.length + 6);
    all[more.length] = "--out=" + out;
    all[more.length + 1] = "--beta=10";
    all[more.length + 2] = "--activation=tanh";
    all[more.length + 3] = "--hidden-layers=2";
    all[more.length + 4] = "--threads=1";
    all[more.length + 5] = "--seed=4";
    Program run = Program.onDigits("bayes", 16, 20, all);
    assertThat(run.code()).as(run.err()).isEqualTo(expected);
    return out;
  }

  private static double[] array(Path result, String name) {
    return ArrayReader.read(result.resolve("arrays.npz") + ":" + name).values();
  }

  private static JsonNode summary(Path result) throws IOException {
    return new ObjectMapper().readTree(Files.readString(result.resolve("summary.json")));
  }

  @Test
  void pathIsATableWhoseLastRowIsTheResult() throws IOException {
    Path out = fit("path", 0, "--samples=256", "--tolerance=0.1", "--gamma-path=0:1:3");

    JsonNode json = summary(out);
    assertThat(json.at("/config/gamma").asDouble()).isEqualTo(1);
    assertThat(json.at("/path")).hasSize(3);
    assertThat(json.at("/path/0/action").asDouble()).isZero();
    assertThat(json.at("/path/2/action").asDouble()).isGreaterThan(1);
    assertThat(json.at("/path/2/layers/1/alignment").asDouble())
        .isEqualTo(json.at("/layers/1/alignment").asDouble());
    assertThat(json.at("/path/2/testLoss").asDouble()).isEqualTo(json.at("/test/loss").asDouble());
    assertThat(json.at("/certificate/layers")).hasSize(2);
    assertThat(array(out, "path_phi_2")).hasSize(3 * 16 * 16);
    assertThat(array(out, "path_f_test")).hasSize(3 * 20);
    double[] phi = array(out, "phi_1");
    assertThat(java.util.Arrays.copyOfRange(array(out, "path_phi_1"), 2 * 256, 3 * 256))
        .containsExactly(phi);
    assertThat(array(out, "path_trace"))
        .hasSize(3 * 2)
        .endsWith(json.at("/layers/1/trace").asDouble());
    assertThat(array(out, "path_frobenius_standard_error")[5])
        .isEqualTo(json.at("/layers/1/frobeniusStandardError").asDouble());
    assertThat(array(out, "path_loss_test")[2]).isEqualTo(json.at("/test/loss").asDouble());
    assertThat(array(out, "path_loss_test_standard_error")[2])
        .isEqualTo(json.at("/test/lossStandardError").asDouble());
    assertThat(array(out, "path_loss_train_standard_error")[0]).isZero();
    assertThat(array(out, "path_loss_train_standard_error")[2])
        .isEqualTo(json.at("/path/2/trainLossStandardError").asDouble())
        .isBetween(0.0, 0.1 * json.at("/train/loss").asDouble());
    assertThat(Files.readString(out.resolve("report.html")))
        .contains("Loss against richness", "Alignment by layer", "Action per neuron");

    // a warm start takes up its populations, a saved result predicts its own test points
    Path warm =
        fit("warm", 0, "--samples=320", "--tolerance=0.1", "--gamma=1.1", "--warm-start=" + out);
    assertThat(summary(warm).at("/layers/1/alignment").asDouble())
        .isCloseTo(json.at("/layers/1/alignment").asDouble(), within(0.05));
    Path predictions = folder.resolve("predictions");
    Program run =
        Program.run(
            "predict",
            "--from=" + out,
            "--out=" + predictions,
            "--test-x=" + Program.DATA + "mnist01-test-images-idx3-ubyte.gz",
            "--test-y=" + Program.DATA + "mnist01-test-labels-idx1-ubyte.gz",
            "--classes=0,1",
            "--test-size=20");
    assertThat(run.code()).as(run.err()).isZero();
    double[] f = array(out, "f_test");
    double[] again = array(predictions, "f_test");
    double difference = 0;
    double size = 0;
    for (int i = 0; i < f.length; i++) {
      difference += (f[i] - again[i]) * (f[i] - again[i]);
      size += f[i] * f[i];
    }
    assertThat(difference).isPositive();
    assertThat(Math.sqrt(difference / size)).isLessThan(0.1);
  }

  @Test
  void aSecondStartIsInTheSummaryAndTheReport() throws IOException {
    Path out = fit("twice", 0, "--samples=64", "--tolerance=0.5", "--second-start=yes");

    JsonNode json = summary(out);
    assertThat(json.at("/secondStart/verdict").asText()).isEqualTo("one solution");
    assertThat(json.at("/secondStart/alignedKappa").asDouble()).isBetween(0.0, 0.05);
    assertThat(json.at("/starts")).hasSize(2);
    assertThat(json.at("/starts/0/start").asText()).isEqualTo("lazy");
    assertThat(json.at("/starts/0/testLoss").asDouble())
        .isEqualTo(json.at("/test/loss").asDouble());
    assertThat(json.at("/starts/1/layers")).hasSize(2);
    assertThat(json.at("/starts/1/action").isMissingNode()).isTrue();
    assertThat(Files.readString(out.resolve("report.html")))
        .contains("Two starts", "same solution");
  }

  @Test
  void selectionIsATableAndTheBestIsFitted() throws IOException {
    Path out =
        fit(
            "selection",
            0,
            "--samples=64",
            "--tolerance=0.5",
            "--select=gamma,beta",
            "--gamma-path=0:1:2",
            "--betas=0.01,10");

    JsonNode json = summary(out);
    assertThat(json.at("/selection")).hasSize(4);
    assertThat(json.at("/selectedBeta").asDouble()).isCloseTo(10, within(1e-9));
    int chosen = 0;
    for (JsonNode row : json.at("/selection")) {
      chosen += row.at("/chosen").asBoolean() ? 1 : 0;
    }
    assertThat(chosen).isEqualTo(1);
    assertThat(array(out, "f_train")).hasSize(16);
  }

  @Test
  void dryRunPrintsThePlanOfADeepNetwork() {
    Program run =
        Program.onDigits(
            "bayes",
            16,
            20,
            "--hidden-layers=3",
            "--dry-run",
            "--out=" + folder.resolve("nothing"));
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.out()).contains("F of layer 3").contains("total");
    assertThat(folder.resolve("nothing")).doesNotExist();
  }

  @Test
  void warmStartOfAnotherProblemIsRefusedBeforeWork() {
    Path out = fit("small", 3, "--samples=64", "--max-sweeps=20");
    Path other = folder.resolve("other");
    Program run =
        Program.onDigits(
            "bayes",
            12,
            20,
            "--activation=tanh",
            "--hidden-layers=2",
            "--samples=64",
            "--warm-start=" + out,
            "--out=" + other);
    assertThat(run.code()).isEqualTo(ExitCode.USAGE);
    assertThat(run.line()).contains("--warm-start");
    assertThat(other).doesNotExist();
  }
}
