package org.richkernel.dynamics;

import org.richkernel.network.InvalidProblemException;

/**
 * Settings of the causal solver. A value out of range throws {@link InvalidProblemException}.
 *
 * @param leftOut fraction of a field's mean variance below which a direction of its past is
 *     dropped; if rounding to float32 exceeds it in a population, that is solved again with ten
 *     times the fraction, up to 1e-2
 * @param responseRidge ridge of the responses A and B, relative to the mean variance of the field
 *     at the start: it keeps their sampling noise from accumulating over a long history
 * @param populations B, independent populations of S / B samples each, rounded down; their spread
 *     gives standard errors and their mean the bias of finite S; at least 2
 * @param tolerance largest relative bias of finite S, and largest relative standard error, in
 *     outputs or kernels, of a converged solution
 * @param maxDirections largest number of directions kept of the past of a field; the solution
 *     states the dropped fraction of the variance, and above 1e-2 it is not converged
 */
public record CausalOptions(
    double leftOut, double responseRidge, int populations, double tolerance, int maxDirections) {
  public CausalOptions {
    if (!(leftOut > 0 && leftOut < 1)) {
      throw new InvalidProblemException(
          "left-out", leftOut, "use a number between 0 and 1, such as 1e-4");
    }
    if (!(responseRidge > 0 && responseRidge < 1)) {
      throw new InvalidProblemException(
          "response-ridge", responseRidge, "use a number between 0 and 1, such as 1e-2");
    }
    if (populations < 2) {
      throw new InvalidProblemException("populations", populations, "use at least 2");
    }
    if (!(tolerance > 0)) {
      throw new InvalidProblemException("tolerance", tolerance, "use a positive number");
    }
    if (maxDirections < 1) {
      throw new InvalidProblemException("max-directions", maxDirections, "use at least 1");
    }
  }

  /** Dropped fraction 1e-4, response ridge 1e-2, 8 populations, tolerance 0.05, 4000 directions. */
  public static CausalOptions defaults() {
    return new CausalOptions(1e-4, 1e-2, 8, 0.05, 4000);
  }

  /** The same with another dropped fraction. */
  public CausalOptions withLeftOut(double share) {
    return new CausalOptions(share, responseRidge, populations, tolerance, maxDirections);
  }

  /** The same with another response ridge. */
  public CausalOptions withResponseRidge(double relative) {
    return new CausalOptions(leftOut, relative, populations, tolerance, maxDirections);
  }

  /** The same with another number of populations. */
  public CausalOptions withPopulations(int count) {
    return new CausalOptions(leftOut, responseRidge, count, tolerance, maxDirections);
  }

  /** The same with another tolerance. */
  public CausalOptions withTolerance(double relative) {
    return new CausalOptions(leftOut, responseRidge, populations, relative, maxDirections);
  }

  /** The same with another largest number of directions. */
  public CausalOptions withMaxDirections(int count) {
    return new CausalOptions(leftOut, responseRidge, populations, tolerance, count);
  }
}
