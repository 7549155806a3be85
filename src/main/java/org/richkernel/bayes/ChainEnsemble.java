package org.richkernel.bayes;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.network.NetworkSpec;
import org.richkernel.solver.MonteCarloSeries;
import org.richkernel.solver.SolverState;

/**
 * The Markov chains of one solve, two at S samples and two at S/4, with the memory they live in and
 * what their averages say about each other.
 */
final class ChainEnsemble implements AutoCloseable {
  /** Independent chains at each number of samples. */
  static final int CHAINS = 2;

  private static final int MOST_SNAPSHOTS = 8;

  /** All snapshots together take at most 32 MB, unless a single one of each chain takes more. */
  private static final long SNAPSHOT_FLOATS = 8_000_000;

  private final NetworkSpec network;
  private final InputFactor input;
  private final SaddleOptions options;
  private final double[] y;
  private final int run;
  private final BlockSizes sizes;
  private final List<ChainDevice> devices = new ArrayList<>();
  private final DeviceThreads threads;
  private final SamplingChain[] large = new SamplingChain[CHAINS];
  private final SamplingChain[] small; // none for a posterior at finite width
  private final List<AutoCloseable> owned = new ArrayList<>();

  /**
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
    this.network = network;
    this.input = input;
    this.options = options;
    this.y = y;
    this.run = run;
    sizes = BlockSizes.of(network, options, input.points());
    small = new SamplingChain[options.extrapolates() ? CHAINS : 0];
    int testCount = test == null ? 0 : test.deviation().length;
    List<Backend> used = devices(backend, options);
    threads = own(new DeviceThreads(used.size()));
    try {
      for (Backend each : used) {
        devices.add(device(each, test));
      }
      for (int c = 0; c < CHAINS; c++) {
        large[c] = chain(c, options.samples(), sizes.largeBlocks(), testCount);
      }
      for (int c = 0; c < small.length; c++) {
        small[c] = chain(CHAINS + c, options.samples() / 4, sizes.smallBlocks(), testCount);
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

  private ChainDevice device(Backend backend, InputFactor.@Nullable Coordinates test) {
    int layers = network.hiddenLayers();
    int outputs = y.length / input.points();
    int panel = panelRows(backend, sizes.rows(), input.points());
    PosteriorParameters parameters =
        new PosteriorParameters(
            options.gamma(),
            options.kappa(),
            network.weightVariance(layers),
            0.5 * options.determinantWeight() * outputs);
    if (layers == 1) {
      return new ChainDevice(
          backend,
          own(
              new HiddenLayerPosterior(
                  backend, network.activation(), input, y, parameters, sizes.rows())),
          test == null
              ? null
              : own(
                  new TestPointKernel(
                      backend,
                      network.activation(),
                      network.weightVariance(1),
                      input,
                      test,
                      panel)));
    }
    DeepPosterior posterior =
        own(
            new DeepPosterior(
                backend,
                network,
                input,
                y,
                parameters,
                options.extrapolates()
                    ? new int[] {options.samples(), options.samples() / 4}
                    : new int[] {options.samples()}));
    return new ChainDevice(
        backend,
        posterior,
        test == null
            ? null
            : own(new DeepTestPoints(backend, network, input, test, posterior::jitter, panel)));
  }

  /**
   * A chain lives on one device from start to end and draws from streams of its own, so the numbers
   * are those of a single device. Two devices get a chain at S and one at S/4 each.
   */
  private SamplingChain chain(int index, int samples, int blocks, int testCount) {
    ChainDevice device = devices.get(index % devices.size());
    int points = input.points();
    int outputs = y.length / points;
    FieldPopulation population = own(device.posterior().newPopulation(samples, blocks));
    int rows = (samples + blocks - 1) / blocks;
    List<LayerAverages> layers = new ArrayList<>();
    for (int l = 1; l <= network.hiddenLayers(); l++) {
      int width = population.xi(l).columns();
      layers.add(own(new LayerAverages(device.backend(), width, points, outputs, rows)));
    }
    return own(
        new SamplingChain(
            device.backend(),
            options.seed(),
            run * 2 * CHAINS + index,
            device.posterior(),
            population,
            layers,
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

  /** Everything a solve will hold at once. */
  static MemoryPlan plan(
      Backend backend,
      NetworkSpec network,
      SaddleOptions options,
      int points,
      int rank,
      int outputs,
      int testCount) {
    MemoryPlan plan = new MemoryPlan();
    int depth = network.hiddenLayers();
    int[] widths = FieldPopulation.widths(depth, rank, points);
    BlockSizes sizes = BlockSizes.of(network, options, points);
    boolean determinant = options.determinantWeight() != 0;
    List<Backend> used = devices(backend, options);
    for (int d = 0; d < used.size(); d++) {
      plan.onDevice(d);
      int panel = panelRows(used.get(d), sizes.rows(), points);
      if (depth == 1) {
        HiddenLayerPosterior.plan(plan, points, rank, outputs, sizes.rows(), determinant);
        if (testCount > 0) {
          TestPointKernel.plan(plan, points, rank, testCount, panel);
        }
      } else {
        DeepPosterior.plan(
            used.get(d), plan, depth, points, rank, outputs, options.samples(), determinant);
        if (testCount > 0) {
          DeepTestPoints.plan(plan, points, rank, testCount, panel);
        }
      }
    }
    int quarter = options.samples() / 4;
    int populations = options.extrapolates() ? 2 : 1;
    for (int c = 0; c < CHAINS; c++) {
      for (int i = 0; i < populations; i++) {
        plan.onDevice((i * CHAINS + c) % used.size());
        int samples = i == 0 ? options.samples() : quarter;
        int blocks = i == 0 ? sizes.largeBlocks() : sizes.smallBlocks();
        String name = "chain " + c + ", S=" + samples + ": ";
        FieldPopulation.plan(plan, name, samples, widths, points, outputs);
        SamplingChain.plan(plan, name, points, outputs, testCount);
        for (int l = 1; l <= depth; l++) {
          int rows = (samples + blocks - 1) / blocks;
          LayerAverages.plan(
              plan, name + "layer " + l + ": ", widths[l - 1], points, outputs, rows);
        }
      }
    }
    // Means of four chains and the extrapolated pair, taken to the host at each look.
    long averages = (long) depth * points * points + (long) testCount * outputs;
    long fields = snapshotFloats(options, widths);
    long snapshots = snapshotCapacity(options, fieldWidth(widths)) * fields;
    // A checkpoint takes the fields, the kernels and their sums to the host before they are
    // written.
    long checkpoint = Float.BYTES * fields + 8 * averages * 2 * populations * CHAINS;
    return plan.addHost(8 * averages * (2 * CHAINS + 2) + Float.BYTES * snapshots + checkpoint);
  }

  private static long fieldWidth(int[] widths) {
    return java.util.Arrays.stream(widths).asLongStream().sum();
  }

  private static long snapshotFloats(SaddleOptions options, int[] widths) {
    int samples = options.samples() + (options.extrapolates() ? options.samples() / 4 : 0);
    return CHAINS * samples * fieldWidth(widths);
  }

  /** Populations kept per chain for predictions at new inputs. */
  private static int snapshotCapacity(SaddleOptions options, long width) {
    long floats = CHAINS * (options.samples() + options.samples() / 4L) * width;
    return (int) Math.max(1, Math.min(MOST_SNAPSHOTS, SNAPSHOT_FLOATS / Math.max(1, floats)));
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

  /** Moves every chain: those of one device in order, devices at the same time. */
  void move(Consumer<SamplingChain> action) {
    threads.run(
        device -> {
          for (int c = device; c < large.length + small.length; c += devices.size()) {
            action.accept(c < large.length ? large[c] : small[c - large.length]);
          }
        });
  }

  /** Draws all fields from the prior, or takes those of another solve. */
  void start(@Nullable WarmStart from) {
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

  /** Sets richness and noise of the moves to come. */
  void setConditions(double gamma, double kappa) {
    devices.forEach(device -> device.posterior().setConditions(gamma, kappa));
  }

  /** Keeps the populations as they are for predictions at new inputs. */
  void keepSnapshots() {
    long width = large[0].population().xi().columns();
    forEach(chain -> chain.keepSnapshot(snapshotCapacity(options, width)));
  }

  /** The averages so far, extrapolated. */
  SaddleEstimate estimate() {
    return new SaddleEstimate(large, small, y, input.points(), options.kappa());
  }

  /** Judges the averages so far. */
  Certificate certificate(SaddleEstimate estimate) {
    List<Certificate.Layer> layers = new ArrayList<>();
    double disagreement = disagreement(SamplingChain::dualFit);
    int worst = 0;
    for (int l = 1; l <= network.hiddenLayers(); l++) {
      Certificate.Layer layer = layer(l);
      layers.add(layer);
      disagreement = Math.max(disagreement, layer.disagreement());
      if (layer.excess() > layers.get(worst).excess()) {
        worst = l - 1;
      }
    }
    Certificate.Layer equilibrium = layers.get(worst);
    return new Certificate(
        // At finite width the saddle equation does not hold; the density's identity does.
        options.extrapolates() ? estimate.residual() : equilibrium.equilibrium(),
        options.extrapolates() ? estimate.residualError() : equilibrium.equilibriumError(),
        equilibrium.equilibrium(),
        equilibrium.equilibriumError(),
        disagreement,
        largestShare(),
        effectiveSweeps(),
        layers);
  }

  private Certificate.Layer layer(int l) {
    double mismatch = 0;
    double square = 0;
    double spread = 0;
    for (SamplingChain chain : large) {
      EquilibriumIdentity identity = chain.layer(l).equilibrium();
      mismatch += identity.mismatch().mean();
      square += Math.pow(identity.mismatch().standardError(), 2);
      spread += identity.spread().mean();
    }
    double disagreement =
        Math.max(
            disagreement(chain -> chain.layer(l).fit()),
            disagreement(chain -> chain.layer(l).trace()));
    return new Certificate.Layer(
        l, Math.abs(mismatch) / spread, Math.sqrt(square) / spread, disagreement);
  }

  /** Fewest independent sweeps that a chain has made. */
  private double effectiveSweeps() {
    double[] least = {Double.POSITIVE_INFINITY};
    forEach(chain -> least[0] = Math.min(least[0], chain.measured() / chain.autocorrelationTime()));
    return least[0];
  }

  /** Largest difference between two chains of the same S, in standard errors of the difference. */
  private double disagreement(Function<SamplingChain, MonteCarloSeries> series) {
    double worst = distance(series.apply(large[0]), series.apply(large[1]));
    return small.length == 0
        ? worst
        : Math.max(worst, distance(series.apply(small[0]), series.apply(small[1])));
  }

  private static double distance(MonteCarloSeries a, MonteCarloSeries b) {
    double error = Math.hypot(a.standardError(), b.standardError());
    double difference = Math.abs(a.mean() - b.mean());
    return difference == 0 ? 0 : difference / error;
  }

  /** Largest share of a single sample in the fit of any population at S; near 1 when condensed. */
  private double largestShare() {
    double largest = 0;
    for (SamplingChain chain : large) {
      largest = Math.max(largest, chain.largestShare());
    }
    return largest;
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
    for (ChainDevice device : devices) {
      if (device.posterior() instanceof DeepPosterior deep) {
        largest = Math.max(largest, deep.jitter());
      }
    }
    return largest;
  }

  /** Wall-clock time spent in Gram matrices, the mean over the devices. */
  long gramNanos() {
    return devices.stream().mapToLong(device -> device.posterior().gramNanos()).sum()
        / devices.size();
  }

  /** Wall-clock time spent in factorizations, the mean over the devices. */
  long solveNanos() {
    return devices.stream().mapToLong(device -> device.posterior().solveNanos()).sum()
        / devices.size();
  }

  /** Adds everything that determines the future of the chains to a checkpoint. */
  void save(SolverState state) {
    for (int c = 0; c < large.length; c++) {
      large[c].save(state, "large_" + c);
    }
    for (int c = 0; c < small.length; c++) {
      small[c].save(state, "small_" + c);
    }
    for (int d = 0; d < devices.size(); d++) {
      if (devices.get(d).posterior() instanceof DeepPosterior deep) {
        state.put("jitter_" + d, deep.jitter());
      }
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
    for (int d = 0; d < devices.size(); d++) {
      if (devices.get(d).posterior() instanceof DeepPosterior deep) {
        deep.setJitter(state.number("jitter_" + d));
      }
    }
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
