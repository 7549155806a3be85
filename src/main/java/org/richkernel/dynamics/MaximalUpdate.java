package org.richkernel.dynamics;

import org.richkernel.network.InvalidProblemException;

/**
 * Translation of gradient descent in the maximal update parametrization to the dynamical theory.
 * With inputs x / sqrt(D), f = alpha W^{L+1} phi(h^L) and the learning rate eta (a = (-1/2, 0, ..,
 * 0, 1/2), b = 1/2, c = 0 of Yang and Hu, arXiv:2011.14522, or any shift a + theta, b - theta, c -
 * 2 theta of it) training has, as the width goes to infinity, the limit of the mean-field network f
 * = w . phi(h^L) / (gamma N) with learning rate eta' gamma^2 N (Bordelon and Pehlevan,
 * arXiv:2205.09653) for
 *
 * <pre>
 *   gamma = 1 / alpha,   eta' = alpha^2 eta,   lambda' = lambda / alpha^2
 * </pre>
 *
 * <p>so both have the same updates, eta' gamma^2 = eta, and the same decay per step, eta' lambda' =
 * eta lambda. The loss is the same: a mean over a batch of B points is a sum with eta / B. Outputs
 * at the start vanish as N^{-1/2} in the network and are subtracted in the theory.
 *
 * @param multiplier alpha, of the output
 */
public record MaximalUpdate(double multiplier) {

  /**
   * Checks the multiplier.
   *
   * @throws InvalidProblemException if it is not positive
   */
  public MaximalUpdate {
    if (!(multiplier > 0) || !Double.isFinite(multiplier)) {
      throw new InvalidProblemException("multiplier", multiplier, "use a positive finite number");
    }
  }

  /** gamma. */
  public double gamma() {
    return 1 / multiplier;
  }

  /** eta' of the learning rate eta. */
  public double stepSize(double rate) {
    return multiplier * multiplier * rate;
  }

  /** lambda' of a weight decay lambda with w &larr; (1 - eta lambda) w. */
  public double weightDecay(double decay) {
    return decay / (multiplier * multiplier);
  }
}
