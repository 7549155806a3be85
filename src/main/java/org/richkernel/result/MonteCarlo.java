package org.richkernel.result;

import java.util.OptionalDouble;

/**
 * The Monte Carlo effort behind a result.
 *
 * @param samples samples that were drawn
 * @param effectiveSamples independent samples that they are worth
 * @param standardError the error that the tolerance of the command bounds: of the residual for
 *     {@code bayes}, which is also {@code residualStandardError}; of the kernels, relative to them,
 *     for {@code bayes --order map} and {@code finite --method langevin}; of the final train loss
 *     for {@code dynamics}, whose steps are exact otherwise
 */
public record MonteCarlo(
    long samples, OptionalDouble effectiveSamples, OptionalDouble standardError) {

  /** Number of samples with their diagnostics; NaN for unknown ones. */
  public static MonteCarlo of(long samples, double effectiveSamples, double standardError) {
    return new MonteCarlo(samples, Present.of(effectiveSamples), Present.of(standardError));
  }
}
