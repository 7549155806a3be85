package org.richkernel.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.richkernel.data.NpyWriter;
import org.richkernel.network.InvalidProblemException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** What is wrong is said in one line, with exit code 2, and leaves no folder behind. */
class BadInputTest {
  @TempDir Path folder;
  private Path out;
  private Path x;
  private Path y;

  @BeforeEach
  void goodFiles() throws IOException {
    out = folder.resolve("out");
    x = csv("x.csv", "1,0\n0,1\n1,1\n-1,1\n");
    y = csv("y.csv", "1\n-1\n1\n-1\n");
  }

  private Path csv(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text, StandardCharsets.UTF_8);
  }

  private void assertRefused(Path inputs, Path labels, String says, String... more) {
    for (String command : new String[] {"bayes", "lazy", "dynamics"}) {
      String[] arguments =
          Stream.concat(
                  Stream.of(command, "--train-x=" + inputs, "--train-y=" + labels, "--out=" + out),
                  Arrays.stream(more))
              .toArray(String[]::new);
      Program run = Program.run(arguments);
      assertThat(run.code()).as(run.err()).isEqualTo(ExitCode.USAGE);
      assertThat(run.line()).startsWith("richkernel: ").contains(says);
      assertThat(run.out()).isEmpty();
      assertThat(out).doesNotExist();
    }
  }

  @Test
  void valuesThatAreNotFiniteAreNamedByFileAndRow() throws IOException {
    Path nan = csv("nan.csv", "1,0\n0,NaN\n1,1\n-1,1\n");
    assertRefused(nan, y, "--train-x " + nan + ": line 2, column 2 is 'NaN', not finite; give a");
    Path inf = csv("inf.csv", "1\n-1\nInfinity\n-1\n");
    assertRefused(x, inf, "--train-y " + inf + ": line 3, column 1 is 'Infinity', not finite; ");
    Path npy = folder.resolve("nan.npy");
    NpyWriter.write(npy, new double[] {1, 0, 0, 1, 1, Double.NaN, -1, 1}, 4, 2);
    assertRefused(npy, y, "--train-x " + npy + ": row 3, column 2 is NaN; every value must be");
  }

  @Test
  void testPointsThatCannotBeUsedAreNamed() throws IOException {
    Path nan = csv("nan.csv", "1,0\nNaN,1\n");
    Path two = csv("two.csv", "1\n-1\n");
    assertRefused(x, y, "--test-x " + nan + ": line 2", "--test-x=" + nan, "--test-y=" + two);
    assertRefused(
        x, y, "--train-x or --test-x " + x + ": it has 4", "--test-x=" + x, "--test-y=" + two);
    Path wide = csv("wide.csv", "1,0,0\n0,1,0\n");
    assertRefused(x, y, "--test-x " + wide + ": it has 3", "--test-x=" + wide, "--test-y=" + two);
    assertRefused(x, y, "--test-y " + wide + ": it has 3", "--test-x=" + x, "--test-y=" + wide);
    Path absent = folder.resolve("absent.csv");
    assertRefused(x, y, "--test-y " + absent + ": there", "--test-x=" + x, "--test-y=" + absent);
  }

  @Test
  void aFileThatMayNotBeReadIsNamed() {
    assumeTrue(x.toFile().setReadable(false) && !Files.isReadable(x), "root may read everything");
    assertRefused(x, y, "--train-x " + x + ": permission to read it is denied; make it readable");
  }

  @Test
  void lengthsThatDifferAreNamed() throws IOException {
    assertRefused(x, csv("short.csv", "1\n-1\n1\n"), "it has 4 rows, but");
  }

  @Test
  void aSingleClassIsRefusedWhereTwoAreAskedFor() throws IOException {
    assertRefused(x, csv("ones.csv", "1\n1\n1\n1\n"), "no row of class 0", "--classes=0,1");
    assertRefused(x, csv("ones.csv", "1\n1\n1\n1\n"), "all its labels are 1", "--one-hot");
  }

  @Test
  void constantInputsCannotBeStandardized() throws IOException {
    assertRefused(
        csv("flat.csv", "5,5\n5,5\n5,5\n5,5\n"),
        y,
        "their standard deviation is 0",
        "--standardize=global");
    // images are standardized unasked
    byte[] images = {0, 0, 8, 3, 0, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0, 2, 9, 9, 9, 9, 9, 9, 9, 9};
    Path flat = Files.write(folder.resolve("flat-idx3-ubyte"), images);
    assertRefused(flat, y, "--train-x " + flat + ": ");
  }

  @Test
  void inputsOfNothingButZerosHaveNoKernelToTrain() throws IOException {
    Path zero = csv("zero.csv", "0,0\n0,0\n0,0\n0,0\n");
    Program run = Program.run("dynamics", "--train-x=" + zero, "--train-y=" + y, "--out=" + out);
    assertThat(run.code()).isEqualTo(ExitCode.USAGE);
    assertThat(run.line()).contains("--train-x is zero everywhere");
    assertThat(out).doesNotExist();
  }

  /** Their kernels are of order 1e40, beyond float32. */
  @Test
  void inputsWhoseKernelsWouldOverflowAreRefused() throws IOException {
    Path large = csv("large.csv", "1,0\n0,1\n1e20,1\n1,1\n");
    for (String command : new String[] {"bayes", "dynamics"}) {
      Program run = Program.run(command, "--train-x=" + large, "--train-y=" + y, "--out=" + out);
      assertThat(run.code()).isEqualTo(ExitCode.USAGE);
      assertThat(run.line())
          .contains("--train-x is too large for float32 in row 3")
          .contains("--standardize");
      assertThat(out).doesNotExist();
    }
  }

  @Test
  void filesThatAreMissingOrFoldersAreNamed() {
    assertRefused(folder.resolve("absent.npy"), y, "absent.npy");
    assertRefused(folder, y, folder.toString());
  }

  @Test
  void truncatedFilesAreNamed() throws IOException {
    byte[] whole = Files.readAllBytes(Path.of(Program.DATA, "golden", "f8-le.npy"));
    Path cut = Files.write(folder.resolve("cut.npy"), Arrays.copyOf(whole, whole.length - 3));
    assertRefused(cut, y, "cut.npy");
  }

  @Test
  void headersThatClaimMoreThanTheFileHoldsAreNamed() throws IOException {
    byte[] header = {0, 0, 8, 3, 127, -1, -1, -1, 127, -1, -1, -1, 127, -1, -1, -1, 1, 2, 3};
    assertRefused(Files.write(folder.resolve("big-idx3-ubyte"), header), y, "big-idx3-ubyte");
  }

  @ParameterizedTest
  @CsvSource({
    "--gamma=-1, --gamma is -1.0",
    "--gamma=NaN, --gamma is NaN",
    "--gamma=much, --gamma",
    "--hidden-layers=0, --hidden-layers is 0",
    "--activation=step, --activation",
    "--weight-variance=0, --weight-variance is 0.0",
    "--weight-variance=1;2, --weight-variance is 1;2",
    "--bias-variance=-1, --bias-variance is -1.0",
    "--threads=0, --threads is 0",
    "--devices=0;-1, --devices is 0;-1",
    "--devices=first, --devices is first",
    "--device-memory=0, --device-memory is 0",
    "--device-memory=8q, --device-memory is 8q",
    "--device-memory=9999999t, --device-memory is 9999999t",
    "--precision=half, --precision",
    "--checkpoint-seconds=-1, --checkpoint-seconds is -1.0",
    "--standardize=often, --standardize is often",
    "--train-size=0, --train-size is 0",
    "--train-size=5, --train-size is 5",
    "--test-size=5, --test-size is 5",
    "--no-such-option=5, --no-such-option",
  })
  void optionsOfAllCommandsAreNamed(String option, String says) {
    assertRefused(x, y, says, option);
  }

  @Test
  void whatTheProcessorHasNotIsRefused() {
    assertRefused(x, y, "--devices is 0,1; --backend cpu", "--backend=cpu", "--devices=0,1");
    assertRefused(x, y, "--precision is tf32; --backend cpu", "--backend=cpu", "--precision=tf32");
    assertRefused(
        x, y, "--precision is tf32x3; --backend cpu", "--backend=cpu", "--precision=tf32x3");
  }

  static Stream<Arguments> optionsOfOneCommand() {
    return Stream.of(
        Arguments.of("bayes", "--beta=0", "--beta is 0.0"),
        Arguments.of("bayes", "--beta=-3", "--beta is -3.0"),
        Arguments.of("bayes", "--samples=1001", "such as 1004"),
        Arguments.of("bayes", "--samples=8", "--samples is 8"),
        Arguments.of("bayes", "--tolerance=0", "--tolerance is 0.0"),
        Arguments.of("bayes", "--max-sweeps=0", "--max-sweeps is 0"),
        Arguments.of("bayes", "--determinant-weight=-1", "--determinant-weight is -1.0"),
        Arguments.of("bayes", "--hidden-layers=17", "--hidden-layers is 17"),
        Arguments.of("bayes", "--gamma-path=0:1", "--gamma-path is 0:1"),
        Arguments.of("bayes", "--gamma-path=2:1:3", "use a:b:n with 0 <= a < b"),
        Arguments.of("bayes", "--gamma-path=0:1:1", "n from 2 to"),
        Arguments.of("bayes", "--second-start=maybe", "--second-start is maybe"),
        Arguments.of("bayes", "--second-start=yes", "one hidden layer has a single solution"),
        Arguments.of("bayes", "--warm-start=nowhere", "nowhere"),
        Arguments.of("bayes", "--select=depth", "--select is depth"),
        Arguments.of("bayes", "--select=gamma", "--gamma-path"),
        Arguments.of("bayes", "--select=beta", "--betas"),
        Arguments.of("bayes", "--betas=1,2", "--betas is 1,2"),
        Arguments.of("bayes", "--evidence-width=9", "--evidence-width is 9"),
        Arguments.of("bayes", "--cross-check", "needs a smooth activation"),
        Arguments.of("bayes", "--train-size=1", "--train-size is 1"),
        Arguments.of("dynamics", "--gamma=0", "--gamma is 0.0"),
        Arguments.of("dynamics", "--steps=0", "--steps is 0"),
        Arguments.of("dynamics", "--step-size=0", "--step-size is 0.0"),
        Arguments.of("dynamics", "--weight-decay=-1", "--weight-decay is -1.0"),
        Arguments.of("dynamics", "--loss=median", "sum or mean"),
        Arguments.of("dynamics", "--solver=guess", "causal, alternating"),
        Arguments.of("dynamics", "--approximation=wild", "static-ntk"),
        Arguments.of("dynamics", "--approximation=perturbative", "tanh, erf or linear"),
        Arguments.of("dynamics", "--batch-size=5", "--batch-size is 5"),
        Arguments.of("dynamics", "--record-every=-1", "--record-every is -1"),
        Arguments.of("dynamics", "--samples=8", "--samples is 8"),
        Arguments.of("dynamics", "--tolerance=0", "--tolerance is 0.0"),
        Arguments.of("dynamics", "--weight-variance=2", "--weight-variance is 2.0"),
        Arguments.of("dynamics", "--bias-variance=1", "--bias-variance is 1.0"),
        Arguments.of("lazy", "--kappa=-1", "--kappa is -1.0"),
        Arguments.of("lazy", "--beta=0", "--beta is 0.0"),
        Arguments.of("bayes", "--kappa=0", "--kappa is 0.0"),
        Arguments.of("bayes", "--kappa=1e-320", "--kappa is 1.0E-320"),
        Arguments.of("bayes", "--gamma=1e20", "--gamma is 1.0E20"),
        Arguments.of("bayes", "--weight-variance=1e-200", "--weight-variance is 1.0E-200"),
        Arguments.of("lazy", "--kernel=rbf", "--kernel"));
  }

  @ParameterizedTest
  @MethodSource("optionsOfOneCommand")
  void optionsOfOneCommandAreNamed(String command, String option, String says) {
    Program run = Program.run(command, "--train-x=" + x, "--train-y=" + y, "--out=" + out, option);

    assertThat(run.code()).as(run.err()).isEqualTo(ExitCode.USAGE);
    assertThat(run.line()).contains(says);
    assertThat(out).doesNotExist();
  }

  @ParameterizedTest
  @CsvSource({"nowhere, nowhere", "none.h5:/x, none.h5", "none.npz:x, none.npz"})
  void inputsThatAreNotThereAreNamedWithTheirOption(String name, String file) {
    String says = "--train-x " + folder.resolve(file) + ": there is no such file; check the name";

    assertUsage(says, "lazy", "--train-x=" + folder.resolve(name));
    assertUsage(says, "lazy", "--train-x=" + folder.resolve(name), "--train-y=" + y);
  }

  @Test
  void whatIsMissingIsNamed() {
    assertUsage("no command");
    assertUsage("cook", "cook");
    assertUsage("--train-x is missing", "lazy");
    assertUsage("--train-y is missing", "lazy", "--train-x=" + x);
    assertUsage("--test-x is missing", "lazy", "--train-x=" + x, "--train-y=" + y, "--test-y=" + y);
    assertUsage("--from is missing", "predict");
    assertUsage("holds no saved model", "predict", "--from=" + folder, "--test-x=" + x);
    assertUsage("DIR", "report");
    assertUsage("no finished result", "report", folder.toString());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "lazzy | 'lazzy' is no command; did you mean lazy? see richkernel --help",
        "cook | 'cook' is no command; use lazy, bayes,",
        "lazy --kapa 1 --trainx 3 more | --kapa is no option of richkernel lazy; did you mean"
            + " --kappa? see richkernel lazy --help",
        "lazy --no-quite | did you mean --no-quiet?",
        "lazy --no-audit | --no-audit is no option of richkernel lazy; see richkernel lazy --help",
        "lazy --no-thread=2 | --no-thread is no option of richkernel lazy; did you mean --threads?",
        "bayes --no-adit | did you mean --no-audit?",
        "lazy --zebra=7 | --zebra is no option of richkernel lazy; see richkernel lazy --help",
        "lazy more | 'more' belongs to no option of richkernel lazy",
        "bayes --form=dul | --form is dul; did you mean dual? use auto, primal or dual; see",
        "bayes --order=one-lop | --order is one-lop; did you mean one-loop? use tree, one-loop or map",
        "bayes --second-start=yse | --second-start is yse; did you mean yes? use auto, yes or no",
        "dynamics --solver=casual | --solver is casual; did you mean causal? use causal,",
        "finite --method=gdd | --method is gdd; did you mean gd? use gd or langevin",
        "lazy --kernel=ntkk | --kernel is ntkk; did you mean ntk? use nngp or ntk",
        "bayes --activation=tahn | --activation is tahn; did you mean tanh? use relu,",
        "bayes --activation=leaky-relu:2 | the slope of leaky-relu must be between 0 and 1; see",
        "bayes --activation=leaky-relu:NaN | give a number behind the colon, such as leaky-relu:0.2",
        "bayes --samples=1.5 | --samples is 1.5; use a whole number; see",
        "lazy --kappa=x | --kappa is x; use a number; see",
      })
  void whatIsNotKnownIsFollowedByWhatIsLikeIt(String command, String says) {
    assertUsage(says, command.split(" ", -1));
  }

  @Test
  void noiseIsToldOnce() {
    String[] problem = {"bayes", "--train-x=" + x, "--train-y=" + y, "--dry-run"};
    List<String> both = new ArrayList<>(List.of(problem));
    both.addAll(List.of("--beta=2", "--kappa=1"));
    assertUsage("--beta is 2.0 and kappa = 1/beta", both.toArray(String[]::new));
    both.set(both.size() - 1, "--kappa=0.5");
    assertThat(Program.run(both.toArray(String[]::new)).code()).isZero();
  }

  private static void assertUsage(String says, String... arguments) {
    Program run = Program.run(arguments);
    assertThat(run.code()).isEqualTo(ExitCode.USAGE);
    assertThat(run.line()).contains(says);
  }

  @Test
  void threadsOfABatchJobThatAreNoNumberAreRefusedUnlessGiven() {
    Map<String, String> environment = Map.of("SLURM_CPUS_PER_TASK", "all");
    RunOptions options = new RunOptions();
    CommandLine command = OptionNames.addTo(new CommandLine(new Options(options)));
    command.parseArgs();
    assertThatThrownBy(() -> options.threads(environment))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessage(
            "SLURM_CPUS_PER_TASK is all; set it to a whole number of at least 1, or give"
                + " --threads");
    command.parseArgs("--threads=3");
    assertThat(options.threads(environment)).isEqualTo(3);
  }

  @Command(name = "run")
  private static final class Options {
    @Mixin private final RunOptions run;

    Options(RunOptions run) {
      this.run = run;
    }
  }

  @Test
  void columnsTooLargeForTheRidgeAreRefusedBeforeTheWorkWithAMendThatExists() throws IOException {
    StringBuilder rows = new StringBuilder();
    StringBuilder labels = new StringBuilder();
    for (int i = 0; i < 12; i++) {
      rows.append(20 + 7 * i % 50).append(',').append(20000 + 3700 * i).append('\n');
      labels.append(i % 3 - 1).append('\n');
    }
    Path large = csv("large.csv", rows.toString());
    Path given = csv("given.csv", labels.toString());
    String[] data = {"--train-x=" + large, "--train-y=" + given, "--out=" + out};
    String says =
        "richkernel: --train-x: the inputs are of mean |x|^2/D = 9.0e+08, so rounding acts on their"
            + " kernel like a jitter of ";
    for (String more :
        new String[] {
          "bayes --samples=400",
          "bayes --samples=400 --hidden-layers=2",
          "bayes --samples=400 --order=map --width=50",
          "bayes --samples=400 --order=one-loop --width=50",
          "finite --method=langevin --width=400",
          "lazy --kappa=1e-9"
        }) {
      String[] words = more.split(" ", 0);
      String[] arguments =
          Stream.concat(Arrays.stream(words), Arrays.stream(data)).toArray(String[]::new);
      Program run = Program.run(arguments);
      assertThat(run.code()).as(more + run.err()).isEqualTo(ExitCode.USAGE);
      assertThat(run.line())
          .startsWith(says)
          .contains("against kappa = ")
          .contains("--standardize global")
          .endsWith("or raise --kappa");
      if (!more.startsWith("lazy")) { // whose solve finds out
        assertThat(out).doesNotExist();
      }
    }
  }

  @Test
  void aSingularKernelWithoutRidgeIsNotConvergedAndSaysItsJitter() throws IOException {
    Path twice = csv("twice.csv", "1,0\n1,0\n1,1\n-1,1\n");
    Program run =
        Program.run(
            "lazy", "--train-x=" + twice, "--train-y=" + y, "--kappa=0", "--out=" + out, "--quiet");
    assertThat(run.code()).isEqualTo(ExitCode.NOT_CONVERGED);
    assertThat(run.err()).contains("jitter of ").contains("kappa = 0").contains("--kappa");
  }

  @Test
  void aHeapThatDoesNotSufficeIsALineWithItsMend() {
    Console nowhere =
        new Console(
            new PrintWriter(Writer.nullWriter()), new PrintWriter(Writer.nullWriter()), false);
    CommandLine bayes = Main.program(nowhere).getSubcommands().get("bayes");
    Failure failure = Failure.of(new OutOfMemoryError("Java heap space"), bayes.getCommandSpec());
    assertThat(failure.code()).isEqualTo(ExitCode.NO_BACKEND);
    long heap = Runtime.getRuntime().maxMemory() >> 20;
    assertThat(failure.line())
        .isEqualTo(
            "the Java heap of "
                + heap
                + " MiB does not suffice; raise it, such as java -Xmx"
                + 2 * heap
                + "m, or lower --train-size or --samples");
  }

  @Test
  void aStackTraceIsShownOnlyWithDebug() {
    assertThat(Program.run("lazy", "--debug").err().lines().count()).isGreaterThan(3);
    assertThat(Program.run("lazy").err().lines().count()).isEqualTo(1);
    assertThat(Program.run("lazy", "--debug", "--no-debug").err().lines().count()).isEqualTo(1);
    assertThat(Program.run("report", "nowhere", "--debug").err().lines().count()).isGreaterThan(3);
    assertThat(Program.run("devices", "--debug").code()).isZero();
    assertThat(Program.run("cook", "--debug").err().lines().count()).isGreaterThan(3);
  }

  @Test
  void aFileOfOptionsMayAskForTheStackTraceToo() throws IOException {
    Path json = Files.writeString(folder.resolve("o.json"), "{\"debug\": true}");
    String config = "--config=" + json;
    assertThat(Program.run("lazy", config).err().lines().count()).isGreaterThan(3);
    assertThat(Program.run("lazy", config, "--no-debug").err().lines().count()).isEqualTo(1);
  }
}
