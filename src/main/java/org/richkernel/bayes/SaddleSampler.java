package org.richkernel.bayes;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.solver.MonteCarloSeries;
import org.richkernel.solver.Progress;
import org.richkernel.solver.RunControl;
import org.richkernel.solver.SolverState;
import org.richkernel.solver.StopReason;

/**
 * Finds the saddle point of a network with one hidden layer by sampling: two chains at S samples
 * and two at S/4, burnt in, averaged until the certificate holds, and extrapolated.
 *
 * <p>The state between two sweeps is all there is to a checkpoint; a run that is stopped and
 * resumed gives the bits of the uninterrupted one at the same number of threads.
 */
final class SaddleSampler implements AutoCloseable {
  /** Independent chains at each number of samples. */
  static final int CHAINS = 2;

  /** Sweeps during which the step adapts and the prior draw is forgotten. */
  static final int BURN_IN = 40;

  /** Sweeps of the burn-in during which the richness rises from 0 to gamma. */
  private static final int RAMP = 20;

  /** A population in which one sample has a larger share of the fit is not at the saddle. */
  private static final double LARGEST_SHARE = 0.5;

  /** Sweeps between two looks at the certificate. */
  static final int ROUND = 20;

  /** Looks in a row that must pass. */
  private static final int PASSES = 2;

  /** Fewest independent samples per chain before the certificate counts. */
  private static final double MIN_EFFECTIVE_SWEEPS = 10;

  /** Chains whose means differ by more than this many standard errors do not agree. */
  private static final double AGREEMENT = 4;

  /** Columns of {@link #history()}. */
  static final List<String> HISTORY_COLUMNS =
      List.of(
          "sweep",
          "residual",
          "residual_error",
          "equilibrium",
          "equilibrium_error",
          "effective_sweeps",
          "disagreement",
          "largest_share");

  private static final int MOST_SNAPSHOTS = 8;

  /** All snapshots together take at most 32 MB, unless a single one of each chain takes more. */
  private static final long SNAPSHOT_FLOATS = 8_000_000;

  private enum Phase {
    BURN_IN,
    SAMPLING,
    DONE
  }

  private final InputFactor input;
  private final SaddleOptions options;
  private final double[] y;
  private final int blockRows;
  private final List<ChainDevice> devices = new ArrayList<>();
  private final DeviceThreads threads;
  private final SamplingChain[] large = new SamplingChain[CHAINS];
  private final SamplingChain[] small; // none for a posterior at finite width
  private final List<AutoCloseable> owned = new ArrayList<>();

  private Phase phase = Phase.BURN_IN;
  private long sweep; // within the phase
  private int passes;
  private boolean certified;
  private final List<double[]> history = new ArrayList<>();
  private @Nullable SaddleEstimate estimate;
  private long nanos;

  /**
   * @param readoutVariance g_L
   * @param y targets, row-major P x K
   * @param test coordinates of the test points; null when there are none
   */
  SaddleSampler(
      Backend backend,
      Activation activation,
      InputFactor input,
      double[] y,
      double readoutVariance,
      SaddleOptions options,
      InputFactor.@Nullable Coordinates test) {
    this.input = input;
    this.options = options;
    this.y = y;
    int points = input.points();
    int outputs = y.length / points;
    int quarter = options.samples() / 4;
    BlockSizes sizes = BlockSizes.of(activation, options, points);
    blockRows = sizes.rows();
    small = new SamplingChain[options.extrapolates() ? CHAINS : 0];
    HiddenLayerPosterior.Parameters parameters =
        new HiddenLayerPosterior.Parameters(
            options.gamma(),
            options.kappa(),
            readoutVariance,
            0.5 * options.determinantWeight() * outputs);
    List<Backend> used = devices(backend, options);
    threads = own(new DeviceThreads(used.size()));
    try {
      for (Backend each : used) {
        devices.add(
            new ChainDevice(
                each,
                own(new HiddenLayerPosterior(each, activation, input, y, parameters, blockRows)),
                test == null
                    ? null
                    : own(
                        new TestPointKernel(
                            each, activation, input, test, panelRows(each, blockRows, points)))));
      }
      int testCount = test == null ? 0 : test.deviation().length;
      for (int c = 0; c < CHAINS; c++) {
        large[c] = chain(c, options.samples(), sizes.largeBlocks(), testCount);
      }
      for (int c = 0; c < small.length; c++) {
        small[c] = chain(CHAINS + c, quarter, sizes.smallBlocks(), testCount);
      }
    } catch (RuntimeException e) {
      // The memory ran out half-way: what was allocated before goes back.
      close();
      throw e;
    }
  }

  /** The devices that there are chains for. */
  private static List<Backend> devices(Backend backend, SaddleOptions options) {
    List<Backend> all = backend.devices();
    return all.subList(0, Math.min(all.size(), options.extrapolates() ? 2 * CHAINS : CHAINS));
  }

  /**
   * A chain lives on one device from start to end and draws from streams of its own, so the numbers
   * are those of a single device. Two devices get a chain at S and one at S/4 each.
   */
  private SamplingChain chain(int index, int samples, int blocks, int testCount) {
    ChainDevice device = devices.get(index % devices.size());
    FieldPopulation population = own(device.posterior().newPopulation(samples, blocks));
    EquilibriumIdentity identity =
        own(new EquilibriumIdentity(device.backend(), input, y.length / input.points(), blockRows));
    return own(
        new SamplingChain(
            device.backend(),
            options.seed(),
            index,
            device.posterior(),
            population,
            identity,
            TrajectoryLength.OF_A_SOLVE,
            y,
            device.testPoints(),
            testCount));
  }

  private <T extends AutoCloseable> T own(T resource) {
    owned.add(resource);
    return resource;
  }

  private static int panelRows(Backend backend, int blockRows, int points) {
    return Math.min(blockRows, backend.panelRows(points));
  }

  /** Everything the solve will hold at once. */
  static MemoryPlan plan(
      Backend backend,
      Activation activation,
      SaddleOptions options,
      int points,
      int rank,
      int outputs,
      int testCount) {
    MemoryPlan plan = new MemoryPlan();
    int quarter = options.samples() / 4;
    int blockRows = BlockSizes.of(activation, options, points).rows();
    List<Backend> used = devices(backend, options);
    for (int d = 0; d < used.size(); d++) {
      plan.onDevice(d);
      HiddenLayerPosterior.plan(
          plan, points, rank, outputs, blockRows, options.determinantWeight());
      if (testCount > 0) {
        int panel = panelRows(used.get(d), blockRows, points);
        TestPointKernel.plan(plan, points, rank, testCount, panel);
      }
    }
    for (int c = 0; c < CHAINS; c++) {
      for (int samples :
          options.extrapolates()
              ? new int[] {options.samples(), quarter}
              : new int[] {options.samples()}) {
        plan.onDevice((samples == quarter ? CHAINS + c : c) % used.size());
        String name = "chain " + c + ", S=" + samples + ": ";
        FieldPopulation.plan(plan, name, samples, rank, points, outputs);
        SamplingChain.plan(plan, name, points, outputs, testCount);
        EquilibriumIdentity.plan(plan, name, points, rank, outputs, blockRows);
      }
    }
    // Means of four chains and the extrapolated pair, taken to the host at each look.
    long averages = (long) points * points + (long) testCount * outputs;
    long snapshots =
        (long) snapshotCapacity(options, rank)
            * CHAINS
            * (options.samples() + (options.extrapolates() ? quarter : 0))
            * rank;
    return plan.addHost(8 * averages * (2 * CHAINS + 2) + Float.BYTES * snapshots);
  }

  /** Runs to the end, or to a stop; returns why it ended. */
  StopReason run(RunControl control) {
    long start = System.nanoTime();
    StopReason stop = runPhases(control);
    nanos = System.nanoTime() - start;
    return stop;
  }

  private StopReason runPhases(RunControl control) {
    Optional<SolverState> saved = control.checkpoints().load();
    if (saved.isPresent()) {
      restore(saved.get());
    } else {
      forEachChain(SamplingChain::start);
    }
    while (phase != Phase.DONE) {
      if (control.stop().isRaised()) {
        control.checkpoints().save(iterations(), state());
        return StopReason.INTERRUPTED;
      }
      step();
      control.listener().progress(progress());
      if (control.checkpoints().due()) {
        control.checkpoints().save(iterations(), state());
      }
    }
    return certified ? StopReason.CONVERGED : StopReason.BUDGET;
  }

  /** Chains of one device in order, devices at the same time. */
  private void forEachChain(java.util.function.Consumer<SamplingChain> action) {
    threads.run(
        device -> {
          for (int c = device; c < large.length + small.length; c += devices.size()) {
            action.accept(c < large.length ? large[c] : small[c - large.length]);
          }
        });
  }

  /** One sweep of the present phase, and the passage to the next. */
  private void step() {
    sweep++;
    switch (phase) {
      case BURN_IN -> {
        // A prior draw at full richness would turn its excess energy into heat, which can condense
        // the population; the richness rises slowly instead.
        double fraction = Math.min(1, sweep / (double) RAMP);
        devices.forEach(device -> device.posterior().ramp(fraction));
        forEachChain(SamplingChain::burnIn);
        if (sweep == BURN_IN) {
          forEachChain(SamplingChain::freeze);
          enter(Phase.SAMPLING);
        }
      }
      case SAMPLING -> {
        forEachChain(SamplingChain::sweep);
        boolean last = sweep == options.maxSweeps();
        if (sweep % ROUND == 0 || last) {
          look();
        }
        if (passes == PASSES || last) {
          certified = passes == PASSES;
          phase = Phase.DONE;
        }
      }
      case DONE -> throw new IllegalStateException("the solve has ended");
    }
  }

  private void enter(Phase next) {
    phase = next;
    sweep = 0;
  }

  /** Judges the averages so far. */
  private void look() {
    int most = snapshotCapacity(options, input.rank());
    forEachChain(chain -> chain.keepSnapshot(most));
    estimate = new SaddleEstimate(large, small, y, input.points(), options.kappa());
    double effective = effectiveSweeps();
    history.add(
        new double[] {
          sweep,
          residual(),
          residualError(),
          equilibriumResidual(),
          equilibriumError(),
          effective,
          disagreement(),
          largestShare()
        });
    boolean passed =
        residual() <= options.tolerance()
            && residualError() <= options.tolerance()
            && equilibriumResidual() <= options.tolerance() + 2 * equilibriumError()
            && equilibriumError() <= options.tolerance()
            && effective >= MIN_EFFECTIVE_SWEEPS
            && disagreement() <= AGREEMENT
            && largestShare() <= LARGEST_SHARE;
    passes = passed ? passes + 1 : 0;
  }

  /**
   * The number that the tolerance is for: the residual of the saddle equation, or that of the
   * density at finite width, where the saddle equation does not hold.
   */
  double residual() {
    return options.extrapolates() ? estimate().residual() : equilibriumResidual();
  }

  /** Standard error of {@link #residual()}. */
  double residualError() {
    return options.extrapolates() ? estimate().residualError() : equilibriumError();
  }

  /** Relative violation of the equilibrium identity, averaged over the chains at S samples. */
  double equilibriumResidual() {
    double mismatch = 0;
    double spread = 0;
    for (SamplingChain chain : large) {
      mismatch += chain.equilibrium().mismatch().mean();
      spread += chain.equilibrium().spread().mean();
    }
    return Math.abs(mismatch) / spread;
  }

  /** Standard error of {@link #equilibriumResidual()}. */
  double equilibriumError() {
    double square = 0;
    double spread = 0;
    for (SamplingChain chain : large) {
      double error = chain.equilibrium().mismatch().standardError();
      square += error * error;
      spread += chain.equilibrium().spread().mean();
    }
    return Math.sqrt(square) / spread;
  }

  /** Populations kept per chain for predictions at new inputs. */
  static int snapshotCapacity(SaddleOptions options, int rank) {
    long floats = CHAINS * (options.samples() + options.samples() / 4L) * rank;
    return (int) Math.max(1, Math.min(MOST_SNAPSHOTS, SNAPSHOT_FLOATS / Math.max(1, floats)));
  }

  /** Fewest independent sweeps that a chain has made. */
  double effectiveSweeps() {
    double least = Double.POSITIVE_INFINITY;
    for (SamplingChain[] chains : List.of(large, small)) {
      for (SamplingChain chain : chains) {
        least = Math.min(least, chain.measured() / chain.autocorrelationTime());
      }
    }
    return least;
  }

  /** Largest difference between two chains of the same S, in standard errors of the difference. */
  double disagreement() {
    double worst = 0;
    for (SamplingChain[] pair :
        small.length == 0 ? List.<SamplingChain[]>of(large) : List.of(large, small)) {
      worst = Math.max(worst, distance(pair[0].dualFit(), pair[1].dualFit()));
      worst = Math.max(worst, distance(pair[0].kernelFit(), pair[1].kernelFit()));
      worst = Math.max(worst, distance(pair[0].trace(), pair[1].trace()));
    }
    return worst;
  }

  /** Largest share of a single sample in the fit of any population at S; near 1 when condensed. */
  double largestShare() {
    double largest = 0;
    for (SamplingChain chain : large) {
      largest = Math.max(largest, chain.largestShare());
    }
    return largest;
  }

  private static double distance(MonteCarloSeries a, MonteCarloSeries b) {
    double error = Math.hypot(a.standardError(), b.standardError());
    double difference = Math.abs(a.mean() - b.mean());
    return difference == 0 ? 0 : difference / error;
  }

  private Progress progress() {
    double acceptance = 0;
    for (SamplingChain chain : large) {
      acceptance += chain.acceptance() / CHAINS;
    }
    String name = phase == Phase.BURN_IN ? "burn-in" : "sampling";
    double latest = estimate == null ? Double.NaN : residual();
    return new Progress(
        name, options.gamma(), iterations(), expectedIterations(), acceptance, latest);
  }

  /** Sweeps done in all phases. */
  long iterations() {
    return phase == Phase.BURN_IN ? sweep : BURN_IN + sweep;
  }

  private long expectedIterations() {
    return BURN_IN + (phase == Phase.DONE ? sweep : options.maxSweeps());
  }

  private SolverState state() {
    SolverState state = new SolverState();
    state.put("phase", (double) phase.ordinal(), sweep, passes, certified ? 1 : 0, history.size());
    for (int i = 0; i < history.size(); i++) {
      state.put("history_" + i, history.get(i));
    }
    for (int c = 0; c < large.length; c++) {
      large[c].save(state, "large_" + c);
    }
    for (int c = 0; c < small.length; c++) {
      small[c].save(state, "small_" + c);
    }
    return state;
  }

  private void restore(SolverState state) {
    double[] numbers = state.doubles("phase");
    phase = Phase.values()[(int) numbers[0]];
    sweep = (long) numbers[1];
    passes = (int) numbers[2];
    certified = numbers[3] != 0;
    for (int i = 0; i < (int) numbers[4]; i++) {
      history.add(state.doubles("history_" + i));
    }
    for (int c = 0; c < large.length; c++) {
      large[c].restore(state, "large_" + c);
    }
    for (int c = 0; c < small.length; c++) {
      small[c].restore(state, "small_" + c);
    }
    if (!history.isEmpty()) {
      estimate = new SaddleEstimate(large, small, y, input.points(), options.kappa());
    }
  }

  /**
   * Wall-clock time of this process by part, that of the parts being the mean over the devices; a
   * resumed run counts from where it resumed.
   */
  Map<String, Double> seconds() {
    double gram = 0;
    double solve = 0;
    for (ChainDevice device : devices) {
      gram += device.posterior().gramNanos() * 1e-9 / devices.size();
      solve += device.posterior().solveNanos() * 1e-9 / devices.size();
    }
    Map<String, Double> parts = new LinkedHashMap<>();
    parts.put("sampling", nanos * 1e-9 - gram - solve);
    parts.put("gram", gram);
    parts.put("solve", solve);
    return parts;
  }

  SaddleEstimate estimate() {
    if (estimate == null) {
      throw new IllegalStateException("no estimate before the first look");
    }
    return estimate;
  }

  SamplingChain[] large() {
    return large;
  }

  SamplingChain[] small() {
    return small;
  }

  /** Rows of the convergence table, one per look; {@link #HISTORY_COLUMNS} names them. */
  List<double[]> history() {
    return history;
  }

  @Override
  public void close() {
    for (int i = owned.size() - 1; i >= 0; i--) {
      try {
        owned.get(i).close();
      } catch (RuntimeException e) {
        throw e;
      } catch (Exception e) {
        throw new IllegalStateException("closing the sampler", e);
      }
    }
  }
}
