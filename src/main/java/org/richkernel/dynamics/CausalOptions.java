package org.richkernel.dynamics;

import org.richkernel.network.InvalidProblemException;

/**
 * Settings of the causal solver.
 *
 * @param jitter relative to the mean diagonal of each block, added to a covariance before it is
 *     factorized; a population whose covariance is indefinite all the same, because its products
 *     are rounded to float32, is marched again with ten times as much, up to 1e-3
 * @param responseRidge relative ridge of the solves for the responses A and B, and of nothing else:
 *     it keeps their sampling noise from summing up over a long history
 * @param populations B, independent populations of S / B samples each, from whose spread standard
 *     errors come and whose mean tells the bias of finite S; at least 2
 * @param tolerance largest relative bias of finite S, in outputs or kernels, with which a solution
 *     counts as converged
 */
public record CausalOptions(
    double jitter, double responseRidge, int populations, double tolerance) {
  public CausalOptions {
    if (!(jitter > 0 && jitter < 1)) {
      throw new InvalidProblemException("jitter", jitter, "use a number between 0 and 1");
    }
    if (!(responseRidge > 0 && responseRidge < 1)) {
      throw new InvalidProblemException(
          "response-ridge", responseRidge, "use a number between 0 and 1, such as 1e-3");
    }
    if (populations < 2) {
      throw new InvalidProblemException("populations", populations, "use at least 2");
    }
    if (!(tolerance > 0)) {
      throw new InvalidProblemException("tolerance", tolerance, "use a positive number");
    }
  }

  /** Jitter 1e-5, response ridge 1e-3, 4 populations, tolerance 0.05. */
  public static CausalOptions defaults() {
    return new CausalOptions(1e-5, 1e-3, 4, 0.05);
  }

  /** The same with another jitter. */
  public CausalOptions withJitter(double relative) {
    return new CausalOptions(relative, responseRidge, populations, tolerance);
  }

  /** The same with another number of populations. */
  public CausalOptions withPopulations(int count) {
    return new CausalOptions(jitter, responseRidge, count, tolerance);
  }
}
