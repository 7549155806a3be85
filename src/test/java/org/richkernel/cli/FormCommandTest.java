package org.richkernel.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.richkernel.result.Result;
import org.richkernel.result.ResultFolder;

/** {@code bayes --form} on more points than samples. */
class FormCommandTest {
  private static final int P = 100;

  @TempDir Path folder;

  private Program bayes(String out, String... more) {
    List<String> all =
        new ArrayList<>(
            Program.digits(
                "bayes",
                P,
                10,
                "--activation=tanh",
                "--samples=64",
                "--beta=10",
                "--backend=cpu",
                "--threads=1",
                "--out=" + folder.resolve(out)));
    all.addAll(Arrays.asList(more));
    if (all.stream().noneMatch(option -> option.startsWith("--max-sweeps"))) {
      all.add("--max-sweeps=40");
    }
    return Program.run(all.toArray(String[]::new));
  }

  private JsonNode summary(String out) throws IOException {
    return new ObjectMapper()
        .readTree(Files.readString(folder.resolve(out).resolve("summary.json")));
  }

  /** S is below P; a quarter of it is below what the posterior spans, which counts. */
  @Test
  void autoTakesTheDualFormAndJudgesTheNumberOfSamples() throws IOException {
    Program run = bayes("auto");
    assertThat(run.code()).isEqualTo(ExitCode.NOT_CONVERGED);
    assertThat(run.err()).contains("too few samples: the effective dimension at S/4=16 is");
    JsonNode json = summary("auto");
    assertThat(json.at("/form").asText()).isEqualTo("dual");
    assertThat(json.at("/config/form").asText()).isEqualTo("dual");
    assertThat(json.at("/config/save-kernels-up-to").asInt()).isEqualTo(5000);
    JsonNode size = json.at("/certificate/sampleSize");
    assertThat(size.at("/effectiveDimension").asDouble())
        .isGreaterThan(size.at("/largestEffectiveDimension").asDouble());
    assertThat(size.at("/samplesWanted").asInt()).isGreaterThan(64);
    // a bias that is not in the errors: none is printed
    assertThat(json.at("/layers/0").has("alignmentStandardError")).isFalse();
    assertThat(json.at("/dualFit").has("standardError")).isFalse();
    Result result = ResultFolder.read(folder.resolve("auto"));
    assertThat(result.array("phi_1").orElseThrow().rows()).isEqualTo(P);
    assertThat(result.array("phi_lazy_1")).isPresent();
  }

  /** The posterior of networks of width 64 needs no more samples than that. */
  @Test
  void autoTakesTheDualFormAtFiniteWidth() throws IOException {
    Program run =
        bayes("finite", "--determinant-weight=1", "--tolerance=0.05", "--max-sweeps=1000");
    assertThat(run.code()).as(run.err()).isZero();
    JsonNode json = summary("finite");
    assertThat(json.at("/form").asText()).isEqualTo("dual");
    assertThat(json.at("/certificate").has("sampleSize")).isFalse();
    JsonNode layer = json.at("/layers/0");
    for (String number : List.of("alignment", "trace", "frobenius")) {
      assertThat(layer.at("/" + number + "StandardError").asDouble())
          .as(number)
          .isBetween(0.0, 0.05 * layer.at("/" + number).asDouble());
    }
    Program predict =
        Program.run(
            "predict",
            "--from=" + folder.resolve("finite"),
            "--test-x=test-data/mnist01-test-images-idx3-ubyte.gz",
            "--test-size=10",
            "--backend=cpu",
            "--out=" + folder.resolve("predictions"));
    assertThat(predict.code()).as(predict.err()).isZero();
  }

  /** The same data in the primal form, whose numbers differ by what sampling does. */
  @Test
  void primalFormHasTheSameAnswer() throws IOException {
    bayes("dual", "--form=dual", "--max-sweeps=100");
    Program primal = bayes("primal", "--form=primal", "--max-sweeps=100");
    assertThat(primal.code()).isEqualTo(ExitCode.NOT_CONVERGED);
    assertThat(primal.err()).contains("too few samples: the effective dimension at S/4=16 is");
    assertThat(summary("primal").at("/form").asText()).isEqualTo("primal");
    for (String number : List.of("effectiveDimension", "effectiveDimensionAtS")) {
      double one = summary("primal").at("/certificate/sampleSize/" + number).asDouble();
      double other = summary("dual").at("/certificate/sampleSize/" + number).asDouble();
      assertThat(other / one).as(number).isBetween(0.93, 1.07);
    }
    for (String number : List.of("alignment", "trace", "frobenius")) {
      double one = summary("primal").at("/layers/0/" + number).asDouble();
      double other = summary("dual").at("/layers/0/" + number).asDouble();
      assertThat(other / one).as(number).isBetween(0.93, 1.07);
    }
  }

  @Test
  void beyondTheLimitNoKernelIsMadeAndTheRestIsThere() throws IOException {
    Program run = bayes("bare", "--save-kernels-up-to=99");
    assertThat(run.code()).isEqualTo(ExitCode.NOT_CONVERGED);
    String left = "100 training points are above --save-kernels-up-to 99";
    assertThat(run.err()).contains(left);
    JsonNode json = summary("bare");
    assertThat(json.at("/kernels").asText()).contains(left);
    assertThat(json.has("lazy")).isFalse();
    assertThat(json.at("/test/loss").asDouble()).isBetween(0.0, 0.2);
    Result result = ResultFolder.read(folder.resolve("bare"));
    assertThat(result.array("phi_1")).isEmpty();
    assertThat(result.array("phi_lazy_1")).isEmpty();
    assertThat(result.array("f_test_lazy")).isEmpty();
    assertThat(result.array("f_train").orElseThrow().rows()).isEqualTo(P);
    assertThat(Files.readString(folder.resolve("bare/report.html"))).contains("alignment");

    Path predictions = folder.resolve("predictions");
    Program predict =
        Program.run(
            "predict",
            "--from=" + folder.resolve("bare"),
            "--test-x=test-data/mnist01-test-images-idx3-ubyte.gz",
            "--test-size=10",
            "--backend=cpu",
            "--out=" + predictions);
    // the fit had not converged, and what is made of it says so
    assertThat(predict.code()).as(predict.err()).isEqualTo(ExitCode.NOT_CONVERGED);
    assertThat(predictions).isNotEmptyDirectory();
  }

  @Test
  void planOfTheDualFormHasNothingOfTheSizeOfAKernel() throws IOException {
    StringBuilder inputs = new StringBuilder();
    StringBuilder targets = new StringBuilder();
    for (int i = 0; i < P; i++) {
      for (int j = 0; j < 8; j++) {
        inputs.append(Math.sin(i * (j + 1) + j)).append(j < 7 ? "," : "\n");
      }
      targets.append(Math.cos(i)).append('\n');
    }
    Path x = Files.writeString(folder.resolve("x.csv"), inputs);
    Path y = Files.writeString(folder.resolve("y.csv"), targets);
    for (String form : List.of("dual", "primal")) {
      Program run =
          Program.run(
              "bayes",
              "--train-x=" + x,
              "--train-y=" + y,
              "--samples=64",
              "--backend=cpu",
              "--dry-run",
              "--form=" + form,
              "--save-kernels-up-to=0");
      assertThat(run.code()).as(run.err()).isZero();
      assertThat(run.out().contains("100 x 100")).as(run.out()).isEqualTo(form.equals("primal"));
      assertThat(run.out()).contains("100 x 8");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "--form=middle,form,'use auto, primal or dual'",
    "--save-kernels-up-to=-1,save-kernels-up-to,use 0 to 46340",
    "--audit,audit needs P x P kernels,use primal",
    "--cross-check,cross-check needs P x P kernels,use primal",
    "--gamma-path=0.5:1:2,gamma-path needs P x P kernels,use primal",
    "--gamma=0,closed form,use auto or primal",
    "--determinant-weight=1 --convolutions=3x3,finite width,use auto or primal",
    "--width=64,form,use --samples N --determinant-weight 1",
  })
  void whatTheDualFormDoesNotDoIsRefusedInOneLine(String option, String problem, String mend) {
    List<String> options = new ArrayList<>(List.of("--form=dual"));
    options.addAll(List.of(option.split(" ")));
    if (option.startsWith("--form")) {
      options.remove(0);
    }
    Program run = bayes("refused", options.toArray(String[]::new));
    assertThat(run.code()).isEqualTo(ExitCode.USAGE);
    assertThat(run.line()).contains(problem).contains(mend);
    assertThat(folder.resolve("refused")).doesNotExist();
  }

  /** What needs kernels takes the primal form by itself. */
  @Test
  void autoTakesThePrimalFormForWhatNeedsKernels() throws IOException {
    bayes("path", "--gamma-path=0.5:1:2", "--max-sweeps=2");
    assertThat(summary("path").at("/config/form").asText()).isEqualTo("primal");
    assertThat(ResultFolder.read(folder.resolve("path")).array("path_phi_1")).isPresent();
  }

  @Test
  void lazyInTilesPredictsAsTheDenseFormDoes() throws IOException {
    for (String form : List.of("dense", "tiled", "auto")) {
      Program run =
          Program.onDigits(
              "lazy", P, 10, "--kernel=ntk", "--form=" + form, "--out=" + folder.resolve(form));
      assertThat(run.code()).as(run.err()).isZero();
    }
    double dense = summary("dense").at("/test/loss").asDouble();
    assertThat(summary("tiled").at("/test/loss").asDouble()).isCloseTo(dense, within(1e-12));
    assertThat(summary("auto").at("/config/form").asText()).isEqualTo("dense");
    assertThat(summary("tiled").at("/kernelsSaved").asBoolean(true)).isFalse();
    assertThat(ResultFolder.read(folder.resolve("tiled")).array("phi_1")).isEmpty();
    assertThat(ResultFolder.read(folder.resolve("dense")).array("phi_1")).isPresent();
    assertThat(folder.resolve("tiled/report.html")).exists();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--form=tiled --kappa=0 | a kernel in tiles needs a ridge",
        "--form=tile | did you mean tiled? use auto, dense, tiled or inducing",
        "--save-kernels-up-to=-1 | use at least 0"
      })
  void lazyFormsThatMakeNoSenseAreRefused(String options, String said) {
    List<String> command = new ArrayList<>(Program.digits("lazy", 20, 5));
    command.addAll(List.of(options.split(" ")));
    command.add("--out=" + folder.resolve("refused"));
    Program run = Program.run(command.toArray(String[]::new));
    assertThat(run.code()).isEqualTo(ExitCode.USAGE);
    assertThat(run.line()).contains(said);
  }
}
