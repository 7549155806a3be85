package org.richkernel.cli;

import picocli.CommandLine.Option;

/** Whether a computation is planned only. */
@HelpGroup(HelpGroup.RESULT)
final class DryRunOption {
  @Option(
      names = "--dry-run",
      negatable = true,
      description =
          "Write what the computation would hold in memory, what to ask a scheduler for, and about"
              + " how long it would take where a few steps of it can be timed; exit code 4 if the"
              + " memory would not suffice. Default: off.")
  private boolean dryRun;

  /** Whether to stop before the work. */
  boolean given() {
    return dryRun;
  }
}
