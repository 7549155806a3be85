package org.richkernel.lazy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.NotPositiveDefiniteException;
import org.richkernel.compute.OutOfDeviceMemoryException;
import org.richkernel.compute.Workspace;
import org.richkernel.network.Inputs;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.solver.ConjugateGradients;
import org.richkernel.solver.InterruptedRunException;
import org.richkernel.solver.Progress;
import org.richkernel.solver.RunControl;
import org.richkernel.solver.SolverState;
import org.richkernel.solver.StopSignal;

/**
 * Fits a {@link LazyProblem} on M inducing points: the expansion f(x) = k(x, C) a in M of the P
 * training points with the smallest |Y - f|^2 + kappa |f|_H^2, by preconditioned conjugate
 * gradients on the {@link InducingSystem}. Nothing of P x P is held; P M D flops make the kernel,
 * and P M K follow for each step where it can be kept.
 *
 * <p>This is an approximation; {@link RidgeDistance} bounds how far it is from the ridge on all
 * points.
 */
public final class InducingLazySolver {
  /** Rows of the full kernel that the bound is measured at. */
  private static final int SAMPLED_ROWS = 512;

  /** Recurrences of conjugate gradients, each from a residual that was computed anew. */
  private static final int MOST_RESTARTS = 5;

  private final Backend backend;
  private final LazyProblem problem;
  private final InducingOptions options;
  private final InducingPoints points;
  private final int sampledRows;
  private final Inputs inducing;
  private final KernelRecursion recursion;
  private final MemoryPlan plan;
  private final boolean rowsKept;
  private final LazyPredictor unfitted;

  /**
   * Prepares a fit.
   *
   * @throws InvalidProblemException if the ridge is zero, or a kernel overflows
   */
  public InducingLazySolver(Backend backend, LazyProblem problem, InducingOptions options) {
    this(backend, problem, options, SAMPLED_ROWS, Long.MAX_VALUE);
  }

  /**
   * The same with other limits.
   *
   * @param sampledRows most rows that the bound is measured at
   * @param keptBytes most bytes of the kernel's rows that are kept
   */
  InducingLazySolver(
      Backend backend,
      LazyProblem problem,
      InducingOptions options,
      int sampledRows,
      long keptBytes) {
    if (!(problem.kappa() > 0)) {
      throw new InvalidProblemException(
          "kappa", problem.kappa(), "inducing points need a ridge; use a number above 0");
    }
    this.backend = backend;
    this.problem = problem;
    this.options = options;
    int all = problem.trainInputs().rows();
    this.points = new InducingPoints(all, Math.min(all, options.points()), options.seed());
    this.sampledRows = Math.min(sampledRows, points.others());
    this.inducing = points.of(problem.trainInputs());
    this.recursion =
        KernelRecursion.of(
            problem.network(),
            problem.kernel(),
            inducing,
            points.others(problem.trainInputs(), points.others()));
    MemoryPlan keeping = fitPlan(true);
    this.rowsKept = 8L * points.others() * inducing.rows() <= keptBytes && keeping.fits(backend);
    this.plan = rowsKept ? keeping : fitPlan(false);
    this.unfitted =
        predictor(inducing, new double[inducing.rows() * problem.trainTargets().outputs()]);
  }

  private MemoryPlan fitPlan(boolean keepRows) {
    int all = problem.trainInputs().rows();
    int outputs = problem.trainTargets().outputs();
    MemoryPlan memory = new MemoryPlan();
    InducingSystem.plan(memory, backend, recursion, inducing, outputs, keepRows);
    memory.addHost(ConjugateGradients.bytes(inducing.rows(), outputs));
    memory.addHost(8L * outputs * (4L * all + problem.testInputs().rows()));
    // the points in another order
    memory.addHost(problem.trainInputs().values().bytes());
    return memory;
  }

  /**
   * Peak memory of the stages of {@link #solve}: the fit, the rows of its bound, the test points.
   */
  public List<MemoryPlan> plans() {
    List<MemoryPlan> stages = new ArrayList<>(List.of(plan));
    if (sampledRows > 0) {
      int outputs = problem.trainTargets().outputs();
      Inputs all = problem.trainInputs();
      stages.add(
          predictor(all, new double[all.rows() * outputs])
              .plan(backend, points.others(all, sampledRows))
              // the points in another order
              .addHost(all.values().bytes()));
    }
    if (problem.testInputs().rows() > 0) {
      stages.add(unfitted.plan(backend, problem.testInputs()));
    }
    return stages;
  }

  private LazyPredictor predictor(Inputs inputs, double[] coefficients) {
    return new LazyPredictor(problem.network(), problem.kernel(), inputs, coefficients);
  }

  /**
   * Computes the coefficients, their bound and the predictions; the numbers of the kernels of the
   * layers are left out.
   *
   * @return empty if a stop was requested; the same problem with the same checkpoints resumes
   * @throws OutOfDeviceMemoryException if the plan does not fit; nothing was computed then
   * @throws NotPositiveDefiniteException if the kernel of the inducing points is indefinite
   */
  public Optional<LazySolution> solve(RunControl control) {
    try {
      return solveUnless(control);
    } catch (InterruptedRunException e) {
      return Optional.empty();
    }
  }

  private Optional<LazySolution> solveUnless(RunControl control) {
    for (MemoryPlan stage : plans()) {
      stage.requireFits(backend, "lower --inducing or the number of training points");
    }
    Map<String, Double> seconds = new LinkedHashMap<>();
    Optional<Iterate> solved;
    try (Workspace workspace = new Workspace(backend, plan)) {
      long start = System.nanoTime();
      InducingSystem system =
          new InducingSystem(backend, workspace, recursion, problem.kappa(), control.stop());
      system.prepare(
          problem.kernel().name(),
          points.arrange(problem.trainTargets().toArray(), problem.trainTargets().outputs()));
      long solving = System.nanoTime();
      seconds.put("factor", (solving - start) * 1e-9);
      solved = iterate(system, control);
      seconds.put("solve", (System.nanoTime() - solving) * 1e-9);
    }
    return solved.map(iterate -> solution(iterate, seconds, control.stop()));
  }

  /**
   * Where the iteration has ended.
   *
   * @param residual K_PC^T e - kappa K_CC a, M x K
   * @param rest e = Y - f, P x K in the order of the inducing points
   * @param size of the residual relative to the right-hand side, preconditioned
   */
  private record Iterate(
      double[] coefficients, double[] residual, double[] rest, double size, long iterations) {}

  /** Conjugate gradients from where a checkpoint left them; empty for a stop. */
  private Optional<Iterate> iterate(InducingSystem system, RunControl control) {
    int outputs = problem.trainTargets().outputs();
    ConjugateGradients descent = new ConjugateGradients(inducing.rows(), outputs);
    StopSignal stop = control.stop();
    double[] residual = new double[inducing.rows() * outputs];
    double[] rest = new double[problem.trainInputs().rows() * outputs];
    Optional<SolverState> left = control.checkpoints().load();
    double scale = Double.NaN;
    int restarts = 0;
    if (left.isPresent()) {
      descent.restore(left.get().part("descent"));
      scale = left.get().number("scale");
      restarts = (int) left.get().number("restarts");
      if (!descend(system, descent, scale, restarts, control)) {
        return Optional.empty();
      }
    }
    double last = Double.POSITIVE_INFINITY;
    while (true) {
      if (!system.residual(descent.solution(), residual, rest, stop)) {
        if (restarts > 0) {
          save(descent, scale, restarts, control);
        }
        return Optional.empty();
      }
      double size = restart(system, descent, residual);
      scale = restarts == 0 ? size : scale;
      double relative = scale == 0 ? 0 : size / scale;
      boolean done =
          relative <= options.tolerance()
              || descent.iterations() >= options.maxIterations()
              || restarts >= MOST_RESTARTS
              || !(relative < 0.75 * last);
      if (done) {
        return Optional.of(
            new Iterate(
                descent.solution().clone(), residual, rest, relative, descent.iterations()));
      }
      last = relative;
      restarts++;
      if (!descend(system, descent, scale, restarts, control)) {
        return Optional.empty();
      }
    }
  }

  /** Begins at a residual that was computed anew; returns its preconditioned size. */
  private static double restart(
      InducingSystem system, ConjugateGradients descent, double[] residual) {
    descent.restart(system::precondition, residual);
    return descent.residualNorm();
  }

  /** Steps until the recurrence has converged; false for a stop. */
  private boolean descend(
      InducingSystem system,
      ConjugateGradients descent,
      double scale,
      int restarts,
      RunControl control) {
    double enough = 0.5 * options.tolerance() * scale;
    while (descent.residualNorm() > enough && descent.iterations() < options.maxIterations()) {
      boolean stepped =
          descent.step((from, to) -> system.apply(from, to, control.stop()), system::precondition);
      if (!stepped) {
        save(descent, scale, restarts, control);
        return false;
      }
      control
          .listener()
          .progress(
              new Progress(
                  "conjugate gradients",
                  Double.NaN,
                  descent.iterations(),
                  options.maxIterations(),
                  Double.NaN,
                  descent.residualNorm() / scale));
      if (control.checkpoints().due()) {
        save(descent, scale, restarts, control);
      }
    }
    return true;
  }

  private static void save(
      ConjugateGradients descent, double scale, int restarts, RunControl control) {
    SolverState state =
        new SolverState()
            .put("scale", scale)
            .put("restarts", restarts)
            .put("descent", descent.state());
    control.checkpoints().save(descent.iterations(), state);
  }

  private LazySolution solution(Iterate iterate, Map<String, Double> seconds, StopSignal stop) {
    long start = System.nanoTime();
    int outputs = problem.trainTargets().outputs();
    int all = problem.trainInputs().rows();
    RidgeDistance distance = distance(iterate, stop);
    double scale = 1 / Math.sqrt((double) all * outputs);
    InducingFit fit =
        new InducingFit(
            inducing.rows(),
            iterate.iterations(),
            iterate.size(),
            options.tolerance(),
            scale * distance.bound(),
            scale * distance.boundStandardError(),
            sampledRows,
            rowsKept);
    long predicting = System.nanoTime();
    seconds.put("bound", (predicting - start) * 1e-9);
    LazyPredictor predictor = predictor(inducing, iterate.coefficients());
    double[] test =
        problem.testInputs().rows() == 0
            ? new double[0]
            : predictor.predict(backend, problem.testInputs(), stop);
    seconds.put("predict", (System.nanoTime() - predicting) * 1e-9);
    double[] train = problem.trainTargets().toArray();
    double[] rest = points.restore(iterate.rest(), outputs);
    for (int i = 0; i < train.length; i++) {
      train[i] -= rest[i];
    }
    return LazySolution.onInducingPoints(
        problem, predictor, fit, recursion.truncation(), train, test, seconds);
  }

  /** The bound of the distance to the exact ridge, from rows of the kernel on all points. */
  private RidgeDistance distance(Iterate iterate, StopSignal stop) {
    double kappa = problem.kappa();
    int outputs = problem.trainTargets().outputs();
    double[] targets = points.arrange(problem.trainTargets().toArray(), outputs);
    RidgeDistance distance =
        new RidgeDistance(
            targets, iterate.rest(), iterate.coefficients(), iterate.residual(), kappa);
    int rows = sampledRows;
    if (rows > 0) {
      int from = inducing.rows() * outputs;
      double[] rest = Arrays.copyOfRange(iterate.rest(), from, from + rows * outputs);
      double[] dual = points.restore(iterate.rest(), outputs);
      for (int i = 0; i < dual.length; i++) {
        dual[i] /= kappa;
      }
      // r = K e / kappa - f with f = Y - e
      double[] residual =
          predictor(problem.trainInputs(), dual)
              .predict(backend, points.others(problem.trainInputs(), rows), stop);
      for (int i = 0; i < residual.length; i++) {
        residual[i] -= targets[from + i] - rest[i];
      }
      distance.addSample(rest, residual, rows, points.others());
    }
    return distance;
  }
}
