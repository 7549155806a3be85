package org.richkernel.dynamics;

/**
 * The neurons that a gradient flow has trained, from which outputs at any inputs follow: f(x) =
 * &lt;z phi(a . V^T x / sqrt(D) + rest)&gt; / gamma, where the rest is Gaussian with restShare
 * times the standard deviation that the start gives it outside of the span V of the training
 * points.
 *
 * @param rank r
 * @param basis V, row-major D x r
 * @param weights a, row-major S x r
 * @param readouts z, row-major S x K
 * @param restShare e^{-lambda t}
 */
@SuppressWarnings("ArrayRecordComponent")
public record FlowNeurons(
    int rank, double[] basis, float[] weights, float[] readouts, double restShare) {

  /**
   * Neurons whose weights and readouts stand beside each other.
   *
   * @param all S x (r + K)
   */
  static FlowNeurons of(RankSpace space, float[] all, int outputs, double restShare) {
    int rank = space.rank();
    int width = rank + outputs;
    int count = all.length / width;
    float[] weights = new float[count * rank];
    float[] readouts = new float[count * outputs];
    for (int s = 0; s < count; s++) {
      System.arraycopy(all, s * width, weights, s * rank, rank);
      System.arraycopy(all, s * width + rank, readouts, s * outputs, outputs);
    }
    return new FlowNeurons(rank, space.basis(), weights, readouts, restShare);
  }
}
