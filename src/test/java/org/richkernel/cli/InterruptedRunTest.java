package org.richkernel.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Runs of the program in processes of their own, ended by signals at moments drawn at random and
 * resumed in others.
 */
@Timeout(300)
class InterruptedRunTest {
  @TempDir Path folder;

  private final Random moments = new Random(20250711);

  /** Commands, and how many checkpoints each makes at least. */
  enum Command {
    DUAL_FORM(
        90,
        "bayes",
        "--form=dual",
        "--samples=64",
        "--beta=10",
        "--max-sweeps=60",
        "--save-kernels-up-to=0"),
    SADDLE_POINT(90, "bayes", "--samples=128", "--beta=10", "--tolerance=0.1"),
    DYNAMICS_BESIDE_APPROXIMATIONS(
        100,
        "dynamics",
        "--hidden-layers=2",
        "--activation=tanh",
        "--steps=6",
        "--samples=600",
        "--compare"),
    TRAINED_NETWORKS(80, "finite", "--method=gd", "--width=100", "--repeats=3", "--steps=30"),
    TRAINED_CONVOLUTIONS(
        60,
        "finite",
        "--method=gd",
        "--width=20",
        "--repeats=2",
        "--steps=40",
        "--batch-size=4",
        "--pool-input=4",
        "--convolutions=3x3/2,2x2"),
    COMPARED_WIDTHS(
        90,
        "finite",
        "--method=gd",
        "--widths=6,12",
        "--repeats=2",
        "--steps=30",
        "--step-size=0.1",
        "--batch-size=4",
        "--pool-input=4",
        "--convolutions=3x3/2,2x2"),
    SAMPLED_CONVOLUTIONS(
        90,
        "finite",
        "--method=langevin",
        "--width=12",
        "--repeats=2",
        "--beta=10",
        "--max-sweeps=30",
        "--pool-input=4",
        "--convolutions=3x3/2,2x2",
        "--readout=gap"),
    SAMPLED_NETWORKS(
        90,
        "finite",
        "--method=langevin",
        "--width=64",
        "--repeats=2",
        "--beta=10",
        "--max-sweeps=30"),
    GRADIENT_FLOW(60, "dynamics", "--weight-decay=1", "--samples=400", "--tolerance=0.01"),
    SCALES(
        90,
        "bayes",
        "--activation=tanh",
        "--samples=64",
        "--beta=10",
        "--max-sweeps=20",
        "--order=one-loop",
        "--width=40",
        "--chi=1:40:2"),
    PHASES(
        10,
        "phase",
        "--weight-variance=0.5:1.6:12",
        "--hidden-layers=4",
        "--width=200",
        "--samples=1000");

    private final int checkpoints;
    private final String name;
    private final String[] options;

    Command(int checkpoints, String name, String... options) {
      this.checkpoints = checkpoints;
      this.name = name;
      this.options = options;
    }

    /** On 20 training and 10 test points. */
    List<String> arguments() {
      List<String> all = Program.digits(name, 20, 10, options);
      all.addAll(List.of("--seed=3", "--threads=2", "--quiet"));
      return all;
    }

    /** One of those that stop a run; each has its turn. */
    String signal() throws IOException {
      List<String> signals = Interrupts.received();
      return signals.get(ordinal() % signals.size());
    }

    /** A third of its checkpoints at most, so that two of these leave as many to come. */
    int some(Random moments) {
      return 1 + moments.nextInt(checkpoints / 3);
    }
  }

  private Program whole(Command command) {
    List<String> arguments = command.arguments();
    arguments.add("--out=" + folder.resolve("whole"));
    Program run = Program.run(arguments.toArray(String[]::new));
    assertThat(run.code()).as(run.err()).isIn(ExitCode.DONE, ExitCode.NOT_CONVERGED);
    return run;
  }

  /** In three processes: killed, stopped, and finished; one command for each signal. */
  @ParameterizedTest
  @EnumSource(names = {"DUAL_FORM", "DYNAMICS_BESIDE_APPROXIMATIONS", "SAMPLED_NETWORKS"})
  void aRunThatWasKilledAndStoppedGivesTheBitsOfTheUninterruptedRun(Command command)
      throws Exception {
    KillableRun run = new KillableRun(folder, moments, command.arguments());
    run.kill(command.some(moments));
    run.stop(command.signal(), command.some(moments));
    int code = run.finish();

    assertThat(code).isEqualTo(whole(command).code());
    run.requireSameResult(folder.resolve("whole"));
  }

  @ParameterizedTest
  @EnumSource(
      names = {
        "SADDLE_POINT",
        "TRAINED_NETWORKS",
        "TRAINED_CONVOLUTIONS",
        "COMPARED_WIDTHS",
        "SAMPLED_CONVOLUTIONS",
        "GRADIENT_FLOW",
        "SCALES",
        "PHASES"
      })
  void aRunThatWasKilledGivesTheBitsOfTheUninterruptedRun(Command command) throws Exception {
    KillableRun run = new KillableRun(folder, moments, command.arguments());
    run.kill(command.some(moments) + command.some(moments));
    int code = run.finish();

    assertThat(code).isEqualTo(whole(command).code());
    run.requireSameResult(folder.resolve("whole"));
  }

  @Test
  void aCheckpointOfOtherOptionsIsRefusedByEveryCommand() throws Exception {
    KillableRun run = new KillableRun(folder, moments, Command.PHASES.arguments());
    run.stop("TERM", 1);
    for (Command other : new Command[] {Command.GRADIENT_FLOW, Command.SAMPLED_NETWORKS}) {
      List<String> arguments = other.arguments();
      arguments.addAll(List.of("--out=" + run.out(), "--resume"));
      Program refused = Program.run(arguments.toArray(String[]::new));
      assertThat(refused.code()).isEqualTo(ExitCode.USAGE);
      assertThat(refused.line()).contains("was made with").contains("leave out --resume");
    }
    assertThat(Files.isDirectory(run.out().resolve("checkpoint"))).isTrue();
  }
}
