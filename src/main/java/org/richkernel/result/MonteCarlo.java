package org.richkernel.result;

import java.util.OptionalDouble;

/**
 * The Monte Carlo effort behind a result.
 *
 * @param samples samples that were drawn
 * @param effectiveSamples independent samples that they are worth
 * @param standardError of the quantity that convergence is judged by
 */
public record MonteCarlo(
    long samples, OptionalDouble effectiveSamples, OptionalDouble standardError) {

  /** Samples with what is known about their worth; NaN for what is not known. */
  public static MonteCarlo of(long samples, double effectiveSamples, double standardError) {
    return new MonteCarlo(samples, Present.of(effectiveSamples), Present.of(standardError));
  }
}
