package org.richkernel.bayes;

import java.util.Optional;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;
import org.richkernel.network.Inputs;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Predictor;

/**
 * The adaptive predictor as a network of sampled neurons: f(x) = sum_n c_n E_z phi(xi_n . R_x + s_x
 * z), with the populations of the chains as neurons and c_n = weight g phi(h_n)^T v / S, so that
 * the sum over populations is the extrapolation in S. It carries the Monte Carlo error of the
 * populations that were kept, unlike the predictions at the test points of a fit, which average all
 * sweeps.
 */
public final class SampledPredictor implements Predictor {
  private static final int INPUT_PANEL = 1024;

  private final NetworkSpec network;
  private final int inputDimension;
  private final int rank;
  private final int outputs;
  private final double[] projector; // (D or D + 1) x r
  private final float[] neurons; // n x r
  private final float[] coefficients; // n x K
  private final double restShare;
  private final Optional<Populations> populations;

  /**
   * A predictor from what a fit has stored.
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
    this(network, inputDimension, rank, projector, neurons, coefficients, 1);
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
        inputDimension,
        populations.width(),
        projector,
        populations.fields(),
        coefficients,
        1,
        Optional.of(populations));
  }

  /**
   * The same for neurons whose weights outside of the span of the training inputs have shrunk.
   *
   * @param restShare what is left of those weights, 0 to 1
   */
  public SampledPredictor(
      NetworkSpec network,
      int inputDimension,
      int rank,
      double[] projector,
      float[] neurons,
      float[] coefficients,
      double restShare) {
    this(
        network,
        inputDimension,
        rank,
        projector,
        neurons,
        coefficients,
        restShare,
        Optional.empty());
  }

  private SampledPredictor(
      NetworkSpec network,
      int inputDimension,
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
        || coefficients.length % count != 0) {
      throw new InvalidProblemException(
          "saved predictor", "of inconsistent shapes", "fit again, or restore the whole folder");
    }
    this.network = network;
    this.inputDimension = inputDimension;
    this.rank = rank;
    this.outputs = coefficients.length / count;
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

  /** D. */
  public int inputDimension() {
    return inputDimension;
  }

  /** r. */
  public int rank() {
    return rank;
  }

  /** W, row-major; not a copy. */
  public double[] projector() {
    return projector;
  }

  /** What is left of the weights outside of the span of the training inputs. */
  public double restShare() {
    return restShare;
  }

  /**
   * The neurons by population, where they are those of chains that another solve can go on from.
   */
  public Optional<Populations> populations() {
    return populations;
  }

  /** Whitened weights, n x r; not a copy. */
  public float[] neurons() {
    return neurons;
  }

  /** Readout, n x K; not a copy. */
  public float[] coefficients() {
    return coefficients;
  }

  @Override
  public MemoryPlan plan(Backend backend, Inputs inputs) {
    requireDimension(inputs);
    int width = projector.length / rank;
    // the products by which a panel of inputs becomes coordinates, before its neurons
    return matrices(backend)
        .add("new inputs", Precision.FLOAT64, Math.min(INPUT_PANEL, inputs.rows()), width)
        .add("input projector", Precision.FLOAT64, width, rank)
        .add("new coordinates", Precision.FLOAT64, Math.min(INPUT_PANEL, inputs.rows()), rank)
        .addHost(8L * inputs.rows() * outputs + 8L * INPUT_PANEL * (2L * width + rank));
  }

  private MemoryPlan matrices(Backend backend) {
    int panel = panel(backend);
    return new MemoryPlan()
        .add("neurons", Precision.FLOAT32, panel, rank)
        .add("readout", Precision.FLOAT32, panel, outputs)
        .add("coordinates", Precision.FLOAT32, INPUT_PANEL, rank)
        .add("deviation", Precision.FLOAT32, 1, INPUT_PANEL)
        .add("phi", Precision.FLOAT32, panel, INPUT_PANEL)
        .add("prediction", Precision.FLOAT64, INPUT_PANEL, outputs);
  }

  /** Neurons that are taken together. */
  private int panel(Backend backend) {
    return Math.min(coefficients.length / outputs, backend.panelRows(Math.max(rank, INPUT_PANEL)));
  }

  private void requireDimension(Inputs inputs) {
    if (inputs.dimension() != inputDimension) {
      throw new InvalidProblemException(
          "test-x",
          inputs.dimension() + " columns",
          "the fit was made with " + inputDimension + "; give as many");
    }
  }

  @Override
  public double[] predict(Backend backend, Inputs inputs) {
    plan(backend, inputs).requireFits(backend, "predict fewer points at a time");
    int panel = panel(backend);
    double[] predictions = new double[inputs.rows() * outputs];
    try (Workspace memory = new Workspace(backend, matrices(backend))) {
      for (int from = 0; from < inputs.rows(); from += INPUT_PANEL) {
        int rows = Math.min(INPUT_PANEL, inputs.rows() - from);
        double[] part = predictPanel(backend, memory, inputs.copyRows(from, rows), rows, panel);
        System.arraycopy(part, 0, predictions, from * outputs, part.length);
      }
    }
    return predictions;
  }

  private double[] predictPanel(
      Backend backend, Workspace memory, double[] x, int rows, int panel) {
    Activation activation = network.activation();
    InputFactor.Coordinates points =
        InputFactor.coordinates(backend, network, projector, rank, x, rows, inputDimension);
    double[] result = new double[rows * outputs];
    try (Matrix coordinates = memory.get("coordinates").rowRange(0, rows);
        Matrix deviation = memory.get("deviation").view(0, 1, 0, rows);
        Matrix sum = memory.get("prediction").rowRange(0, rows)) {
      backend.upload(points.whitened(), coordinates);
      double[] rest = java.util.Arrays.stream(points.deviation()).map(s -> restShare * s).toArray();
      backend.upload(rest, deviation);
      backend.fill(0, sum);
      int count = coefficients.length / outputs;
      for (int from = 0; from < count; from += panel) {
        int n = Math.min(panel, count - from);
        try (Matrix xi = memory.get("neurons").rowRange(0, n);
            Matrix readout = memory.get("readout").rowRange(0, n);
            Matrix phi = memory.get("phi").view(0, n, 0, rows)) {
          backend.upload(rows(neurons, from, n, rank), xi);
          backend.upload(rows(coefficients, from, n, outputs), readout);
          backend.gemm(Transpose.NO, Transpose.YES, 1, xi, coordinates, 0, phi);
          backend.activateSmoothed(activation, phi, deviation, phi);
          backend.crossGram(1, phi, readout, 1, sum);
        }
      }
      backend.download(sum, result);
    }
    return result;
  }

  private static float[] rows(float[] a, int first, int count, int columns) {
    return java.util.Arrays.copyOfRange(a, first * columns, (first + count) * columns);
  }
}
