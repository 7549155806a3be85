package org.richkernel.cli;

import picocli.CommandLine.Option;

/** The noise of the targets that a Bayesian theory assumes. */
final class NoiseOption {
  @Option(
      names = "--beta",
      paramLabel = "B",
      defaultValue = "100",
      description =
          "Inverse noise, in units of 1/target^2; the ridge is kappa = 1/beta. Default: "
              + "${DEFAULT-VALUE}.")
  private double beta = 100;

  /** Inverse noise. */
  double beta() {
    return beta;
  }
}
