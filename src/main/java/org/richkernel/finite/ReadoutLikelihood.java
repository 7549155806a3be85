package org.richkernel.finite;

import org.richkernel.bayes.TrajectoryRecord;
import org.richkernel.compute.Matrix;

/**
 * Negative log likelihood V of the targets given the top features of a network, the potential of a
 * sampler.
 */
interface ReadoutLikelihood {
  /**
   * Computes V at the present features and leaves it on the backend without waiting.
   *
   * @param richness gamma, or less while it is ramped up
   * @param record receives V and the number of failed factorizations
   */
  void potential(double richness, TrajectoryRecord record);

  /** dV/dphi^L at the features and richness of the last {@link #potential}, N x (P s). */
  void pull(Matrix out);

  /** v = beta (y - f) of the last {@link #potential}, row-major P x K. */
  double[] dual();

  /**
   * Readout of the network at full richness: f(x) = u^T phi^L(x), N x K in float32; with
   * convolutions the sum over sites. Weights that differ between sites lie side by side.
   */
  void outputWeights(Matrix u);
}
