package org.richkernel.bayes;

import java.util.Arrays;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.RandomStreams;
import org.richkernel.compute.Side;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;
import org.richkernel.network.NetworkSpec;
import org.richkernel.stack.ChannelLinks;
import org.richkernel.stack.ConvolutionShape;
import org.richkernel.stack.FieldForm;
import org.richkernel.stack.WeightLink;

/**
 * Draw of weights of the channels of a whitened population, given its fields. With A = sqrt(g / (k
 * S)) cols(phi) of the layer below and a row of constants for biases, A^T A = F F^T, and with W_0 a
 * draw of the prior (Matheron's rule)
 *
 * <pre>  W = W_0 + (xi - W_0 X) X^T,   X = A F^{-T},</pre>
 *
 * <p>has W A = xi F^T and follows the standard normal prior conditioned on it. A network with these
 * weights gives the predictions of the population at any image.
 */
final class ChannelWeights {
  private static final int LAYERS_PER_POPULATION = 64;

  private final Backend backend;
  private final NetworkSpec network;
  private final ConvolutionPosterior posterior;
  private final ConvolutionShape shape;
  private final Workspace memory;

  /**
   * @param posterior of whitened fields
   * @param memory with the matrices of {@link #plan}
   */
  ChannelWeights(
      Backend backend, NetworkSpec network, ConvolutionPosterior posterior, Workspace memory) {
    this.backend = backend;
    this.network = network;
    this.posterior = posterior;
    this.memory = memory;
    shape = posterior.shape();
  }

  /**
   * Adds scratch to a plan.
   *
   * @param most largest number of channels
   */
  static void plan(MemoryPlan plan, ConvolutionShape shape, int most) {
    int features = 0;
    for (int l = 2; l <= shape.layers(); l++) {
      features = Math.max(features, shape.features(l, most));
    }
    int widest = shape.mostColumns(2, shape.layers());
    plan.add("weights: features", Precision.FLOAT32, features, widest)
        .add("weights: whitened features", Precision.FLOAT64, features, widest)
        .add("weights: remainder", Precision.FLOAT32, most, widest)
        .add("weights: drawn", Precision.FLOAT32, most, features);
  }

  /**
   * A draw.
   *
   * @param population at the present position of the posterior
   * @param draw selects the random numbers
   * @return fields of all layers side by side, row-major S x width, those above the first weights
   */
  float[] draw(FieldPopulation population, TestPoints.Draw draw) {
    int samples = population.samples();
    int[] widths = shape.withForm(FieldForm.WEIGHTS).widths(samples);
    int width = Arrays.stream(widths).sum();
    float[] all = new float[Math.multiplyExact(samples, width)];
    put(population.xi(1), all, 0, width);
    int column = widths[0];
    for (int l = 2; l <= shape.layers(); l++) {
      try (Matrix weights = memory.get("weights: drawn").view(0, samples, 0, widths[l - 1])) {
        long iteration = draw.sweep() * LAYERS_PER_POPULATION + l;
        backend.fillGaussian(
            draw.seed(),
            RandomStreams.stream(RandomStreams.CHANNEL_WEIGHTS, draw.chain(), iteration),
            0,
            weights);
        condition(l, population.xi(l), weights);
        put(weights, all, column, width);
      }
      column += widths[l - 1];
    }
    return all;
  }

  /** Replaces W_0 by W. */
  private void condition(int l, Matrix xi, Matrix weights) {
    int samples = xi.rows();
    int rows = shape.maps().get(l - 1).offsets() * samples;
    int n = xi.columns();
    double scale = ChannelLinks.scale(network, shape, l, samples);
    try (Matrix features = memory.get("weights: features").view(0, weights.columns(), 0, n);
        Matrix whitened =
            memory.get("weights: whitened features").view(0, weights.columns(), 0, n);
        Matrix left = memory.get("weights: remainder").view(0, samples, 0, n);
        Matrix patches = features.rowRange(0, rows);
        Matrix bias = features.rowRange(rows, weights.columns() - rows)) {
      backend.cols(posterior.inputs(l), posterior.fields(l - 1), patches);
      backend.fill(WeightLink.biasFeature(scale, network.biasVariance()), bias);
      backend.copy(features, whitened);
      backend.solveTriangular(
          Side.RIGHT, Transpose.YES, scale, posterior.covariance(l).cholesky(), whitened);
      backend.copy(whitened, features);
      backend.copy(xi, left);
      backend.gemm(Transpose.NO, Transpose.NO, -1, weights, features, 1, left);
      backend.gemm(Transpose.NO, Transpose.YES, 1, left, features, 1, weights);
    }
  }

  private void put(Matrix part, float[] all, int column, int width) {
    float[] values = new float[Math.toIntExact(part.size())];
    backend.download(part, values);
    for (int i = 0; i < part.rows(); i++) {
      System.arraycopy(values, i * part.columns(), all, i * width + column, part.columns());
    }
  }
}
