package org.richkernel.bayes;

import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;
import org.richkernel.network.NetworkSpec;
import org.richkernel.stack.ChannelLinks;
import org.richkernel.stack.ConvolutionShape;
import org.richkernel.stack.WeightLink;

/**
 * Forward pass of images through convolutional networks with the weights of a chain: exact at any
 * number of channels, without linear algebra.
 */
final class ConvolutionForward implements ImagePass {
  private final Backend backend;
  private final NetworkSpec network;
  private final ConvolutionShape shape; // with a batch for its points
  private final Workspace memory;
  private final ImageBatches images;

  /**
   * @param shape of the network, with the number of images of a batch for its points
   * @param projector W of the training patches, row-major (k C, or k C + 1 with biases) x r
   * @param most largest number of channels
   * @param outputs K
   */
  ConvolutionForward(
      Backend backend,
      NetworkSpec network,
      ConvolutionShape shape,
      double[] projector,
      int most,
      int outputs) {
    this.backend = backend;
    this.network = network;
    this.shape = shape;
    MemoryPlan plan = new MemoryPlan();
    plan(plan, shape, most, outputs);
    memory = new Workspace(backend, plan);
    images = new ImageBatches(backend, network, shape, projector, memory);
    images.uploadTables();
  }

  /**
   * Adds the memory of a batch to a plan.
   *
   * @param most largest number of channels
   */
  static void plan(MemoryPlan plan, ConvolutionShape shape, int most, int outputs) {
    ImageBatches.plan(plan, shape, most, outputs);
    for (int l = 2; l <= shape.layers(); l++) {
      int rows = shape.features(l, most);
      plan.add("images: patches of layer " + l, Precision.FLOAT32, rows, shape.columns(l));
    }
  }

  @Override
  public ImageBatches images() {
    return images;
  }

  @Override
  public void addPrediction(
      ImageBatches.Batch batch, Matrix fields, TestPoints.Draw draw, Matrix sum) {
    int samples = fields.rows();
    int[] widths = shape.widths(samples);
    Matrix phi = images.firstLayer(batch, fields.view(0, samples, 0, widths[0]), draw);
    int column = widths[0];
    for (int l = 2; l <= shape.layers(); l++) {
      int rows = shape.maps().get(l - 1).offsets() * samples;
      double scale = ChannelLinks.scale(network, shape, l, samples);
      Matrix above = images.phi(l, samples);
      try (Matrix patches = memory.get("images: patches of layer " + l).rowRange(0, widths[l - 1]);
          Matrix columns = patches.rowRange(0, rows);
          Matrix weights = fields.view(0, samples, column, widths[l - 1])) {
        backend.cols(images.inputs(l), phi, columns);
        if (widths[l - 1] > rows) {
          backend.fill(
              WeightLink.biasFeature(scale, network.biasVariance()), patches.rowRange(rows, 1));
        }
        backend.gemm(Transpose.NO, Transpose.NO, scale, weights, patches, 0, above);
      }
      backend.activate(network.activation(), above, above);
      phi = above;
      column += widths[l - 1];
    }
    images.readOut(batch, phi, sum);
  }

  @Override
  public void close() {
    memory.close();
  }
}
