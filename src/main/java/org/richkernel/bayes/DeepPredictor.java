package org.richkernel.bayes;

import java.util.ArrayList;
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
import org.richkernel.stack.PosteriorParameters;

/**
 * The adaptive predictor of a deep network at new inputs, from the kept populations of the chains:
 * kernels and dual vectors are recomputed from the fields, and new points pass through the
 * conditional prior layer by layer ({@link DeepTestPoints}). The sum over populations is the
 * extrapolation in S. Its Monte Carlo error is that of the kept populations, which is larger than
 * that of the predictions at the test points of a fit, averages over many sweeps.
 */
public final class DeepPredictor implements Predictor {
  private static final int INPUT_PANEL = 1024;

  private static final String PREDICTIONS = "predictions";

  private final NetworkSpec network;
  private final InputFactor input;
  private final double[] targets;
  private final Populations populations;
  private final double jitter;

  /**
   * A predictor from stored populations.
   *
   * @param inputDimension D
   * @param projector W, (D, or D + 1 with biases) x r, row-major
   * @param factor F of the first layer, P x r, row-major
   * @param targets Y, P x K, row-major
   * @param populations fields of the training points
   * @param jitter relative jitter of the covariances of the layers
   * @throws InvalidProblemException if the shapes do not fit together
   */
  public DeepPredictor(
      NetworkSpec network,
      int inputDimension,
      double[] projector,
      float[] factor,
      int points,
      double[] targets,
      Populations populations,
      double jitter) {
    this(
        network,
        InputFactor.restored(network, inputDimension, projector, factor, points),
        targets,
        populations,
        jitter);
  }

  DeepPredictor(
      NetworkSpec network,
      InputFactor input,
      double[] targets,
      Populations populations,
      double jitter) {
    int width = input.rank() + (network.hiddenLayers() - 1) * input.points();
    if (populations.width() != width || targets.length % input.points() != 0) {
      throw new InvalidProblemException(
          "saved predictor", "of inconsistent shapes", "fit again, or restore the whole folder");
    }
    this.network = network;
    this.input = input;
    this.targets = targets;
    this.populations = populations;
    this.jitter = jitter;
  }

  /** The network that was fitted. */
  public NetworkSpec network() {
    return network;
  }

  /** D. */
  public int inputDimension() {
    return input.features();
  }

  /** W, row-major; not a copy. */
  public double[] projector() {
    return input.projector();
  }

  /** F of the first layer, row-major P x r; not a copy. */
  public float[] factor() {
    return input.factor();
  }

  /** P. */
  public int points() {
    return input.points();
  }

  /** Y, row-major; not a copy. */
  public double[] targets() {
    return targets;
  }

  /** Fields of the training points. */
  public Populations populations() {
    return populations;
  }

  /** Relative jitter of the covariances of the layers. */
  public double jitter() {
    return jitter;
  }

  @Override
  public MemoryPlan plan(Backend backend, Inputs inputs) {
    inputs.requireDimension(input.features());
    int outputs = targets.length / input.points();
    int most = java.util.Arrays.stream(populations.samples()).max().orElse(1);
    int panel = Math.min(most, backend.panelRows(input.points()));
    return plan(backend, most, panel, Math.min(INPUT_PANEL, inputs.rows()), outputs)
        .addHost(8L * inputs.rows() * outputs * (1 + populations.estimates()));
  }

  @Override
  public double[] predict(Backend backend, Inputs inputs) {
    return new IndependentEstimates(predictParts(backend, inputs)).mean();
  }

  /** One prediction for each chain at S with its companion at S/4. */
  @Override
  public List<double[]> predictParts(Backend backend, Inputs inputs) {
    plan(backend, inputs).requireFits(backend, "predict with more memory");
    int points = input.points();
    int outputs = targets.length / points;
    int parts = populations.estimates();
    List<double[]> predictions = new ArrayList<>();
    for (int e = 0; e < parts; e++) {
      predictions.add(new double[inputs.rows() * outputs]);
    }
    PosteriorParameters parameters =
        new PosteriorParameters(
            populations.gamma(),
            populations.kappa(),
            network.weightVariance(network.hiddenLayers()),
            0);
    int[] sizes = java.util.Arrays.stream(populations.samples()).distinct().toArray();
    int most = java.util.Arrays.stream(sizes).max().orElse(1);
    int panel = Math.min(most, backend.panelRows(points));
    try (PrimalPosterior posterior =
        new PrimalPosterior(backend, network, input, targets, parameters, sizes)) {
      posterior.setJitter(jitter);
      for (int p = 0; p < populations.samples().length; p++) {
        try (FieldPopulation population = posterior.newPopulation(populations.samples()[p], 1)) {
          backend.upload(populations.population(p), population.xi());
          posterior.refresh(population);
          double weight = populations.weight(p);
          for (int from = 0; from < inputs.rows(); from += INPUT_PANEL) {
            int rows = Math.min(INPUT_PANEL, inputs.rows() - from);
            double[] x = inputs.copyRows(from, rows);
            TestPoints.Draw draw = new TestPoints.Draw(0, p, 0, from);
            double[] part = part(backend, posterior, population, x, rows, panel, draw);
            double[] own = predictions.get(populations.estimate(p));
            for (int i = 0; i < part.length; i++) {
              own[from * outputs + i] += weight * part[i];
            }
          }
        }
      }
    }
    return predictions;
  }

  private MemoryPlan plan(Backend backend, int samples, int panel, int rows, int outputs) {
    int points = input.points();
    MemoryPlan plan = new MemoryPlan();
    FieldShape shape = FieldShape.of(network, input.rank(), points, FieldForm.WHITENED);
    PrimalPosterior.plan(backend, plan, shape, outputs, samples, false);
    DeepTestPoints.plan(plan, points, input.rank(), rows, panel);
    FieldPopulation.planPrimal(plan, "population: ", samples, shape, points, outputs, false);
    return plan.addAll("", sums(rows, outputs));
  }

  private static MemoryPlan sums(int rows, int outputs) {
    return new MemoryPlan().add(PREDICTIONS, Precision.FLOAT64, rows, outputs);
  }

  private double[] part(
      Backend backend,
      PrimalPosterior posterior,
      FieldPopulation population,
      double[] x,
      int rows,
      int panel,
      TestPoints.Draw draw) {
    int outputs = targets.length / input.points();
    double[] result = new double[rows * outputs];
    try (DeepTestPoints points =
            new DeepTestPoints(
                backend,
                network,
                input,
                input.coordinates(backend, x, rows),
                posterior::jitter,
                panel);
        Workspace memory = new Workspace(backend, sums(rows, outputs))) {
      Matrix sum = memory.get(PREDICTIONS);
      points.addPrediction(population, draw, sum);
      backend.download(sum, result);
    }
    return result;
  }
}
