package org.richkernel.lazy;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.NotPositiveDefiniteException;
import org.richkernel.compute.OutOfDeviceMemoryException;
import org.richkernel.compute.Precision;
import org.richkernel.compute.TileFile;
import org.richkernel.compute.Workspace;
import org.richkernel.metrics.KernelMetrics;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.UnresolvedKernelException;
import org.richkernel.solver.ConjugateGradients;
import org.richkernel.solver.InterruptedRunException;
import org.richkernel.solver.Progress;
import org.richkernel.solver.RunControl;
import org.richkernel.solver.SolverState;
import org.richkernel.solver.StopSignal;

/**
 * Fits a {@link LazyProblem} with no matrix of P x P numbers in memory: rows of the kernel are made
 * a block at a time, turned into rows of the Cholesky factor, and kept in a scratch file of 4 P^2
 * bytes, or 2 P^2 in float32. A second pass over the rows measures the residual of the requested
 * system; each step of refinement needs a further pass. A factor in float32 is refined to a
 * residual of 1e-10 of the targets, by conjugate gradients if refinement does not reach it.
 */
public final class TiledLazySolver {
  private static final String TARGETS = "targets";
  private static final String COEFFICIENTS = "coefficients";
  private static final String RESIDUAL = "residual";

  private static final int LARGEST_TILE = 4096;
  private static final int TILE_UNIT = 256;

  /** Most bytes of one block of rows. */
  private static final long BLOCK_BYTES = 1L << 30;

  private static final int MOST_REFINEMENTS = 5;

  /** Most steps of conjugate gradients with a factor of float32. */
  private static final int MOST_STEPS = 60;

  /** Residual relative to the targets that ends them, and refinement by such a factor. */
  private static final double SMALL = 1e-10;

  /** Spacing of float32 numbers above 1 in units of that of float64 numbers. */
  private static final double SINGLE = 0x1p29;

  private final Backend backend;
  private final LazyProblem problem;
  private final Path scratch;
  private final Precision precision;
  private final KernelRecursion recursion;
  private final int tile;
  private final MemoryPlan plan;
  private final LayerSums sums;

  /**
   * Prepares a fit.
   *
   * @param scratch file for the factor; removed after the fit, kept if it stops early
   * @param precision of the factor; with FLOAT32 it takes half the room and time, and solves by
   *     conjugate gradients
   * @throws InvalidProblemException if the ridge is zero, or a kernel overflows
   */
  public TiledLazySolver(Backend backend, LazyProblem problem, Path scratch, Precision precision) {
    this(backend, problem, scratch, precision, tile(problem.trainInputs().rows()));
  }

  /** The same with tiles of another size. */
  TiledLazySolver(
      Backend backend, LazyProblem problem, Path scratch, Precision precision, int tile) {
    if (!(problem.kappa() > 0)) {
      throw new InvalidProblemException(
          "kappa", problem.kappa(), "a kernel in tiles needs a ridge; use a number above 0");
    }
    this.backend = backend;
    this.problem = problem;
    this.scratch = scratch;
    this.precision = precision;
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

  /** Peak memory of {@link #solve}. */
  public MemoryPlan plan() {
    return plan;
  }

  private MemoryPlan makePlan() {
    int points = problem.trainInputs().rows();
    int outputs = problem.trainTargets().outputs();
    MemoryPlan memory = new MemoryPlan();
    TiledKernel.plan(memory, recursion, points, tile, outputs);
    TiledCholesky.plan(memory, points, tile, precision);
    memory.add(TARGETS, Precision.FLOAT64, points, outputs);
    memory.add(COEFFICIENTS, Precision.FLOAT64, points, outputs);
    memory.add(RESIDUAL, Precision.FLOAT64, points, outputs);
    memory.addHost(TileFile.bufferBytes(tile, precision));
    memory.addDisk(TileFile.bytes(points, tile, precision));
    if (precision == Precision.FLOAT32) {
      memory.addHost(ConjugateGradients.bytes(points, outputs) + 16L * points * outputs);
    }
    memory.addHost(8L * outputs * (3L * points + problem.testInputs().rows()));
    return memory;
  }

  /**
   * Computes the coefficients, the predictions and the numbers of the kernels, which are not kept.
   *
   * @return empty if a stop was requested; the same problem with the same scratch file resumes
   * @throws OutOfDeviceMemoryException if the plan does not fit; nothing was computed then
   * @throws UnresolvedKernelException if rounding of the kernel is not small against kappa
   * @throws java.io.UncheckedIOException if the scratch file cannot be written or read
   */
  public Optional<LazySolution> solve(RunControl control) {
    plan.requireFits(backend, "lower the number of training points");
    TileFile.requireSpace(scratch, problem.trainInputs().rows(), tile, precision);
    Map<String, Double> seconds = new LinkedHashMap<>();
    try (TileFile tiles = new TileFile(scratch, tile, precision)) {
      double[] checksums = new double[(problem.trainInputs().rows() + tile - 1) / tile];
      Optional<LazySolution> solved = onTrainingPoints(tiles, checksums, seconds, control);
      Optional<LazySolution> complete = solved.flatMap(fit -> withTestPoints(fit, control.stop()));
      if (complete.isPresent()) {
        tiles.delete();
      } else if (solved.isPresent()) {
        save(checksums.length, checksums, tiles, control);
      }
      return complete;
    }
  }

  /** The solution without test points; empty for a stop, with a checkpoint. */
  private Optional<LazySolution> onTrainingPoints(
      TileFile tiles, double[] checksums, Map<String, Double> seconds, RunControl control) {
    recursion.obey(control.stop());
    try (Workspace workspace = new Workspace(backend, plan)) {
      recursion.uploadPoints(backend, workspace);
      backend.upload(problem.trainTargets().toArray(), workspace.get(TARGETS));
      TiledCholesky factor =
          new TiledCholesky(backend, tiles, workspace, problem.trainInputs().rows());
      TiledKernel kernel = new TiledKernel(backend, workspace, recursion, factor, problem.kappa());
      long start = System.nanoTime();
      if (!factorize(kernel, factor, tiles, checksums, workspace, control)) {
        return Optional.empty();
      }
      long solving = System.nanoTime();
      seconds.put("factor", (solving - start) * 1e-9);
      Optional<RidgeFit> fit = refined(kernel, factor, workspace, control);
      seconds.put("solve", (System.nanoTime() - solving) * 1e-9);
      if (fit.isEmpty()) {
        save(factor.blocks(), checksums, tiles, control);
      }
      return fit.map(found -> solution(found, workspace, seconds));
    }
  }

  /** Factorizes K + kappa I from where a checkpoint left it; false for a stop. */
  private boolean factorize(
      TiledKernel kernel,
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
      boolean[] appended = {false};
      int at = block;
      LayerSums before = sums.copy();
      try {
        kernel.rows(
            block,
            (layer, feature) -> kernel.measure(at, layer, feature, workspace.get(TARGETS), sums),
            rows -> {
              try (Matrix diagonal = rows.view(0, rows.rows(), factor.first(at), rows.rows())) {
                backend.addDiagonal(problem.kappa() + shift(), diagonal);
              }
              appended[0] = append(factor, at, rows, control);
            });
      } catch (InterruptedRunException e) {
        appended[0] = false;
      }
      if (!appended[0]) {
        sums.set(before);
        save(block, checksums, tiles, control);
        return false;
      }
      checksums[block] = tiles.checksum(block, factor.rows(block));
      // work grows like the square of the block's number
      long done = work(block + 1);
      long total = work(factor.blocks());
      control
          .listener()
          .progress(new Progress("factor", Double.NaN, done, total, Double.NaN, Double.NaN));
      if (control.checkpoints().due()) {
        save(block + 1, checksums, tiles, control);
      }
    }
    return true;
  }

  /** Addition to the ridge of a float32 factor that keeps it definite under rounding. */
  private double shift() {
    return precision == Precision.FLOAT32
        ? SINGLE * recursion.rounding() * Math.sqrt(problem.trainInputs().rows())
        : 0;
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
              Locale.ROOT,
              "%s kernel + kappa I (%d x %d, kappa = %s)",
              problem.kernel().name(),
              problem.trainInputs().rows(),
              problem.trainInputs().rows(),
              problem.kappa()),
          Double.NaN,
          "raise kappa, and look for rows of the inputs that occur twice");
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
  private Optional<RidgeFit> refined(
      TiledKernel kernel, TiledCholesky factor, Workspace workspace, RunControl control) {
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
      backend.copy(targets, residual);
      double rounding = kernel.subtractMeasured(coefficients, residual, control);
      if (Double.isNaN(rounding)) {
        return Optional.empty();
      }
      rest = norm(residual);
      boolean small =
          precision == Precision.FLOAT32
              ? rest <= SMALL * targetNorm
              : isSmall(rest, coefficients, targetNorm);
      if (small) {
        return Optional.of(fitted(coefficients, rest, rounding, targetNorm));
      }
      if (!(rest < 0.75 * last)) {
        break;
      }
      last = rest;
    }
    if (precision == Precision.FLOAT32) {
      return iterated(kernel, factor, workspace, control);
    }
    // refinement in float64 ends at the rounding of K C
    throw unresolved(rest / targetNorm);
  }

  private boolean isSmall(double rest, Matrix coefficients, double targetNorm) {
    return rest <= KernelRidge.largestResidual(problem.kappa() * norm(coefficients), targetNorm);
  }

  /**
   * The rest of C by conjugate gradients on the kernel in float64, preconditioned by a factor near
   * it that refinement alone makes too little of; empty for a stop.
   */
  private Optional<RidgeFit> iterated(
      TiledKernel kernel, TiledCholesky factor, Workspace workspace, RunControl control) {
    Matrix targets = workspace.get(TARGETS);
    Matrix coefficients = workspace.get(COEFFICIENTS);
    Matrix residual = workspace.get(RESIDUAL);
    double targetNorm = norm(targets);
    double[] solution = new double[Math.toIntExact(targets.size())];
    double[] rest = new double[solution.length];
    backend.download(coefficients, solution);
    backend.download(residual, rest);
    ConjugateGradients descent = new ConjugateGradients(targets.rows(), targets.columns());
    ConjugateGradients.Product preconditioner =
        (from, to) -> {
          backend.upload(from, residual);
          factor.solve(residual);
          backend.download(residual, to);
          return true;
        };
    ConjugateGradients.Product product =
        (from, to) -> {
          backend.upload(from, coefficients);
          backend.fill(0, residual);
          boolean complete = kernel.subtract(coefficients, residual, control);
          backend.scale(-1, residual);
          backend.download(residual, to);
          return complete;
        };
    descent.restart(preconditioner, rest);
    while (descent.plainResidualNorm() > SMALL * targetNorm && descent.iterations() < MOST_STEPS) {
      if (!descent.step(product, preconditioner)) {
        return Optional.empty();
      }
    }
    for (int i = 0; i < solution.length; i++) {
      solution[i] += descent.solution()[i];
    }
    backend.upload(solution, coefficients);
    backend.copy(targets, residual);
    double rounding = kernel.subtractMeasured(coefficients, residual, control);
    if (Double.isNaN(rounding)) {
      return Optional.empty();
    }
    double norm = norm(residual);
    if (isSmall(norm, coefficients, targetNorm)) {
      return Optional.of(fitted(coefficients, norm, rounding, targetNorm));
    }
    throw new UnresolvedKernelException(
        String.format(
            Locale.ROOT,
            "the factor in float32 leaves a residual of %.1g of the targets after %d steps of"
                + " conjugate gradients at kappa = %.2g; take --tiles float64",
            norm / targetNorm,
            descent.iterations(),
            problem.kappa()));
  }

  private UnresolvedKernelException unresolved(double share) {
    return UnresolvedKernelException.ofPredictions(
        problem.trainInputs().meanSquare(),
        problem.trainInputs().rows() * recursion.rounding(),
        share,
        problem.kappa());
  }

  private RidgeFit fitted(Matrix coefficients, double rest, double rounding, double targetNorm) {
    double[] solution = new double[Math.toIntExact(coefficients.size())];
    backend.download(coefficients, solution);
    double scale = targetNorm == 0 ? 1 : 1 / targetNorm;
    RidgeFit fit =
        new RidgeFit(
            solution,
            coefficients.rows(),
            coefficients.columns(),
            problem.kappa(),
            0,
            List.of(),
            rest * scale,
            0,
            rounding * scale);
    if (!fit.resolved()) {
      throw unresolved(fit.rounding());
    }
    return fit;
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

  /** Predictions at the test points, once the memory of the factor is free; empty for a stop. */
  private Optional<LazySolution> withTestPoints(LazySolution solution, StopSignal stop) {
    if (problem.testInputs().rows() == 0) {
      return Optional.of(solution);
    }
    try {
      double[] predictions = solution.predictor().predict(backend, problem.testInputs(), stop);
      return Optional.of(solution.withTestPredictions(predictions));
    } catch (InterruptedRunException e) {
      return Optional.empty();
    }
  }
}
