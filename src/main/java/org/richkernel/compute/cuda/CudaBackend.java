package org.richkernel.compute.cuda;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendInfo;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.FieldPrecision;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.Precision;
import org.richkernel.compute.PrivateFolder;
import org.richkernel.compute.Routine;
import org.richkernel.compute.Side;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.WordBags;
import org.richkernel.group.RankGroup;

/**
 * The facade on a lane of a CUDA device: checks handles and hands each operation to the part that
 * does it. A lane has its streams, library handles and scratch memory; context, compiled kernels
 * and the limit of memory are the device's. With a handle to each stream cuBLAS sums alike whatever
 * other streams do (cuBLAS library, "Results Reproducibility").
 */
final class CudaBackend implements Backend {
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
  private final CudaSession session;
  private final DeviceMemory memory;
  private final Transfers transfers;
  private final Elementwise elementwise;
  private final ColumnMoves columnMoves;
  private final SitePatches patches;
  private final Reductions reductions;
  private final Products products;
  private final GramProducts gramProducts;
  private final Factorizations factorizations;
  private final InitialKernels initialKernels;
  private final BackProjection backProjection;
  private final BagDescent bagDescent;
  private final Sampling sampling;
  private final StreamCapture capture;
  private final Deque<Runnable> closing = new ArrayDeque<>();
  private long takenBytes;
  private String leftOpen = "";
  private boolean closed;

  /** Opens devices, the first of which stands for all; nothing stays open if one fails. */
  static CudaBackend open(List<CudaDevice> devices, BackendOptions options, PrivateFolder cache) {
    List<CudaBackend> others = new ArrayList<>();
    try {
      for (CudaDevice device : devices.subList(1, devices.size())) {
        others.add(open(device, List.of(), options, cache));
      }
      return open(devices.get(0), others, options, cache);
    } catch (RuntimeException | LinkageError e) {
      for (CudaBackend other : others) {
        closeAfter(other, e);
      }
      throw e;
    }
  }

  private static CudaBackend open(
      CudaDevice device, List<CudaBackend> others, BackendOptions options, PrivateFolder cache) {
    BackendInfo info =
        new BackendInfo(
            "cuda",
            names(device, others),
            options.threads(),
            1,
            CudaLibrary.versions(device),
            CudaProbe.precisionVariables());
    CudaContext context = new CudaContext(device, options.memoryLimitBytes());
    try {
      CudaBackend first = new CudaBackend(context, info, others, options, cache);
      first.closing.addLast(context::close);
      others.forEach(other -> first.closing.addLast(other::close));
      return first;
    } catch (RuntimeException | LinkageError e) {
      closeAfter(context, e);
      throw e;
    }
  }

  /** Before compute capability 8.0 there are no tensor cores for float32. */
  private static FieldPrecision precision(CudaContext context, BackendOptions options) {
    boolean plain =
        context.device().capability() < 80 && options.precision() == FieldPrecision.TF32X3;
    return plain ? FieldPrecision.FP32 : options.precision();
  }

  private static void closeAfter(AutoCloseable open, Throwable failure) {
    try {
      open.close();
    } catch (Exception second) {
      failure.addSuppressed(second);
    }
  }

  /** Opens a lane; what was acquired is given back if a step fails. */
  private CudaBackend(
      CudaContext context,
      BackendInfo info,
      List<CudaBackend> others,
      BackendOptions options,
      PrivateFolder cache) {
    this.info = info;
    this.options = options;
    this.cache = cache;
    devices = Stream.concat(Stream.of(this), others.stream()).map(Backend.class::cast).toList();
    session = new CudaSession(context);
    closing.push(session::close);
    try {
      memory = new DeviceMemory(session);
      closing.push(() -> leftOpen = memory.release());
      transfers = new Transfers(session);
      closing.push(transfers::close);
      KernelLoader loader =
          new KernelLoader(session, new KernelCompiler(context.device().capability()), cache);
      LaunchArguments arguments = new LaunchArguments(session);
      closing.push(arguments::close);
      ProbeKernel.run(session, loader, arguments, memory, transfers);
      session.begin("opening the backend");
      KernelLauncher launcher = new KernelLauncher(session, loader, arguments);
      Scratch scratch = new Scratch(memory);
      closing.push(scratch::releaseAll);
      capture = new StreamCapture(session, scratch);
      closing.push(capture::close);
      elementwise = new Elementwise(launcher);
      columnMoves = new ColumnMoves(launcher, scratch, transfers);
      patches = new SitePatches(launcher);
      sampling = new Sampling(launcher);
      initialKernels = new InitialKernels(launcher);
      reductions = new Reductions(launcher, scratch, transfers);
      BlasScalars scalars = new BlasScalars(session);
      closing.push(scalars::close);
      Blas blas = new Blas(session, scalars);
      closing.push(blas::close);
      products = new Products(blas, launcher, elementwise, scratch, precision(context, options));
      gramProducts =
          new GramProducts(
              new GramPanels(context.device().multiprocessors()),
              scratch,
              launcher,
              products,
              elementwise);
      backProjection = new BackProjection(launcher, products, scratch);
      bagDescent = new BagDescent(launcher, scratch, transfers);
      factorizations =
          new Factorizations(session, launcher, products, scratch, transfers, reductions);
      closing.push(factorizations::close);
      takenBytes = memory.takenBytes();
    } catch (RuntimeException | LinkageError e) {
      try {
        closeParts();
      } catch (RuntimeException second) {
        e.addSuppressed(second);
      }
      throw e;
    }
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

  /** The session, for timers and tests. */
  CudaSession session() {
    return session;
  }

  /** The allocator, for tests. */
  DeviceMemory memory() {
    return memory;
  }

  private CudaMatrix use(Matrix matrix) {
    return memory.use(matrix);
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
    session.begin("mostLanes");
    if (bytes > memory.availableBytes()) {
      return 1;
    }
    long spare = session.freeBytes() + memory.cachedBytes() - bytes;
    return (int) Math.min(MOST_LANES, lanes.size() + spare / CudaSession.HANDLE_BYTES);
  }

  @Override
  public List<Backend> lanes(int count) {
    session.begin("lanes");
    while (lanes.size() < Math.min(count, MOST_LANES)) {
      CudaBackend lane = new CudaBackend(session.context(), info, List.of(), options, cache);
      closing.push(lane::close);
      lanes.add(lane);
    }
    return List.copyOf(lanes.subList(0, Math.min(count, lanes.size())));
  }

  @Override
  public void handOver(Thread from, Thread to) {
    session.ownership().handOver(from, to);
  }

  @Override
  public Matrix allocate(Precision precision, int rows, int columns, String label) {
    session.begin("allocate " + label);
    return memory.allocate(precision, rows, columns, label);
  }

  @Override
  public long allocatedBytes() {
    return memory.usedBytes();
  }

  @Override
  public long peakBytes() {
    return memory.peakBytes();
  }

  @Override
  public int openMatrices() {
    return memory.openMatrices();
  }

  @Override
  public long takenBytes() {
    return takenBytes;
  }

  @Override
  public long roundedBytes(long bytes) {
    return DeviceMemory.roundedUp(bytes);
  }

  @Override
  public long availableBytes() {
    session.begin("availableBytes");
    return memory.availableBytes();
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
    session.begin("upload", target);
    transfers.upload(source, use(target));
  }

  @Override
  public void upload(float[] source, Matrix target) {
    session.begin("upload", target);
    transfers.upload(source, use(target));
  }

  @Override
  public void download(Matrix source, double[] target) {
    session.begin("download", source);
    transfers.download(use(source), target);
  }

  @Override
  public void download(Matrix source, float[] target) {
    session.begin("download", source);
    transfers.download(use(source), target);
  }

  @Override
  public void copy(Matrix source, Matrix target) {
    session.begin("copy", source, target);
    elementwise.copy(use(source), use(target));
  }

  @Override
  public void gatherColumns(Matrix source, int[] columns, Matrix target) {
    session.begin("gatherColumns", source, target);
    if (columnMoves.oneRun(columns)) {
      Backend.super.gatherColumns(source, columns, target);
    } else {
      columnMoves.gather(use(source), columns, use(target));
    }
  }

  @Override
  public void scatterColumns(Matrix source, int[] columns, Matrix target) {
    session.begin("scatterColumns", source, target);
    if (columnMoves.oneRun(columns)) {
      Backend.super.scatterColumns(source, columns, target);
    } else {
      columnMoves.scatter(use(source), columns, use(target));
    }
  }

  @Override
  public void fill(double value, Matrix target) {
    session.begin("fill", target);
    elementwise.fill(value, use(target));
  }

  @Override
  public void cols(Matrix table, Matrix source, Matrix target) {
    session.begin("cols", table, source, target);
    patches.cols(use(table), use(source), use(target));
  }

  @Override
  public void uncols(Matrix table, Matrix source, Matrix target) {
    session.begin("uncols", table, source, target);
    patches.uncols(use(table), use(source), use(target));
  }

  @Override
  public void averagePatches(
      double scale, Matrix rows, Matrix columns, Matrix source, Matrix target) {
    session.begin("averagePatches", rows, columns, source, target);
    patches.average(scale, use(rows), use(columns), use(source), use(target));
  }

  @Override
  public void gemm(
      Transpose transposeA,
      Transpose transposeB,
      double alpha,
      Matrix a,
      Matrix b,
      double beta,
      Matrix c) {
    session.begin("gemm", a, b, c);
    products.gemm(transposeA, transposeB, alpha, use(a), use(b), beta, use(c));
  }

  @Override
  public void syrk(Transpose transpose, double alpha, Matrix a, double beta, Matrix c) {
    session.begin("syrk", a, c);
    products.syrk(transpose, alpha, use(a), beta, use(c));
  }

  @Override
  public void gram(double alpha, Matrix a, double beta, Matrix c) {
    session.begin("gram", a, c);
    CudaMatrix field = use(a);
    gramProducts.mirrored("gram", alpha, field, field, beta, use(c));
  }

  @Override
  public void crossGram(double alpha, Matrix a, Matrix b, double beta, Matrix c) {
    session.begin("crossGram", a, b, c);
    gramProducts.crossGram(alpha, use(a), use(b), beta, use(c));
  }

  @Override
  public void mirroredCrossGram(double alpha, Matrix a, Matrix b, double beta, Matrix c) {
    session.begin("mirroredCrossGram", a, b, c);
    gramProducts.mirrored("mirroredCrossGram", alpha, use(a), use(b), beta, use(c));
  }

  @Override
  public void multiplyTriangular(Transpose transpose, double alpha, Matrix b, Matrix l, Matrix c) {
    session.begin("multiplyTriangular", b, l, c);
    products.multiplyTriangular(transpose, alpha, use(b), use(l), use(c));
  }

  @Override
  public void cholesky(Matrix a) {
    session.begin("cholesky", a);
    factorizations.cholesky(use(a));
  }

  @Override
  public void cholesky(Matrix a, Matrix failures) {
    session.begin("cholesky", a, failures);
    factorizations.cholesky(use(a), use(failures));
  }

  @Override
  public void solveTriangular(Side side, Transpose transpose, double alpha, Matrix l, Matrix b) {
    session.begin("solveTriangular", l, b);
    products.solveTriangular(side, transpose, alpha, use(l), use(b));
  }

  @Override
  public void solveCholesky(Matrix l, Matrix b) {
    session.begin("solveCholesky", l, b);
    factorizations.solveCholesky(use(l), use(b));
  }

  @Override
  public void eigenSymmetric(Matrix a, Matrix values) {
    session.begin("eigenSymmetric", a, values);
    factorizations.eigenSymmetric(use(a), use(values));
  }

  @Override
  public double logDeterminant(Matrix l) {
    session.begin("logDeterminant", l);
    return reductions.logDeterminant(use(l));
  }

  @Override
  public void logDeterminant(double alpha, Matrix l, double beta, Matrix out) {
    session.begin("logDeterminant", l, out);
    reductions.logDeterminant(alpha, use(l), beta, use(out));
  }

  @Override
  public void activate(Activation f, Matrix h, Matrix phi) {
    session.begin("activate", h, phi);
    elementwise.activate(f, use(h), use(phi));
  }

  @Override
  public void activateWithDerivative(Activation f, Matrix h, Matrix phi, Matrix slope) {
    session.begin("activateWithDerivative", h, phi, slope);
    elementwise.activateWithDerivative(f, use(h), use(phi), use(slope));
  }

  @Override
  public void activateSmoothed(Activation f, Matrix h, Matrix deviation, Matrix phi) {
    session.begin("activateSmoothed", h, deviation, phi);
    elementwise.activateSmoothed(f, use(h), use(deviation), use(phi));
  }

  @Override
  public void activateSliding(
      Activation f, Matrix h, Matrix pull, Matrix reach, Matrix phi, Matrix slope) {
    session.begin("activateSliding", h, pull, reach, phi, slope);
    elementwise.activateSliding(f, use(h), use(pull), use(reach), use(phi), use(slope));
  }

  @Override
  public void axpy(double alpha, Matrix x, Matrix y) {
    session.begin("axpy", x, y);
    elementwise.axpy(alpha, use(x), use(y));
  }

  @Override
  public void scale(double alpha, Matrix x) {
    session.begin("scale", x);
    elementwise.scale(alpha, use(x));
  }

  @Override
  public void multiply(Matrix x, Matrix y) {
    session.begin("multiply", x, y);
    elementwise.multiply(use(x), use(y));
  }

  @Override
  public void addDiagonal(double value, Matrix a) {
    session.begin("addDiagonal", a);
    elementwise.addDiagonal(value, use(a));
  }

  @Override
  public void addDiagonal(double factor, Matrix value, Matrix a) {
    session.begin("addDiagonal", value, a);
    elementwise.addDiagonal(factor, use(value), use(a));
  }

  @Override
  public void scaleRows(Matrix w, Matrix a) {
    session.begin("scaleRows", w, a);
    elementwise.scaleRows(use(w), use(a));
  }

  @Override
  public void scaleColumns(Matrix w, Matrix a) {
    session.begin("scaleColumns", w, a);
    elementwise.scaleColumns(use(w), use(a));
  }

  @Override
  public void rowDot(Matrix a, Matrix b, Matrix out) {
    session.begin("rowDot", a, b, out);
    elementwise.rowDot(use(a), use(b), use(out));
  }

  @Override
  public void dualActivation(
      Activation f,
      Matrix covariance,
      Matrix rowVariance,
      Matrix columnVariance,
      Matrix value,
      Matrix slope) {
    session.begin("dualActivation", covariance, rowVariance, columnVariance, value, slope);
    initialKernels.dualActivation(
        f, use(covariance), use(rowVariance), use(columnVariance), use(value), use(slope));
  }

  @Override
  public void dualSeries(
      Matrix rowCoefficients,
      Matrix columnCoefficients,
      Matrix correlation,
      Matrix value,
      Matrix slope) {
    session.begin("dualSeries", rowCoefficients, columnCoefficients, correlation, value, slope);
    initialKernels.dualSeries(
        use(rowCoefficients), use(columnCoefficients), use(correlation), use(value), use(slope));
  }

  @Override
  public void backProject(double scale, Matrix phi, Matrix slope, Matrix v, Matrix out) {
    session.begin("backProject", phi, slope, v, out);
    backProjection.run(scale, use(phi), use(slope), use(v), use(out));
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
    session.begin("descendBags", input, output, hidden, pull, losses);
    bagDescent.run(
        bags, batch, decay, use(input), use(output), use(hidden), use(pull), use(losses));
  }

  @Override
  public void kickRotate(double kick, Matrix g, double angle, Matrix x, Matrix p) {
    session.begin("kickRotate", g, x, p);
    elementwise.kickRotate(kick, use(g), angle, use(x), use(p));
  }

  @Override
  public void exactly(Runnable work) {
    products.exactly(work);
  }

  @Override
  public long factorScratchBytes(long elements) {
    return options.precision() == FieldPrecision.TF32X3 ? SplitFactors.scratchBytes(elements) : 0;
  }

  @Override
  public Routine routine(String name, Runnable work) {
    session.begin(name);
    return capture.routine(name, work);
  }

  @Override
  public void fillGaussian(long seed, long stream, long firstSample, Matrix target) {
    session.begin("fillGaussian", target);
    sampling.fillGaussian(seed, stream, firstSample, use(target));
  }

  @Override
  public void fillUniform(long seed, long stream, long firstSample, Matrix target) {
    session.begin("fillUniform", target);
    sampling.fillUniform(seed, stream, firstSample, use(target));
  }

  @Override
  public double sum(Matrix a) {
    session.begin("sum", a);
    return reductions.sum(use(a));
  }

  @Override
  public double dot(Matrix a, Matrix b) {
    session.begin("dot", a, b);
    return reductions.dot(use(a), use(b));
  }

  @Override
  public void dot(double alpha, Matrix a, Matrix b, double beta, Matrix out) {
    session.begin("dot", a, b, out);
    reductions.dot(alpha, use(a), use(b), beta, use(out));
  }

  @Override
  public void synchronize() {
    session.begin("synchronize");
    session.synchronize();
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    closeParts();
    if (!leftOpen.isEmpty()) {
      throw new IllegalStateException(
          "the backend was closed while matrices are open: " + leftOpen);
    }
  }

  /** Gives back everything that was acquired, last first, also after a step has failed. */
  private void closeParts() {
    RuntimeException failure = null;
    if (!session.isLost()) {
      failure = attempt(() -> finishWork(), failure);
    }
    while (!closing.isEmpty()) {
      failure = attempt(closing.pop(), failure);
    }
    if (failure != null) {
      throw failure;
    }
  }

  private void finishWork() {
    session.begin("closing the backend");
    session.synchronize();
  }

  private static RuntimeException attempt(Runnable step, RuntimeException failure) {
    try {
      step.run();
      return failure;
    } catch (RuntimeException e) {
      if (failure == null) {
        return e;
      }
      failure.addSuppressed(e);
      return failure;
    }
  }
}
