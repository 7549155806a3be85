package org.richkernel.dynamics;

import org.richkernel.network.InvalidProblemException;

/**
 * Settings of the alternating solver. A value out of range throws {@link InvalidProblemException}.
 *
 * @param damping weight of the new order parameters in each mixture of new and old, in (0, 1]
 * @param maxPasses largest number of passes over the whole time grid
 * @param tolerance largest relative change of outputs and kernels in one pass at convergence
 * @param jitter added to the diagonal of covariances before their factorization, relative to its
 *     mean
 * @param populations B, independent populations of S / B samples, rounded down, as in {@link
 *     CausalOptions}
 */
public record AlternatingOptions(
    double damping, int maxPasses, double tolerance, double jitter, int populations) {
  public AlternatingOptions {
    if (!(damping > 0 && damping <= 1)) {
      throw new InvalidProblemException(
          "damping", damping, "use a number above 0 and at most 1, such as 0.7");
    }
    if (maxPasses < 1) {
      throw new InvalidProblemException("max-passes", maxPasses, "use at least 1");
    }
    if (!(tolerance > 0)) {
      throw new InvalidProblemException("tolerance", tolerance, "use a positive number");
    }
    if (!(jitter > 0 && jitter < 1)) {
      throw new InvalidProblemException("jitter", jitter, "use a number between 0 and 1");
    }
    if (populations < 2) {
      throw new InvalidProblemException("populations", populations, "use at least 2");
    }
  }

  /** Damping 0.7, at most 100 passes, tolerance 1e-3, jitter 1e-4, 8 populations. */
  public static AlternatingOptions defaults() {
    return new AlternatingOptions(0.7, 100, 1e-3, 1e-4, 8);
  }

  /** The same with another damping. */
  public AlternatingOptions withDamping(double share) {
    return new AlternatingOptions(share, maxPasses, tolerance, jitter, populations);
  }

  /** The same with another largest number of passes. */
  public AlternatingOptions withMaxPasses(int passes) {
    return new AlternatingOptions(damping, passes, tolerance, jitter, populations);
  }

  /** The same with another number of populations. */
  public AlternatingOptions withPopulations(int count) {
    return new AlternatingOptions(damping, maxPasses, tolerance, jitter, count);
  }
}
