package org.richkernel.bayes;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.RandomStreams;
import org.richkernel.compute.Workspace;
import org.richkernel.sampling.BatchMeans;
import org.richkernel.sampling.MonteCarloSeries;
import org.richkernel.solver.DualAveraging;
import org.richkernel.solver.SolverState;
import org.richkernel.stack.Conditions;

/**
 * One Markov chain at one number of samples S: a population, the sampler's step, and running
 * averages of the kernel, the dual vector and the kernel with the test points.
 */
final class SamplingChain implements AutoCloseable {
  /** Target acceptance of the adapted step. */
  static final double TARGET_ACCEPTANCE = 0.7;

  private static final double FIRST_STEP = 0.05;

  /**
   * Largest step, radians, below the quarter turn at which a kicked oscillator loses its accuracy.
   */
  private static final double LARGEST_STEP = 1.0;

  /** Sweeps between two measurements of the test points, each of which costs several gradients. */
  private static final int TEST_POINT_INTERVAL = 2;

  /** Sweeps between two measurements of sites and filters. */
  private static final int SITE_INTERVAL = 2;

  /**
   * A population after some sweep.
   *
   * @param xi fields of all layers, row-major, a row for each sample
   * @param readout w, S x K, of the dual form and of layers with weights; v, P x K, of other forms
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Snapshot(float[] xi, double[] readout) {}

  private final Backend backend;
  private final long seed;
  private final int chain;
  private final MarginalPosterior posterior;
  private final FieldPopulation population;
  private final CollectiveHmc hmc;
  private final TrajectoryLength length;
  private final Workspace memory;
  private final List<LayerAverages> layers;
  private final Matrix targets;
  private final @Nullable TestPoints testPoints;
  private final @Nullable Matrix testPrediction;
  private final ReadoutAverages readout;
  private final BatchMeans testPredictions;
  private final Snapshots snapshots = new Snapshots();
  private final boolean hasReadoutWeights;

  private @Nullable SiteAverages sites;
  private @Nullable WellMoves jumps;
  private @Nullable WellMixture wells;

  private DualAveraging adaptation = new DualAveraging(TARGET_ACCEPTANCE, FIRST_STEP, LARGEST_STEP);
  private double frozenStep = Double.NaN;
  private long sweeps;
  private long measured;

  /**
   * @param chain index of the chain, part of the key of its random streams
   * @param layers averages of layers 1 to L
   * @param y targets, row-major P x K
   * @param testPoints null when there are none
   */
  SamplingChain(
      Backend backend,
      long seed,
      int chain,
      MarginalPosterior posterior,
      FieldPopulation population,
      List<LayerAverages> layers,
      TrajectoryLength length,
      double[] y,
      @Nullable TestPoints testPoints,
      int testCount) {
    this.backend = backend;
    this.seed = seed;
    this.chain = chain;
    this.posterior = posterior;
    this.population = population;
    this.layers = List.copyOf(layers);
    this.length = length;
    this.testPoints = testPoints;
    int points = population.dual().rows();
    int outputs = population.dual().columns();
    MemoryPlan plan = new MemoryPlan();
    plan(plan, "", points, outputs, testCount);
    memory = new Workspace(backend, plan);
    targets = memory.get("targets");
    testPrediction = testCount == 0 ? null : memory.get("test predictions");
    hasReadoutWeights =
        !population.readout().isEmpty()
            || layers.stream().anyMatch(layer -> layer.equilibrium().follows());
    readout = new ReadoutAverages(backend, posterior, targets);
    testPredictions = new BatchMeans(testCount * outputs, 1);
    backend.upload(y, targets);
    hmc =
        new CollectiveHmc(
            backend,
            seed,
            chain,
            memory.get("uniforms of the Metropolis step"),
            (xi, gradient) -> observe());
  }

  static void plan(MemoryPlan plan, String prefix, int points, int outputs, int testCount) {
    plan.add(prefix + "targets", Precision.FLOAT64, points, outputs)
        .add(prefix + "uniforms of the Metropolis step", Precision.FLOAT32, 1, 2)
        .addHost(BatchMeans.bytes((long) (points + testCount) * outputs));
    if (testCount > 0) {
      plan.add(prefix + "test predictions", Precision.FLOAT64, testCount, outputs);
    }
  }

  private void observe() {
    for (int l = 1; l <= layers.size(); l++) {
      int layer = l;
      EquilibriumIdentity identity = layers.get(l - 1).equilibrium();
      if (identity.follows()) {
        identity.turn((v, u) -> posterior.project(layer, v, u));
      }
      identity.observe(posterior.position(l), posterior.gradient(l));
    }
  }

  /** Draws the fields from the prior. */
  void start() {
    backend.fillGaussian(
        seed, RandomStreams.stream(RandomStreams.INITIAL_FIELD, chain, 0), 0, population.xi());
    posterior.refresh(population);
  }

  /**
   * Starts from fields of another solve.
   *
   * @param fields row-major, of the size of this population
   * @param step initial step of the adaptation, radians
   */
  void start(float[] fields, double step) {
    backend.upload(fields, population.xi());
    adaptation = new DualAveraging(TARGET_ACCEPTANCE, step, LARGEST_STEP);
    posterior.refresh(population);
  }

  /** The present fields, row-major, a row for each sample. */
  float[] fields() {
    float[] xi = new float[Math.toIntExact(population.xi().size())];
    backend.download(population.xi(), xi);
    return xi;
  }

  /**
   * One sweep over all blocks with adaptation of the step and without measurement. The kernel is
   * first recomputed, because the richness may have changed.
   *
   * @param conditions of this sweep
   */
  void burnIn(Conditions conditions) {
    posterior.setConditions(conditions);
    burnIn();
  }

  /** The same at the present conditions. */
  void burnIn() {
    posterior.refresh(population);
    moveAllBlocks();
    layers.forEach(layer -> layer.equilibrium().discardSweep());
  }

  /** Freezes the step; later sweeps are measured. */
  void freeze() {
    frozenStep = adaptation.settled();
    posterior.refresh(population);
    double[] v = download(population.dual());
    for (int l = 1; l <= layers.size(); l++) {
      layers.get(l - 1).equilibrium().aim(v, posterior.directions(l, v));
    }
    hmc.resetAcceptance();
  }

  /** One sweep over all blocks, then one measurement. */
  void sweep() {
    moveAllBlocks();
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
    if (jumps != null && wells != null) {
      jumps.move(population, wells, seed, chain, sweeps);
    }
    sweeps++;
  }

  /**
   * Ends every later sweep with jumps between wells.
   *
   * @param moves of this chain's device
   * @param mixture of the proposals; null for no jumps
   */
  void jump(@Nullable WellMoves moves, @Nullable WellMixture mixture) {
    jumps = moves;
    wells = mixture;
  }

  /** Measures the sites and filters of a convolutional network in later sweeps. */
  void watch(SiteAverages averages) {
    sites = averages;
  }

  /** Averages of sites and filters; null if not measured. */
  @Nullable SiteAverages sites() {
    return sites;
  }

  private void measure() {
    posterior.complete(population);
    if (sites != null && measured % SITE_INTERVAL == 0) {
      sites.measure(population);
    }
    for (int l = 1; l <= layers.size(); l++) {
      layers.get(l - 1).measure(population, l, targets, posterior.unitMatrix());
    }
    readout.measure(population);
    if (testPoints != null && testPrediction != null && measured % TEST_POINT_INTERVAL == 0) {
      backend.fill(0, testPrediction);
      testPoints.addPrediction(
          population, new TestPoints.Draw(seed, chain, sweeps), testPrediction);
      testPredictions.add(download(testPrediction));
    }
    measured++;
  }

  /** Mean of v over the measured sweeps, or the present v before the first, row-major P x K. */
  double[] meanDual() {
    return measured > 0 ? duals().mean() : download(population.dual());
  }

  /** Discards the measurements so far as burn-in. */
  void discard() {
    readout.clear();
    testPredictions.clear();
    layers.forEach(LayerAverages::clear);
    if (sites != null) {
      sites.clear();
    }
    snapshots.clear();
    measured = 0;
  }

  /**
   * Keeps the present fields and readout if due, so that at most {@code most} populations are
   * spread evenly over the measured sweeps.
   */
  void keepSnapshot(int most) {
    snapshots.look(
        most,
        () ->
            new Snapshot(
                fields(), download(hasReadoutWeights ? population.weights() : population.dual())));
  }

  /** Kept populations, oldest first. */
  List<Snapshot> snapshots() {
    return snapshots.all();
  }

  /**
   * The network of a kept population; the present population does not change.
   *
   * @param index of the snapshot, part of the key of random numbers
   * @throws IllegalStateException for a fully connected network
   */
  ChannelPosterior.Channels channels(int index) {
    if (!(posterior instanceof ChannelPosterior of)) {
      throw new IllegalStateException("a fully connected network has no channels");
    }
    float[] present = fields();
    try {
      backend.upload(snapshots().get(index).xi(), population.xi());
      return of.channels(population, new TestPoints.Draw(seed, chain, index));
    } finally {
      backend.upload(present, population.xi());
    }
  }

  /** Adds the effective dimension of the present population to its average. */
  void measureDimension() {
    readout.measureDimension(population);
  }

  /**
   * The mean of g Phi over the sweeps times u.
   *
   * @param u row-major P x K
   * @return row-major P x K
   * @throws IllegalStateException in the dual form
   */
  double[] meanKernelImage(double[] u) {
    return layers.get(layers.size() - 1).meanKernelImage(u);
  }

  /** Averages of the dual vector. */
  ReadoutAverages readout() {
    return readout;
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
    return readout.fit();
  }

  /** tr v^T v. */
  MonteCarloSeries dualSquare() {
    return readout.square();
  }

  /** Averages of layer l = 1 to L. */
  LayerAverages layer(int l) {
    return layers.get(l - 1);
  }

  /** v, P x K. */
  BatchMeans duals() {
    return readout.duals();
  }

  /** Predictions at the test points, P_t x K; of length 0 without test points. */
  BatchMeans testPredictions() {
    return testPredictions;
  }

  /** Adds the moving state to a state, without averages. */
  void saveMotion(SolverState state, String name) {
    state.put(name + "_xi", fields());
    state.put(
        name + "_numbers",
        population.potential(),
        frozenStep,
        sweeps,
        measured,
        population.jitter());
    state.put(name + "_adaptation", adaptation.state());
    state.put(name + "_acceptance", hmc.state());
  }

  /** Adds the full state of this chain to a checkpoint. */
  void save(SolverState state, String name) {
    saveMotion(state, name);
    for (int l = 1; l <= layers.size(); l++) {
      state.put(name + "_kernel_" + l, download(population.kernel(l)));
      layers.get(l - 1).save(state, name + "_layer_" + l);
    }
    state.put(name + "_dual", download(population.dual()));
    for (int i = 0; i < population.readout().size(); i++) {
      state.put(name + "_readout_" + i, download(population.readout().get(i)));
    }
    readout.save(state, name);
    testPredictions.save(state, name + "_tests");
    if (sites != null) {
      sites.save(state, name);
    }
    snapshots.save(state, name + "_snapshots");
  }

  private double[] download(Matrix matrix) {
    double[] values = new double[Math.toIntExact(matrix.size())];
    backend.download(matrix, values);
    return values;
  }

  /** Restores a saved state. */
  void restore(SolverState state, String name) {
    backend.upload(state.floats(name + "_xi"), population.xi());
    for (int l = 1; l <= layers.size(); l++) {
      backend.upload(state.doubles(name + "_kernel_" + l), population.kernel(l));
      layers.get(l - 1).restore(state, name + "_layer_" + l);
    }
    backend.upload(state.doubles(name + "_dual"), population.dual());
    for (int i = 0; i < population.readout().size(); i++) {
      backend.upload(state.doubles(name + "_readout_" + i), population.readout().get(i));
    }
    readout.restore(state, name);
    testPredictions.restore(state, name + "_tests");
    if (sites != null) {
      sites.restore(state, name);
    }
    double[] numbers = state.doubles(name + "_numbers");
    population.setPotential(numbers[0]);
    frozenStep = numbers[1];
    sweeps = (long) numbers[2];
    measured = (long) numbers[3];
    population.setJitter(numbers[4]);
    snapshots.restore(state, name + "_snapshots");
    adaptation.restore(state.doubles(name + "_adaptation"));
    hmc.restore(state.doubles(name + "_acceptance"));
  }

  /** Frees the averages; the owner closes the population and the layers. */
  @Override
  public void close() {
    memory.close();
  }
}
