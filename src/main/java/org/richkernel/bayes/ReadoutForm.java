package org.richkernel.bayes;

import org.richkernel.network.NetworkSpec;
import org.richkernel.option.Words;

/**
 * How the readout of one hidden layer is integrated out: the density is the same, the algebra
 * differs.
 */
public enum ReadoutForm {
  /** The one of fewer operations. */
  AUTO,
  /** By the factor of g Phi + kappa, P x P. */
  PRIMAL,
  /** By the factor of phi phi^T + (S kappa / g) I, S x S; nothing of size P x P is held. */
  DUAL;

  /** Its name on the command line. */
  public String id() {
    return Words.of(this);
  }

  /**
   * The form that a solve takes: this one, or for {@link #AUTO} the dual one where it is possible
   * and takes fewer operations.
   *
   * @param points P
   * @param rank r
   * @param outputs K
   */
  ReadoutForm resolved(
      NetworkSpec network, SaddleOptions options, int points, int rank, int outputs) {
    if (this != AUTO) {
      return this;
    }
    boolean possible =
        network.hiddenLayers() == 1 && options.extrapolates() && !WellFinder.applies(network, rank);
    double samples = options.samples();
    return possible && flops(points, rank, outputs, samples) < primalFlops(points, rank, samples)
        ? DUAL
        : PRIMAL;
  }

  /** Operations of a gradient in the dual form: 4 S P r + S^2 P + 4 S P K + S^3 / 3. */
  static double flops(double points, double rank, double outputs, double samples) {
    return 4 * samples * points * rank
        + samples * samples * points
        + 4 * samples * points * outputs
        + samples * samples * samples / 3;
  }

  /** Operations of a gradient in the primal form: 4 S P r + S P^2 + P^3 / 3. */
  static double primalFlops(double points, double rank, double samples) {
    return 4 * samples * points * rank + samples * points * points + points * points * points / 3;
  }
}
