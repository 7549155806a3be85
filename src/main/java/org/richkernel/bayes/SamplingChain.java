package org.richkernel.bayes;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.RandomStreams;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;
import org.richkernel.solver.DualAveraging;
import org.richkernel.solver.MonteCarloSeries;
import org.richkernel.solver.SolverState;

/**
 * One Markov chain at one number of samples S: a population, the sampler's step, and running
 * averages of the kernel, the dual vector and the kernel with the test points.
 */
final class SamplingChain implements AutoCloseable {
  /** Acceptance that the step is adapted to. */
  static final double TARGET_ACCEPTANCE = 0.8;

  private static final double FIRST_STEP = 0.05;

  /** A quarter turn per step is where a kicked oscillator loses its accuracy. */
  private static final double LARGEST_STEP = 1.0;

  /**
   * Measuring the test kernel costs as much as several gradients: it is done on every k-th sweep.
   */
  private static final int TEST_POINT_INTERVAL = 4;

  /**
   * A population as it was after some sweep.
   *
   * @param xi fields, S x r
   * @param dual v, P x K
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Snapshot(float[] xi, double[] dual) {}

  private final Backend backend;
  private final long seed;
  private final int chain;
  private final HiddenLayerPosterior posterior;
  private final FieldPopulation population;
  private final CollectiveHmc hmc;
  private final TrajectoryLength length;
  private final Workspace memory;
  private final Matrix kernelSum;
  private final Matrix dualSum;
  private final EquilibriumIdentity equilibrium;
  private final Matrix unit;
  private final Matrix targets;
  private final Matrix image; // Phi Y
  private final @Nullable TestPointKernel testPoints;
  private final @Nullable Matrix testSum;

  private DualAveraging adaptation = new DualAveraging(TARGET_ACCEPTANCE, FIRST_STEP, LARGEST_STEP);
  private double frozenStep = Double.NaN;
  private long sweeps;
  private long measured;
  private long testMeasured;
  private final List<Snapshot> snapshots = new ArrayList<>();
  private final MonteCarloSeries dualFit = new MonteCarloSeries();
  private final MonteCarloSeries kernelFit = new MonteCarloSeries();
  private final MonteCarloSeries trace = new MonteCarloSeries();
  private final MonteCarloSeries frobenius = new MonteCarloSeries();
  private final MonteCarloSeries alignment = new MonteCarloSeries();

  /**
   * @param chain index of the chain; names its random streams
   * @param y targets, row-major P x K
   * @param testPoints null when there are none
   */
  SamplingChain(
      Backend backend,
      long seed,
      int chain,
      HiddenLayerPosterior posterior,
      FieldPopulation population,
      EquilibriumIdentity identity,
      TrajectoryLength length,
      double[] y,
      @Nullable TestPointKernel testPoints,
      int testCount) {
    this.backend = backend;
    this.seed = seed;
    this.chain = chain;
    this.posterior = posterior;
    this.population = population;
    this.equilibrium = identity;
    this.length = length;
    this.testPoints = testPoints;
    int points = population.kernel().rows();
    int outputs = population.dual().columns();
    MemoryPlan plan = new MemoryPlan();
    plan(plan, "", points, outputs, testCount);
    memory = new Workspace(backend, plan);
    kernelSum = memory.get("sum of kernels");
    dualSum = memory.get("sum of dual vectors");
    unit = posterior.unitMatrix();
    targets = memory.get("targets");
    image = memory.get("kernel times targets");
    testSum = testCount == 0 ? null : memory.get("sum of test predictions");
    backend.upload(y, targets);
    hmc =
        new CollectiveHmc(
            backend,
            seed,
            chain,
            memory.get("uniforms of the Metropolis step"),
            equilibrium::observe);
  }

  static void plan(MemoryPlan plan, String prefix, int points, int outputs, int testCount) {
    plan.add(prefix + "sum of kernels", Precision.FLOAT64, points, points)
        .add(prefix + "sum of dual vectors", Precision.FLOAT64, points, outputs)
        .add(prefix + "targets", Precision.FLOAT64, points, outputs)
        .add(prefix + "kernel times targets", Precision.FLOAT64, points, outputs)
        .add(prefix + "uniforms of the Metropolis step", Precision.FLOAT32, 1, 2);
    if (testCount > 0) {
      plan.add(prefix + "sum of test predictions", Precision.FLOAT64, testCount, outputs);
    }
  }

  /** Draws the fields from the prior. */
  void start() {
    backend.fillGaussian(
        seed, RandomStreams.stream(RandomStreams.INITIAL_FIELD, chain, 0), 0, population.xi());
    posterior.refresh(population);
  }

  /**
   * One sweep over all blocks while the step adapts; nothing is measured. The kernel is computed
   * anew first, because the richness may have changed.
   */
  void burnIn() {
    posterior.refresh(population);
    moveAllBlocks();
    equilibrium.discardSweep();
  }

  /** Freezes the step; sweeps from here on are measured. */
  void freeze() {
    frozenStep = adaptation.settled();
    equilibrium.setDirections(download(population.dual()));
    hmc.resetAcceptance();
  }

  /** One sweep over all blocks, then one measurement. */
  void sweep() {
    moveAllBlocks();
    equilibrium.endSweep();
    measure();
  }

  private void moveAllBlocks() {
    posterior.use(population);
    boolean adapting = Double.isNaN(frozenStep);
    for (int block = 0; block < population.blocks(); block++) {
      double step = adapting ? adaptation.current() : frozenStep;
      double acceptance = hmc.move(posterior, block, sweeps, step, length.leapfrogs(step));
      if (adapting) {
        adaptation.observe(acceptance);
      }
    }
    sweeps++;
  }

  private void measure() {
    Matrix kernel = population.kernel();
    backend.axpy(1, kernel, kernelSum);
    backend.axpy(1, population.dual(), dualSum);
    backend.gemm(Transpose.NO, Transpose.NO, 1, kernel, targets, 0, image);
    dualFit.add(backend.dot(targets, population.dual()));
    double fit = backend.dot(targets, image);
    double norm = Math.sqrt(backend.dot(kernel, kernel));
    kernelFit.add(fit);
    trace.add(backend.dot(unit, kernel));
    frobenius.add(norm);
    alignment.add(fit / (norm * backend.dot(targets, targets)));
    if (testPoints != null && testSum != null && measured % TEST_POINT_INTERVAL == 0) {
      testPoints.addPrediction(
          population.xi(), posterior.readoutVariance(), population.dual(), testSum);
      testMeasured++;
    }
    measured++;
  }

  /**
   * Keeps the present fields and dual vector, in place of the oldest once {@code most} are kept.
   */
  void keepSnapshot(int most) {
    if (snapshots.size() >= most) {
      snapshots.remove(0);
    }
    float[] xi = new float[Math.toIntExact(population.xi().size())];
    backend.download(population.xi(), xi);
    snapshots.add(new Snapshot(xi, download(population.dual())));
  }

  /** Populations kept, oldest first. */
  List<Snapshot> snapshots() {
    return List.copyOf(snapshots);
  }

  /** Largest share of a single sample in the fit, see {@link HiddenLayerPosterior#largestShare}. */
  double largestShare() {
    return posterior.largestShare(population);
  }

  /** S. */
  int samples() {
    return population.samples();
  }

  FieldPopulation population() {
    return population;
  }

  long measured() {
    return measured;
  }

  double acceptance() {
    return hmc.acceptance();
  }

  /** The step in use, radians. */
  double step() {
    return Double.isNaN(frozenStep) ? adaptation.current() : frozenStep;
  }

  /** tr Y^T v, one value per sweep. */
  MonteCarloSeries dualFit() {
    return dualFit;
  }

  /** tr Y^T (g Phi) Y. */
  MonteCarloSeries kernelFit() {
    return kernelFit;
  }

  /** tr g Phi. */
  MonteCarloSeries trace() {
    return trace;
  }

  /** |g Phi|_F. */
  MonteCarloSeries frobenius() {
    return frobenius;
  }

  /** tr Y^T Phi Y / (|Phi|_F |Y|^2) of each sweep's own kernel. */
  MonteCarloSeries alignment() {
    return alignment;
  }

  /** The test that the samples follow the density. */
  EquilibriumIdentity equilibrium() {
    return equilibrium;
  }

  /** Longest integrated autocorrelation time of the measured scalars, in sweeps. */
  double autocorrelationTime() {
    return Math.max(
        dualFit.autocorrelationTime(),
        Math.max(kernelFit.autocorrelationTime(), trace.autocorrelationTime()));
  }

  /** Mean of g Phi over the measured sweeps, row-major P x P. */
  double[] meanKernel() {
    return mean(kernelSum, measured);
  }

  /** Mean of v, row-major P x K. */
  double[] meanDual() {
    return mean(dualSum, measured);
  }

  /** Mean of the predictions at the test points, row-major P_t x K; empty without test points. */
  double[] meanTestPrediction() {
    return testSum == null ? new double[0] : mean(testSum, testMeasured);
  }

  private double[] mean(Matrix sum, long count) {
    double[] mean = new double[Math.toIntExact(sum.size())];
    backend.download(sum, mean);
    for (int i = 0; i < mean.length; i++) {
      mean[i] /= count;
    }
    return mean;
  }

  /** Adds everything that determines the future of this chain to a checkpoint. */
  void save(SolverState state, String name) {
    float[] xi = new float[Math.toIntExact(population.xi().size())];
    backend.download(population.xi(), xi);
    state.put(name + "_xi", xi);
    state.put(name + "_kernel", download(population.kernel()));
    state.put(name + "_dual", download(population.dual()));
    state.put(name + "_kernel_sum", download(kernelSum));
    state.put(name + "_dual_sum", download(dualSum));
    if (testSum != null) {
      state.put(name + "_test_sum", download(testSum));
    }
    state.put(
        name + "_numbers",
        population.potential(),
        frozenStep,
        sweeps,
        measured,
        testMeasured,
        snapshots.size());
    for (int i = 0; i < snapshots.size(); i++) {
      state.put(name + "_snapshot_xi_" + i, snapshots.get(i).xi());
      state.put(name + "_snapshot_dual_" + i, snapshots.get(i).dual());
    }
    state.put(name + "_adaptation", adaptation.state());
    state.put(name + "_acceptance", hmc.state());
    state.put(name + "_directions", equilibrium.directions());
    state.put(name + "_mismatch", equilibrium.mismatch().values());
    state.put(name + "_spread", equilibrium.spread().values());
    state.put(name + "_dual_fit", dualFit.values());
    state.put(name + "_kernel_fit", kernelFit.values());
    state.put(name + "_trace", trace.values());
    state.put(name + "_frobenius", frobenius.values());
    state.put(name + "_alignment", alignment.values());
  }

  private double[] download(Matrix matrix) {
    double[] values = new double[Math.toIntExact(matrix.size())];
    backend.download(matrix, values);
    return values;
  }

  /** Takes up a saved state. */
  void restore(SolverState state, String name) {
    backend.upload(state.floats(name + "_xi"), population.xi());
    backend.upload(state.doubles(name + "_kernel"), population.kernel());
    backend.upload(state.doubles(name + "_dual"), population.dual());
    backend.upload(state.doubles(name + "_kernel_sum"), kernelSum);
    backend.upload(state.doubles(name + "_dual_sum"), dualSum);
    if (testSum != null) {
      backend.upload(state.doubles(name + "_test_sum"), testSum);
    }
    double[] numbers = state.doubles(name + "_numbers");
    population.setPotential(numbers[0]);
    frozenStep = numbers[1];
    sweeps = (long) numbers[2];
    measured = (long) numbers[3];
    testMeasured = (long) numbers[4];
    for (int i = 0; i < (int) numbers[5]; i++) {
      snapshots.add(
          new Snapshot(
              state.floats(name + "_snapshot_xi_" + i),
              state.doubles(name + "_snapshot_dual_" + i)));
    }
    adaptation.restore(state.doubles(name + "_adaptation"));
    hmc.restore(state.doubles(name + "_acceptance"));
    equilibrium.restore(
        state.doubles(name + "_directions"),
        state.doubles(name + "_mismatch"),
        state.doubles(name + "_spread"));
    dualFit.restore(state.doubles(name + "_dual_fit"));
    kernelFit.restore(state.doubles(name + "_kernel_fit"));
    trace.restore(state.doubles(name + "_trace"));
    frobenius.restore(state.doubles(name + "_frobenius"));
    alignment.restore(state.doubles(name + "_alignment"));
  }

  /** Frees the averages; the population and the identity are closed by their owner. */
  @Override
  public void close() {
    memory.close();
  }
}
