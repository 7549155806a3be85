package org.richkernel.bayes;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;
import org.richkernel.network.ImageShape;
import org.richkernel.network.Inputs;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.NetworkSites;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Predictor;
import org.richkernel.network.SiteReadout;
import org.richkernel.stack.SitePool;

/**
 * The adaptive predictor of one hidden layer as a network of sampled neurons: f(x) = sum_n c_n E_z
 * phi(xi_n . R_x + s_x z), with the populations of the chains as neurons and c_n = weight g
 * phi(h_n)^T v / S, so that the sum over populations is the extrapolation in S. Its Monte Carlo
 * error is that of the kept populations, which is larger than that of the predictions at the test
 * points of a fit, averages over many sweeps. The neurons of a convolution read patches, and have
 * readouts for each site, or one on the mean over sites.
 */
public final class SampledPredictor implements Predictor {
  /** Number of fields of new inputs in a panel, unless one input has more. */
  private static final int INPUT_PANEL = 1024;

  private final NetworkSpec network;
  private final ImageShape image;
  private final NetworkSites sites;
  private final int rank;
  private final int outputs;
  private final double[] projector; // (D or D + 1) x r
  private final float[] neurons; // n x r
  private final float[] coefficients; // n x (Z K), a block of K for each site with readouts
  private final double restShare;
  private final Optional<Populations> populations;

  /**
   * A predictor from stored neurons.
   *
   * @param projector W, (D, or D + 1 with biases) x r, row-major
   * @param neurons whitened weights, n x r
   * @param coefficients readout, n x K
   */
  public SampledPredictor(
      NetworkSpec network,
      int inputDimension,
      int rank,
      double[] projector,
      float[] neurons,
      float[] coefficients) {
    this(network, ImageShape.ofVector(inputDimension), rank, projector, neurons, coefficients, 1);
  }

  /**
   * A predictor of the neurons of several populations.
   *
   * @param populations whitened weights, n x r in all
   * @param coefficients readout, n x K
   */
  public SampledPredictor(
      NetworkSpec network,
      int inputDimension,
      double[] projector,
      Populations populations,
      float[] coefficients) {
    this(
        network,
        ImageShape.ofVector(inputDimension),
        populations.width(),
        projector,
        populations.fields(),
        coefficients,
        1,
        Optional.of(populations));
  }

  /**
   * The same for neurons whose weights orthogonal to the training inputs have decayed.
   *
   * @param image shape of the inputs
   * @param projector W of the inputs, or of their patches
   * @param coefficients readout, n x (Z K), with Z = 1 for a mean over sites
   * @param restShare remaining fraction of those weights, 0 to 1
   * @throws InvalidProblemException if the shapes do not fit together
   */
  public SampledPredictor(
      NetworkSpec network,
      ImageShape image,
      int rank,
      double[] projector,
      float[] neurons,
      float[] coefficients,
      double restShare) {
    this(network, image, rank, projector, neurons, coefficients, restShare, Optional.empty());
  }

  private SampledPredictor(
      NetworkSpec network,
      ImageShape image,
      int rank,
      double[] projector,
      float[] neurons,
      float[] coefficients,
      double restShare,
      Optional<Populations> populations) {
    int count = neurons.length / Math.max(1, rank);
    if (rank < 1
        || projector.length % rank != 0
        || neurons.length != (long) count * rank
        || count == 0
        || coefficients.length % (count * NetworkSites.of(network, image).readoutSites()) != 0) {
      throw new InvalidProblemException(
          "saved predictor", "of inconsistent shapes", "fit again, or restore the whole folder");
    }
    this.network = network;
    this.image = image;
    sites = NetworkSites.of(network, image);
    this.rank = rank;
    this.outputs = coefficients.length / (count * sites.readoutSites());
    this.projector = projector;
    this.neurons = neurons;
    this.coefficients = coefficients;
    this.restShare = restShare;
    this.populations = populations;
  }

  /** The network that was fitted. */
  public NetworkSpec network() {
    return network;
  }

  /** Shape of the inputs, one site for points without any. */
  public ImageShape image() {
    return image;
  }

  /** r. */
  public int rank() {
    return rank;
  }

  /** W, row-major; not a copy. */
  public double[] projector() {
    return projector;
  }

  /** Remaining fraction of the weights orthogonal to the training inputs. */
  public double restShare() {
    return restShare;
  }

  /** The neurons by population, if another solve can start from them. */
  public Optional<Populations> populations() {
    return populations;
  }

  /** Whitened weights, n x r; not a copy. */
  public float[] neurons() {
    return neurons;
  }

  /** Readout, n x (Z K); not a copy. */
  public float[] coefficients() {
    return coefficients;
  }

  @Override
  public MemoryPlan plan(Backend backend, Inputs inputs) {
    inputs.requireDimension(image.dimension());
    int width = projector.length / rank;
    // coordinates of a panel of inputs, before its neurons
    int fields = Math.min(panelPoints(), inputs.rows()) * sites.sites(1);
    return matrices(backend)
        .add("new inputs", Precision.FLOAT64, fields, width)
        .add("input projector", Precision.FLOAT64, width, rank)
        .add("new coordinates", Precision.FLOAT64, fields, rank)
        .addHost(8L * inputs.rows() * outputs * (1 + estimates()))
        .addHost(8L * panelFields() * (2L * width + rank))
        .addHost((long) Float.BYTES * (neurons.length + coefficients.length) / estimates());
  }

  /** Number of independent estimates, 1 if the chains are unknown. */
  private int estimates() {
    return populations.map(Populations::estimates).orElse(1);
  }

  private MemoryPlan matrices(Backend backend) {
    int panel = panel(backend);
    int means = sites.readout() == SiteReadout.GAP ? panel : 0;
    return new MemoryPlan()
        .add("neurons", Precision.FLOAT32, panel, rank)
        .add("readout", Precision.FLOAT32, panel * sites.readoutSites(), outputs)
        .add("coordinates", Precision.FLOAT32, panelFields(), rank)
        .add("deviation", Precision.FLOAT32, 1, panelFields())
        .add("phi", Precision.FLOAT32, 1, Math.multiplyExact(panel, panelFields()))
        .add("means over sites", Precision.FLOAT32, 1, means * panelPoints())
        .add("prediction", Precision.FLOAT64, panelPoints(), outputs);
  }

  /** Number of inputs of a panel. */
  private int panelPoints() {
    return Math.max(1, INPUT_PANEL / sites.sites(1));
  }

  private int panelFields() {
    return panelPoints() * sites.sites(1);
  }

  /** Number of neurons of a panel. */
  private int panel(Backend backend) {
    return Math.min(neurons.length / rank, backend.panelRows(Math.max(rank, panelFields())));
  }

  /** One prediction for each chain at S with its companion at S/4, if the chains are known. */
  @Override
  public List<double[]> predictParts(Backend backend, Inputs inputs) {
    if (populations.isEmpty()) {
      return List.of(predict(backend, inputs));
    }
    plan(backend, inputs).requireFits(backend, "predict fewer points at a time");
    List<double[]> parts = new ArrayList<>();
    for (int e = 0; e < populations.get().estimates(); e++) {
      parts.add(estimate(populations.get(), e).predict(backend, inputs));
    }
    return parts;
  }

  /** The neurons of one estimate with the readouts of this estimate alone. */
  private SampledPredictor estimate(Populations all, int chosen) {
    int[] samples = all.samples();
    int count = 0;
    for (int p = 0; p < samples.length; p++) {
      count += all.estimate(p) == chosen ? samples[p] : 0;
    }
    float[] own = new float[count * rank];
    float[] readout = new float[count * outputs];
    int from = 0;
    int to = 0;
    for (int p = 0; p < samples.length; p++) {
      if (all.estimate(p) == chosen) {
        System.arraycopy(neurons, from * rank, own, to * rank, samples[p] * rank);
        for (int i = 0; i < samples[p] * outputs; i++) {
          // the coefficients contain the weight of the estimate in the mean
          readout[to * outputs + i] = all.estimates() * coefficients[from * outputs + i];
        }
        to += samples[p];
      }
      from += samples[p];
    }
    return new SampledPredictor(network, image, rank, projector, own, readout, restShare);
  }

  @Override
  public double[] predict(Backend backend, Inputs inputs) {
    plan(backend, inputs).requireFits(backend, "predict fewer points at a time");
    int panel = panel(backend);
    int points = panelPoints();
    Inputs images = inputs.withShape(image);
    double[] predictions = new double[inputs.rows() * outputs];
    try (Workspace memory = new Workspace(backend, matrices(backend))) {
      for (int from = 0; from < inputs.rows(); from += points) {
        int rows = Math.min(points, inputs.rows() - from);
        double[] part =
            predictPanel(backend, memory, sites.patches(images, from, rows), rows, panel);
        System.arraycopy(part, 0, predictions, from * outputs, part.length);
      }
    }
    return predictions;
  }

  /** x holds the inputs, or their patches ordered (site, input). */
  private double[] predictPanel(
      Backend backend, Workspace memory, double[] x, int rows, int panel) {
    Activation activation = network.activation();
    int fields = rows * sites.sites(1);
    int readouts = sites.readoutSites();
    InputFactor.Coordinates points =
        InputFactor.coordinates(backend, network, projector, rank, x, fields, sites.inputs());
    double[] result = new double[rows * outputs];
    try (Matrix coordinates = memory.get("coordinates").rowRange(0, fields);
        Matrix deviation = memory.get("deviation").view(0, 1, 0, fields);
        Matrix sum = memory.get("prediction").rowRange(0, rows)) {
      backend.upload(points.whitened(), coordinates);
      double[] rest = java.util.Arrays.stream(points.deviation()).map(s -> restShare * s).toArray();
      backend.upload(rest, deviation);
      backend.fill(0, sum);
      int count = neurons.length / rank;
      for (int from = 0; from < count; from += panel) {
        int n = Math.min(panel, count - from);
        try (Matrix xi = memory.get("neurons").rowRange(0, n);
            Matrix readout = memory.get("readout").rowRange(0, n * readouts);
            Matrix phi = part(memory.get("phi"), n, fields)) {
          backend.upload(rows(neurons, from, n, rank), xi);
          backend.upload(rows(coefficients, from, n, readouts * outputs), readout);
          backend.gemm(Transpose.NO, Transpose.YES, 1, xi, coordinates, 0, phi);
          backend.activateSmoothed(activation, phi, deviation, phi);
          Matrix means = memory.get("means over sites");
          Matrix mean = part(means, means.columns() == 0 ? 0 : n, rows);
          Matrix seen = new SitePool(backend, phi, rows, sites.readout(), mean).pool(0);
          backend.crossGram(1, seen, readout, 1, sum);
        }
      }
      backend.download(sum, result);
    }
    return result;
  }

  /** The first entries of a row as a matrix without gaps. */
  private static Matrix part(Matrix row, int rows, int columns) {
    return row.view(0, 1, 0, rows * columns).reshaped(rows, columns);
  }

  private static float[] rows(float[] a, int first, int count, int columns) {
    return java.util.Arrays.copyOfRange(a, first * columns, (first + count) * columns);
  }
}
