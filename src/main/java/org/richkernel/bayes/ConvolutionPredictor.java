package org.richkernel.bayes;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Workspace;
import org.richkernel.network.ImageShape;
import org.richkernel.network.Inputs;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Predictor;
import org.richkernel.sampling.IndependentEstimates;
import org.richkernel.stack.ConvolutionShape;

/**
 * The adaptive predictor of a convolutional network at new images, from the kept populations of the
 * chains: each is a network of S channels with readout weights g v^T phi / (S s). The sum over
 * populations is the extrapolation in S. Its Monte Carlo error is that of the kept populations,
 * which is larger than that of the predictions at the test points of a fit.
 */
public final class ConvolutionPredictor implements Predictor {
  private static final String WEIGHTS = "weights of a population";
  private static final String PREDICTIONS = "predictions";

  private final NetworkSpec network;
  private final ImageShape image;
  private final double[] projector;
  private final Populations populations;
  private final float[] readout;
  private final int outputs;

  /**
   * A predictor from stored populations.
   *
   * @param projector W of the training patches, row-major (k C, or k C + 1 with biases) x r
   * @param populations weights of the networks
   * @param readout readout weights of all populations one after the other, row-major (pooled rows)
   *     x K each
   * @param outputs K
   * @throws InvalidProblemException if the shapes do not fit together
   */
  public ConvolutionPredictor(
      NetworkSpec network,
      ImageShape image,
      double[] projector,
      Populations populations,
      float[] readout,
      int outputs) {
    this.network = network;
    this.image = image;
    this.projector = projector;
    this.populations = populations;
    this.readout = readout;
    this.outputs = outputs;
    ConvolutionShape shape = shape(1);
    boolean fits = projector.length == shape.patch() * shape.rank();
    long rows = 0;
    for (int p = 0; p < populations.samples().length; p++) {
      int samples = populations.samples()[p];
      fits &= populations.widths()[p] == shape.width(samples);
      rows += (long) samples * shape.pooledRows(shape.layers());
    }
    if (!fits || readout.length != rows * outputs) {
      throw new InvalidProblemException(
          "saved predictor", "of inconsistent shapes", "fit again, or restore the whole folder");
    }
  }

  /** Sizes for a batch of images. */
  private ConvolutionShape shape(int images) {
    Inputs one = Inputs.of(new double[image.dimension()], 1, image.dimension()).withShape(image);
    ConvolutionShape shape = SampledInputs.shape(network, one, 1);
    return new ConvolutionShape(
        shape.maps(),
        shape.readout(),
        images,
        projector.length / shape.patch(),
        shape.patch(),
        shape.biases());
  }

  /** The network that was fitted. */
  public NetworkSpec network() {
    return network;
  }

  /** Shape of the images. */
  public ImageShape image() {
    return image;
  }

  /** W, row-major; not a copy. */
  public double[] projector() {
    return projector;
  }

  /** r. */
  public int rank() {
    return shape(1).rank();
  }

  /** Weights of the networks. */
  public Populations populations() {
    return populations;
  }

  /** Readout weights of all populations; not a copy. */
  public float[] readout() {
    return readout;
  }

  @Override
  public MemoryPlan plan(Backend backend, Inputs inputs) {
    requireShape(inputs);
    MemoryPlan plan = new MemoryPlan();
    ConvolutionShape batch = batch(inputs);
    int most = Arrays.stream(populations.samples()).max().orElse(1);
    ConvolutionForward.plan(plan, batch, most, outputs);
    return plan.addAll("", populationPlan(batch, most))
        .addHost(8L * inputs.rows() * outputs * (1 + populations.estimates()));
  }

  private MemoryPlan populationPlan(ConvolutionShape batch, int most) {
    return new MemoryPlan()
        .add(WEIGHTS, Precision.FLOAT32, most, batch.width(most))
        .add(PREDICTIONS, Precision.FLOAT64, batch.points(), outputs);
  }

  private ConvolutionShape batch(Inputs inputs) {
    ConvolutionShape one = shape(1);
    return one.withPoints(ImageBatches.batchSize(Math.max(1, inputs.rows()), one.maps()));
  }

  private void requireShape(Inputs inputs) {
    if (inputs.dimension() != image.dimension()) {
      throw new InvalidProblemException(
          "test-x",
          inputs.dimension() + " columns",
          "the fit was made with images of " + image + "; give " + image.dimension());
    }
  }

  @Override
  public double[] predict(Backend backend, Inputs inputs) {
    return new IndependentEstimates(predictParts(backend, inputs)).mean();
  }

  /** One prediction for each chain at S with its companion at S/4. */
  @Override
  public List<double[]> predictParts(Backend backend, Inputs inputs) {
    plan(backend, inputs).requireFits(backend, "predict with more memory");
    Inputs images = inputs.withShape(image);
    int parts = populations.estimates();
    List<double[]> predictions = new ArrayList<>();
    for (int e = 0; e < parts; e++) {
      predictions.add(new double[inputs.rows() * outputs]);
    }
    ConvolutionShape batch = batch(inputs);
    int most = Arrays.stream(populations.samples()).max().orElse(1);
    try (ConvolutionForward forward =
            new ConvolutionForward(backend, network, batch, projector, most, outputs);
        Workspace memory = new Workspace(backend, populationPlan(batch, most))) {
      for (int first = 0; first < images.rows(); first += batch.points()) {
        addBatch(
            backend,
            forward,
            forward.images().batch(images, first),
            first,
            memory.get(WEIGHTS),
            memory.get(PREDICTIONS),
            predictions);
      }
    }
    return predictions;
  }

  private void addBatch(
      Backend backend,
      ConvolutionForward forward,
      ImageBatches.Batch batch,
      int first,
      Matrix fields,
      Matrix sums,
      List<double[]> predictions) {
    int at = 0;
    for (int p = 0; p < populations.samples().length; p++) {
      int samples = populations.samples()[p];
      double[] part = new double[batch.count() * outputs];
      try (Matrix own = fields.view(0, samples, 0, populations.widths()[p]);
          Matrix weights = forward.images().readoutWeights(samples);
          Matrix sum = sums.rowRange(0, batch.count())) {
        int length = Math.toIntExact(weights.size());
        backend.upload(populations.population(p), own);
        backend.upload(Arrays.copyOfRange(readout, at, at + length), weights);
        at += length;
        backend.fill(0, sum);
        forward.addPrediction(batch, own, new TestPoints.Draw(0, p, 0), sum);
        backend.download(sum, part);
      }
      double weight = populations.weight(p);
      double[] target = predictions.get(populations.estimate(p));
      for (int i = 0; i < part.length; i++) {
        target[first * outputs + i] += weight * part[i];
      }
    }
  }
}
