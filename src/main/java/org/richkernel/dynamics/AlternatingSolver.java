package org.richkernel.dynamics;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.NotPositiveDefiniteException;
import org.richkernel.compute.Workspace;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.solver.Progress;
import org.richkernel.solver.RunControl;
import org.richkernel.solver.SolverState;
import org.richkernel.solver.Stages;
import org.richkernel.solver.StateForm;
import org.richkernel.solver.StopReason;

/**
 * The published fixed-point iteration for the dynamical theory (Bordelon and Pehlevan,
 * arXiv:2205.09653, alternating Monte Carlo): it guesses the order parameters Phi, G, A, B and the
 * errors on the whole time grid, samples all fields from them, estimates the order parameters again
 * and mixes them in, until they converge.
 *
 * <p>It serves as a reference: it takes tens of passes instead of the one of {@link CausalSolver},
 * keeps n x n matrices with n = (P + Q)(T + 1), and may diverge for long trainings or large
 * richness, which is detected. After convergence it agrees with the causal solver within Monte
 * Carlo errors. It solves one output; with mini-batches the errors are zero outside the batch.
 *
 * <p>A checkpoint holds the converged populations and the order parameters of the present one
 * between two passes.
 */
public final class AlternatingSolver {
  private final AlternatingOptions alternating;

  /** A solver with the usual settings. */
  public AlternatingSolver() {
    this(AlternatingOptions.defaults());
  }

  /** A solver with other settings. */
  public AlternatingSolver(AlternatingOptions alternating) {
    this.alternating = alternating;
  }

  /**
   * Peak memory of a solve.
   *
   * @throws InvalidProblemException as for {@link #solve}
   */
  public MemoryPlan plan(DynamicsProblem problem) {
    problem.requireOneOutput("the alternating solver");
    problem.options().requireParts(alternating.populations());
    long side = (long) problem.points() * (problem.options().steps() + 1);
    if (side * side > Integer.MAX_VALUE) {
      throw new InvalidProblemException(
          "steps",
          problem.options().steps(),
          "the alternating solver takes points times (steps + 1) up to 46340; use the causal"
              + " solver");
    }
    return matrices(problem).addAll("", InputFields.plan(problem));
  }

  private MemoryPlan matrices(DynamicsProblem problem) {
    int samples = problem.options().samples();
    long side = (long) problem.points() * (problem.options().steps() + 1);
    MemoryPlan plan = new MemoryPlan();
    AlternatingRun.plan(plan, problem, samples);
    // kernels and responses of the hidden layers are copied for a checkpoint
    long copies = 4L * problem.network().hiddenLayers() - 2;
    plan.addHost(copies * side * side * Double.BYTES);
    return plan.addHost(Trajectory.bytes(problem) * (alternating.populations() + 5L));
  }

  /**
   * Iterates for each population.
   *
   * @throws InvalidProblemException if there are several outputs, fewer samples than populations,
   *     or the time grid is too large
   * @throws org.richkernel.compute.OutOfDeviceMemoryException before any work, if it would not fit
   * @throws NotPositiveDefiniteException if a kernel before training is indefinite beyond the
   *     jitter
   */
  public AlternatingSolution solve(DynamicsProblem problem, Backend backend, RunControl control) {
    plan(problem).requireFits(backend, "lower the samples, the steps or the number of points");
    try (Workspace memory = new Workspace(backend, matrices(problem))) {
      return new Solve(problem, backend, memory, control).run();
    }
  }

  /**
   * End of one population.
   *
   * @param changes in each pass
   */
  @SuppressWarnings("ArrayRecordComponent")
  private record Population(StopReason reason, double[] changes, Trajectory trajectory) {}

  /** Populations in a checkpoint. */
  private record PopulationForm(DynamicsProblem problem) implements StateForm<Population> {
    @Override
    public void save(Population population, SolverState state) {
      state.put("reason", population.reason().ordinal()).put("changes", population.changes());
      population.trajectory().save(state, "trajectory");
    }

    @Override
    public Population restore(SolverState state) {
      return new Population(
          StopReason.values()[(int) state.number("reason")],
          state.doubles("changes"),
          Trajectory.restore(state, "trajectory", problem));
    }
  }

  /** The populations of one solve, one after the other. */
  private final class Solve {
    private final DynamicsProblem problem;
    private final Backend backend;
    private final Workspace memory;
    private final RunControl control;
    private final int parts = alternating.populations();
    private final List<Population> populations = new ArrayList<>();
    private Optional<Population> stopped = Optional.empty();

    Solve(DynamicsProblem problem, Backend backend, Workspace memory, RunControl control) {
      this.problem = problem;
      this.backend = backend;
      this.memory = memory;
      this.control = control;
    }

    AlternatingSolution run() {
      Stages stages = new Stages(control);
      while (populations.size() <= parts) {
        Optional<Population> next = stages.next(new PopulationForm(problem), this::iterate);
        next.or(() -> stopped).ifPresent(populations::add);
        if (next.isEmpty()) {
          return unfinished(StopReason.INTERRUPTED);
        }
        if (next.get().reason() != StopReason.CONVERGED) {
          return unfinished(next.get().reason());
        }
      }
      int samples = problem.options().samples();
      PopulationEstimate estimate =
          PopulationEstimate.of(
              problem,
              populations.stream().map(Population::trajectory).toList(),
              samples / (double) (samples / parts));
      return solution(
          StopReason.CONVERGED,
          estimate.mean(),
          estimate.standardError(),
          estimate.bias(),
          OptionalInt.empty());
    }

    private AlternatingRun population() {
      int b = populations.size();
      int samples = problem.options().samples();
      int size = b < parts ? samples / parts : samples;
      long first = b < parts ? (long) b * size : 0;
      return new AlternatingRun(problem, alternating, backend, memory, first, size);
    }

    /** Iterates until convergence, divergence or the last pass; empty if a stop was requested. */
    private Optional<Population> iterate(RunControl own) {
      AlternatingRun run = population();
      double[] changes = own.checkpoints().load().map(run::restore).orElse(new double[0]);
      while (true) {
        if (own.stop().isRaised()) {
          own.checkpoints().save(changes.length, run.state(changes));
          stopped = Optional.of(new Population(StopReason.INTERRUPTED, changes, run.trajectory()));
          return Optional.empty();
        }
        boolean finite = attempt(run, changes.length);
        changes = Arrays.copyOf(changes, changes.length + 1);
        changes[changes.length - 1] = finite ? run.change() : Double.POSITIVE_INFINITY;
        own.listener().progress(progress(changes));
        if (!finite) {
          return Optional.of(new Population(StopReason.DIVERGED, changes, run.trajectory()));
        }
        if (run.change() <= alternating.tolerance()) {
          return Optional.of(new Population(StopReason.CONVERGED, changes, run.trajectory()));
        }
        if (changes.length == alternating.maxPasses()) {
          return Optional.of(new Population(StopReason.BUDGET, changes, run.trajectory()));
        }
        if (own.checkpoints().due()) {
          own.checkpoints().save(changes.length, run.state(changes));
        }
      }
    }

    private Progress progress(double[] changes) {
      int passes = changes.length;
      int b = populations.size();
      return new Progress(
          "pass " + passes + " of population " + (b + 1) + " of " + (parts + 1),
          problem.options().gamma(),
          (long) b * alternating.maxPasses() + passes,
          (parts + 1L) * alternating.maxPasses(),
          Double.NaN,
          changes[passes - 1]);
    }

    /** Solution from the last population alone, without extrapolation. */
    private AlternatingSolution unfinished(StopReason reason) {
      if (populations.isEmpty()) {
        Trajectory none = new TrajectoryRecorder(problem).trajectory();
        populations.add(new Population(reason, new double[0], none));
      }
      Population last = populations.get(populations.size() - 1);
      Trajectory unknown = Trajectory.combine(List.of(last.trajectory()), values -> Double.NaN);
      OptionalInt divergedPass =
          reason == StopReason.DIVERGED
              ? OptionalInt.of(last.changes().length)
              : OptionalInt.empty();
      return solution(reason, last.trajectory(), unknown, unknown, divergedPass);
    }

    private AlternatingSolution solution(
        StopReason reason,
        Trajectory mean,
        Trajectory error,
        Trajectory bias,
        OptionalInt divergedPass) {
      DynamicsSolution solution =
          new DynamicsSolution(
              problem, reason, OptionalInt.empty(), mean, error, bias, alternating.jitter());
      return new AlternatingSolution(
          solution, populations.stream().map(Population::changes).toList(), divergedPass);
    }
  }

  /**
   * One pass; false after a divergence: errors out of bounds, numbers that are not finite, or an
   * indefinite kernel. An indefinite kernel in the first pass is thrown.
   */
  private static boolean attempt(AlternatingRun run, int passes) {
    try {
      return run.pass();
    } catch (NotPositiveDefiniteException e) {
      if (passes == 0) {
        throw e;
      }
      return false;
    }
  }
}
