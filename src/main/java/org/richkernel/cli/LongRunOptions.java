package org.richkernel.cli;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Where a computation that may take long leaves its result and its checkpoints. */
@HelpGroup(HelpGroup.RESULT)
final class LongRunOptions {
  @Option(
      names = "--out",
      paramLabel = "DIR",
      defaultValue = "richkernel-out",
      description =
          "Folder for the result; a result that is there already is replaced at the end. "
              + "Default: ${DEFAULT-VALUE}.")
  private Path out = Path.of("richkernel-out");

  @Mixin private CheckpointOptions checkpoints = new CheckpointOptions();

  /** The result folder. */
  Path out() {
    return out;
  }

  /** Whether to go on from a checkpoint. */
  boolean resume() {
    return checkpoints.resume();
  }

  /** Least seconds between two checkpoints. */
  double checkpointSeconds() {
    return checkpoints.checkpointSeconds();
  }

  /** Whether to stop before the work. */
  boolean dryRun() {
    return checkpoints.dryRun();
  }

  /** The time after which to stop, if there is one. */
  Optional<Duration> timeLimit() {
    return checkpoints.timeLimit();
  }

  /** Complains about numbers that make no sense. */
  void check() {
    checkpoints.check();
  }
}
