package org.richkernel.cli;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.richkernel.group.Meeting;
import org.richkernel.group.RankGroup;
import org.richkernel.network.InvalidProblemException;
import picocli.CommandLine.Option;

/** The processes that a fit is spread over, where a scheduler has started them. */
@HelpGroup(HelpGroup.MACHINE)
final class RankOptions {
  /** Options on which no number depends, and which say nothing of the fit. */
  static final Set<String> NAMES = Set.of("ranks", "rank-timeout");

  private static final String SLURM = "slurm";

  @Option(
      names = "--ranks",
      paramLabel = "NAME",
      description =
          "slurm: this process is one of those that srun started with the same command, and the"
              + " training points are spread over all of them; they meet in the --out folder, which"
              + " all share. Default: one process.")
  private @Nullable String ranks;

  @Option(
      names = "--rank-timeout",
      paramLabel = "T",
      defaultValue = "600",
      description =
          "Time after which a rank that says nothing is taken for lost. Unit: seconds. Default:"
              + " ${DEFAULT-VALUE}.")
  private int timeout = 600;

  /** Whether there are other processes. */
  boolean given() {
    return ranks != null;
  }

  /**
   * Waits for the other processes.
   *
   * @param environment variables with their values
   */
  RankGroup join(Path out, Map<String, String> environment) {
    if (!SLURM.equals(ranks)) {
      throw new InvalidProblemException("ranks", String.valueOf(ranks), "use slurm");
    }
    if (timeout < 1 || timeout > 1_000_000) {
      throw new InvalidProblemException("rank-timeout", timeout, "use a number of at least 1");
    }
    try {
      return Meeting.ofSlurm(environment).join(out.resolve("ranks"), Duration.ofSeconds(timeout));
    } catch (IllegalArgumentException e) {
      InvalidProblemException invalid =
          new InvalidProblemException("ranks", SLURM, String.valueOf(e.getMessage()));
      invalid.initCause(e);
      throw invalid;
    }
  }
}
