package org.richkernel.cli;

import picocli.CommandLine.Option;

/** How much is said of a failure, by every command. */
@HelpGroup(HelpGroup.PROGRAM)
final class DebugOption {
  /** Its name among the arguments. */
  static final String NAME = "--debug";

  @Option(
      names = NAME,
      negatable = true,
      description = "Show the stack trace of a failure. Default: off.")
  private boolean debug;

  /** Whether stack traces are asked for. */
  boolean given() {
    return debug;
  }
}
