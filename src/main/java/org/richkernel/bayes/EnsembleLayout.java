package org.richkernel.bayes;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.NetworkSpec;
import org.richkernel.stack.ConvolutionShape;
import org.richkernel.stack.FieldForm;
import org.richkernel.stack.FieldShape;
import org.richkernel.stack.FieldWidths;
import org.richkernel.stack.PointBlocks;
import org.richkernel.stack.PointHolders;
import org.richkernel.stack.PosteriorParameters;

/**
 * Description of the chains of a solve, their devices and all sizes. Both the memory plan and the
 * {@link ChainEnsemble} follow from it.
 *
 * @param devices with chains
 * @param lanes number of parallel lanes of each device
 * @param spread number of devices that share the points of a chain
 * @param sizes blocks of the populations
 * @param widths columns of the fields of each layer
 * @param chains at S samples, then those at S/4
 * @param form of the readout and of the fields
 * @param convolution sizes of a convolutional network; empty for a fully connected one
 */
record EnsembleLayout(
    List<Backend> devices,
    int lanes,
    int spread,
    NetworkSpec network,
    SaddleOptions options,
    int points,
    int rank,
    int outputs,
    int tests,
    BlockSizes sizes,
    FieldWidths widths,
    List<Chain> chains,
    PosteriorForm form,
    Optional<ConvolutionShape> convolution) {
  private static final int MOST_SNAPSHOTS = 8;

  /** Most floats of all snapshots, 32 MB, unless a single one of each chain takes more. */
  private static final long SNAPSHOT_FLOATS = 8_000_000;

  /** Cost of a chain at S/4 relative to one at S: between a quarter and a sixteenth. */
  private static final double SMALL_LOAD = 0.125;

  /** Most elements of a Java array. */
  private static final int MOST_ELEMENTS = Integer.MAX_VALUE - 8;

  /**
   * One chain.
   *
   * @param index of the chain, part of the key of its random streams
   * @param device of the chain from start to end; the first of those that hold its points
   * @param samples rows of its population
   * @param blocks number of blocks of its population
   */
  record Chain(int index, int device, int samples, int blocks) {
    /** Rows of the largest block. */
    int blockRows() {
      return (samples + blocks - 1) / blocks;
    }
  }

  /**
   * The layout of a solve. Two devices get a chain at S and one at S/4 each. The chains of a device
   * run in as many parallel lanes as fit its memory: a chain of a small problem leaves most of a
   * device idle, and a large one does not run slower beside another. With more devices than chains,
   * or too little memory on each, several devices share the points of a chain.
   *
   * @param rank r
   * @param outputs K
   * @param tests number of test points
   */
  static EnsembleLayout of(
      Backend backend,
      NetworkSpec network,
      SaddleOptions options,
      int points,
      int rank,
      int outputs,
      int tests) {
    return of(backend, network, options, points, rank, outputs, tests, Optional.empty());
  }

  /**
   * The layout of a solve of any network.
   *
   * @param convolution sizes of a convolutional network; empty for a fully connected one
   */
  static EnsembleLayout of(
      Backend backend,
      NetworkSpec network,
      SaddleOptions options,
      int points,
      int rank,
      int outputs,
      int tests,
      Optional<ConvolutionShape> convolution) {
    PosteriorForm form =
        convolution
            .map(shape -> PosteriorForm.ofConvolutions(network, shape, options, outputs))
            .orElseGet(() -> PosteriorForm.of(network, options, points, rank, outputs));
    Optional<ConvolutionShape> formed = convolution.map(shape -> shape.withForm(form.fields()));
    FieldWidths widths =
        formed
            .<FieldWidths>map(shape -> shape)
            .orElseGet(() -> FieldShape.of(network, rank, points, form.fields()));
    EnsembleLayout one =
        new EnsembleLayout(
            List.of(backend),
            1,
            1,
            network,
            options,
            points,
            rank,
            outputs,
            tests,
            form.isDual() && network.hiddenLayers() == 1 && convolution.isEmpty()
                ? BlockSizes.ofDual(network, options)
                : BlockSizes.of(network, options, points),
            widths,
            List.of(),
            form,
            formed);
    EnsembleLayout first = null;
    for (int homes : one.homes(backend)) {
      EnsembleLayout layout = one.over(backend, homes);
      if (layout.plan().fits(backend)) {
        return layout;
      }
      first = first == null ? layout : first;
    }
    return first;
  }

  private int count() {
    return options.extrapolates() ? 2 * ChainEnsemble.CHAINS : ChainEnsemble.CHAINS;
  }

  /** Possible numbers of devices, or groups of devices, for the chains; the preferred one first. */
  private List<Integer> homes(Backend backend) {
    int all = backend.devices().size();
    int most = Math.min(all, count());
    if (backend.ranks().size() > 1) {
      // ranks must communicate in one order, which parallel chains would not keep
      return List.of(1);
    }
    if (!hasSpreadPoints()) {
      return List.of(most);
    }
    List<Integer> homes = new ArrayList<>();
    for (int h = most; h >= 1; h--) {
      homes.add(h);
    }
    if (all > count()) {
      homes.sort(Comparator.comparingDouble(h -> load(h) / spread(backend, h)));
    }
    return homes;
  }

  /** Cost of the chains of the first home, relative to a chain at S on one device. */
  private double load(int homes) {
    double load = 0;
    for (int c = 0; c < count(); c += homes) {
      load += c < ChainEnsemble.CHAINS ? 1 : SMALL_LOAD;
    }
    return load;
  }

  /** Number of devices of a home. */
  private int spread(Backend backend, int homes) {
    int most = hasSpreadPoints() ? PointHolders.mostDevices(points, backend.ranks()) : 1;
    return Math.min(most, backend.devices().size() / homes);
  }

  /** The same with its chains on the given number of devices or groups of devices. */
  private EnsembleLayout over(Backend backend, int homes) {
    int each = spread(backend, homes);
    List<Chain> placed = new ArrayList<>();
    for (int c = 0; c < count(); c++) {
      boolean large = c < ChainEnsemble.CHAINS;
      placed.add(
          new Chain(
              c,
              c % homes * each,
              large ? options.samples() : options.samples() / 4,
              large ? sizes.largeBlocks() : sizes.smallBlocks()));
    }
    boolean beside = each == 1 && backend.ranks().size() == 1;
    EnsembleLayout layout =
        placed(
            List.copyOf(backend.devices().subList(0, homes * each)),
            beside ? (count() + homes - 1) / homes : 1,
            each,
            List.copyOf(placed));
    while (layout.lanes > 1 && !layout.hasMemory()) {
      layout = layout.placed(layout.devices, layout.lanes - 1, each, layout.chains);
    }
    return layout;
  }

  private EnsembleLayout placed(
      List<Backend> onDevices, int inLanes, int overDevices, List<Chain> placedChains) {
    return new EnsembleLayout(
        onDevices,
        inLanes,
        overDevices,
        network,
        options,
        points,
        rank,
        outputs,
        tests,
        sizes,
        widths,
        placedChains,
        form,
        convolution);
  }

  /** Whether every device has memory for its lanes. */
  private boolean hasMemory() {
    MemoryPlan plan = plan();
    for (int d = 0; d < devices.size(); d++) {
      if (devices.get(d).mostLanes(plan.bytesOn(d, devices.get(d))) < lanes) {
        return false;
      }
    }
    return true;
  }

  /** Number of devices, or of groups of devices that share points. */
  int homes() {
    return devices.size() / spread;
  }

  /** Number of lanes with chains on all devices. */
  int places() {
    return Math.min(lanes * homes(), chains.size());
  }

  /**
   * The lanes of the chains: the first of every device, then the second of every device, and so on.
   * Missing lanes are opened. With spread points a lane has several devices.
   */
  List<List<Backend>> openLanes() {
    List<List<Backend>> open = new ArrayList<>();
    for (int place = 0; place < places(); place++) {
      List<Backend> home = home(place);
      open.add(spread > 1 ? home : List.of(home.get(0).lanes(lanes).get(place / homes())));
    }
    return List.copyOf(open);
  }

  List<Backend> home(int place) {
    int first = place % homes() * spread;
    return devices.subList(first, first + spread);
  }

  /** Index into {@link #openLanes()} of a chain's home. */
  int place(Chain chain) {
    return chain.index() % places();
  }

  /**
   * Refuses kept populations or a G that do not fit one array.
   *
   * @throws InvalidProblemException if they do not fit
   */
  void requireArrays() {
    // S (S + K) numbers
    int largest =
        (int) ((Math.sqrt((double) outputs * outputs + 4.0 * MOST_ELEMENTS) - outputs) / 2);
    if (isDual() && options.samples() > largest) {
      throw new InvalidProblemException(
          "samples",
          options.samples(),
          "the sums of S x S numbers of the dual form have more than an array holds; use at most "
              + largest / 4 * 4);
    }
    if (keptFloats() > MOST_ELEMENTS) {
      double share = (double) MOST_ELEMENTS / keptFloats();
      // the number of weights is the square of that of the samples or channels
      boolean square = (form.hasWeights() || convolution.isPresent()) && depth() > 1;
      long most = (long) (options.samples() * (square ? Math.sqrt(share) : share));
      throw new InvalidProblemException(
          "samples",
          options.samples(),
          "its populations have "
              + keptFloats()
              + " numbers, more than an array holds; use at most "
              + most / 4 * 4
              + ", or fewer training points");
    }
  }

  /** L. */
  int depth() {
    return network.hiddenLayers();
  }

  /** Columns of the fields of a fully connected network. */
  FieldShape shape() {
    return FieldShape.of(network, rank, points, form.fields());
  }

  /** Constants of the posterior at the richness and noise of the options. */
  PosteriorParameters parameters() {
    return new PosteriorParameters(
        options.gamma(),
        options.kappa(),
        convolution
            .map(shape -> ConvolutionLayers.readoutVariance(network, shape))
            .orElseGet(() -> network.weightVariance(depth())),
        0.5 * options.determinantWeight() * outputs);
  }

  /** Whether the readout is in the dual form. */
  boolean isDual() {
    return form.isDual();
  }

  /** Whether layers of a fully connected network above the first have weights. */
  boolean hasWeights() {
    return convolution.isEmpty() && depth() > 1 && form.hasWeights();
  }

  /** Whether the P x P kernels are available at the end. */
  boolean formsKernels() {
    return !isDual() || points <= options.largeData().kernelsUpTo();
  }

  /** Whether the points are in several blocks, which other devices may hold. */
  boolean hasSpreadPoints() {
    return isDual()
        && convolution.isEmpty()
        && !formsKernels()
        && new PointBlocks(points).count() > 1;
  }

  /** Whether the solve searches wells for jumps of the chains. */
  boolean hasWellMoves() {
    return convolution.isEmpty() && WellFinder.applies(network, rank);
  }

  /** Whether the fields belong to neurons of one fully connected layer. */
  boolean hasNeurons() {
    return depth() == 1 && convolution.isEmpty();
  }

  /**
   * Whether populations of both chains are compared for the norm of the mean kernel: at finite
   * width the dual form has norms of single kernels alone.
   */
  boolean comparesPopulations() {
    return isDual() && convolution.isEmpty() && !options.extrapolates();
  }

  /** Whether the end of a solve computes phi of the kept neurons: for readouts, or a kernel. */
  boolean harvestsNeurons() {
    return hasNeurons() && formsKernels();
  }

  /** Number of floats in the fields of all chains. */
  long fieldFloats() {
    return floats(widths);
  }

  /** The same in the form of the result, where convolutional networks are weights. */
  long keptFloats() {
    return floats(
        convolution.<FieldWidths>map(shape -> shape.withForm(FieldForm.WEIGHTS)).orElse(widths));
  }

  private long floats(FieldWidths of) {
    return chains.stream().mapToLong(c -> (long) c.samples() * of.width(c.samples())).sum();
  }

  /** Largest number of populations kept per chain for predictions at new inputs. */
  int snapshots() {
    return (int) Math.max(1, Math.min(MOST_SNAPSHOTS, SNAPSHOT_FLOATS / keptFloats()));
  }

  /** Largest number of samples at S kept for predictions by all chains. */
  int keptSamples() {
    return (int)
        Math.min(MOST_ELEMENTS, (long) ChainEnsemble.CHAINS * snapshots() * options.samples());
  }

  /** Number of rows of test and training fields in a panel of a device. */
  int panelRows(Backend device) {
    return Math.min(sizes.rows(), device.panelRows(points));
  }

  /** Numbers of samples of the populations, the largest first. */
  int[] populationSizes() {
    return chains.stream().mapToInt(Chain::samples).distinct().toArray();
  }

  /** Peak memory of a solve. */
  MemoryPlan plan() {
    return new EnsembleMemory(this).plan();
  }
}
