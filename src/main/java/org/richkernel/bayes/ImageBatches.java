package org.richkernel.bayes;

import java.util.Arrays;
import java.util.List;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.RandomStreams;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;
import org.richkernel.network.Inputs;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.SiteMap;
import org.richkernel.network.SiteReadout;
import org.richkernel.stack.ConvolutionShape;
import org.richkernel.stack.SitePool;

/**
 * New images in batches of fixed size, the last one padded with zeros: computes their first layer,
 * and their predictions from the last layer. The first-layer weights are known in the span of the
 * training patches. On the part of an image orthogonal to it weights z from the prior act, the same
 * for all sites and images.
 */
final class ImageBatches {
  /**
   * Relative norm below which the part of an image orthogonal to the training patches is rounding.
   */
  private static final double ROUNDING = 1e-6;

  private final Backend backend;
  private final NetworkSpec network;
  private final ConvolutionShape shape; // with a batch for its points
  private final double[] projector;
  private final int features;
  private final Workspace memory;

  /**
   * @param shape of the network, with the number of images of a batch for its points
   * @param projector W of the training patches, row-major (k C, or k C + 1 with biases) x r
   * @param memory with the matrices of {@link #plan}
   */
  ImageBatches(
      Backend backend,
      NetworkSpec network,
      ConvolutionShape shape,
      double[] projector,
      Workspace memory) {
    this.backend = backend;
    this.network = network;
    this.shape = shape;
    this.projector = projector;
    this.memory = memory;
    features = shape.biases() ? shape.patch() - 1 : shape.patch();
  }

  /**
   * Adds the memory of a batch to a plan.
   *
   * @param most largest number of channels
   */
  static void plan(MemoryPlan plan, ConvolutionShape shape, int most, int outputs) {
    int rows = shape.columns(1);
    plan.add("images: coordinates", Precision.FLOAT32, rows, shape.rank())
        .add("images: outside of the span", Precision.FLOAT32, rows, shape.patch())
        .add("images: weights outside of the span", Precision.FLOAT32, most, shape.patch());
    for (int l = 1; l <= shape.layers(); l++) {
      plan.add("images: phi " + l, Precision.FLOAT32, most, shape.columns(l));
      if (l > 1) {
        int offsets = shape.maps().get(l - 1).offsets();
        plan.add("images: inputs of layer " + l, Precision.FLOAT32, shape.columns(l), offsets);
      }
    }
    int pooled = most * shape.pooledRows(shape.layers());
    plan.add("images: mean over sites", Precision.FLOAT32, most, shape.points())
        .add("images: readout weights", Precision.FLOAT32, pooled, outputs);
  }

  /** Fields of layer l. */
  Matrix phi(int l, int samples) {
    return memory.get("images: phi " + l).rowRange(0, samples);
  }

  /** The {@link ConvolutionShape#inputTable} of layer l = 2 to L for a batch. */
  Matrix inputs(int l) {
    return memory.get("images: inputs of layer " + l);
  }

  /** Fills the tables, once. */
  void uploadTables() {
    for (int l = 2; l <= shape.layers(); l++) {
      backend.upload(shape.inputTable(l), inputs(l));
    }
  }

  /** Receives the readout weights of S channels, (pooled rows) x K. */
  Matrix readoutWeights(int samples) {
    int rows = samples * shape.pooledRows(shape.layers());
    return memory.get("images: readout weights").rowRange(0, rows);
  }

  /**
   * A batch of images, prepared.
   *
   * @param count number of images before the padding
   * @param whitened coordinates of their patches, rows ordered (site, image)
   * @param residual part orthogonal to the span; empty if it is zero
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Batch(int count, float[] whitened, float[] residual) {}

  /** A batch of images from {@code first} on. */
  Batch batch(Inputs images, int first) {
    int size = shape.points();
    int count = Math.min(size, images.rows() - first);
    Inputs part =
        Inputs.of(
                Arrays.copyOf(images.copyRows(first, count), size * images.dimension()),
                size,
                images.dimension())
            .withShape(images.shape());
    double[] patches = ImagePatches.bySite(part, 0, size, shape.maps().get(0));
    int rows = shape.columns(1);
    InputFactor.Coordinates at =
        InputFactor.coordinates(backend, network, projector, shape.rank(), patches, rows, features);
    double total = 0;
    double outside = 0;
    for (int i = 0; i < rows; i++) {
      double beyond = at.deviation()[i] * at.deviation()[i];
      outside += beyond;
      total += beyond;
      for (int k = 0; k < shape.rank(); k++) {
        double r = at.whitened()[i * shape.rank() + k];
        total += r * r;
      }
    }
    double[] residual =
        outside <= ROUNDING * ROUNDING * total
            ? new double[0]
            : InputFactor.residual(network, projector, patches, at.whitened(), rows, features);
    return new Batch(count, floats(at.whitened()), floats(residual));
  }

  private static float[] floats(double[] values) {
    float[] single = new float[values.length];
    for (int i = 0; i < single.length; i++) {
      single[i] = (float) values[i];
    }
    return single;
  }

  /**
   * phi^1 of a batch.
   *
   * @param weights fields of layer 1, S x r
   * @param draw selects the random numbers of the weights orthogonal to the span
   */
  Matrix firstLayer(Batch batch, Matrix weights, TestPoints.Draw draw) {
    Matrix phi = phi(1, weights.rows());
    Matrix coordinates = memory.get("images: coordinates");
    backend.upload(batch.whitened(), coordinates);
    backend.gemm(Transpose.NO, Transpose.YES, 1, weights, coordinates, 0, phi);
    if (batch.residual().length > 0) {
      Matrix residual = memory.get("images: outside of the span");
      backend.upload(batch.residual(), residual);
      try (Matrix z = memory.get("images: weights outside of the span").rowRange(0, phi.rows())) {
        long stream = RandomStreams.stream(RandomStreams.TEST_POINT, draw.chain(), draw.sweep());
        backend.fillGaussian(draw.seed(), stream, 0, z);
        backend.gemm(Transpose.NO, Transpose.YES, 1, z, residual, 1, phi);
      }
    }
    backend.activate(network.activation(), phi, phi);
    return phi;
  }

  /**
   * sum += predictions of a batch with the present readout weights.
   *
   * @param phi of the last layer
   * @param sum (count of the batch) x K, float64
   */
  void readOut(Batch batch, Matrix phi, Matrix sum) {
    int samples = phi.rows();
    Matrix mean =
        shape.readout() == SiteReadout.GAP
            ? memory.get("images: mean over sites").rowRange(0, samples)
            : phi;
    Matrix rows = new SitePool(backend, phi, shape.points(), shape.readout(), mean).pool(0);
    try (Matrix counted = rows.view(0, rows.rows(), 0, batch.count());
        Matrix weights = readoutWeights(samples)) {
      backend.crossGram(1, counted, weights, 1, sum);
    }
  }

  /** Number of images of a batch; a few fill a device. */
  static int batchSize(int images, List<SiteMap> maps) {
    int sites = maps.get(0).outputSites();
    return Math.max(1, Math.min(images, Math.max(1, 16384 / sites)));
  }
}
