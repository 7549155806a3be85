package org.richkernel.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.richkernel.data.ArrayReader;
import org.richkernel.result.FolderLock;

class PredictTest {
  private static final String X = "--test-x=" + Program.DATA + "mnist01-test-images-idx3-ubyte.gz";
  private static final String Y = "--test-y=" + Program.DATA + "mnist01-test-labels-idx1-ubyte.gz";

  /**
   * Bytes that products and transpositions of the CPU backend take besides on two threads, and
   * small change.
   */
  private static final long SCRATCH = 2 * 4 * 256 * 256 + 2 * 8 * 64 * 80 + 20_000;

  private static final Pattern PLANNED =
      Pattern.compile(".* ([0-9]+) x ([0-9]+) +(float32|float64) .* MB");

  @TempDir Path folder;

  private Path fit(String command, String... more) {
    Path out = folder.resolve("fit");
    String[] all = java.util.Arrays.copyOf(more, more.length + 1);
    all[more.length] = "--out=" + out;
    Program run = Program.onDigits(command, 20, 40, all);
    assertThat(run.code()).as(run.err()).isZero();
    return out;
  }

  private Path predict(Path fit, String... more) {
    Path out = folder.resolve("predictions");
    String[] all = java.util.Arrays.copyOf(more, more.length + 3);
    all[more.length] = "--from=" + fit;
    all[more.length + 1] = "--out=" + out;
    all[more.length + 2] = "predict";
    java.util.Collections.rotate(java.util.Arrays.asList(all), 1);
    Program run = Program.run(all);
    assertThat(run.code()).as(run.err()).isZero();
    return out;
  }

  private static double[] array(Path result, String name) {
    return ArrayReader.read(result.resolve("arrays.npz") + ":" + name).values();
  }

  private static JsonNode summary(Path result) throws IOException {
    return new ObjectMapper().readTree(Files.readString(result.resolve("summary.json")));
  }

  @Test
  void aLazyFitPredictsItsOwnTestPointsExactly() throws IOException {
    Path fit = fit("lazy", "--kernel=ntk", "--hidden-layers=2");

    Path predictions = predict(fit, X, Y, "--classes=0,1", "--test-size=40");

    assertThat(array(predictions, "f_test")).containsExactly(array(fit, "f_test"), within(1e-10));
    assertThat(array(predictions, "y_test")).containsExactly(array(fit, "y_test"));
    assertThat(summary(predictions).at("/test/loss").asDouble())
        .isEqualTo(summary(fit).at("/test/loss").asDouble(), within(1e-10));
    assertThat(summary(predictions).at("/test/lossStandardError").isMissingNode()).isTrue();
    assertThat(predictions.resolve("report.html")).isNotEmptyFile();
  }

  @Test
  void aFolderThatAnotherRunWritesToIsRefused() throws IOException {
    Path fit = fit("lazy");
    Path out = Files.createDirectories(folder.resolve("predictions"));
    try (FolderLock lock = FolderLock.of(out).orElseThrow()) {
      Program run = Program.run("predict", "--from=" + fit, "--out=" + out, X);
      assertThat(run.code()).isEqualTo(ExitCode.IO);
      assertThat(run.line()).contains("is being written by process").contains("--out");
    }
    predict(fit, X);
  }

  @Test
  void aLinearFitPredictsItsOwnTestPointsExactly() {
    Path fit = fit("bayes", "--activation=linear", "--hidden-layers=2");

    Path predictions = predict(fit, X, Y, "--classes=0,1", "--test-size=40");

    assertThat(array(predictions, "f_test")).containsExactly(array(fit, "f_test"), within(1e-10));
  }

  @Test
  void aSampledFitPredictsItsOwnTestPointsWithinMonteCarloError() throws IOException {
    Path fit = fit("bayes", "--samples=256", "--beta=10");

    Path predictions = predict(fit, X, Y, "--classes=0,1", "--test-size=40");

    double[] f = array(fit, "f_test");
    double[] again = array(predictions, "f_test");
    double[] error = array(fit, "f_test_standard_error");
    double difference = 0;
    double variance = 0;
    for (int i = 0; i < f.length; i++) {
      difference += (f[i] - again[i]) * (f[i] - again[i]);
      variance += error[i] * error[i];
    }
    // The neurons are those of at most 8 sweeps, the fit averages all: sqrt(sweeps / 8) more error.
    double sweeps = summary(fit).at("/chains/0/sweeps").asDouble();
    assertThat(Math.sqrt(difference)).isLessThan(4 * Math.sqrt(variance * Math.max(1, sweeps / 8)));
    assertThat(difference).isPositive();
    assertThat(array(predictions, "f_test_standard_error")).hasSameSizeAs(again);
    assertThat(summary(predictions).at("/test/lossStandardError").asDouble()).isPositive();
    assertThat(summary(predictions).at("/test/accuracy").asDouble()).isGreaterThan(0.9);
  }

  @Test
  void aFitThatDidNotConvergeHandsOnNoErrors() throws IOException {
    Path fit = folder.resolve("fit");
    Program stopped =
        Program.onDigits("bayes", 20, 40, "--samples=64", "--max-sweeps=40", "--out=" + fit);
    assertThat(stopped.code()).as(stopped.err()).isEqualTo(ExitCode.NOT_CONVERGED);
    Path out = folder.resolve("predictions");

    Program run =
        Program.run(
            "predict", "--from=" + fit, "--out=" + out, X, Y, "--classes=0,1", "--test-size=4");

    assertThat(run.code()).as(run.err()).isEqualTo(ExitCode.NOT_CONVERGED);
    assertThat(summary(out).at("/test/loss").isNumber()).isTrue();
    assertThat(summary(out).at("/test/lossStandardError").isMissingNode()).isTrue();
    assertThat(Files.readAllLines(out.resolve("predictions.csv")).subList(1, 5))
        .allMatch(line -> line.split(",", -1)[3].isEmpty() && !line.split(",", -1)[2].isEmpty());
  }

  @Test
  void labelsAreOptional() {
    Path predictions = predict(fit("lazy"), X, "--test-size=7");

    assertThat(array(predictions, "f_test")).hasSize(7);
  }

  @Test
  void oneHotLabelsAreMappedAsTheFitMappedThem() throws IOException {
    Path fit = folder.resolve("ten");
    Program run =
        Program.run(
            "lazy",
            "--train-x=" + Program.DATA + "mnist10-train-images-idx3-ubyte.gz",
            "--train-y=" + Program.DATA + "mnist10-train-labels-idx1-ubyte.gz",
            "--one-hot",
            "--train-size=60",
            "--out=" + fit);
    assertThat(run.code()).as(run.err()).isZero();

    // digits 0 and 1 alone: ten outputs all the same
    Path predictions = predict(fit, X, Y, "--test-size=30");

    assertThat(ArrayReader.read(predictions.resolve("arrays.npz") + ":y_test").columns())
        .isEqualTo(10);
    assertThat(summary(predictions).at("/test/accuracy").asDouble()).isBetween(0.5, 1.0);
  }

  private Program tried(Path fit, String... more) {
    List<String> arguments = new ArrayList<>(List.of("predict", "--from=" + fit, X));
    arguments.addAll(List.of(more));
    return Program.run(arguments.toArray(String[]::new));
  }

  private static void assertRefused(String says, String... options) {
    List<String> arguments = new ArrayList<>(List.of(options));
    arguments.add(0, "predict");
    Program run = Program.run(arguments.toArray(String[]::new));
    assertThat(run.code()).isEqualTo(ExitCode.USAGE);
    assertThat(run.line()).contains(says);
  }

  /** Fits whose predictors are of every kind that is made in seconds. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "lazy",
        "bayes --activation=linear",
        "bayes --samples=64 --tolerance=0.2",
        "bayes --hidden-layers=2 --activation=tanh --samples=64 --max-sweeps=3 --second-start=no",
        "bayes --order=map --width=400 --samples=1000 --activation=erf --tolerance=0.1",
        "finite --method=gd --width=16 --repeats=2 --steps=3"
      })
  void whatItTakesIsSaidAndTriedBeforeTheWork(String command) throws IOException {
    String[] words = command.split(" ");
    Path fit = folder.resolve("fit");
    List<String> fitting = Program.digits(words[0], 20, 40, "--out=" + fit);
    fitting.addAll(List.of(words).subList(1, words.length));
    Program fitted = Program.run(fitting.toArray(String[]::new));
    assertThat(fitted.code()).as(fitted.err()).isIn(ExitCode.DONE, ExitCode.NOT_CONVERGED);
    Path none = folder.resolve("none");

    Program plan = tried(fit, "--out=" + none, "--dry-run");
    assertThat(plan.code()).as(plan.err()).isZero();
    assertThat(plan.out()).contains("on the Java heap").contains("total");
    assertThat(none).doesNotExist();

    Program tooLittle = tried(fit, "--out=" + none, "--backend=cpu", "--device-memory=1k");
    assertThat(tooLittle.code()).isEqualTo(ExitCode.NO_BACKEND);
    assertThat(tooLittle.line())
        .contains("the computation needs")
        .contains(" bytes are free; lower --test-size, or raise --device-memory 1k");
    assertThat(none).doesNotExist();

    Path file = Files.createFile(folder.resolve("file"));
    Program unwritable = tried(fit, "--out=" + file.resolve("below"));
    assertThat(unwritable.code()).isEqualTo(ExitCode.IO);
    assertThat(unwritable.line()).contains("--out").contains(file.toString());

    Path predictions = folder.resolve("predictions");
    assertThat(tried(fit, "--test-size=20", "--threads=2", "--out=" + predictions).code())
        .isEqualTo(fitted.code());
    JsonNode json = summary(predictions);
    assertThat(json.at("/seconds/io").asDouble()).isPositive();
    assertThat(json.at("/seconds/total").asDouble())
        .isGreaterThan(json.at("/seconds/io").asDouble());
    // no more than was said, beside scratch of fixed size, and not just a small part of it
    long planned = plannedMatrixBytes(tried(fit, "--test-size=20", "--dry-run").out());
    assertThat(json.at("/peakBytes/matrices").asLong()).isBetween(planned / 3, planned + SCRATCH);
  }

  private static long plannedMatrixBytes(String plan) {
    return plan.lines()
        .map(PLANNED::matcher)
        .filter(Matcher::matches)
        .mapToLong(
            m ->
                Long.parseLong(m.group(1))
                    * Long.parseLong(m.group(2))
                    * (m.group(3).equals("float64") ? 8 : 4))
        .sum();
  }

  @Test
  void aResultThatIsDamagedIsAFailureOfFilesAndAFolderWithoutOneIsWrongUsage() throws IOException {
    Path fit = fit("lazy");
    Path model = fit.resolve("model.npz");
    byte[] whole = Files.readAllBytes(model);
    Files.write(model, java.util.Arrays.copyOf(whole, whole.length / 2));

    Program damaged = tried(fit);
    assertThat(damaged.code()).isEqualTo(ExitCode.IO);
    assertThat(damaged.line()).contains("--from " + model).contains("damaged");

    Files.writeString(fit.resolve("summary.json"), "{");
    Program report = Program.run("report", fit.toString());
    assertThat(report.code()).isEqualTo(ExitCode.IO);
    assertThat(report.line()).contains(fit.resolve("summary.json").toString());
    Files.delete(fit.resolve("summary.json"));
    assertThat(Program.run("report", fit.toString()).code()).isEqualTo(ExitCode.USAGE);
    assertThat(tried(folder).code()).isEqualTo(ExitCode.USAGE);
  }

  @Test
  void whatDoesNotFitTheFitIsRefused() {
    Path fit = fit("lazy");
    String from = "--from=" + fit;
    String tens = "--test-x=" + Program.DATA + "mnist10-test-images-idx3-ubyte.gz";
    String labels = "--test-y=" + Program.DATA + "mnist10-test-labels-idx1-ubyte.gz";
    String out = "--out=" + folder.resolve("none");

    assertRefused("the fit does not know; use --classes 0,1", from, tens, labels, out);
    assertRefused(
        "--classes is 3,4; the fit was made with 0,1", from, tens, labels, out, "--classes=3,4");
    assertRefused("--test-size is 2000", from, X, Y, out, "--test-size=2000");
    assertRefused("--out", from, X, "--out=" + fit);
    String vector = Program.DATA + "reference/mnist01_ytest.npy";
    assertRefused("--test-x " + vector + ": ", from, "--test-x=" + vector, out);
    assertThat(folder.resolve("none")).doesNotExist();
    assertThat(
            Program.run("predict", from, tens, labels, out, "--classes=0,1", "--test-size=50")
                .code())
        .isZero();
  }

  static List<String> signals() throws IOException {
    return Interrupts.received();
  }

  /** The signal comes when the inputs are read, before OpenBLAS is loaded. */
  @ParameterizedTest
  @MethodSource("signals")
  void aSignalEndsItAsItEndsAllCommands(String signal) throws IOException, InterruptedException {
    Path fit = fit("lazy");
    Path out = folder.resolve("stopped");
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName()));
    List<String> arguments = List.of("predict", "--from=" + fit, X, "--out=" + out, "--resume");
    command.addAll(arguments);
    Path errors = folder.resolve("errors");
    Process run = new ProcessBuilder(command).redirectError(errors.toFile()).start();
    try (BufferedReader lines = run.inputReader()) {
      assertThat(lines.readLine()).startsWith("read ");
      String[] kill = {"kill", "-" + signal, Long.toString(run.pid())};
      assertThat(new ProcessBuilder(kill).start().waitFor()).isZero();
      assertThat(run.waitFor()).isEqualTo(ExitCode.STOPPED);
    }
    assertThat(errors).content().contains("SIG" + signal + ": stopped; the same command starts");
    assertThat(out.resolve("summary.json")).doesNotExist();

    assertThat(Program.run(arguments.toArray(String[]::new)).code()).isZero();
    assertThat(out.resolve("summary.json")).exists();
  }
}
