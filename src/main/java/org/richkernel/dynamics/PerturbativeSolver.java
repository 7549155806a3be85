package org.richkernel.dynamics;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Workspace;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.solver.Progress;
import org.richkernel.solver.RunControl;
import org.richkernel.solver.SolverState;
import org.richkernel.solver.Stages;
import org.richkernel.solver.StateForm;
import org.richkernel.solver.StopReason;

/**
 * Perturbation theory around the lazy limit: kernels K_0 + gamma^2 K_2(t) and outputs f_0 + gamma^2
 * f_2 of networks with one or two hidden layers and a smooth activation, exact to this order at
 * infinite width up to O(eta) (Bordelon and Pehlevan, arXiv:2205.09653, section on perturbation
 * theory, extended here by the responses of the layers to each other).
 *
 * <p>K_0 has a closed form. K_2 is an average over samples of the initial Gaussian fields without
 * feedback of noise, so it has no bias of finite S. Cost: about 40 S P M flops per step and layer.
 * There is no history, so a checkpoint between two times is small. The expansion is accurate at
 * gamma well below 1 and fails from gamma about 1 on.
 */
public final class PerturbativeSolver {
  private static final int DEEPEST = 2;

  /** Number of independent parts of the samples, whose spread gives standard errors. */
  private static final int POPULATIONS = 8;

  private static final double DEFAULT_TOLERANCE = CausalOptions.defaults().tolerance();

  private final double tolerance;

  /** A solver with the tolerance of the causal one. */
  public PerturbativeSolver() {
    this(DEFAULT_TOLERANCE);
  }

  /**
   * A solver with another tolerance.
   *
   * @param tolerance largest relative standard error, in outputs or kernels, of a converged
   *     solution; there is no bias of finite S
   * @throws InvalidProblemException if it is not positive
   */
  public PerturbativeSolver(double tolerance) {
    if (!(tolerance > 0)) {
      throw new InvalidProblemException("tolerance", tolerance, "use a positive number");
    }
    this.tolerance = tolerance;
  }

  /**
   * Refuses problems that the expansion does not cover.
   *
   * @throws InvalidProblemException for ReLU, more than two hidden layers, weight decay, several
   *     outputs or mini-batches
   */
  public static void requireSolvable(DynamicsProblem problem) {
    problem
        .network()
        .requireDense("perturbation theory", "use --approximation static-ntk, or leave it out");
    ActivationDerivatives.requireSmooth(problem.network().activation());
    int layers = problem.network().hiddenLayers();
    if (layers > DEEPEST) {
      throw new InvalidProblemException(
          "hidden-layers", layers, "perturbation theory is solved for 1 or 2");
    }
    if (problem.options().weightDecay() > 0) {
      throw new InvalidProblemException(
          "weight-decay",
          problem.options().weightDecay(),
          "perturbation theory is solved without; leave it out");
    }
    problem.requireOneOutput("perturbation theory");
    problem.requireFullBatches("perturbation theory");
  }

  /** Peak memory of a solve. */
  public MemoryPlan plan(DynamicsProblem problem) {
    return matrices(problem)
        .addAll(
            "",
            MemoryPlan.largest(
                InitialKernels.plan(problem),
                InputFields.plan(problem),
                CovarianceFactor.plan(problem.points())));
  }

  private static MemoryPlan matrices(DynamicsProblem problem) {
    MemoryPlan plan = new MemoryPlan();
    PerturbativeRun.plan(plan, problem, problem.options().samples() / POPULATIONS);
    // the populations, the present one and its lazy limit twice, mean, error and bias
    return plan.addHost(Trajectory.bytes(problem) * (POPULATIONS + 7));
  }

  /**
   * Solves the problem.
   *
   * @throws InvalidProblemException as for {@link #requireSolvable}
   * @throws org.richkernel.compute.OutOfDeviceMemoryException before any work, if it would not fit
   */
  public DynamicsSolution solve(DynamicsProblem problem, Backend backend, RunControl control) {
    requireSolvable(problem);
    plan(problem).requireFits(backend, "lower the samples or the number of points");
    try (Workspace memory = new Workspace(backend, matrices(problem))) {
      return new Solve(problem, backend, memory).run(control);
    }
  }

  /** One population: its trajectory, and the time of its divergence. */
  private record Population(Trajectory trajectory, OptionalInt divergence) {
    static Population of(TrajectoryRecorder recorder) {
      return new Population(recorder.trajectory(), recorder.divergence());
    }
  }

  /** Populations in a checkpoint. */
  private record PopulationForm(DynamicsProblem problem) implements StateForm<Population> {
    @Override
    public void save(Population population, SolverState state) {
      state.put("divergence", population.divergence().stream().asDoubleStream().toArray());
      population.trajectory().save(state, "trajectory");
    }

    @Override
    public Population restore(SolverState state) {
      double[] divergence = state.doubles("divergence");
      return new Population(
          Trajectory.restore(state, "trajectory", problem),
          divergence.length == 0 ? OptionalInt.empty() : OptionalInt.of((int) divergence[0]));
    }
  }

  /** The populations of one solve, one after the other. */
  private final class Solve {
    private final DynamicsProblem problem;
    private final Backend backend;
    private final Workspace memory;
    private final InitialKernels start;
    private final List<Population> populations = new ArrayList<>();
    private Optional<Population> stopped = Optional.empty();

    Solve(DynamicsProblem problem, Backend backend, Workspace memory) {
      this.problem = problem;
      this.backend = backend;
      this.memory = memory;
      start = InitialKernels.of(problem, backend);
    }

    DynamicsSolution run(RunControl control) {
      Stages stages = new Stages(control);
      boolean whole = true;
      while (whole && populations.size() < POPULATIONS) {
        Optional<Population> next = stages.next(new PopulationForm(problem), this::march);
        whole = next.isPresent();
        next.or(() -> stopped).ifPresent(populations::add);
      }
      if (populations.isEmpty()) {
        populations.add(Population.of(new TrajectoryRecorder(problem)));
      }
      OptionalInt divergence =
          populations.stream()
              .map(Population::divergence)
              .filter(OptionalInt::isPresent)
              .findFirst()
              .orElse(OptionalInt.empty());
      List<Trajectory> trajectories = populations.stream().map(Population::trajectory).toList();
      PopulationEstimate estimate = PopulationEstimate.ofMean(problem, trajectories);
      return new DynamicsSolution(
          problem,
          reason(whole, divergence, estimate),
          divergence,
          estimate.mean(),
          estimate.standardError(),
          estimate.bias(),
          0,
          estimate.relativeError() <= tolerance
              ? 0
              : estimate.samplesFor(tolerance, problem.options().samples()),
          Optional.empty());
    }

    private StopReason reason(boolean whole, OptionalInt divergence, PopulationEstimate estimate) {
      if (!whole) {
        return StopReason.INTERRUPTED;
      }
      if (divergence.isPresent()) {
        return StopReason.DIVERGED;
      }
      return estimate.relativeError() <= tolerance ? StopReason.CONVERGED : StopReason.BUDGET;
    }

    /** Solves up to the last time or a divergence; empty if a stop was requested. */
    private Optional<Population> march(RunControl own) {
      int size = problem.options().samples() / POPULATIONS;
      long first = (long) populations.size() * size;
      TrajectoryRecorder recorder = new TrajectoryRecorder(problem);
      PerturbativeRun run =
          new PerturbativeRun(problem, backend, memory, recorder, start, first, size);
      own.checkpoints().load().ifPresent(run::restore);
      boolean goesOn = true;
      while (goesOn && recorder.times() <= problem.options().steps()) {
        if (own.stop().isRaised()) {
          own.checkpoints().save(recorder.times(), run.state());
          stopped = Optional.of(Population.of(recorder));
          return Optional.empty();
        }
        goesOn = run.advance();
        own.listener().progress(progress(recorder.times()));
        if (goesOn && own.checkpoints().due()) {
          own.checkpoints().save(recorder.times(), run.state());
        }
      }
      return Optional.of(Population.of(recorder));
    }

    private Progress progress(int times) {
      long perPopulation = problem.options().steps() + 1L;
      return new Progress(
          "perturbation theory",
          problem.options().gamma(),
          populations.size() * perPopulation + times,
          POPULATIONS * perPopulation,
          Double.NaN,
          Double.NaN);
    }
  }
}
