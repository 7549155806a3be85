package org.richkernel.finite;

import java.util.Arrays;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Workspace;
import org.richkernel.dynamics.DynamicsOptions;
import org.richkernel.dynamics.DynamicsProblem;
import org.richkernel.metrics.CentredAlignment;
import org.richkernel.metrics.KernelSimilarity;
import org.richkernel.metrics.Scores;
import org.richkernel.network.BatchSchedule;
import org.richkernel.network.Inputs;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.NetworkSites;
import org.richkernel.network.Targets;
import org.richkernel.solver.SolverState;

/**
 * Gradient descent of one network on batches, recorded on the test points alone: the cost of a step
 * depends on the batch and not on the number of training points. Outputs are centred by those at
 * the start, point by point.
 */
final class ProbedTraining {
  /** Loss, accuracy, movement and alignment of the probes, in this order. */
  static final int NUMBERS = 4;

  private static final String BATCH = "batch ";
  private static final String PROBE = "probe ";

  private final DynamicsProblem problem;
  private final DynamicsOptions options;
  private final Criterion criterion;
  private final Backend backend;
  private final NetworkSites sites;
  private final BatchSchedule batches;
  private final int width;
  private final int outputCount;
  private final DescentWeights weights;
  private final PointFields batch;
  private final PointFields probes;
  private final Matrix pull;
  private final Matrix batchOutputs;
  private final Matrix probeOutputs;
  private final Matrix kernel;
  private final double[] targets;
  private final double[] batchStart; // f(0) of the training points
  private final double[] probeStart;
  private final double[] startKernel;
  private final double[] records; // times x NUMBERS
  private int step;
  private boolean diverged;

  /**
   * @param problem with test points, and the richness of this width
   * @param repeat index of the network, part of the key of its initial weights
   */
  ProbedTraining(
      DynamicsProblem problem,
      Criterion criterion,
      Backend backend,
      Workspace memory,
      int width,
      int repeat) {
    this.problem = problem;
    this.options = problem.options();
    this.criterion = criterion;
    this.backend = backend;
    this.width = width;
    sites = NetworkSites.of(problem.network(), problem.trainInputs().shape());
    batches = problem.batches();
    outputCount = problem.outputs();
    weights = new DescentWeights(backend, memory, problem.network().activation(), sites, width);
    batch = new PointFields(backend, memory, BATCH, sites, width, batches.size());
    probes = new PointFields(backend, memory, PROBE, sites, width, problem.testPoints());
    pull = memory.get("pull");
    batchOutputs = memory.get("batch outputs");
    probeOutputs = memory.get("probe outputs");
    kernel = memory.get("kernel");
    targets = problem.trainTargets().toArray();
    probes.upload(sites.patches(problem.testInputs(), 0, problem.testPoints()));
    weights.draw(options.seed(), repeat);
    batchStart = trainOutputs();
    probeStart = probeOutputs();
    startKernel = featureKernel();
    requireFinite();
    records = new double[times(options) * NUMBERS];
  }

  private void requireFinite() {
    if (!Arrays.stream(batchStart).allMatch(Double::isFinite)
        || !Arrays.stream(probeStart).allMatch(Double::isFinite)) {
      throw new InvalidProblemException(
          "train-x",
          "too large for float32",
          "outputs overflow before training; standardize the inputs");
    }
  }

  /** Adds the memory of a training to a plan. */
  static void plan(MemoryPlan plan, DynamicsProblem problem, int width) {
    NetworkSites sites = NetworkSites.of(problem.network(), problem.trainInputs().shape());
    int size = problem.batches().size();
    int probes = problem.testPoints();
    int outputs = problem.outputs();
    DescentWeights.plan(plan, sites, width, outputs);
    PointFields.plan(plan, BATCH, sites, width, size);
    PointFields.plan(plan, PROBE, sites, width, probes);
    plan.add("pull", Precision.FLOAT32, size, outputs)
        .add("batch outputs", Precision.FLOAT64, size, outputs)
        .add("probe outputs", Precision.FLOAT64, probes, outputs)
        .add("kernel", Precision.FLOAT64, probes, probes)
        .addHost(8L * (problem.points() * 4L * outputs + 3L * probes * probes));
  }

  /** Recorded steps: 0, every, 2 every, ... and the last. */
  static int[] recorded(DynamicsOptions options) {
    int every = options.recordEvery() == 0 ? options.steps() : options.recordEvery();
    int[] steps = new int[times(options)];
    for (int i = 0; i < steps.length; i++) {
      steps[i] = Math.min(options.steps(), i * every);
    }
    return steps;
  }

  private static int times(DynamicsOptions options) {
    int every = options.recordEvery() == 0 ? options.steps() : options.recordEvery();
    return 1 + (options.steps() + every - 1) / every;
  }

  /** Number of steps taken. */
  int step() {
    return step;
  }

  boolean diverged() {
    return diverged;
  }

  /** {@link #NUMBERS} of each recorded time. */
  double[] records() {
    return records;
  }

  /**
   * Records the present time, if due, and takes the step to the next.
   *
   * @return false after the last time or a divergence
   */
  boolean advance() {
    int at = Arrays.binarySearch(recorded(options), step);
    if (at >= 0) {
      record(at);
    }
    if (diverged || step == options.steps()) {
      return false;
    }
    int[] rows = batches.batch(step);
    use(rows);
    double[] f = download(batchOutputs);
    double[] y = new double[f.length];
    for (int i = 0; i < rows.length; i++) {
      for (int k = 0; k < outputCount; k++) {
        int from = rows[i] * outputCount + k;
        f[i * outputCount + k] -= batchStart[from];
        y[i * outputCount + k] = targets[from];
      }
    }
    if (!Arrays.stream(f).allMatch(Double::isFinite)) {
      diverged = true;
      return false;
    }
    double[] pulls = new double[f.length];
    criterion.pulls(y, f, outputCount, options.loss().pull(rows.length), pulls);
    backend.upload(pulls, pull);
    weights.descend(batch, pull, options.stepSize() * options.gamma(), options.retention());
    step++;
    return true;
  }

  /** Computes features and outputs of some training points. */
  private void use(int[] rows) {
    Inputs inputs = problem.trainInputs();
    double[] chosen = new double[rows.length * inputs.dimension()];
    for (int i = 0; i < rows.length; i++) {
      double[] row = inputs.copyRows(rows[i], 1);
      System.arraycopy(row, 0, chosen, i * row.length, row.length);
    }
    Inputs points = Inputs.of(chosen, rows.length, inputs.dimension()).withShape(inputs.shape());
    batch.upload(sites.patches(points, 0, rows.length));
    weights.forward(batch);
    weights.outputs(options.gamma(), batch, batchOutputs);
  }

  private void record(int at) {
    double[] f = centred(probeOutputs(), probeStart);
    Targets y = problem.testTargets();
    double loss = criterion.loss(y.toArray(), f, outputCount);
    if (!Double.isFinite(loss)) {
      diverged = true;
      return;
    }
    double[] now = featureKernel();
    int first = at * NUMBERS;
    records[first] = loss;
    records[first + 1] = Scores.of(y, f).accuracy().orElse(0);
    records[first + 2] = step == 0 ? 0 : KernelSimilarity.of(now, startKernel).relativeError();
    records[first + 3] = CentredAlignment.of(now, y);
  }

  private static double[] centred(double[] f, double[] start) {
    double[] centred = f.clone();
    for (int i = 0; i < f.length; i++) {
      centred[i] -= start[i];
    }
    return centred;
  }

  /** Outputs at the training points, centred, P x K. */
  double[] trained() {
    return centred(trainOutputs(), batchStart);
  }

  /** Outputs at the test points, centred, Q x K. */
  double[] tested() {
    return centred(probeOutputs(), probeStart);
  }

  private double[] probeOutputs() {
    weights.forward(probes);
    weights.outputs(options.gamma(), probes, probeOutputs);
    return download(probeOutputs);
  }

  /** Outputs at the training points, batch after batch. */
  private double[] trainOutputs() {
    int points = problem.trainPoints();
    double[] all = new double[points * outputCount];
    int size = batches.size();
    for (int from = 0; from < points; from += size) {
      // the last batch overlaps with the one before
      int first = Math.min(from, points - size);
      int[] rows = new int[size];
      Arrays.setAll(rows, i -> first + i);
      use(rows);
      System.arraycopy(download(batchOutputs), 0, all, first * outputCount, size * outputCount);
    }
    return all;
  }

  /** Phi^L of the probes at the features computed last. */
  private double[] featureKernel() {
    SiteFields readers = probes.readers();
    int top = sites.layers();
    readers.gram(1.0 / (width * readers.pairs(top)), top, probes.phi(top), 0, kernel);
    return download(kernel);
  }

  private double[] download(Matrix matrix) {
    double[] values = new double[Math.toIntExact(matrix.size())];
    backend.download(matrix, values);
    return values;
  }

  /** Adds the state between two steps to a checkpoint. */
  void save(SolverState state) {
    weights.save(state);
    state.put("probed_step", step);
    state.put("probed_records", records.clone());
  }

  /** Restores a checkpoint; the network at the start is drawn again. */
  void restore(SolverState state) {
    weights.restore(state);
    step = (int) state.number("probed_step");
    System.arraycopy(state.doubles("probed_records"), 0, records, 0, records.length);
  }
}
