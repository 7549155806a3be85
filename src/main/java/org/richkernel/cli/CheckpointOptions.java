package org.richkernel.cli;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.richkernel.network.InvalidProblemException;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Options of the checkpoints of a long computation: resume, write, or none. */
@HelpGroup(HelpGroup.RESULT)
final class CheckpointOptions {
  private static final String EVERY = "30";

  @Option(
      names = "--resume",
      negatable = true,
      description =
          "Go on from the checkpoint in the --out folder; start afresh if there is none. "
              + "Default: off, which moves an old checkpoint to checkpoint.before.")
  private boolean resume;

  @Option(
      names = "--checkpoint-seconds",
      paramLabel = "T",
      defaultValue = EVERY,
      description = "Least time between two checkpoints. Unit: seconds. Default: ${DEFAULT-VALUE}.")
  private double checkpointSeconds;

  @Option(
      names = "--time-limit",
      paramLabel = "DURATION",
      description =
          "Stop with a checkpoint, and exit code 75, before the command has run so long, as a"
              + " signal would; --resume goes on. Unit: seconds, or with units such as 30m, 1h30m or"
              + " 1-12:00:00. Default: none.")
  private @Nullable String timeLimit;

  @Mixin private DryRunOption dryRun = new DryRunOption();

  /** Whether to go on from a checkpoint. */
  boolean resume() {
    return resume;
  }

  /** Least seconds between two checkpoints. */
  double checkpointSeconds() {
    return checkpointSeconds;
  }

  /** Whether to stop before the work. */
  boolean dryRun() {
    return dryRun.given();
  }

  /** The time after which to stop, if there is one. */
  Optional<Duration> timeLimit() {
    return Optional.ofNullable(timeLimit).map(text -> Durations.parse("time-limit", text));
  }

  /** Complains about numbers that make no sense. */
  void check() {
    timeLimit();
    if (!(checkpointSeconds >= 0) || checkpointSeconds > 1e9) {
      throw new InvalidProblemException(
          "checkpoint-seconds", checkpointSeconds, "use a number of at least 0");
    }
  }

  /** These options as arguments, for another command. */
  List<String> arguments() {
    List<String> arguments = new ArrayList<>();
    if (resume) {
      arguments.add("--resume");
    }
    if (checkpointSeconds != Double.parseDouble(EVERY)) {
      arguments.add("--checkpoint-seconds=" + checkpointSeconds);
    }
    if (timeLimit != null) {
      arguments.add("--time-limit=" + timeLimit);
    }
    if (dryRun()) {
      arguments.add("--dry-run");
    }
    return arguments;
  }
}
