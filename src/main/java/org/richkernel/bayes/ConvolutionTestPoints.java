package org.richkernel.bayes;

import java.util.ArrayList;
import java.util.List;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.network.Inputs;
import org.richkernel.network.NetworkSpec;
import org.richkernel.stack.ConvolutionShape;

/**
 * Predictions at new images, f(x) = k(x)^T v, of a convolutional network: the images pass through
 * the weights of the population ({@link ConvolutionForward}) or follow the conditional prior given
 * its whitened fields ({@link WhitenedForward}), and their pooled rows are multiplied by the
 * readout weights from the training images and v.
 */
final class ConvolutionTestPoints implements TestPoints {
  private final ChannelPosterior posterior;
  private final ImagePass pass;
  private final List<ImageBatches.Batch> batches = new ArrayList<>();

  /**
   * @param shape of the network and its training images
   * @param projector of the training patches
   * @param most largest number of channels
   */
  ConvolutionTestPoints(
      Backend backend,
      NetworkSpec network,
      ConvolutionShape shape,
      double[] projector,
      Inputs images,
      int most,
      int outputs,
      ChannelPosterior posterior) {
    this.posterior = posterior;
    ConvolutionShape batch = batch(shape, images.rows());
    pass =
        shape.factorizes() && posterior instanceof ConvolutionPosterior whitened
            ? new WhitenedForward(backend, network, batch, projector, most, outputs, whitened)
            : new ConvolutionForward(backend, network, batch, projector, most, outputs);
    for (int first = 0; first < images.rows(); first += batch.points()) {
      batches.add(pass.images().batch(images, first));
    }
  }

  private static ConvolutionShape batch(ConvolutionShape shape, int images) {
    int size = ImageBatches.batchSize(images, shape.maps());
    // factors between sites of the batch are no larger than those of the training images
    return shape.withPoints(shape.factorizes() ? Math.min(size, shape.points()) : size);
  }

  static void plan(MemoryPlan plan, ConvolutionShape shape, int images, int most, int outputs) {
    ConvolutionShape batch = batch(shape, images);
    if (shape.factorizes()) {
      WhitenedForward.plan(plan, batch, shape.points(), most, outputs);
    } else {
      ConvolutionForward.plan(plan, batch, most, outputs);
    }
    plan.addHost(4L * images * shape.sites(1) * (shape.rank() + shape.patch()));
  }

  @Override
  public void addPrediction(FieldPopulation population, Draw draw, Matrix sum) {
    try (Matrix weights = pass.images().readoutWeights(population.samples())) {
      posterior.readoutWeights(population, weights);
    }
    int first = draw.firstPoint();
    for (ImageBatches.Batch batch : batches) {
      try (Matrix part = sum.rowRange(first - draw.firstPoint(), batch.count())) {
        pass.addPrediction(batch, population.xi(), draw.from(first), part);
      }
      first += batch.count();
    }
  }

  @Override
  public void close() {
    pass.close();
  }
}
