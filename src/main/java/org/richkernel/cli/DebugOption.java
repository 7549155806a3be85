package org.richkernel.cli;

import picocli.CommandLine.Option;

/** Detail of the report of a failure, in every command. */
@HelpGroup(HelpGroup.PROGRAM)
final class DebugOption {
  /** Its name among the arguments. */
  static final String NAME = "--debug";

  @Option(
      names = NAME,
      negatable = true,
      description = "Show the stack trace of a failure. Default: off.")
  private boolean debug;

  /** Whether stack traces are requested. */
  boolean given() {
    return debug;
  }
}
