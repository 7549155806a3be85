package org.richkernel.bayes;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Workspace;
import org.richkernel.network.Inputs;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Predictor;
import org.richkernel.sampling.IndependentEstimates;
import org.richkernel.stack.FieldForm;
import org.richkernel.stack.FieldShape;

/**
 * The adaptive predictor of a deep network whose layers have explicit weights: every kept
 * population of the chains is a network of S neurons per layer, and the weighted sum of these
 * networks is the extrapolation in S. New points pass through the weights without linear algebra.
 * The Monte Carlo error is that of the kept populations, which is larger than that of the
 * predictions at the test points of a fit, averages over many sweeps.
 */
public final class WeightPredictor implements Predictor {
  private static final int INPUT_PANEL = 1024;

  private final NetworkSpec network;
  private final int inputDimension;
  private final double[] projector; // (D or D + 1) x r
  private final Populations populations;
  private final float[] coefficients; // n x K
  private final int rank;
  private final int outputs;
  private final FieldShape shape;

  /**
   * A predictor from stored populations.
   *
   * @param projector W, (D, or D + 1 with biases) x r, row-major
   * @param rank r
   * @param populations fields of the first layer and weights of the others
   * @param coefficients readout of all their rows with the weight of each in the sum, n x K
   * @throws InvalidProblemException if the shapes do not fit together
   */
  public WeightPredictor(
      NetworkSpec network,
      int inputDimension,
      double[] projector,
      int rank,
      Populations populations,
      float[] coefficients) {
    int rows = Arrays.stream(populations.samples()).sum();
    this.shape = FieldShape.of(network, rank, 0, FieldForm.WEIGHTS);
    boolean fits = rank > 0 && projector.length % rank == 0 && coefficients.length % rows == 0;
    for (int p = 0; p < populations.samples().length; p++) {
      fits &= populations.widths()[p] == shape.width(populations.samples()[p]);
    }
    if (!fits || coefficients.length == 0) {
      throw new InvalidProblemException(
          "saved predictor", "of inconsistent shapes", "fit again, or restore the whole folder");
    }
    this.network = network;
    this.inputDimension = inputDimension;
    this.projector = projector;
    this.rank = rank;
    this.populations = populations;
    this.coefficients = coefficients;
    this.outputs = coefficients.length / rows;
  }

  /** The network that was fitted. */
  public NetworkSpec network() {
    return network;
  }

  /** D. */
  public int inputDimension() {
    return inputDimension;
  }

  /** W, row-major; not a copy. */
  public double[] projector() {
    return projector;
  }

  /** r. */
  public int rank() {
    return rank;
  }

  /** Fields and weights of the populations. */
  public Populations populations() {
    return populations;
  }

  /** Readout, n x K; not a copy. */
  public float[] coefficients() {
    return coefficients;
  }

  @Override
  public MemoryPlan plan(Backend backend, Inputs inputs) {
    inputs.requireDimension(inputDimension);
    int width = projector.length / rank;
    int panel = Math.min(INPUT_PANEL, inputs.rows());
    MemoryPlan plan = sums(panel);
    WeightTestPoints.plan(plan, shape, most(), outputs, panel, most());
    // coordinates of a panel of inputs, before its neurons
    return plan.add("new inputs", Precision.FLOAT64, panel, width)
        .add("input projector", Precision.FLOAT64, width, rank)
        .add("new coordinates", Precision.FLOAT64, panel, rank)
        .addHost(8L * inputs.rows() * outputs * (1 + populations.estimates()));
  }

  private MemoryPlan sums(int rows) {
    return new MemoryPlan()
        .add("fields", Precision.FLOAT32, most(), shape.width(most()))
        .add("readout", Precision.FLOAT32, most(), outputs)
        .add("prediction", Precision.FLOAT64, rows, outputs);
  }

  /** S. */
  private int most() {
    return Arrays.stream(populations.samples()).max().orElse(1);
  }

  @Override
  public double[] predict(Backend backend, Inputs inputs) {
    return new IndependentEstimates(predictParts(backend, inputs)).mean();
  }

  /** One prediction for each chain at S with its companion at S/4. */
  @Override
  public List<double[]> predictParts(Backend backend, Inputs inputs) {
    plan(backend, inputs).requireFits(backend, "predict fewer points at a time");
    List<double[]> parts = new ArrayList<>();
    for (int e = 0; e < populations.estimates(); e++) {
      parts.add(new double[inputs.rows() * outputs]);
    }
    for (int from = 0; from < inputs.rows(); from += INPUT_PANEL) {
      int rows = Math.min(INPUT_PANEL, inputs.rows() - from);
      addPanel(backend, inputs.copyRows(from, rows), from, rows, parts);
    }
    return parts;
  }

  private void addPanel(Backend backend, double[] x, int from, int rows, List<double[]> parts) {
    int most = most();
    InputFactor.Coordinates coordinates =
        InputFactor.coordinates(backend, network, projector, rank, x, rows, inputDimension);
    try (Workspace memory = new Workspace(backend, sums(rows));
        WeightTestPoints points =
            new WeightTestPoints(backend, network, shape, coordinates, most, outputs, most)) {
      Matrix sum = memory.get("prediction");
      double[] values = new double[rows * outputs];
      int row = 0;
      for (int p = 0; p < populations.samples().length; p++) {
        int samples = populations.samples()[p];
        Matrix fields = memory.get("fields").view(0, samples, 0, shape.width(samples));
        Matrix readout = memory.get("readout").rowRange(0, samples);
        backend.upload(populations.population(p), fields);
        backend.upload(
            Arrays.copyOfRange(coefficients, row * outputs, (row + samples) * outputs), readout);
        backend.fill(0, sum);
        TestPoints.Draw draw = new TestPoints.Draw(0, p, 0, from);
        points.addPrediction(byLayer(fields, samples), readout, draw, sum);
        backend.download(sum, values);
        double[] own = parts.get(populations.estimate(p));
        for (int i = 0; i < values.length; i++) {
          // the coefficients contain the weight of the estimate in the mean
          own[from * outputs + i] += populations.estimates() * values[i];
        }
        row += samples;
      }
    }
  }

  private List<Matrix> byLayer(Matrix fields, int samples) {
    List<Matrix> layers = new ArrayList<>();
    int column = 0;
    for (int width : shape.widths(samples)) {
      layers.add(fields.view(0, samples, column, width));
      column += width;
    }
    return layers;
  }
}
