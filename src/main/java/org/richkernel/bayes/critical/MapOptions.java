package org.richkernel.bayes.critical;

import org.richkernel.network.InvalidProblemException;

/**
 * Options of the kernels of maximum a posteriori. A value out of range throws {@link
 * InvalidProblemException}.
 *
 * @param samples S of every replica
 * @param seed key of all random streams
 * @param tolerance largest standard error of the readout kernel, relative to its norm
 * @param maxIterations largest number of passes down and up through the layers
 */
public record MapOptions(int samples, long seed, double tolerance, int maxIterations) {
  /** Smallest number of samples of a replica. */
  public static final int MIN_SAMPLES = 100;

  public MapOptions {
    if (samples < MIN_SAMPLES) {
      throw new InvalidProblemException("samples", samples, "use at least " + MIN_SAMPLES);
    }
    if (!(tolerance > 0)) {
      throw new InvalidProblemException("tolerance", tolerance, "use a positive number");
    }
    if (maxIterations < 1) {
      throw new InvalidProblemException("max-sweeps", maxIterations, "use at least 1");
    }
  }

  /** 20000 samples, seed 0, tolerance 0.01, at most 200 passes. */
  public static MapOptions defaults() {
    return new MapOptions(20_000, 0, 1e-2, 200);
  }
}
