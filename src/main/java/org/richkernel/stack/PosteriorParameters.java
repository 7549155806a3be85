package org.richkernel.stack;

/**
 * Constants of the marginal posterior of S samples, V = (S gamma^2 / 2) tr Y^T A^{-1} Y + c ln det
 * A with A = g Phi^L + kappa.
 *
 * @param gamma richness
 * @param kappa noise level 1/beta
 * @param readoutVariance g, the prior variance of the readout weights
 * @param determinant the part of c that does not depend on S: K/2 for the exact posterior of a
 *     network whose width is S
 * @param determinantPerSample c / S otherwise: K/(2 N) for the most probable kernel of a network of
 *     width N, found as S goes to infinity
 */
public record PosteriorParameters(
    double gamma,
    double kappa,
    double readoutVariance,
    double determinant,
    double determinantPerSample) {
  /** Constants with a determinant that does not depend on S. */
  public PosteriorParameters(
      double gamma, double kappa, double readoutVariance, double determinant) {
    this(gamma, kappa, readoutVariance, determinant, 0);
  }

  /** Richness and noise together. */
  public Conditions conditions() {
    return new Conditions(gamma, kappa);
  }

  /** c at S samples. */
  public double determinant(int samples) {
    return determinant + determinantPerSample * samples;
  }

  /** Whether c differs from 0. */
  public boolean hasDeterminant() {
    return determinant != 0 || determinantPerSample != 0;
  }
}
