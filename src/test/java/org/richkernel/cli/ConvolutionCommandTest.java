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
import java.util.Locale;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.richkernel.data.ArrayReader;
import org.richkernel.data.NpyWriter;

/** Convolutional networks from the command line. */
class ConvolutionCommandTest {
  @TempDir Path folder;

  private Program run(String command, String... more) {
    List<String> all = new ArrayList<>(List.of(more));
    all.add("--out=" + folder.resolve("fit"));
    return Program.onDigits(command, 20, 15, all.toArray(String[]::new));
  }

  private static double[] array(Path result, String name) {
    return ArrayReader.read(result.resolve("arrays.npz") + ":" + name).values();
  }

  @ParameterizedTest
  @ValueSource(strings = {"flatten", "gap"})
  void lazyFitsImagesAndPredictsThemAgain(String readout) throws IOException {
    Program run =
        run(
            "lazy",
            "--kernel=ntk",
            "--convolutions=3x3/2,3x3",
            "--pool-input=4",
            "--readout=" + readout);

    assertThat(run.code()).as(run.err()).isZero();
    Path fit = folder.resolve("fit");
    JsonNode config =
        new ObjectMapper().readTree(Files.readString(fit.resolve("summary.json"))).path("config");
    assertThat(config.path("hidden-layers").asInt()).isEqualTo(2);
    assertThat(config.path("padding").asText()).isEqualTo("same");
    assertThat(config.path("readout").asText()).isEqualTo(readout);
    assertThat(config.path("image-shape").asText()).isEqualTo("28x28");
    assertThat(config.path("pool-input").asInt()).isEqualTo(4);
    assertThat(array(fit, "phi_2")).hasSize(400);
    Path out = folder.resolve("predictions");
    Program predicted =
        Program.run(
            "predict",
            "--from=" + fit,
            "--test-x=" + Program.DATA + "mnist01-test-images-idx3-ubyte.gz",
            "--test-y=" + Program.DATA + "mnist01-test-labels-idx1-ubyte.gz",
            "--classes=0,1",
            "--test-size=15",
            "--out=" + out);
    assertThat(predicted.code()).as(predicted.err()).isZero();
    double[] expected = array(fit, "f_test");
    double[] seen = array(out, "f_test");
    assertThat(seen).hasSize(15);
    Program other =
        Program.run(
            "predict",
            "--from=" + fit,
            "--test-x=" + Program.DATA + "mnist01-test-images-idx3-ubyte.gz",
            "--convolutions=3x3",
            "--out=" + out);
    assertThat(other.code()).isEqualTo(2);
    assertThat(other.line()).contains("--convolutions is 3x3; the fit was made with 3x3/2,3x3");
    for (int i = 0; i < 15; i++) {
      assertThat(seen[i]).isCloseTo(expected[i], within(1e-11));
    }
    // the record of the run is a run again
    Program again =
        Program.run(
            "lazy", "--config=" + fit.resolve("summary.json"), "--out=" + folder.resolve("again"));
    assertThat(again.code()).as(again.err()).isZero();
    assertThat(array(folder.resolve("again"), "f_test")).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "--method=gd --steps=10 --step-size=0.3 --batch-size=5 --readout=gap",
    "--method=gd --steps=10 --loss=mean --padding=valid",
    "--method=langevin --beta=10 --max-sweeps=8 --readout-weights=sampled --readout=flatten",
  })
  void networksOfFiniteWidthAreFittedAndPredict(String options) {
    List<String> all = new ArrayList<>(List.of(options.split(" ")));
    all.addAll(List.of("--width=16", "--repeats=2", "--convolutions=3x3/2,2x2", "--pool-input=4"));

    Program run = run("finite", all.toArray(String[]::new));

    assertThat(run.code()).as(run.err()).isIn(ExitCode.DONE, ExitCode.NOT_CONVERGED);
    Path fit = folder.resolve("fit");
    assertThat(array(fit, "phi_2")).hasSize(400);
    assertThat(fit.resolve("report.html")).exists();
    Path out = folder.resolve("predictions");
    Program predicted =
        Program.run(
            "predict",
            "--from=" + fit,
            "--test-x=" + Program.DATA + "mnist01-test-images-idx3-ubyte.gz",
            "--test-size=15",
            "--out=" + out);
    assertThat(predicted.code()).as(predicted.err()).isIn(ExitCode.DONE, ExitCode.NOT_CONVERGED);
    double[] seen = array(out, "f_test");
    assertThat(seen).hasSize(15);
    if (options.contains("gd")) {
      Program whole =
          Program.run(
              "predict",
              "--from=" + fit,
              "--test-x=" + Program.DATA + "mnist01-test-images-idx3-ubyte.gz",
              "--test-y=" + Program.DATA + "mnist01-test-labels-idx1-ubyte.gz",
              "--classes=0,1",
              "--test-size=15",
              "--out=" + out);
      assertThat(whole.code()).as(whole.err()).isZero();
      double[] expected = array(fit, "f_test");
      double[] predictions = array(out, "f_test");
      for (int i = 0; i < 15; i++) {
        assertThat(predictions[i]).isCloseTo(expected[i], within(1e-5));
      }
    }
  }

  @Test
  void severalWidthsAreCompared() throws IOException {
    String[] options = {
      "finite",
      "--method=gd",
      "--train-x=" + Program.DATA + "mnist10-train-images-idx3-ubyte.gz",
      "--train-y=" + Program.DATA + "mnist10-train-labels-idx1-ubyte.gz",
      "--test-x=" + Program.DATA + "mnist10-test-images-idx3-ubyte.gz",
      "--test-y=" + Program.DATA + "mnist10-test-labels-idx1-ubyte.gz",
      "--one-hot",
      "--train-size=200",
      "--test-size=30",
      "--pool-input=4",
      "--convolutions=3x3/2,3x3",
      "--readout=gap",
      "--criterion=cross-entropy",
      "--loss=mean",
      "--scaling=ntk",
      "--batch-size=16",
      "--steps=10",
      "--step-size=8",
      "--gamma=0.3",
      "--widths=8,16",
      "--repeats=2",
      "--record-every=5",
      "--out=" + folder.resolve("widths")
    };
    Program run = Program.run(options);

    assertThat(run.code()).as(run.err()).isZero();
    Path out = folder.resolve("widths");
    assertThat(array(out, "widths")).containsExactly(8, 16);
    assertThat(array(out, "width_step")).containsExactly(0, 5, 10);
    for (String name : List.of("loss", "accuracy", "movement", "alignment")) {
      assertThat(array(out, "width_" + name + "_t")).as(name).hasSize(6);
      assertThat(array(out, "width_" + name + "_t_standard_error")).as(name).hasSize(6);
    }
    assertThat(array(out, "width_loss_t")[0]).isCloseTo(Math.log(10), within(1e-12));
    assertThat(Files.readString(out.resolve("report.html")))
        .contains("Networks of several widths", "N = 16");
    requireCrossEntropyShown(run, out);
    requireStudentsError(out);
    Program again =
        Program.run(
            "finite",
            "--config=" + out.resolve("summary.json"),
            "--out=" + folder.resolve("again"));
    assertThat(again.code()).as(again.err()).isZero();
    assertThat(array(folder.resolve("again"), "width_loss_t"))
        .isEqualTo(array(out, "width_loss_t"));
  }

  /** Means of ln(1 + sum exp(f_k - f_class)) over the other classes, in place of squared errors. */
  private static void requireCrossEntropyShown(Program run, Path out) throws IOException {
    JsonNode summary = new ObjectMapper().readTree(Files.readString(out.resolve("summary.json")));
    for (String set : List.of("train", "test")) {
      double[] y = array(out, "y_" + set);
      double[] f = array(out, "f_" + set);
      double sum = 0;
      for (int i = 0; i < f.length; i++) {
        if (y[i] == 1) {
          double others = 0;
          for (int k = i / 10 * 10; k < i / 10 * 10 + 10; k++) {
            others += k == i ? 0 : Math.exp(f[k] - f[i]);
          }
          sum += Math.log1p(others);
        }
      }
      double mean = sum / (f.length / 10);
      assertThat(summary.at("/crossEntropy/" + set).asDouble()).isCloseTo(mean, within(1e-12));
      assertThat(summary.at("/" + set + "/loss").asDouble()).isNotCloseTo(mean, within(0.01));
      String shown = set + " cross-entropy";
      String number = String.format(Locale.ROOT, "%.5g", mean);
      assertThat(run.out()).containsPattern(shown + " +" + Pattern.quote(number));
    }
    assertThat(run.out()).doesNotContain("test loss", "train loss");
    assertThat(Files.readString(out.resolve("report.html")))
        .contains("Test cross-entropy", "Train cross-entropy", "Cross-entropy on the test points")
        .doesNotContain("Test loss", "Train loss", "Loss on the test points");
  }

  /** Two networks of a width, one of which is that of a run with one: |a - b| / 2, widened. */
  private void requireStudentsError(Path two) {
    Path one = folder.resolve("one");
    Program run =
        Program.run(
            "finite", "--config=" + two.resolve("summary.json"), "--repeats=1", "--out=" + one);
    assertThat(run.code()).as(run.err()).isZero();
    // 97.5 % quantile of Student's law with one degree of freedom, which is Cauchy's, by the
    // normal one
    double widening = Math.tan(Math.PI * 0.475) / 1.959964;
    double[] single = array(one, "width_movement_t");
    double[] mean = array(two, "width_movement_t");
    double[] error = array(two, "width_movement_t_standard_error");
    for (int i = 2; i < mean.length; i++) {
      double expected = widening * Math.abs(single[i] - mean[i]);
      assertThat(error[i]).isCloseTo(expected, within(1e-5 * mean[i]));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "--method=gd --widths=4,8; --step-size is missing",
        "--method=gd --widths=4,8 --width=3 --step-size=1; --width is given",
        "--method=gd --widths=4,x --step-size=1; --widths is 4,x; use whole numbers",
        "--method=gd --scaling=ntk; --scaling is given; it belongs to --method gd with --widths",
        "--method=langevin --widths=4,8; --widths is given",
        "--method=gd --widths=4 --step-size=1 --criterion=cross-entropy; add --one-hot",
      })
  void mistakesWithWidthsAreNamedInOneLine(String options, String message) {
    Program run = run("finite", options.split(" "));

    assertThat(run.code()).isEqualTo(2);
    assertThat(run.line()).contains(message);
  }

  /** One channel of three images in a file of either layout, or in flat rows: one fit. */
  @Test
  void layoutsOfFilesDoNotChangeTheFit() throws IOException {
    double[] last = new double[6 * 5 * 4 * 3];
    double[] first = new double[last.length];
    java.util.Random random = new java.util.Random(3);
    for (int m = 0; m < 6; m++) {
      for (int a = 0; a < 20; a++) {
        for (int c = 0; c < 3; c++) {
          double value = random.nextGaussian();
          last[(m * 20 + a) * 3 + c] = value;
          first[(m * 3 + c) * 20 + a] = value;
        }
      }
    }
    NpyWriter.write(folder.resolve("last.npy"), last, 6, 5, 4, 3);
    NpyWriter.write(folder.resolve("first.npy"), first, 6, 3, 5, 4);
    NpyWriter.write(folder.resolve("flat.npy"), first, 6, 60);
    NpyWriter.write(folder.resolve("y.npy"), new double[] {1, -1, 1, 1, -1, 0.5}, 6);

    double[] expected = kernel("last.npy");
    assertThat(kernel("first.npy", "--image-layout=chw")).isEqualTo(expected);
    assertThat(kernel("flat.npy", "--image-layout=chw", "--image-shape=5x4x3")).isEqualTo(expected);
  }

  private double[] kernel(String file, String... more) {
    List<String> all =
        new ArrayList<>(
            List.of(
                "lazy",
                "--train-x=" + folder.resolve(file),
                "--train-y=" + folder.resolve("y.npy"),
                "--convolutions=2x2,2x2",
                "--out=" + folder.resolve(file + ".fit")));
    all.addAll(List.of(more));
    Program run = Program.run(all.toArray(String[]::new));
    assertThat(run.code()).as(run.err()).isZero();
    return array(folder.resolve(file + ".fit"), "phi_2");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "--convolutions=3x3/0; --convolutions is 3x3/0; use a stride of at least 1",
        "--convolutions=3; --convolutions is 3; use KERNEL or KERNEL/STRIDE a layer",
        "--convolutions=99x3; --convolutions is 99x3; its input has 28x28 sites",
        "--convolutions=3x3 --padding=reflect; --padding is reflect; use same, valid or circular",
        "--convolutions=3x3 --readout=sum; --readout is sum; use flatten or gap",
        "--readout=gap; --readout is gap; it belongs to --convolutions",
        "--convolutions=3x3 --hidden-layers=2; --hidden-layers is 2; it is the number of"
            + " convolutions, 1",
        "--convolutions=3x3 --pool-input=3; --pool-input is 3; use a number that divides",
        "--convolutions=3x3 --pool-input=0; --pool-input is 0; use at least 1",
        "--convolutions=3x3 --image-shape=14x14; images of 28x28, not of 14x14",
        "--convolutions=3x3 --image-shape=14; --image-shape is 14; use HEIGHTxWIDTH",
      })
  void mistakesAreNamedInOneLine(String options, String message) {
    Program run = run("lazy", options.split(" "));

    assertThat(run.code()).isEqualTo(2);
    assertThat(run.line()).contains(message);
  }

  @Test
  void lazyDynamicsOfConvolutionsRestAtTheRidgeRegressionOfTheTangentKernel() {
    String layers = "--convolutions=3x3/2,3x3";
    Program trained =
        run(
            "dynamics",
            layers,
            "--pool-input=4",
            "--approximation=static-ntk",
            "--weight-decay=0.05",
            "--steps=3000");
    assertThat(trained.code()).as(trained.err()).isZero();
    double[] seen = array(folder.resolve("fit"), "f_test");
    double[] kernel = array(folder.resolve("fit"), "phi_2");

    Program regression = run("lazy", layers, "--pool-input=4", "--kernel=ntk", "--kappa=0.05");
    assertThat(regression.code()).as(regression.err()).isZero();
    assertThat(seen)
        .hasSize(15)
        .containsExactly(array(folder.resolve("fit"), "f_test"), within(1e-9));
    assertThat(kernel).containsExactly(array(folder.resolve("fit"), "phi_2"), within(1e-12));
  }

  @ParameterizedTest
  @ValueSource(strings = {"flatten", "gap"})
  void flowsOfOneLayerHaveTangentKernelsAndTheLazyRidgeBesideThem(String readout) {
    Path fit = folder.resolve("fit");
    Program run =
        Program.onDigits(
            "dynamics",
            8,
            5,
            "--convolutions=3x3/4",
            "--pool-input=4",
            "--readout=" + readout,
            "--gamma=0.5",
            "--weight-decay=0.5",
            "--samples=128",
            "--tolerance=0.02",
            "--out=" + fit);
    assertThat(run.code()).as(run.err()).isIn(ExitCode.DONE, ExitCode.NOT_CONVERGED);
    assertThat(array(fit, "ntk")).hasSize(64);
    assertThat(array(fit, "ntk_standard_error")).hasSize(64);
    assertThat(array(fit, "movement_t").length).isEqualTo(2 * array(fit, "kernel_time").length);

    Program lazy =
        Program.onDigits(
            "lazy",
            8,
            5,
            "--convolutions=3x3/4",
            "--pool-input=4",
            "--readout=" + readout,
            "--kernel=ntk",
            "--kappa=0.5",
            "--out=" + folder.resolve("lazy"));
    assertThat(lazy.code()).as(lazy.err()).isZero();
    assertThat(array(fit, "f_test_lazy"))
        .containsExactly(array(folder.resolve("lazy"), "f_test"), within(1e-6));
  }

  @ParameterizedTest
  @ValueSource(strings = {"flatten", "gap"})
  void dynamicsFollowSitesAndNameTheCheaperWay(String readout) {
    Program run =
        Program.onDigits(
            "dynamics",
            6,
            3,
            "--convolutions=3x3/2,3x3/2",
            "--pool-input=4",
            "--readout=" + readout,
            "--activation=tanh",
            "--gamma=0.5",
            "--steps=3",
            "--samples=4000",
            "--record-every=2",
            "--out=" + folder.resolve("fit"));

    assertThat(run.code()).as(run.err()).isIn(ExitCode.DONE, ExitCode.NOT_CONVERGED);
    Path fit = folder.resolve("fit");
    assertThat(array(fit, "f_train_t")).hasSize(4 * 6);
    assertThat(array(fit, "phi_2")).hasSize(36);
    assertThat(array(fit, "g_1")).hasSize(36);
    assertThat(array(fit, "kernel_time")).hasSize(3);
    assertThat(fit.resolve("report.html")).exists();

    Program large =
        run(
            "dynamics",
            "--convolutions=3x3/2,3x3/2",
            "--activation=tanh",
            "--steps=50",
            "--step-size=0.1",
            "--samples=4000000",
            "--readout=" + readout);
    assertThat(large.code()).isEqualTo(ExitCode.NO_BACKEND);
    assertThat(large.line()).contains("finite --method gd --convolutions 3x3/2,3x3/2 --width 1000");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "dynamics --solver=linear; use --solver causal",
        "bayes --order=map --width=10; use lazy"
      })
  void theoriesWithoutConvolutionsSaySo(String command, String message) {
    List<String> words = new ArrayList<>(List.of(command.split(" ")));
    String name = words.remove(0);
    words.add("--convolutions=3x3");

    Program run = run(name, words.toArray(String[]::new));

    assertThat(run.code()).isEqualTo(2);
    assertThat(run.line()).contains("--convolutions is 3x3").contains(message);
  }
}
