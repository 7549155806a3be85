package org.richkernel.compute.cpu;

import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendInfo;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.Ownership;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Side;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.WordBags;
import org.richkernel.group.RankGroup;

/** The facade on a CPU: checks that handles are open and hands each operation to its task. */
final class CpuBackend implements Backend {
  private static final int THREADS_THAT_OUTRUN_LAPACK = 3;
  private static final long PANEL_ELEMENTS_PER_THREAD = 1 << 17;
  private static final int SHORTEST_PANEL = 256;
  private static final int PANEL_ALIGN = 64;

  private final BackendInfo info;
  private final CpuMemory memory;
  private final WorkerTeam team;
  private final HostTransfer transfer;
  private final ElementwiseTasks.Fill fill;
  private final ElementwiseTasks.Copy copy;
  private final ElementwiseTasks.Axpy axpy;
  private final ElementwiseTasks.Scale scale;
  private final ElementwiseTasks.Multiply multiply;
  private final ElementwiseTasks.ScaleRows scaleRows;
  private final ElementwiseTasks.ScaleColumns scaleColumns;
  private final ElementwiseTasks.KickRotate kickRotate;
  private final ActivationTask activation;
  private final SmoothedActivation smoothed;
  private final SlidingActivation sliding;
  private final Reductions reductions;
  private final Mirror mirror;
  private final Products products;
  private final GramProducts gramProducts;
  private final CholeskyFactorization cholesky;
  private final TriangularSolver triangularSolver;
  private final SymmetricEigen eigen;
  private final GaussianPairs gaussianPairs;
  private final HermiteSeries hermiteSeries;
  private final BackProjection backProjection;
  private final RandomFill randomFill;
  private final SitePatches patches;
  private final BagDescent bagDescent;
  private final Ownership ownership = new Ownership("cpu");
  private final RankGroup ranks;
  private boolean closed;

  CpuBackend(BackendOptions options) {
    ranks = options.ranks();
    info = new BackendInfo("cpu", Processor.name(), options.threads()).withRanks(ranks.size());
    memory = new CpuMemory(options.memoryLimitBytes(), ownership);
    team = new WorkerTeam(options.threads());
    transfer = new HostTransfer(team);
    fill = new ElementwiseTasks.Fill(team);
    copy = new ElementwiseTasks.Copy(team);
    axpy = new ElementwiseTasks.Axpy(team);
    scale = new ElementwiseTasks.Scale(team);
    multiply = new ElementwiseTasks.Multiply(team);
    scaleRows = new ElementwiseTasks.ScaleRows(team);
    scaleColumns = new ElementwiseTasks.ScaleColumns(team);
    kickRotate = new ElementwiseTasks.KickRotate(team);
    activation = new ActivationTask(team);
    smoothed = new SmoothedActivation(team);
    sliding = new SlidingActivation(team);
    reductions = new Reductions(team);
    mirror = new Mirror(team, memory);
    products = new Products(team, mirror);
    gramProducts = new GramProducts(team, memory, mirror);
    cholesky = new CholeskyFactorization(team, mirror);
    triangularSolver = new TriangularSolver(team);
    eigen = new SymmetricEigen(team, memory, mirror, reductions);
    gaussianPairs = new GaussianPairs(team);
    hermiteSeries = new HermiteSeries(team);
    backProjection = new BackProjection(team, memory);
    randomFill = new RandomFill(team);
    patches = new SitePatches(team);
    bagDescent = new BagDescent(team);
  }

  /** The operand as an open matrix of this backend. */
  private CpuMatrix use(Matrix matrix) {
    requireOpen();
    ownership.check();
    return memory.use(matrix);
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("the cpu backend is closed");
    }
  }

  /** Threads of the team without the caller, for tests that count allocations. */
  long[] helperThreadIds() {
    return team.threadIds();
  }

  @Override
  public RankGroup ranks() {
    return ranks;
  }

  @Override
  public BackendInfo info() {
    return info;
  }

  @Override
  public void handOver(Thread from, Thread to) {
    ownership.handOver(from, to);
  }

  @Override
  public Matrix allocate(Precision precision, int rows, int columns, String label) {
    requireOpen();
    return memory.allocate(precision, rows, columns, label);
  }

  @Override
  public long allocatedBytes() {
    return memory.allocatedBytes();
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
  public long availableBytes() {
    return memory.availableBytes();
  }

  @Override
  public long eigenScratchBytes(int rows) {
    return SymmetricEigen.scratchBytes(rows);
  }

  @Override
  public int panelRows(int columns) {
    if (columns < 0) {
      throw new IllegalArgumentException("panelRows: columns must not be negative: " + columns);
    }
    long rows = PANEL_ELEMENTS_PER_THREAD * info.threads() / Math.max(1, columns);
    long bounded = Math.max(SHORTEST_PANEL, Math.min(rows, 1 << 20));
    return (int) (bounded / PANEL_ALIGN * PANEL_ALIGN);
  }

  @Override
  public void upload(double[] source, Matrix target) {
    transfer.upload(source, use(target));
  }

  @Override
  public void upload(float[] source, Matrix target) {
    transfer.upload(source, use(target));
  }

  @Override
  public void download(Matrix source, double[] target) {
    transfer.download(use(source), target);
  }

  @Override
  public void download(Matrix source, float[] target) {
    transfer.download(use(source), target);
  }

  @Override
  public void copy(Matrix source, Matrix target) {
    copy.run(use(source), use(target));
  }

  @Override
  public void fill(double value, Matrix target) {
    fill.run(value, use(target));
  }

  @Override
  public void cols(Matrix table, Matrix source, Matrix target) {
    patches.cols(use(table), use(source), use(target));
  }

  @Override
  public void uncols(Matrix table, Matrix source, Matrix target) {
    patches.uncols(use(table), use(source), use(target));
  }

  @Override
  public void averagePatches(
      double scale, Matrix rows, Matrix columns, Matrix source, Matrix target) {
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
    products.gemm(transposeA, transposeB, alpha, use(a), use(b), beta, use(c));
  }

  @Override
  public void syrk(Transpose transpose, double alpha, Matrix a, double beta, Matrix c) {
    products.syrk(transpose, alpha, use(a), beta, use(c));
  }

  @Override
  public void gram(double alpha, Matrix a, double beta, Matrix c) {
    CpuMatrix field = use(a);
    gramProducts.mirrored("gram", alpha, field, field, beta, use(c));
  }

  @Override
  public void crossGram(double alpha, Matrix a, Matrix b, double beta, Matrix c) {
    gramProducts.crossGram(alpha, use(a), use(b), beta, use(c));
  }

  @Override
  public void mirroredCrossGram(double alpha, Matrix a, Matrix b, double beta, Matrix c) {
    gramProducts.mirrored("mirroredCrossGram", alpha, use(a), use(b), beta, use(c));
  }

  @Override
  public void multiplyTriangular(Transpose transpose, double alpha, Matrix b, Matrix l, Matrix c) {
    products.multiplyTriangular(transpose, alpha, use(b), use(l), use(c));
  }

  @Override
  public void cholesky(Matrix a) {
    cholesky.factor(use(a));
  }

  @Override
  public void solveTriangular(Side side, Transpose transpose, double alpha, Matrix l, Matrix b) {
    triangularSolver.solve(side, transpose, alpha, use(l), use(b));
  }

  @Override
  public void solveCholesky(Matrix l, Matrix b) {
    triangularSolver.solveCholesky(use(l), use(b));
  }

  /** LAPACK has it at a third of the work, but on one thread. */
  @Override
  public void invertCholesky(double scale, Matrix l, Matrix target) {
    if (team.threads() >= THREADS_THAT_OUTRUN_LAPACK) {
      Backend.super.invertCholesky(scale, l, target);
      return;
    }
    copy(l, target);
    cholesky.invert(use(target));
    scale(scale, target);
  }

  @Override
  public void eigenSymmetric(Matrix a, Matrix values) {
    eigen.decompose(use(a), use(values));
  }

  @Override
  public double logDeterminant(Matrix l) {
    return reductions.logDeterminant(use(l));
  }

  @Override
  public void activate(Activation f, Matrix h, Matrix phi) {
    activation.apply(f, use(h), use(phi));
  }

  @Override
  public void activateWithDerivative(Activation f, Matrix h, Matrix phi, Matrix slope) {
    activation.applyWithDerivative(f, use(h), use(phi), use(slope));
  }

  @Override
  public void activateSmoothed(Activation f, Matrix h, Matrix deviation, Matrix phi) {
    smoothed.apply(f, use(h), use(deviation), use(phi));
  }

  @Override
  public void activateSliding(
      Activation f, Matrix h, Matrix pull, Matrix reach, Matrix phi, Matrix slope) {
    sliding.apply(f, use(h), use(pull), use(reach), use(phi), use(slope));
  }

  @Override
  public void axpy(double alpha, Matrix x, Matrix y) {
    axpy.run(alpha, use(x), use(y));
  }

  @Override
  public void scale(double alpha, Matrix x) {
    scale.run(alpha, use(x));
  }

  @Override
  public void multiply(Matrix x, Matrix y) {
    multiply.run(use(x), use(y));
  }

  @Override
  public void addDiagonal(double value, Matrix a) {
    Diagonal.add(value, use(a), team.caller());
  }

  @Override
  public void scaleRows(Matrix w, Matrix a) {
    scaleRows.run(use(w), use(a));
  }

  @Override
  public void scaleColumns(Matrix w, Matrix a) {
    scaleColumns.run(use(w), use(a));
  }

  @Override
  public void rowDot(Matrix a, Matrix b, Matrix out) {
    reductions.rowDot(use(a), use(b), use(out));
  }

  @Override
  public void dualActivation(
      Activation f,
      Matrix covariance,
      Matrix rowVariance,
      Matrix columnVariance,
      Matrix value,
      Matrix slope) {
    gaussianPairs.run(
        f, use(covariance), use(rowVariance), use(columnVariance), use(value), use(slope));
  }

  @Override
  public void dualSeries(
      Matrix rowCoefficients,
      Matrix columnCoefficients,
      Matrix correlation,
      Matrix value,
      Matrix slope) {
    hermiteSeries.run(
        use(rowCoefficients), use(columnCoefficients), use(correlation), use(value), use(slope));
  }

  @Override
  public void backProject(double scaling, Matrix phi, Matrix slope, Matrix v, Matrix out) {
    backProjection.run(scaling, use(phi), use(slope), use(v), use(out));
  }

  @Override
  public void kickRotate(double kick, Matrix g, double angle, Matrix x, Matrix p) {
    kickRotate.run(kick, use(g), angle, use(x), use(p));
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
    bagDescent.run(
        bags, batch, decay, use(input), use(output), use(hidden), use(pull), use(losses));
  }

  @Override
  public void fillGaussian(
      long seed, long stream, long firstSample, int firstIndex, Matrix target) {
    randomFill.gaussian(seed, stream, firstSample, firstIndex, use(target));
  }

  @Override
  public void fillUniform(long seed, long stream, long firstSample, Matrix target) {
    randomFill.uniform(seed, stream, firstSample, use(target));
  }

  @Override
  public double sum(Matrix a) {
    return reductions.sum(use(a));
  }

  @Override
  public double dot(Matrix a, Matrix b) {
    return reductions.dot(use(a), use(b));
  }

  /** Does nothing: operations have finished when they return. */
  @Override
  public void synchronize() {
    requireOpen();
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    team.close();
    mirror.close();
    gramProducts.close();
    eigen.close();
    backProjection.close();
    memory.requireAllClosed();
  }
}
