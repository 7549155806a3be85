package org.richkernel.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options of gradient descent that the data decide where they are not given. */
final class OpenDescentOptions {
  @Option(
      names = "--step-size",
      paramLabel = "ETA",
      description =
          "Step size, in units of time; training time is steps times step-size, and a weight of a "
              + "network of width N moves by eta N gamma^2 times its gradient. Default: a quarter "
              + "of the largest at which the lazy limit is stable, rounded down to one digit.")
  private @Nullable Double stepSize;

  @Option(
      names = "--record-every",
      paramLabel = "K",
      description =
          "Keep the kernels of every K-th step; 0 for the first and the last. Unit: steps. "
              + "Default: a tenth of --steps up to 400 points, 0 for more.")
  private @Nullable Integer recordEvery;

  /** Eta, or null. */
  @Nullable Double stepSize() {
    return stepSize;
  }

  /** Steps between two records of the kernels, or null. */
  @Nullable Integer recordEvery() {
    return recordEvery;
  }
}
