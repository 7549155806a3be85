package org.richkernel.bayes;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendThreads;
import org.richkernel.network.NetworkSpec;
import org.richkernel.sampling.Mixing;
import org.richkernel.sampling.MonteCarloSeries;
import org.richkernel.sampling.SampleMean;
import org.richkernel.solver.SolverState;
import org.richkernel.stack.Conditions;
import org.richkernel.stack.FieldForm;

/**
 * The Markov chains of one solve, two at S samples and two at S/4, with the memory they live in and
 * what their averages say about each other.
 */
final class ChainEnsemble implements AutoCloseable {
  /** Independent chains at each number of samples. */
  static final int CHAINS = 2;

  /** R-hat that short chains in equilibrium do not reach by chance. */
  private static final double PLAIN_RHAT = 1.2;

  private final EnsembleLayout layout;
  private final SaddleOptions options;
  private final double[] y;
  private final List<ChainLane> lanes = new ArrayList<>();
  private final BackendThreads threads;
  private final SamplingChain[] large = new SamplingChain[CHAINS];
  private final SamplingChain[] small; // none for a posterior at finite width
  private final @Nullable NeuronHarvest harvest; // of one hidden layer
  private final @Nullable DualPosterior spread; // in its place where points are in several blocks
  private final @Nullable KernelHarvest kernels; // of deep networks in the dual form
  private final @Nullable SampleSizeTest sampleSize; // of the dual form
  private double[] reference = new double[0]; // u of the test of S, none before the first round
  private final int run;
  private @Nullable WellMixture wells; // null before the first search
  private final OwnedResources owned = new OwnedResources();

  /**
   * Chains of a fully connected network.
   *
   * @param y targets, row-major P x K
   * @param test coordinates of the test points; null when there are none
   * @param run number of the solve among those of a path; names the random streams
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
   * @param run number of the solve among those of a path; names the random streams
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
    small = new SamplingChain[layout.chains().size() - CHAINS];
    List<List<Backend>> open = layout.openLanes();
    threads = owned.own(new BackendThreads("lane", open));
    try {
      for (List<Backend> each : open) {
        lanes.add(owned.own(ChainLane.of(layout, each, inputs, y)));
      }
      for (EnsembleLayout.Chain chain : layout.chains()) {
        SamplingChain made = chain(chain, run);
        watch(made, chain, inputs);
        if (chain.index() < CHAINS) {
          large[chain.index()] = made;
        } else {
          small[chain.index() - CHAINS] = made;
        }
      }
      DualPosterior dual =
          lanes.get(0).posterior() instanceof DualPosterior posterior ? posterior : null;
      spread = layout.hasNeurons() && layout.hasSpreadPoints() ? dual : null;
      harvest =
          layout.hasNeurons() && spread == null
              ? owned.own(
                  new NeuronHarvest(
                      lanes.get(0).backend(),
                      network.activation(),
                      lanes.get(0).posterior().inputFactor(),
                      layout.outputs(),
                      layout.panelRows(lanes.get(0).backend()),
                      layout.isDual() && layout.formsKernels()))
              : null;
      kernels =
          dual == null || layout.depth() == 1 || !layout.formsKernels()
              ? null
              : owned.own(
                  new KernelHarvest(lanes.get(0).backend(), network, dual, inputs.points()));
      sampleSize =
          dual != null && options.extrapolates()
              ? new SampleSizeTest(dual, y, options.kappa())
              : null;
    } catch (RuntimeException e) {
      // The memory ran out half-way: what was allocated before goes back.
      throw owned.closedAfter(e);
    }
  }

  /**
   * A chain lives in one lane of one device from start to end and draws from streams of its own, so
   * the numbers are those of a single lane.
   */
  private SamplingChain chain(EnsembleLayout.Chain chain, int run) {
    ChainLane lane = lanes.get(layout.place(chain));
    FieldPopulation population =
        owned.own(lane.posterior().newPopulation(chain.samples(), chain.blocks()));
    List<LayerAverages> layers = new ArrayList<>();
    for (int l = 1; l <= layout.depth(); l++) {
      layers.add(owned.own(averages(lane.backend(), chain, l)));
    }
    return owned.own(
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
  }

  private void watch(SamplingChain made, EnsembleLayout.Chain chain, SampledInputs inputs) {
    ChainLane lane = lanes.get(layout.place(chain));
    if (lane.posterior() instanceof ConvolutionPosterior posterior) {
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
  }

  private LayerAverages averages(Backend backend, EnsembleLayout.Chain chain, int layer) {
    int width = layout.widths().widths(chain.samples())[layer - 1];
    boolean weights = layout.hasWeights() && layer > 1;
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

  /** Does something with every chain, one after the other. */
  void forEach(Consumer<SamplingChain> action) {
    for (SamplingChain chain : large) {
      action.accept(chain);
    }
    for (SamplingChain chain : small) {
      action.accept(chain);
    }
  }

  /** Moves every chain: those of one lane in order, lanes at the same time. */
  void move(Consumer<SamplingChain> action) {
    threads.run(
        lane -> {
          for (EnsembleLayout.Chain each : layout.chains()) {
            if (layout.place(each) == lane) {
              int c = each.index();
              action.accept(c < large.length ? large[c] : small[c - large.length]);
            }
          }
        });
  }

  /** Draws all fields from the prior, or takes those of another solve, at the given conditions. */
  void start(@Nullable WarmStart from, Conditions conditions) {
    lanes.forEach(lane -> lane.posterior().setConditions(conditions));
    for (int c = 0; c < large.length + small.length; c++) {
      SamplingChain chain = c < large.length ? large[c] : small[c - large.length];
      if (from == null) {
        chain.start();
      } else {
        chain.start(from.fields().get(c), from.steps()[c]);
      }
    }
  }

  /** The populations as they are, for another solve. */
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
   * Looks for wells of a single neuron at the mean dual vector of the chains, the same for all;
   * chains jump between them from here on, and within them where there is one alone. Nothing
   * happens where the network can have none.
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
      SamplingChain chain =
          each.index() < CHAINS ? large[each.index()] : small[each.index() - CHAINS];
      chain.jump(lanes.get(layout.place(each)).jumps(), found.hasAny() ? found : null);
    }
  }

  /**
   * Half of the chains come down from a state that is too rich: chains that all rise from the prior
   * would err the same way, and no comparison of theirs could tell.
   */
  private boolean isRich(SamplingChain chain) {
    return chain == large[CHAINS - 1] || (small.length > 0 && chain == small[CHAINS - 1]);
  }

  /** Keeps the populations as they are for predictions at new inputs. */
  void keepSnapshots() {
    forEach(chain -> chain.keepSnapshot(layout.snapshots()));
    if (sampleSize != null && reference.length == 0) {
      follow(estimate().dual().value());
      forEach(SamplingChain::followReference);
    }
  }

  /** Sets the vectors whose images under the kernels are measured. */
  private void follow(double[] u) {
    reference = u;
    for (ChainLane lane : lanes) {
      if (lane.posterior() instanceof DualPosterior dual) {
        dual.setReference(u);
      }
    }
  }

  /** Counts what was measured so far among the burn-in. */
  void discard() {
    forEach(SamplingChain::discard);
    reference = new double[0];
  }

  /** The predictor of one hidden layer, of the populations that were kept. */
  SampledPredictor neurons(AdaptiveProblem problem, InputFactor input) {
    if (spread != null) {
      return NeuronHarvest.predictor(
          problem, input, this, (snapshot, weight) -> readout(spread, snapshot, weight));
    }
    if (harvest == null) {
      throw new IllegalStateException("neurons of a deep network are not independent");
    }
    return harvest.predictor(problem, input, this);
  }

  /** weight phi(h) v, S x K, summed over the points wherever they are. */
  private static float[] readout(
      DualPosterior points, SamplingChain.Snapshot snapshot, double weight) {
    double[] image = points.image(snapshot.xi(), snapshot.dual());
    float[] readout = new float[image.length];
    for (int i = 0; i < image.length; i++) {
      readout[i] = (float) (weight * image[i]);
    }
    return readout;
  }

  /**
   * The predictor of a convolutional network, of the populations that were kept.
   *
   * @param patches factor of the training patches
   */
  ConvolutionPredictor channels(AdaptiveProblem problem, InputFactor patches) {
    List<float[]> weights = new ArrayList<>();
    List<float[]> readouts = new ArrayList<>();
    for (EnsembleLayout.Chain each : layout.chains()) {
      ChainLane lane = lanes.get(layout.place(each));
      if (lane.posterior() instanceof ConvolutionPosterior posterior) {
        SamplingChain chain =
            each.index() < CHAINS ? large[each.index()] : small[each.index() - CHAINS];
        for (int i = 0; i < chain.snapshots().size(); i++) {
          ConvolutionPosterior.Channels channels = chain.channels(posterior, i);
          weights.add(channels.weights());
          readouts.add(channels.readout());
        }
      }
    }
    return new ConvolutionPredictor(
        problem.network(),
        problem.trainInputs().shape(),
        patches.projector(),
        Populations.of(problem.options(), this, FieldForm.WEIGHTS, weights),
        Populations.concatenated(readouts),
        layout.outputs());
  }

  /** The averages so far, extrapolated. */
  SaddleEstimate estimate() {
    return new SaddleEstimate(large, small, layout.points());
  }

  /** Judges the averages so far. */
  Certificate certificate(SaddleEstimate estimate) {
    List<Certificate.Layer> layers = new ArrayList<>();
    int worst = 0;
    for (int l = 1; l <= layout.depth(); l++) {
      layers.add(layer(estimate, l));
      if (layers.get(l - 1).excess() > layers.get(worst).excess()) {
        worst = l - 1;
      }
    }
    return new Certificate(
        layers.get(worst).residual(),
        layers.get(worst).residualError(),
        SaddleEstimate.mean(estimate.large(), SamplingChain::largestShare).value(),
        large[0].measured(),
        mixing(estimate, series -> series),
        layers,
        wells == null ? OptionalInt.empty() : OptionalInt.of(wells.wells()),
        sampleSize(large, small));
  }

  /** Whether S and S/4 are enough for the extrapolation, in the dual form. */
  Optional<Certificate.SampleSize> sampleSize(SamplingChain[] atS, SamplingChain[] atQuarter) {
    return sampleSize == null
        ? Optional.empty()
        : Optional.of(sampleSize.of(atS, atQuarter, reference));
  }

  /** Devices that hold the points of a chain among them. */
  int spread() {
    return layout.spread();
  }

  /** How the readout is integrated out, and what layers above the first are made of. */
  PosteriorForm form() {
    return layout.form();
  }

  /**
   * g_l Phi^l of the populations that were kept, extrapolated, row-major P x P; none where the dual
   * form does not form them.
   */
  List<double[]> keptKernels() {
    if (kernels != null) {
      return kernels.kernels(this);
    }
    return harvest != null && layout.isDual() && layout.formsKernels()
        ? List.of(harvest.kernel(this, layout.parameters().readoutVariance()))
        : List.of();
  }

  private static Certificate.Layer layer(SaddleEstimate estimate, int l) {
    SampleMean mismatch =
        SaddleEstimate.mean(estimate.large(), chain -> chain.layer(l).equilibrium().mismatch());
    double scale =
        SaddleEstimate.mean(estimate.large(), chain -> chain.layer(l).equilibrium().spread())
            .value();
    return new Certificate.Layer(
        l, Math.abs(mismatch.value()) / scale, mismatch.standardError() / scale);
  }

  /**
   * Mixing of the chains, judged by every scalar that is measured.
   *
   * @param part of a series that is looked at
   */
  private Mixing mixing(SaddleEstimate estimate, UnaryOperator<MonteCarloSeries> part) {
    Mixing mixing = Mixing.none();
    for (List<SamplingChain> group : estimate.groups()) {
      String at = " at S=" + group.get(0).samples();
      for (Map.Entry<String, Function<SamplingChain, MonteCarloSeries>> scalar :
          scalars().entrySet()) {
        mixing =
            mixing.with(
                scalar.getKey() + at, group.stream().map(scalar.getValue()).map(part).toList());
      }
    }
    return mixing;
  }

  /**
   * Scalars that are monitored, by name. The largest share is not among them: a homogeneous
   * activation leaves open how many neurons carry what is learnt, and while one neuron slowly
   * gathers it no other number moves (bench/results/sampler.md).
   */
  private Map<String, Function<SamplingChain, MonteCarloSeries>> scalars() {
    Map<String, Function<SamplingChain, MonteCarloSeries>> scalars = new LinkedHashMap<>();
    scalars.put("y.v", SamplingChain::dualFit);
    scalars.put("v.v", SamplingChain::dualSquare);
    for (int l = 1; l <= layout.depth(); l++) {
      int layer = l;
      String of = " of layer " + l;
      scalars.put("the alignment" + of, chain -> chain.layer(layer).alignment());
      scalars.put("the trace" + of, chain -> chain.layer(layer).trace());
      scalars.put("the Frobenius norm" + of, chain -> chain.layer(layer).frobenius());
      scalars.put("y.Phi.y" + of, chain -> chain.layer(layer).fit());
    }
    return scalars;
  }

  /**
   * Whether the chains plainly disagree over all sweeps that were measured and agree over the later
   * half: the earlier ones belong to the burn-in.
   */
  boolean isStillBurningIn(SaddleEstimate estimate) {
    return !(mixing(estimate, series -> series).rHat() < PLAIN_RHAT)
        && mixing(estimate, MonteCarloSeries::laterHalf).rHat() < Mixing.LARGEST_RHAT;
  }

  /** Mean acceptance probability of the chains at S. */
  double acceptance() {
    double acceptance = 0;
    for (SamplingChain chain : large) {
      acceptance += chain.acceptance() / CHAINS;
    }
    return acceptance;
  }

  /** Chains at S samples. */
  SamplingChain[] large() {
    return large;
  }

  /** Chains at S/4 samples. */
  SamplingChain[] small() {
    return small;
  }

  /** Relative jitter of the covariances of the layers above the first; 0 where there is none. */
  double jitter() {
    double largest = 0;
    for (SamplingChain[] chains : List.of(large, small)) {
      for (SamplingChain chain : chains) {
        largest = Math.max(largest, chain.population().jitter());
      }
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

  /** Adds everything that determines the future of the chains to a checkpoint. */
  void save(SolverState state) {
    for (int c = 0; c < large.length; c++) {
      large[c].save(state, "large_" + c);
    }
    for (int c = 0; c < small.length; c++) {
      small[c].save(state, "small_" + c);
    }
    if (layout.isDual()) {
      state.put("reference", reference);
    }
    if (layout.hasWellMoves()) {
      state.put("wells", wells == null ? new double[0] : wells.state());
    }
  }

  /** Takes up a saved state. */
  void restore(SolverState state) {
    for (int c = 0; c < large.length; c++) {
      large[c].restore(state, "large_" + c);
    }
    for (int c = 0; c < small.length; c++) {
      small[c].restore(state, "small_" + c);
    }
    if (layout.isDual() && state.doubles("reference").length > 0) {
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
