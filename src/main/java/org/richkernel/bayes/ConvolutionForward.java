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
import org.richkernel.stack.WeightLink;

/**
 * Passes images through convolutional networks whose weights a chain has: exact at any number of
 * channels, without linear algebra. The first layer knows its weights in the span of the training
 * patches; what an image has outside of it meets weights z that still follow their prior, the same
 * for all sites and images.
 *
 * <p>Images go in batches of fixed size, the last one filled up with zeros.
 */
final class ConvolutionForward implements AutoCloseable {
  /** Parts of an image outside of the span of the training patches that are rounding. */
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
   * @param most channels
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
    this.projector = projector;
    features = shape.biases() ? shape.patch() - 1 : shape.patch();
    MemoryPlan plan = new MemoryPlan();
    plan(plan, shape, most, outputs);
    memory = new Workspace(backend, plan);
    for (int l = 2; l <= shape.layers(); l++) {
      backend.upload(shape.inputTable(l), memory.get("images: inputs of layer " + l));
    }
  }

  /**
   * Adds the memory of a batch to a plan.
   *
   * @param most channels
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
        plan.add(
                "images: patches of layer " + l,
                Precision.FLOAT32,
                shape.features(l, most),
                shape.columns(l))
            .add("images: inputs of layer " + l, Precision.FLOAT32, shape.columns(l), offsets);
      }
    }
    int pooled = most * shape.pooledRows(shape.layers());
    plan.add("images: mean over sites", Precision.FLOAT32, most, shape.points())
        .add("images: readout weights", Precision.FLOAT32, pooled, outputs);
  }

  /** Receives readout weights of so many channels, (pooled rows) x K. */
  Matrix readoutWeights(int samples) {
    int rows = samples * shape.pooledRows(shape.layers());
    return memory.get("images: readout weights").rowRange(0, rows);
  }

  /**
   * A batch of images, prepared.
   *
   * @param count images before the zeros
   * @param whitened coordinates of their patches, rows ordered (site, image)
   * @param residual outside of the span, empty where there is nothing
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Batch(int count, float[] whitened, float[] residual) {}

  /** Images from {@code first} on, as many as a batch takes. */
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
   * sum += predictions of a batch, by the readout weights that were set.
   *
   * @param fields weights of all layers side by side, S x width
   * @param draw names the random numbers of the weights outside of the span
   * @param sum (count of the batch) x K, float64
   */
  void addPrediction(Batch batch, Matrix fields, TestPoints.Draw draw, Matrix sum) {
    int samples = fields.rows();
    int[] widths = shape.widths(samples);
    Matrix phi = memory.get("images: phi 1").rowRange(0, samples);
    firstLayer(batch, fields.view(0, samples, 0, widths[0]), draw, phi);
    int column = widths[0];
    for (int l = 2; l <= shape.layers(); l++) {
      int offsets = shape.maps().get(l - 1).offsets();
      int rows = offsets * samples;
      double scale = Math.sqrt(network.weightVariance(l - 1) / rows);
      Matrix above = memory.get("images: phi " + l).rowRange(0, samples);
      try (Matrix patches = memory.get("images: patches of layer " + l).rowRange(0, widths[l - 1]);
          Matrix columns = patches.rowRange(0, rows);
          Matrix weights = fields.view(0, samples, column, widths[l - 1])) {
        backend.cols(memory.get("images: inputs of layer " + l), phi, columns);
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

  private void firstLayer(Batch batch, Matrix weights, TestPoints.Draw draw, Matrix phi) {
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
  }

  /** How many images a batch of a number of images has: a few fill a device. */
  static int batchSize(int images, List<SiteMap> maps) {
    int sites = maps.get(0).outputSites();
    return Math.max(1, Math.min(images, Math.max(1, 16384 / sites)));
  }

  @Override
  public void close() {
    memory.close();
  }
}
