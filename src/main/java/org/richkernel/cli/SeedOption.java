package org.richkernel.cli;

import picocli.CommandLine.Option;

/** The key of the random numbers, of every command that draws some. */
final class SeedOption {
  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      description = "Key of the random numbers, an integer. Default: ${DEFAULT-VALUE}.")
  private long seed;

  /** The key. */
  long value() {
    return seed;
  }
}
