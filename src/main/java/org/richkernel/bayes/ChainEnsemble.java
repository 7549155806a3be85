package org.richkernel.bayes;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendThreads;
import org.richkernel.compute.OwnedResources;
import org.richkernel.network.NetworkSpec;
import org.richkernel.sampling.SampleMean;
import org.richkernel.solver.SolverState;
import org.richkernel.stack.Conditions;

/**
 * The Markov chains of one solve, two at S samples and, except at finite width, two at S/4, with
 * their memory and the comparison of their averages.
 */
final class ChainEnsemble implements AutoCloseable {
  /** Independent chains at each number of samples. */
  static final int CHAINS = 2;

  private final EnsembleLayout layout;
  private final SaddleOptions options;
  private final double[] y;
  private final List<ChainLane> lanes = new ArrayList<>();
  private final BackendThreads threads;
  private final List<SamplingChain> chains = new ArrayList<>(); // as the layout has them
  private final Harvest harvest;
  private final @Nullable SampleSizeTest sampleSize; // where S is extrapolated from
  private final @Nullable KernelSpread spread; // where the dual form extrapolates nothing
  private double[] reference = new double[0]; // u of the test of S, none before the first round
  private final int run;
  private @Nullable WellMixture wells; // null before the first search
  private final OwnedResources owned = new OwnedResources();

  /**
   * Chains of a fully connected network.
   *
   * @param y targets, row-major P x K
   * @param test coordinates of the test points; null when there are none
   * @param run index of the solve in a path, part of the key of the random streams
   */
  ChainEnsemble(
      Backend backend,
      NetworkSpec network,
      InputFactor input,
      double[] y,
      SaddleOptions options,
      InputFactor.@Nullable Coordinates test,
      int run) {
    this(backend, network, SampledInputs.dense(input, test), y, options, run);
  }

  /**
   * Chains of any network.
   *
   * @param y targets, row-major P x K
   * @param run index of the solve in a path, part of the key of the random streams
   */
  ChainEnsemble(
      Backend backend,
      NetworkSpec network,
      SampledInputs inputs,
      double[] y,
      SaddleOptions options,
      int run) {
    this.options = options;
    this.run = run;
    this.y = y;
    layout =
        EnsembleLayout.of(
            backend,
            network,
            options,
            inputs.points(),
            inputs.factor().rank(),
            y.length / inputs.points(),
            inputs.tests(),
            inputs.convolution());
    List<List<Backend>> open = layout.openLanes();
    threads = owned.own(new BackendThreads("lane", open));
    try {
      for (List<Backend> each : open) {
        lanes.add(owned.own(ChainLane.of(layout, each, inputs, y)));
      }
      for (EnsembleLayout.Chain chain : layout.chains()) {
        chains.add(chain(chain, inputs));
      }
      SampledInputs left = layout.isDual() ? inputs.withoutPoints() : inputs;
      harvest = owned.own(new Harvest(this, layout, lanes.get(0), left));
      sampleSize =
          options.extrapolates()
              ? new SampleSizeTest(lanes.get(0).posterior(), y, options.kappa())
              : null;
      spread =
          layout.comparesPopulations() && lanes.get(0).posterior() instanceof DualPosterior dual
              ? owned.own(new KernelSpread(dual, network, options.samples()))
              : null;
    } catch (RuntimeException e) {
      // The memory ran out half-way: release the earlier allocations.
      throw owned.closedAfter(e);
    }
  }

  /**
   * A chain stays in one lane of one device and uses its own random streams, so the numbers do not
   * depend on the number of lanes.
   */
  private SamplingChain chain(EnsembleLayout.Chain chain, SampledInputs inputs) {
    ChainLane lane = lanes.get(layout.place(chain));
    FieldPopulation population =
        owned.own(lane.posterior().newPopulation(chain.samples(), chain.blocks()));
    List<LayerAverages> layers = new ArrayList<>();
    for (int l = 1; l <= layout.depth(); l++) {
      layers.add(owned.own(averages(lane.backend(), lane.posterior(), chain, l)));
    }
    SamplingChain made =
        owned.own(
            new SamplingChain(
                lane.backend(),
                options.seed(),
                run * 2 * CHAINS + chain.index(),
                lane.posterior(),
                population,
                layers,
                TrajectoryLength.OF_A_SOLVE,
                y,
                lane.testPoints(),
                layout.tests()));
    if (lane.posterior() instanceof ChannelPosterior posterior) {
      made.watch(
          owned.own(
              new SiteAverages(
                  lane.backend(),
                  layout.convolution().orElseThrow(),
                  posterior,
                  y,
                  inputs.factor().projector(),
                  chain.samples())));
    }
    return made;
  }

  private LayerAverages averages(
      Backend backend, MarginalPosterior posterior, EnsembleLayout.Chain chain, int layer) {
    int width = layout.widths().widths(chain.samples())[layer - 1];
    boolean weights = layout.hasWeights() && layer > 1;
    if (posterior instanceof DualConvolutionPosterior channels) {
      return LayerAverages.channels(backend, channels, layer, chain.samples());
    }
    return layout.isDual()
        ? LayerAverages.dual(
            backend,
            width,
            weights ? layout.points() : 0,
            layout.outputs(),
            chain.samples(),
            chain.blockRows(),
            layout.network().weightVariance(layer))
        : new LayerAverages(
            backend, width, layout.points(), layout.outputs(), chain.blockRows(), weights);
  }

  /** One measured sweep of every chain. */
  void sweep() {
    move(SamplingChain::sweep);
    if (spread != null) {
      spread.measure(chains.get(0), chains.get(1));
    }
  }

  /**
   * Spread of g_l Phi^l of single sweeps around its mean, in squared Frobenius norm; empty where
   * means are known otherwise.
   *
   * @param layer l = 1 to L
   */
  Optional<SampleMean> kernelSpread(int layer) {
    return Optional.ofNullable(spread).map(measured -> measured.of(layer));
  }

  /** Applies an action to every chain, one after the other. */
  void forEach(Consumer<SamplingChain> action) {
    chains.forEach(action);
  }

  /** Receives a population and the weight of phi^T phi in the extrapolation of g Phi. */
  @FunctionalInterface
  interface Use {
    void accept(SamplingChain.Snapshot snapshot, double weight);
  }

  /**
   * Visits the kept populations.
   *
   * @param readoutVariance g
   */
  void forEachKept(double readoutVariance, Use use) {
    for (SamplingChain chain : chains) {
      boolean atS = chains.indexOf(chain) < CHAINS;
      double share = !options.extrapolates() ? 1 : atS ? 4.0 / 3 : -1.0 / 3;
      List<SamplingChain.Snapshot> kept = chain.snapshots();
      double weight = share * readoutVariance / ((double) CHAINS * kept.size() * chain.samples());
      kept.forEach(snapshot -> use.accept(snapshot, weight));
    }
  }

  /** Moves every chain: chains of one lane in order, lanes in parallel. */
  void move(Consumer<SamplingChain> action) {
    threads.run(
        lane -> {
          for (EnsembleLayout.Chain each : layout.chains()) {
            if (layout.place(each) == lane) {
              action.accept(chains.get(each.index()));
            }
          }
        });
  }

  /** Draws all fields from the prior, or copies those of another solve, at the given conditions. */
  void start(@Nullable WarmStart from, Conditions conditions) {
    lanes.forEach(lane -> lane.posterior().setConditions(conditions));
    for (int c = 0; c < chains.size(); c++) {
      SamplingChain chain = chains.get(c);
      if (from == null) {
        chain.start();
      } else {
        chain.start(from.fields().get(c), from.steps()[c]);
      }
    }
  }

  /** The present populations, for another solve. */
  WarmStart end() {
    List<float[]> fields = new ArrayList<>();
    List<Double> steps = new ArrayList<>();
    forEach(
        chain -> {
          fields.add(chain.fields());
          steps.add(chain.step());
        });
    return new WarmStart(
        options.gamma(),
        options.kappa(),
        fields,
        steps.stream().mapToDouble(Double::doubleValue).toArray());
  }

  /** One sweep of the burn-in of every chain. */
  void burnIn(Annealing annealing, long sweep) {
    move(chain -> chain.burnIn(annealing.at(sweep, isRich(chain))));
  }

  /**
   * Searches wells of a single neuron at the mean dual vector of all chains. From then on the
   * chains jump between the wells, or within a single one. A network without wells is left as it
   * is.
   */
  void searchWells() {
    WellMoves jumps = lanes.get(0).jumps();
    if (jumps == null) {
      return;
    }
    double[] v = new double[layout.points() * layout.outputs()];
    List<float[]> fields = new ArrayList<>();
    forEach(
        chain -> {
          double[] dual = chain.meanDual();
          for (int i = 0; i < v.length; i++) {
            v[i] += dual[i] / layout.chains().size();
          }
          fields.add(chain.fields());
        });
    jumpBetween(jumps.search(v, fields, options.seed(), run));
  }

  private void jumpBetween(WellMixture found) {
    wells = found;
    for (EnsembleLayout.Chain each : layout.chains()) {
      chains
          .get(each.index())
          .jump(lanes.get(layout.place(each)).jumps(), found.hasAny() ? found : null);
    }
  }

  /**
   * Whether a chain starts from too rich a state. Half of the chains do: if all rose from the prior
   * they would share one bias, which no comparison between them shows.
   */
  private boolean isRich(SamplingChain chain) {
    return chains.indexOf(chain) % CHAINS == CHAINS - 1;
  }

  /** Keeps the present populations for predictions at new inputs, and their dimensions. */
  void keepSnapshots() {
    forEach(chain -> chain.keepSnapshot(layout.snapshots()));
    if (sampleSize != null) {
      forEach(SamplingChain::measureDimension);
    }
  }

  /** Measures images of the present mean of v in later sweeps, if they do not yet. */
  void followMeanDual() {
    if (sampleSize != null && reference.length == 0) {
      follow(estimate().dual().value());
      forEach(chain -> chain.readout().followReference());
    }
  }

  /** Sets the vectors u of the measured images g Phi u. */
  private void follow(double[] u) {
    reference = u;
    for (ChainLane lane : lanes) {
      lane.posterior().setReference(u);
    }
  }

  /** Discards the measurements so far as burn-in. */
  void discard() {
    forEach(SamplingChain::discard);
    if (spread != null) {
      spread.clear();
    }
    reference = new double[0];
  }

  /** The averages so far, extrapolated. */
  SaddleEstimate estimate() {
    return new SaddleEstimate(large(), small(), layout.points());
  }

  /** Tests the averages so far. */
  Certificate certificate(SaddleEstimate estimate) {
    return new ConvergenceTests(estimate)
        .certificate(
            wells == null ? OptionalInt.empty() : OptionalInt.of(wells.wells()),
            sampleSize(large(), small()));
  }

  /** Test that S and S/4 are enough for the extrapolation; empty without an extrapolation. */
  Optional<Certificate.SampleSize> sampleSize(SamplingChain[] atS, SamplingChain[] atQuarter) {
    return sampleSize == null
        ? Optional.empty()
        : Optional.of(sampleSize.of(atS, atQuarter, reference));
  }

  /** Number of devices that share the points of a chain. */
  int spread() {
    return layout.spread();
  }

  /** Form of the readout and parametrization of the layers above the first. */
  PosteriorForm form() {
    return layout.form();
  }

  /** Source of predictors and kernels from the kept populations. */
  Harvest harvest() {
    return harvest;
  }

  /** Mean acceptance probability of the chains at S. */
  double acceptance() {
    double acceptance = 0;
    for (SamplingChain chain : large()) {
      acceptance += chain.acceptance() / CHAINS;
    }
    return acceptance;
  }

  /** Chains at S samples. */
  SamplingChain[] large() {
    return chains.subList(0, CHAINS).toArray(SamplingChain[]::new);
  }

  /** Chains at S/4 samples; none for a posterior at finite width. */
  SamplingChain[] small() {
    return chains.subList(CHAINS, chains.size()).toArray(SamplingChain[]::new);
  }

  /** Relative jitter of the covariances of the layers above the first; 0 without factorizations. */
  double jitter() {
    double largest = 0;
    for (SamplingChain chain : chains) {
      largest = Math.max(largest, chain.population().jitter());
    }
    return largest;
  }

  /** Wall-clock time spent in Gram matrices, the mean over the lanes. */
  long gramNanos() {
    return lanes.stream().mapToLong(lane -> lane.posterior().gramNanos()).sum() / lanes.size();
  }

  /** Wall-clock time spent in factorizations, the mean over the lanes. */
  long solveNanos() {
    return lanes.stream().mapToLong(lane -> lane.posterior().solveNanos()).sum() / lanes.size();
  }

  /** Adds the moving state of the chains to a state, without averages. */
  void saveMotion(SolverState state) {
    for (int c = 0; c < chains.size(); c++) {
      chains.get(c).saveMotion(state, name(c));
    }
  }

  /** Adds the full state of the chains to a checkpoint. */
  void save(SolverState state) {
    for (int c = 0; c < chains.size(); c++) {
      chains.get(c).save(state, name(c));
    }
    state.put("reference", reference);
    if (spread != null) {
      spread.save(state);
    }
    if (layout.hasWellMoves()) {
      state.put("wells", wells == null ? new double[0] : wells.state());
    }
  }

  private static String name(int chain) {
    return chain < CHAINS ? "large_" + chain : "small_" + (chain - CHAINS);
  }

  /** Restores a saved state. */
  void restore(SolverState state) {
    for (int c = 0; c < chains.size(); c++) {
      chains.get(c).restore(state, name(c));
    }
    if (spread != null) {
      spread.restore(state);
    }
    if (state.doubles("reference").length > 0) {
      follow(state.doubles("reference"));
    }
    if (layout.hasWellMoves() && state.doubles("wells").length > 0) {
      jumpBetween(WellMixture.restored(state.doubles("wells")));
    }
  }

  @Override
  public void close() {
    owned.close();
  }
}
