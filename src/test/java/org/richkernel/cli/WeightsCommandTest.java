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

/** Deep networks in explicit weights from the command line. */
class WeightsCommandTest {
  @TempDir Path folder;

  private Program bayes(String... more) {
    List<String> all = new ArrayList<>(List.of(more));
    all.addAll(List.of("--hidden-layers=2", "--activation=tanh", "--beta=10"));
    all.add("--out=" + folder.resolve("fit"));
    return Program.onDigits("bayes", 30, 10, all.toArray(String[]::new));
  }

  private double[] array(String result, String name) {
    return ArrayReader.read(folder.resolve(result).resolve("arrays.npz") + ":" + name).values();
  }

  @Test
  void dualFitTellsItsFormAndPredictsAgain() throws IOException {
    Program run =
        bayes(
            "--form=dual",
            "--samples=64",
            "--tolerance=0.3",
            "--max-sweeps=200",
            "--second-start=no");

    // S/4 = 16 samples do not span 30 points: the certificate says so
    assertThat(run.code()).as(run.err()).isIn(0, 3);
    JsonNode summary =
        new ObjectMapper().readTree(Files.readString(folder.resolve("fit/summary.json")));
    assertThat(summary.path("form").asText()).isEqualTo("dual");
    assertThat(summary.path("fields").asText()).isEqualTo("weights");
    assertThat(summary.path("config").path("fields").asText()).isEqualTo("weights");
    assertThat(summary.path("kernels").asText()).startsWith("phi_1 to phi_2 are those");
    assertThat(summary.path("layers")).hasSize(2);
    assertThat(array("fit", "phi_2")).hasSize(900);
    Program predicted =
        Program.run(
            "predict",
            "--from=" + folder.resolve("fit"),
            "--test-x=" + Program.DATA + "mnist01-test-images-idx3-ubyte.gz",
            "--test-y=" + Program.DATA + "mnist01-test-labels-idx1-ubyte.gz",
            "--classes=0,1",
            "--test-size=10",
            "--out=" + folder.resolve("predicted"));
    assertThat(predicted.code()).as(predicted.err()).isZero();
    double[] expected = array("fit", "f_test");
    double[] seen = array("predicted", "f_test");
    double[] error = array("predicted", "f_test_standard_error");
    for (int i = 0; i < 10; i++) {
      assertThat(seen[i]).isCloseTo(expected[i], within(6 * error[i] + 0.02));
    }
  }

  @Test
  void plansAndRefusalsComeBeforeTheWork() {
    Program plan = bayes("--fields=weights", "--samples=512", "--dry-run");
    assertThat(plan.code()).as(plan.err()).isZero();
    assertThat(plan.out()).contains("readout weights").doesNotContain("Cholesky factor of layer 2");
    Program refused = bayes("--form=dual", "--fields=whitened");
    assertThat(refused.code()).isEqualTo(2);
    assertThat(refused.line())
        .contains("--form is dual; whitened fields of deep networks have P x P factors")
        .contains("--fields weights");
    assertThat(folder.resolve("fit")).doesNotExist();
  }

  /** 16 samples at S/4 do not span 200 points: no scale of the inputs helps, weights do. */
  @Test
  void tooFewSamplesForFactorsAreNamedWithTheirMend() {
    Program refused =
        Program.onDigits(
            "bayes",
            200,
            10,
            "--hidden-layers=2",
            "--fields=whitened",
            "--samples=64",
            "--out=" + folder.resolve("fit"));
    assertThat(refused.code()).as(refused.err()).isEqualTo(2);
    List<String> lines = refused.err().lines().toList();
    assertThat(lines).hasSize(2);
    assertThat(lines.get(0)).contains("200 fields have 16 features in the smallest population");
    assertThat(lines.get(1))
        .contains("200 fields of 64 features have a singular covariance")
        .contains("use --fields weights, or 4.0 times as many samples")
        .doesNotContain("scale");
  }

  /** Just as many samples at S/4 as points: factors exist, but steps are tiny. */
  @ParameterizedTest
  @CsvSource({"120, true", "160, false"})
  void whitenedFieldsThatHardlyMoveAreNamedAtTheStart(int samples, boolean named) {
    Program run =
        bayes("--fields=whitened", "--samples=" + samples, "--max-sweeps=1", "--second-start=no");
    assertThat(run.code()).as(run.err()).isEqualTo(ExitCode.NOT_CONVERGED);
    assertThat(run.err().contains("hardly move; use --fields weights, or more --samples"))
        .as(run.err())
        .isEqualTo(named);
  }
}
