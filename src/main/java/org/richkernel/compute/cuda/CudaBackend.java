package org.richkernel.compute.cuda;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendInfo;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.OwnedResources;
import org.richkernel.compute.Precision;
import org.richkernel.compute.PrivateFolder;
import org.richkernel.compute.Routine;
import org.richkernel.compute.WordBags;
import org.richkernel.group.RankGroup;

/**
 * The facade on a lane of a CUDA device: checks handles and hands each operation to the part of the
 * {@link CudaLane} that does it. With one handle for each stream the sums of cuBLAS do not depend
 * on other streams (cuBLAS library, "Results Reproducibility").
 */
final class CudaBackend extends CudaAlgebra implements Backend {
  private static final long PANEL_BYTES = 256L << 20;
  private static final int SHORTEST_PANEL = 1024;
  private static final int LONGEST_PANEL = 1 << 20;
  private static final int PANEL_ALIGN = 64;

  /**
   * A device has 8 hardware queues unless it is told otherwise (CUDA_DEVICE_MAX_CONNECTIONS), and a
   * lane keeps one busy.
   */
  private static final int MOST_LANES = 8;

  private final BackendInfo info;
  private final BackendOptions options;
  private final PrivateFolder cache;
  private final List<Backend> devices;
  private final List<Backend> lanes = new ArrayList<>(List.of(this));
  private final OwnedResources owned;
  private boolean closed;

  /** Opens devices and returns the first one, which represents all; closes all if one fails. */
  static CudaBackend open(List<CudaDevice> devices, BackendOptions options, PrivateFolder cache) {
    CudaDevice device = devices.get(0);
    List<CudaBackend> others = new ArrayList<>();
    OwnedResources owned = new OwnedResources();
    try {
      for (CudaDevice other : devices.subList(1, devices.size())) {
        others.add(owned.own(open(List.of(other), options, cache)));
      }
      BackendInfo info =
          new BackendInfo(
              "cuda",
              names(device, others),
              options.threads(),
              1,
              options.ranks().size(),
              CudaLibrary.versions(device),
              CudaProbe.precisionVariables());
      CudaContext context = owned.own(new CudaContext(device, options.memoryLimitBytes()));
      CudaLane lane = owned.own(new CudaLane(context, options.precision(), cache));
      return new CudaBackend(lane, info, others, options, cache, owned);
    } catch (RuntimeException | LinkageError e) {
      owned.closedAfter(e);
      throw e;
    }
  }

  private CudaBackend(
      CudaLane lane,
      BackendInfo info,
      List<CudaBackend> others,
      BackendOptions options,
      PrivateFolder cache,
      OwnedResources owned) {
    super(lane, options.precision());
    this.info = info;
    this.options = options;
    this.cache = cache;
    this.owned = owned;
    devices = Stream.concat(Stream.of(this), others.stream()).map(Backend.class::cast).toList();
  }

  /** "2 x NVIDIA H100" for equal devices. */
  private static String names(CudaDevice device, List<CudaBackend> others) {
    boolean equal = others.stream().allMatch(o -> o.info.device().equals(device.name()));
    if (others.isEmpty() || !equal) {
      return Stream.concat(Stream.of(device.name()), others.stream().map(o -> o.info.device()))
          .collect(Collectors.joining(", "));
    }
    return others.size() + 1 + " x " + device.name();
  }

  /** The session, for tests. */
  CudaSession session() {
    return lane.session;
  }

  /** The allocator, for tests. */
  DeviceMemory memory() {
    return lane.memory;
  }

  @Override
  public BackendInfo info() {
    return info.withLanes(lanes.size());
  }

  @Override
  public List<Backend> devices() {
    return devices;
  }

  @Override
  public RankGroup ranks() {
    return options.ranks();
  }

  @Override
  public int mostLanes(long bytes) {
    lane.session.begin("mostLanes");
    if (bytes > lane.memory.availableBytes()) {
      return 1;
    }
    long spare = lane.session.freeBytes() + lane.memory.cachedBytes() - bytes;
    return (int) Math.min(MOST_LANES, lanes.size() + spare / CudaSession.HANDLE_BYTES);
  }

  @Override
  public List<Backend> lanes(int count) {
    lane.session.begin("lanes");
    while (lanes.size() < Math.min(count, MOST_LANES)) {
      OwnedResources own = new OwnedResources();
      CudaLane next = own.own(new CudaLane(lane.session.context(), options.precision(), cache));
      lanes.add(owned.own(new CudaBackend(next, info, List.of(), options, cache, own)));
    }
    return List.copyOf(lanes.subList(0, Math.min(count, lanes.size())));
  }

  @Override
  public void handOver(Thread from, Thread to) {
    lane.session.ownership().handOver(from, to);
  }

  @Override
  public Matrix allocate(Precision precision, int rows, int columns, String label) {
    lane.session.begin("allocate " + label);
    return lane.memory.allocate(precision, rows, columns, label);
  }

  @Override
  public long allocatedBytes() {
    return lane.memory.usedBytes();
  }

  @Override
  public long peakBytes() {
    return lane.memory.peakBytes();
  }

  @Override
  public int openMatrices() {
    return lane.memory.openMatrices();
  }

  @Override
  public long takenBytes() {
    return lane.takenBytes();
  }

  @Override
  public long roundedBytes(long bytes) {
    return DeviceMemory.roundedUp(bytes);
  }

  @Override
  public long eigenScratchBytes(int rows) {
    return Factorizations.eigenScratchBytes(rows);
  }

  @Override
  public long availableBytes() {
    lane.session.begin("availableBytes");
    return lane.memory.availableBytes();
  }

  /**
   * A field of a quarter of a gigabyte: a device is filled by many rows at once, and is not by as
   * few as its cache holds. Beyond that more rows gain nothing and cost scratch memory.
   */
  @Override
  public int panelRows(int columns) {
    if (columns < 0) {
      throw new IllegalArgumentException("panelRows: columns must not be negative: " + columns);
    }
    long rows = PANEL_BYTES / ((long) Math.max(1, columns) * Float.BYTES);
    long bounded = Math.max(SHORTEST_PANEL, Math.min(rows, LONGEST_PANEL));
    return (int) (bounded / PANEL_ALIGN * PANEL_ALIGN);
  }

  @Override
  public void upload(double[] source, Matrix target) {
    lane.session.begin("upload", target);
    lane.transfers.upload(source, use(target));
  }

  @Override
  public void upload(float[] source, Matrix target) {
    lane.session.begin("upload", target);
    lane.transfers.upload(source, use(target));
  }

  @Override
  public void download(Matrix source, double[] target) {
    lane.session.begin("download", source);
    lane.transfers.download(use(source), target);
  }

  @Override
  public void download(Matrix source, float[] target) {
    lane.session.begin("download", source);
    lane.transfers.download(use(source), target);
  }

  @Override
  public void copy(Matrix source, Matrix target) {
    lane.session.begin("copy", source, target);
    lane.elementwise.copy(use(source), use(target));
  }

  @Override
  public void gatherColumns(Matrix source, int[] columns, Matrix target) {
    lane.session.begin("gatherColumns", source, target);
    if (lane.columnMoves.oneRun(columns)) {
      Backend.super.gatherColumns(source, columns, target);
    } else {
      lane.columnMoves.gather(use(source), columns, use(target));
    }
  }

  @Override
  public void scatterColumns(Matrix source, int[] columns, Matrix target) {
    lane.session.begin("scatterColumns", source, target);
    if (lane.columnMoves.oneRun(columns)) {
      Backend.super.scatterColumns(source, columns, target);
    } else {
      lane.columnMoves.scatter(use(source), columns, use(target));
    }
  }

  @Override
  public void cols(Matrix table, Matrix source, Matrix target) {
    lane.session.begin("cols", table, source, target);
    lane.patches.cols(use(table), use(source), use(target));
  }

  @Override
  public void uncols(Matrix table, Matrix source, Matrix target) {
    lane.session.begin("uncols", table, source, target);
    lane.patches.uncols(use(table), use(source), use(target));
  }

  @Override
  public void averagePatches(
      double scale, Matrix rows, Matrix columns, Matrix source, Matrix target) {
    lane.session.begin("averagePatches", rows, columns, source, target);
    lane.patches.average(scale, use(rows), use(columns), use(source), use(target));
  }

  @Override
  public void activate(Activation f, Matrix h, Matrix phi) {
    lane.session.begin("activate", h, phi);
    lane.elementwise.activate(f, use(h), use(phi));
  }

  @Override
  public void activateWithDerivative(Activation f, Matrix h, Matrix phi, Matrix slope) {
    lane.session.begin("activateWithDerivative", h, phi, slope);
    lane.elementwise.activateWithDerivative(f, use(h), use(phi), use(slope));
  }

  @Override
  public void activateSmoothed(Activation f, Matrix h, Matrix deviation, Matrix phi) {
    lane.session.begin("activateSmoothed", h, deviation, phi);
    lane.elementwise.activateSmoothed(f, use(h), use(deviation), use(phi));
  }

  @Override
  public void activateSliding(
      Activation f, Matrix h, Matrix pull, Matrix reach, Matrix phi, Matrix slope) {
    lane.session.begin("activateSliding", h, pull, reach, phi, slope);
    lane.elementwise.activateSliding(f, use(h), use(pull), use(reach), use(phi), use(slope));
  }

  @Override
  public void dualActivation(
      Activation f,
      Matrix covariance,
      Matrix rowVariance,
      Matrix columnVariance,
      Matrix value,
      Matrix slope) {
    lane.session.begin("dualActivation", covariance, rowVariance, columnVariance, value, slope);
    lane.initialKernels.dualActivation(
        f, use(covariance), use(rowVariance), use(columnVariance), use(value), use(slope));
  }

  @Override
  public void dualSeries(
      Matrix rowCoefficients,
      Matrix columnCoefficients,
      Matrix correlation,
      Matrix value,
      Matrix slope) {
    lane.session.begin(
        "dualSeries", rowCoefficients, columnCoefficients, correlation, value, slope);
    lane.initialKernels.dualSeries(
        use(rowCoefficients), use(columnCoefficients), use(correlation), use(value), use(slope));
  }

  @Override
  public void backProject(double scale, Matrix phi, Matrix slope, Matrix v, Matrix out) {
    lane.session.begin("backProject", phi, slope, v, out);
    lane.backProjection.run(scale, use(phi), use(slope), use(v), use(out));
  }

  @Override
  public void descendBags(
      WordBags bags,
      int batch,
      double decay,
      Matrix input,
      Matrix output,
      Matrix hidden,
      Matrix pull,
      Matrix losses) {
    lane.session.begin("descendBags", input, output, hidden, pull, losses);
    lane.bagDescent.run(
        bags, batch, decay, use(input), use(output), use(hidden), use(pull), use(losses));
  }

  @Override
  public void kickRotate(double kick, Matrix g, double angle, Matrix x, Matrix p) {
    lane.session.begin("kickRotate", g, x, p);
    lane.elementwise.kickRotate(kick, use(g), angle, use(x), use(p));
  }

  @Override
  public Routine routine(String name, Runnable work) {
    lane.session.begin(name);
    return lane.capture.routine(name, work);
  }

  @Override
  public void fillGaussian(
      long seed, long stream, long firstSample, int firstIndex, Matrix target) {
    lane.session.begin("fillGaussian", target);
    lane.sampling.fillGaussian(seed, stream, firstSample, firstIndex, use(target));
  }

  @Override
  public void fillUniform(long seed, long stream, long firstSample, Matrix target) {
    lane.session.begin("fillUniform", target);
    lane.sampling.fillUniform(seed, stream, firstSample, use(target));
  }

  @Override
  public void synchronize() {
    lane.session.begin("synchronize");
    lane.session.synchronize();
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      owned.close();
    }
  }
}
