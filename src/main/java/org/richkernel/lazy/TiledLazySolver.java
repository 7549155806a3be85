package org.richkernel.lazy;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.NotPositiveDefiniteException;
import org.richkernel.compute.OutOfDeviceMemoryException;
import org.richkernel.compute.Precision;
import org.richkernel.compute.TileFile;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;
import org.richkernel.metrics.KernelMetrics;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.UnresolvedKernelException;
import org.richkernel.solver.Progress;
import org.richkernel.solver.RunControl;
import org.richkernel.solver.SolverState;

/**
 * Fits a {@link LazyProblem} with no matrix of P x P numbers in memory: rows of the kernel are made
 * a block at a time, turned into rows of the Cholesky factor, and kept in a scratch file of 4 P^2
 * bytes. A second pass over the rows measures the residual of the system that was asked for, and a
 * third one follows for each step of refinement, if any is needed.
 */
public final class TiledLazySolver {
  private static final String TARGETS = "targets";
  private static final String COEFFICIENTS = "coefficients";
  private static final String RESIDUAL = "residual";
  private static final String IMAGE = "panel image";
  private static final String DIAGONAL = "panel diagonal";
  private static final String WEIGHTS = "coefficient norms";

  /** Half of the spacing of float64 numbers above 1. */
  private static final double UNIT = 0x1p-53;

  private static final int LARGEST_TILE = 4096;
  private static final int TILE_UNIT = 256;

  /** Most bytes of one block of rows. */
  private static final long BLOCK_BYTES = 1L << 30;

  private static final int MOST_REFINEMENTS = 5;

  private final Backend backend;
  private final LazyProblem problem;
  private final Path scratch;
  private final KernelRecursion recursion;
  private final int tile;
  private final MemoryPlan plan;
  private final LayerSums sums;
  private double rounding; // of the kernel in K C, absolute

  /**
   * Prepares a fit.
   *
   * @param scratch file for the factor; removed after the fit, kept if it stops early
   * @throws InvalidProblemException if the ridge is zero, or a kernel overflows
   */
  public TiledLazySolver(Backend backend, LazyProblem problem, Path scratch) {
    this(backend, problem, scratch, tile(problem.trainInputs().rows()));
  }

  /** The same with tiles of another size. */
  TiledLazySolver(Backend backend, LazyProblem problem, Path scratch, int tile) {
    if (!(problem.kappa() > 0)) {
      throw new InvalidProblemException(
          "kappa", problem.kappa(), "a kernel in tiles needs a ridge; use a number above 0");
    }
    this.backend = backend;
    this.problem = problem;
    this.scratch = scratch;
    this.recursion =
        KernelRecursion.of(
            problem.network(), problem.kernel(), problem.trainInputs(), problem.trainInputs());
    this.tile = Math.min(tile, problem.trainInputs().rows());
    this.plan = makePlan();
    this.sums = new LayerSums(problem.network().hiddenLayers());
  }

  private static int tile(int points) {
    long fitting = BLOCK_BYTES / Double.BYTES / points / TILE_UNIT * TILE_UNIT;
    return (int) Math.max(TILE_UNIT, Math.min(LARGEST_TILE, fitting));
  }

  /** What {@link #solve} will hold in memory. */
  public MemoryPlan plan() {
    return plan;
  }

  private MemoryPlan makePlan() {
    int points = problem.trainInputs().rows();
    int outputs = problem.trainTargets().outputs();
    MemoryPlan memory = new MemoryPlan();
    recursion.planPoints(memory);
    recursion.planPanel(memory, tile);
    TiledCholesky.plan(memory, tile);
    memory.add(TARGETS, Precision.FLOAT64, points, outputs);
    memory.add(COEFFICIENTS, Precision.FLOAT64, points, outputs);
    memory.add(RESIDUAL, Precision.FLOAT64, points, outputs);
    memory.add(IMAGE, Precision.FLOAT64, tile, outputs);
    memory.add(DIAGONAL, Precision.FLOAT64, tile, 1);
    memory.add(WEIGHTS, Precision.FLOAT64, 1, points);
    memory.addHost(TileFile.bufferBytes(tile));
    memory.addDisk(TileFile.bytes(points, tile));
    memory.addHost(8L * outputs * (3L * points + problem.testInputs().rows()));
    // the points once more, as the program has read them
    memory.addHost(8L * problem.trainInputs().dimension() * points);
    return memory;
  }

  /**
   * Computes the coefficients, the predictions and the numbers of the kernels, which are not kept.
   *
   * @return empty if a stop was asked for; the same problem with the same scratch file goes on
   * @throws OutOfDeviceMemoryException if the plan does not fit; nothing was computed then
   * @throws UnresolvedKernelException if rounding of the kernel is not small against kappa
   * @throws java.io.UncheckedIOException if the scratch file cannot be written or read
   */
  public Optional<LazySolution> solve(RunControl control) {
    plan.requireFits(backend, "lower the number of training points");
    TileFile.requireSpace(scratch, problem.trainInputs().rows(), tile);
    Map<String, Double> seconds = new LinkedHashMap<>();
    Optional<LazySolution> solved;
    try (TileFile tiles = new TileFile(scratch, tile);
        Workspace workspace = new Workspace(backend, plan)) {
      recursion.uploadPoints(backend, workspace);
      backend.upload(problem.trainTargets().toArray(), workspace.get(TARGETS));
      TiledCholesky factor =
          new TiledCholesky(backend, tiles, workspace, problem.trainInputs().rows());
      long start = System.nanoTime();
      double[] checksums = new double[factor.blocks()];
      if (!factorize(factor, tiles, checksums, workspace, control)) {
        return Optional.empty();
      }
      long solving = System.nanoTime();
      seconds.put("factor", (solving - start) * 1e-9);
      Optional<RidgeFit> fit = fit(factor, workspace, control);
      seconds.put("solve", (System.nanoTime() - solving) * 1e-9);
      if (fit.isEmpty()) {
        save(factor.blocks(), checksums, tiles, control);
      }
      solved = fit.map(found -> solution(found, workspace, seconds));
      if (solved.isPresent()) {
        tiles.delete();
      }
    }
    return solved.map(this::withTestPoints);
  }

  /** Factorizes K + kappa I from where a checkpoint left it; false for a stop. */
  private boolean factorize(
      TiledCholesky factor,
      TileFile tiles,
      double[] checksums,
      Workspace workspace,
      RunControl control) {
    int begin =
        control
            .checkpoints()
            .load()
            .map(state -> resume(state, factor, tiles, checksums))
            .orElse(0);
    for (int block = begin; block < factor.blocks(); block++) {
      boolean[] done = {false};
      int at = block;
      LayerSums before = sums.copy();
      rows(
          factor,
          workspace,
          block,
          (layer, feature) -> measure(factor, workspace, at, layer, feature),
          kernel -> {
            try (Matrix diagonal = kernel.view(0, kernel.rows(), factor.first(at), kernel.rows())) {
              backend.addDiagonal(problem.kappa(), diagonal);
            }
            done[0] = append(factor, at, kernel, control);
          });
      if (!done[0]) {
        sums.set(before);
        save(block, checksums, tiles, control);
        return false;
      }
      checksums[block] = tiles.checksum(block, factor.rows(block));
      // work grows like the square of the block's number
      control
          .listener()
          .progress(
              new Progress(
                  "factor",
                  Double.NaN,
                  work(block + 1),
                  work(factor.blocks()),
                  Double.NaN,
                  Double.NaN));
      if (control.checkpoints().due()) {
        save(block + 1, checksums, tiles, control);
      }
    }
    return true;
  }

  private static long work(long blocks) {
    return blocks * (blocks + 1) * (2 * blocks + 1) / 6;
  }

  private boolean append(TiledCholesky factor, int block, Matrix rows, RunControl control) {
    try {
      return factor.append(block, rows, control.stop());
    } catch (NotPositiveDefiniteException e) {
      UnresolvedKernelException.requireSmall(
          problem.trainInputs(),
          problem.trainInputs().rows() * recursion.rounding(),
          problem.kappa());
      throw new NotPositiveDefiniteException(
          String.format(
              java.util.Locale.ROOT,
              "%s kernel + kappa I (%d x %d, kappa = %s)",
              problem.kernel().name(),
              problem.trainInputs().rows(),
              problem.trainInputs().rows(),
              problem.kappa()),
          Double.NaN,
          "raise kappa, and look for rows of the inputs that occur twice");
    }
  }

  /** A block of rows of the kernel, with its exact diagonal. */
  private void rows(
      TiledCholesky factor,
      Workspace workspace,
      int block,
      KernelRecursion.PanelSink sink,
      java.util.function.Consumer<Matrix> consumer) {
    int first = factor.first(block);
    int count = factor.rows(block);
    recursion.panelTrain(
        backend,
        workspace,
        first,
        count,
        sink,
        kernel -> {
          try (Matrix diagonalBlock = kernel.view(0, count, first, count);
              Matrix diagonal = workspace.get(DIAGONAL).rowRange(0, count);
              Matrix square = factor.scratch().view(0, count, 0, count)) {
            recursion.setDiagonal(backend, diagonalBlock, first, diagonal, square);
          }
          consumer.accept(kernel);
        });
  }

  /** Adds a block of rows to y^T Phi y, Tr Phi and |Phi|_F^2 of a layer. */
  private void measure(
      TiledCholesky factor, Workspace workspace, int block, int layer, Matrix feature) {
    int first = factor.first(block);
    int count = factor.rows(block);
    try (Matrix image = workspace.get(IMAGE).rowRange(0, count);
        Matrix own = workspace.get(TARGETS).rowRange(first, count);
        Matrix diagonalBlock = feature.view(0, count, first, count);
        Matrix square = factor.scratch().view(0, count, 0, count)) {
      backend.gemm(Transpose.NO, Transpose.NO, 1, feature, workspace.get(TARGETS), 0, image);
      backend.fill(0, square);
      backend.addDiagonal(1, square);
      sums.add(
          layer,
          backend.dot(image, own),
          backend.dot(diagonalBlock, square),
          backend.dot(feature, feature));
    }
  }

  private int resume(SolverState state, TiledCholesky factor, TileFile tiles, double[] checksums) {
    int finished = (int) state.number("finished");
    double[] kept = state.doubles("checksums");
    boolean same = (int) state.number("tile") == tile && kept.length == checksums.length;
    for (int block = 0; same && block < finished; block++) {
      same =
          tiles.reaches(block, factor.rows(block))
              && tiles.checksum(block, factor.rows(block)) == (long) kept[block];
    }
    if (!same) {
      return 0; // the scratch file is gone or damaged, and the factor is made again
    }
    System.arraycopy(kept, 0, checksums, 0, finished);
    sums.restore(state);
    return finished;
  }

  private void save(int finished, double[] checksums, TileFile tiles, RunControl control) {
    tiles.force();
    SolverState state =
        new SolverState()
            .put("finished", finished)
            .put("tile", tile)
            .put("checksums", checksums.clone());
    sums.save(state);
    control.checkpoints().save(finished, state);
  }

  /** C from the factor, refined until the residual of the system is small; empty for a stop. */
  private Optional<RidgeFit> fit(TiledCholesky factor, Workspace workspace, RunControl control) {
    Matrix targets = workspace.get(TARGETS);
    Matrix coefficients = workspace.get(COEFFICIENTS);
    Matrix residual = workspace.get(RESIDUAL);
    double targetNorm = norm(targets);
    backend.fill(0, coefficients);
    backend.copy(targets, residual);
    double last = Double.POSITIVE_INFINITY;
    double rest = last;
    for (int step = 0; step <= MOST_REFINEMENTS; step++) {
      // C = C + (L L^T)^{-1} R
      factor.solve(residual);
      backend.axpy(1, residual, coefficients);
      if (!residual(factor, workspace, control)) {
        return Optional.empty();
      }
      rest = norm(residual);
      double enough = KernelRidge.largestResidual(problem.kappa() * norm(coefficients), targetNorm);
      if (rest <= enough) {
        RidgeFit fit = fitted(coefficients, rest, targetNorm);
        if (!fit.resolved()) {
          throw unresolved(fit.rounding());
        }
        return Optional.of(fit);
      }
      if (!(rest < 0.75 * last)) {
        break;
      }
      last = rest;
    }
    // refinement in float64 ends at the rounding of K C
    throw unresolved(rest / targetNorm);
  }

  private UnresolvedKernelException unresolved(double share) {
    return UnresolvedKernelException.ofPredictions(
        problem.trainInputs().meanSquare(),
        problem.trainInputs().rows() * recursion.rounding(),
        share,
        problem.kappa());
  }

  /**
   * R = Y - (K + kappa I) C by rows of K, and how much the rounding of every entry of K moves K C
   * if the roundings are independent, 2^-53 (sum_ijk K_ij^2 C_jk^2)^{1/2}; false for a stop.
   */
  private boolean residual(TiledCholesky factor, Workspace workspace, RunControl control) {
    Matrix coefficients = workspace.get(COEFFICIENTS);
    Matrix residual = workspace.get(RESIDUAL);
    backend.copy(workspace.get(TARGETS), residual);
    backend.axpy(-problem.kappa(), coefficients, residual);
    uploadNorms(coefficients, workspace.get(WEIGHTS));
    double[] squares = {0};
    for (int block = 0; block < factor.blocks(); block++) {
      if (control.stop().isRaised()) {
        return false;
      }
      int first = factor.first(block);
      int count = factor.rows(block);
      rows(
          factor,
          workspace,
          block,
          (layer, feature) -> {},
          kernel -> {
            try (Matrix own = residual.rowRange(first, count)) {
              backend.gemm(Transpose.NO, Transpose.NO, -1, kernel, coefficients, 1, own);
            }
            backend.scaleColumns(workspace.get(WEIGHTS), kernel);
            squares[0] += backend.dot(kernel, kernel);
          });
      control
          .listener()
          .progress(
              new Progress(
                  "residual", Double.NaN, block + 1, factor.blocks(), Double.NaN, Double.NaN));
    }
    rounding = UNIT * Math.sqrt(squares[0]);
    return true;
  }

  /** The norm of each row of C. */
  private void uploadNorms(Matrix coefficients, Matrix norms) {
    double[] values = new double[Math.toIntExact(coefficients.size())];
    backend.download(coefficients, values);
    double[] rows = new double[coefficients.rows()];
    for (int i = 0; i < values.length; i++) {
      rows[i / coefficients.columns()] += values[i] * values[i];
    }
    for (int i = 0; i < rows.length; i++) {
      rows[i] = Math.sqrt(rows[i]);
    }
    backend.upload(rows, norms);
  }

  private RidgeFit fitted(Matrix coefficients, double rest, double targetNorm) {
    double[] solution = new double[Math.toIntExact(coefficients.size())];
    backend.download(coefficients, solution);
    double relative = targetNorm == 0 ? rest : rest / targetNorm;
    return new RidgeFit(
        solution,
        coefficients.rows(),
        coefficients.columns(),
        problem.kappa(),
        0,
        List.of(),
        relative,
        0,
        targetNorm == 0 ? rounding : rounding / targetNorm);
  }

  private double norm(Matrix a) {
    return Math.sqrt(backend.dot(a, a));
  }

  private LazySolution solution(RidgeFit fit, Workspace workspace, Map<String, Double> seconds) {
    // K C = Y - kappa C - R
    Matrix train = workspace.get(TARGETS);
    backend.axpy(-problem.kappa(), workspace.get(COEFFICIENTS), train);
    backend.axpy(-1, workspace.get(RESIDUAL), train);
    double[] predictions = new double[Math.toIntExact(train.size())];
    backend.download(train, predictions);
    List<KernelMetrics> metrics = sums.metrics(problem.trainTargets());
    LazyGram gram = LazyGram.notKept(problem.trainInputs().rows(), recursion.truncation());
    return new LazySolution(problem, gram, metrics, fit, predictions, new double[0], seconds);
  }

  /** Predictions at the test points, once the memory of the factor is free again. */
  private LazySolution withTestPoints(LazySolution solution) {
    if (problem.testInputs().rows() == 0) {
      return solution;
    }
    double[] predictions = solution.predictor().predict(backend, problem.testInputs());
    return solution.withTestPredictions(predictions);
  }
}
