package org.richkernel.cli;

import picocli.CommandLine.Option;

/** Whether a computation is planned only. */
@HelpGroup(HelpGroup.RESULT)
final class DryRunOption {
  @Option(
      names = "--dry-run",
      negatable = true,
      description =
          "Write what the computation would hold in memory and end, with exit code 4 if it "
              + "would not fit. Default: off.")
  private boolean dryRun;

  /** Whether to stop before the work. */
  boolean given() {
    return dryRun;
  }
}
