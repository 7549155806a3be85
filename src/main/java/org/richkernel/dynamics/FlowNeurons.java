package org.richkernel.dynamics;

import java.util.Arrays;

/**
 * The neurons that a gradient flow has trained, from which outputs at any inputs follow: f(x) =
 * &lt;z phi(a . V^T x / sqrt(D) + rest)&gt; / gamma, where the rest is Gaussian with restShare
 * times the standard deviation that the start gives it outside of the span V of the training
 * points.
 *
 * @param rank r
 * @param basis V, row-major D x r; of a convolution D is the number k C of entries of a patch
 * @param weights a, row-major S x r
 * @param readouts z, row-major S x (Z K) with a block for each site that has readouts of its own
 * @param restShare e^{-lambda t}
 */
@SuppressWarnings("ArrayRecordComponent")
public record FlowNeurons(
    int rank, double[] basis, float[] weights, float[] readouts, double restShare) {

  /**
   * Neurons whose weights and readouts lie one after the other.
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
