package org.richkernel.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HelpTest {
  private static final List<String> COMMON =
      List.of(
          "--train-x --train-y --test-x --test-y --classes --one-hot --train-size --test-size"
              .split(" "));

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
  @ValueSource(strings = {"bayes", "phase", "lazy", "dynamics", "finite", "predict", "demo"})
  void everyOptionSaysItsDefaultOrThatItIsRequired(String command) {
    String help = Program.run(command, "--help").out();
    String[] options = help.substring(help.indexOf("\n      --")).split("\n {6}--|\n {2}-h");

    assertThat(options).hasSizeGreaterThan(3);
    for (String option : List.of(options).subList(1, options.length - 1)) {
      assertThat(option.replaceAll("\\s+", " ")).containsAnyOf("Default: ", "Required.");
    }
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
            "predict",
            "report",
            "demo",
            "devices",
            "75 stopped");
    assertThat(Program.run("--version").out()).matches("richkernel \\d+\\.\\d+\\.\\d+\\R");
  }

  @Test
  void devicesListsTheCpu() {
    Program devices = Program.run("devices");

    assertThat(devices.code()).isZero();
    assertThat(devices.out()).contains("cpu: usable").contains("OpenBLAS");
  }
}
