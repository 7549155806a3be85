package org.richkernel.finite;

import org.richkernel.bayes.TrajectoryRecord;
import org.richkernel.compute.Matrix;

/** How well the top features of a network explain the targets, as a potential of a sampler. */
interface ReadoutLikelihood {
  /**
   * V at the present features, left on the backend; nobody waits for it.
   *
   * @param richness gamma, or less while it is ramped up
   * @param record takes V and the factorizations that failed
   */
  void potential(double richness, TrajectoryRecord record);

  /** dV/dphi^L at the features and richness of the last {@link #potential}, N x (P s). */
  void pull(Matrix out);

  /** v = beta (y - f) of the last {@link #potential}, row-major P x K. */
  double[] dual();

  /**
   * Readout of the network at full richness: f(x) = u^T phi^L(x), N x K in float32; with
   * convolutions the sum over sites, whose weights lie side by side where they differ.
   */
  void outputWeights(Matrix u);
}
