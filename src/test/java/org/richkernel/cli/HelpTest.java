package org.richkernel.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.Writer;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HelpTest {
  private static final List<String> COMMON =
      List.of(
          "--train-x --train-y --test-x --test-y --classes --one-hot --train-size --test-size"
              .split(" "));

  /**
   * A label in capitals that stands for a number: G, N, LAMBDA, A:B:N, ..., but no word or file.
   */
  private static final Pattern NUMBER =
      Pattern.compile("^[a-z-]+=(?!FILE|DIR|OTHER|NAME|HOW|WHAT|WHEN|A,B|MEAN,STD)[A-Z]+[^ ]*");

  private static final List<String> MORE =
      List.of(
          ("--standardize --hidden-layers --activation --gamma --samples --seed --backend --threads"
                  + " --out --quiet --config --debug --dry-run --resume --checkpoint-seconds"
                  + " --weight-variance --bias-variance")
              .split(" "));

  @ParameterizedTest
  @ValueSource(strings = {"bayes", "lazy", "dynamics"})
  void helpOfComputingCommandsShowsEveryCommonOption(String command) {
    String help = Program.run(command, "--help").out();

    assertThat(help).contains(COMMON).contains(MORE);
  }

  @Test
  void helpShowsTheOptionsOfEachTheory() {
    assertThat(Program.run("bayes", "--help").out())
        .contains("--beta", "--tolerance", "--max-sweeps", "--determinant-weight")
        .contains("--order", "--width", "--scaling", "--chi");
    assertThat(Program.run("phase", "--help").out())
        .contains("--weight-variance", "--bias-variance", "--width", "--hidden-layers");
    assertThat(Program.run("lazy", "--help").out()).contains("--kernel", "--kappa");
    assertThat(Program.run("dynamics", "--help").out())
        .contains(
            ("--steps --step-size --weight-decay --loss --solver --approximation --compare"
                    + " --batch-size --record-every --save-history --tolerance")
                .split(" "));
    assertThat(Program.run("predict", "--help").out()).contains("--from", "--test-x", "--classes");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "bayes",
        "phase",
        "abc",
        "check",
        "few-shot",
        "lazy",
        "dynamics",
        "finite",
        "predict",
        "demo",
        "report",
        "devices"
      })
  void everyOptionSaysItsDefaultOrThatItIsRequired(String command) {
    assertThat(options(command)).isNotEmpty();
    for (String option : options(command)) {
      assertThat(option).containsAnyOf("Default: ", "Required.");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "bayes",
        "phase",
        "abc",
        "few-shot",
        "lazy",
        "dynamics",
        "finite",
        "predict",
        "demo"
      })
  void everyNumberSaysItsUnit(String command) {
    List<String> numbers =
        options(command).stream().filter(option -> NUMBER.matcher(option).find()).toList();

    assertThat(numbers).isNotEmpty();
    for (String option : numbers) {
      assertThat(option).containsPattern("(?i)\\bunits?\\b|pure numbers?|number of|integers?");
    }
  }

  /** The options of a command as help shows them, on one line each. */
  @ParameterizedTest
  @ValueSource(strings = {"lazy", "predict"})
  void helpNamesEveryKindOfFileOfInputs(String command) {
    assertThat(Program.run(command, "--help").out())
        .contains(".npy", ".npz", "file.h5:/path", "IDX", ".gz");
  }

  @ParameterizedTest
  @ValueSource(strings = {"few-shot", "word2vec"})
  void switchesThatAreOnSayHowTheyAreTurnedOff(String command) {
    List<String> on = options(command).stream().filter(o -> o.contains("Default: on.")).toList();

    assertThat(on).isNotEmpty().allMatch(option -> option.contains("--no-"));
  }

  private static List<String> options(String command) {
    String help = Program.run(command, "--help").out();
    String[] options = help.substring(help.indexOf("\n      --")).split("\n {6}--|\n {2}-h");
    return Arrays.stream(options)
        .limit(options.length - 1)
        .skip(1)
        .map(option -> option.replaceAll("\\s+", " "))
        .toList();
  }

  @Test
  void theProgramListsItsCommandsItsExitCodesAndItsVersion() {
    Program help = Program.run("--help");

    assertThat(help.code()).isZero();
    assertThat(help.out())
        .contains(
            "lazy",
            "bayes",
            "dynamics",
            "phase",
            "abc",
            "check",
            "predict",
            "report",
            "demo",
            "devices",
            "75 stopped");
    assertThat(help.out().replaceAll("\\s", "")).contains("75stoppedbyasignal,by--time-limit,");
    assertThat(help.out().lines()).allMatch(line -> line.length() <= 80);
    assertThat(Program.run("--version").out()).matches("richkernel \\d+\\.\\d+\\.\\d+\\R");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "bayes",
        "phase",
        "abc",
        "check",
        "lazy",
        "dynamics",
        "finite",
        "sweep",
        "few-shot",
        "word2vec",
        "gallery",
        "predict",
        "demo",
        "report",
        "devices"
      })
  void everyCommandHasAnExampleThatCanBeUnderstood(String command) {
    String help = Program.run(command, "--help").out();
    String example = help.substring(help.indexOf("Example:") + "Example:".length());
    String line = example.replace("\\", " ").strip().replaceAll("\\s+", " ");
    assertThat(line).startsWith("richkernel " + command);
    assertThat(example.lines()).allMatch(text -> text.length() <= 80);
    Console nowhere =
        new Console(
            new PrintWriter(Writer.nullWriter()), new PrintWriter(Writer.nullWriter()), false);
    String[] arguments = line.substring("richkernel ".length()).split(" ", -1);
    assertThat(Main.program(nowhere).parseArgs(arguments).hasSubcommand()).isTrue();
  }

  @Test
  void optionsStandInGroups() {
    String help = Program.run("bayes", "--help").out();
    int last = -1;
    for (String heading :
        List.of(
            "Data:",
            "Network:",
            "Theory:",
            "Paths, starts and choices:",
            "Finite width:",
            "Machine:",
            "Result:",
            "Program:",
            "Example:")) {
      int at = help.indexOf("\n" + heading + "\n");
      assertThat(at).as(heading).isGreaterThan(last);
      last = at;
    }
    assertThat(help.indexOf("--gamma=G")).isBetween(help.indexOf("Theory:"), help.indexOf("Paths"));
  }

  @Test
  void devicesListsTheCpu() {
    Program devices = Program.run("devices");

    assertThat(devices.code()).isZero();
    assertThat(devices.out()).contains("cpu: usable").contains("OpenBLAS");
  }
}
