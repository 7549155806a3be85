package org.richkernel.cli;

import java.nio.file.Path;
import org.richkernel.network.InvalidProblemException;
import picocli.CommandLine.Option;

/** What a computation that may take long can be told besides. */
final class LongRunOptions {
  @Option(
      names = "--out",
      paramLabel = "DIR",
      defaultValue = "richkernel-out",
      description = {
        "Folder for the result; a result that is there already is replaced at the end.",
        "Default: ${DEFAULT-VALUE}."
      })
  private Path out = Path.of("richkernel-out");

  @Option(
      names = "--resume",
      negatable = true,
      description = {
        "Go on from the checkpoint in the --out folder; start afresh if there is none.",
        "Default: off, which removes an old checkpoint."
      })
  private boolean resume;

  @Option(
      names = "--checkpoint-seconds",
      paramLabel = "T",
      defaultValue = "30",
      description = "Least time between two checkpoints. Unit: seconds. Default: ${DEFAULT-VALUE}.")
  private double checkpointSeconds;

  @Option(
      names = "--dry-run",
      negatable = true,
      description = {
        "Write what the computation would hold in memory and end, with exit code 4 if it",
        "would not fit. Default: off."
      })
  private boolean dryRun;

  /** The result folder. */
  Path out() {
    return out;
  }

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
    return dryRun;
  }

  /** Complains about numbers that make no sense. */
  void check() {
    if (!(checkpointSeconds >= 0) || checkpointSeconds > 1e9) {
      throw new InvalidProblemException(
          "checkpoint-seconds", checkpointSeconds, "use a number of at least 0");
    }
  }
}
