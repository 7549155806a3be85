package org.richkernel.dynamics;

import java.util.Arrays;

/**
 * Neurons trained by a gradient flow, with outputs at any input: f(x) = &lt;z phi(a . V^T x /
 * sqrt(D) + rest)&gt; / gamma. The rest comes from the component of x orthogonal to the span V of
 * the training points; it is Gaussian with restShare times its initial standard deviation.
 *
 * @param rank r
 * @param basis V, row-major D x r; of a convolution D is the number k C of entries of a patch
 * @param weights a, row-major S x r
 * @param readouts z, row-major S x (Z K) with a block for each site with separate readouts
 * @param restShare e^{-lambda t}
 */
@SuppressWarnings("ArrayRecordComponent")
public record FlowNeurons(
    int rank, double[] basis, float[] weights, float[] readouts, double restShare) {

  /**
   * Neurons from one array of weights and then readouts.
   *
   * @param all S x r, then S x width
   * @param width readouts of a neuron, Z K
   */
  static FlowNeurons of(RankSpace space, float[] all, int width, double restShare) {
    int rank = space.rank();
    int weights = all.length / (rank + width) * rank;
    return new FlowNeurons(
        rank,
        space.basis(),
        Arrays.copyOf(all, weights),
        Arrays.copyOfRange(all, weights, all.length),
        restShare);
  }
}
