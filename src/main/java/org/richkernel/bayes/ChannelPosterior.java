package org.richkernel.bayes;

import org.richkernel.compute.Matrix;

/** Marginal posterior of a convolutional network with S channels per layer. */
interface ChannelPosterior extends MarginalPosterior {
  /**
   * A network of S channels with the predictions of a population.
   *
   * @param weights of all layers side by side, row-major S x width
   * @param readout weights on the pooled rows, row-major (pooled rows) x K
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Channels(float[] weights, float[] readout) {}

  /** phi^l of the last forward pass, S x (P s_l), columns ordered (site, image). */
  Matrix activations(int layer);

  /**
   * The readout weights of the pooled rows of phi^L, g v^T phi / (S s): predictions at other images
   * are their pooled rows times these weights.
   *
   * @param weights receives the result, (pooled rows) x K, float32
   */
  void readoutWeights(FieldPopulation of, Matrix weights);

  /**
   * The network of a population; with whitened fields a draw from the networks with these fields.
   *
   * @param draw selects the random numbers
   */
  Channels channels(FieldPopulation of, TestPoints.Draw draw);
}
