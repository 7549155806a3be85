package org.richkernel.cli;

import static org.assertj.core.api.Assertions.assertThat;

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
    SADDLE_POINT(90, "bayes", "--samples=256", "--beta=10", "--tolerance=0.1"),
    DYNAMICS_BESIDE_APPROXIMATIONS(
        150,
        "dynamics",
        "--hidden-layers=2",
        "--activation=tanh",
        "--steps=10",
        "--samples=2000",
        "--compare"),
    GRADIENT_FLOW(60, "dynamics", "--weight-decay=1", "--samples=2000"),
    TRAINED_NETWORKS(
        120, "finite", "--method=gd", "--width=400", "--hidden-layers=2", "--steps=40"),
    SAMPLED_NETWORKS(
        90, "finite", "--method=langevin", "--width=200", "--beta=10", "--max-sweeps=30"),
    SCALES(
        200,
        "bayes",
        "--activation=tanh",
        "--samples=64",
        "--beta=10",
        "--max-sweeps=40",
        "--order=one-loop",
        "--width=40",
        "--chi=1:40:3"),
    PHASES(
        10,
        "phase",
        "--weight-variance=0.5:1.6:12",
        "--hidden-layers=4",
        "--width=200",
        "--samples=2000");

    private final int checkpoints;
    private final String name;
    private final String[] options;

    Command(int checkpoints, String name, String... options) {
      this.checkpoints = checkpoints;
      this.name = name;
      this.options = options;
    }

    /** On 20 training and 10 test points, with a checkpoint after each step. */
    List<String> arguments() {
      List<String> all = Program.digits(name, 20, 10, options);
      all.addAll(List.of("--seed=3", "--threads=2", "--checkpoint-seconds=0"));
      return all;
    }

    /** A number of checkpoints after which another so many are still to come. */
    int within(int parts, Random moments) {
      return 1 + moments.nextInt(Math.max(1, checkpoints / (parts + 1)));
    }
  }

  /** Killed, stopped, and finished: three processes. */
  @ParameterizedTest
  @EnumSource
  void aRunThatWasKilledAndStoppedGivesTheBitsOfTheUninterruptedRun(Command command)
      throws Exception {
    Path whole = folder.resolve("whole");
    List<String> arguments = command.arguments();
    arguments.add("--out=" + whole);
    Program reference = Program.run(arguments.toArray(String[]::new));
    assertThat(reference.code()).as(reference.err()).isIn(ExitCode.DONE, ExitCode.NOT_CONVERGED);

    KillableRun run = new KillableRun(folder, moments, command.arguments());
    run.kill(command.within(2, moments));
    run.stop(command.within(2, moments));
    assertThat(run.finish()).isEqualTo(reference.code());
    run.requireSameResult(whole);
  }

  @Test
  void aCheckpointOfOtherOptionsIsRefusedByEveryCommand() throws Exception {
    KillableRun run = new KillableRun(folder, moments, Command.PHASES.arguments());
    run.stop(1);
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
