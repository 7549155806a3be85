package org.richkernel.dynamics;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.NotPositiveDefiniteException;
import org.richkernel.compute.Workspace;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.solver.Progress;
import org.richkernel.solver.RunControl;
import org.richkernel.solver.StopReason;

/**
 * The published fixed-point iteration for the dynamical theory (Bordelon and Pehlevan,
 * arXiv:2205.09653, alternating Monte Carlo): order parameters Phi, G, A, B and errors on the whole
 * time grid are guessed, all fields are sampled from them, the order parameters are estimated anew
 * and mixed in, until they rest.
 *
 * <p>It is here for reference: it takes tens of passes where {@link CausalSolver} takes one, keeps
 * n x n matrices with n = (P + Q)(T + 1), and may diverge for long trainings or large richness,
 * which is detected. At rest it agrees with the causal solver within Monte Carlo errors. One
 * output; mini-batches are errors that are zero outside the batch.
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
   * What a solve will allocate.
   *
   * @throws InvalidProblemException as for {@link #solve}
   */
  public MemoryPlan plan(DynamicsProblem problem) {
    problem.requireOneOutput("the alternating solver");
    int samples = problem.options().samples();
    int parts = alternating.populations();
    if (samples % parts != 0) {
      throw new InvalidProblemException(
          "samples", samples, "use a multiple of " + parts + ", the number of populations");
    }
    long side = (long) problem.points() * (problem.options().steps() + 1);
    if (side * side > Integer.MAX_VALUE) {
      throw new InvalidProblemException(
          "steps",
          problem.options().steps(),
          "the alternating solver takes points times (steps + 1) up to 46340; use the causal"
              + " solver");
    }
    MemoryPlan plan = new MemoryPlan();
    AlternatingRun.plan(plan, problem, samples);
    return plan.addHost(2 * side * side * Double.BYTES);
  }

  /**
   * Iterates for each population.
   *
   * @throws InvalidProblemException if there are several outputs, S is not a multiple of the number
   *     of populations, or the time grid is too large
   * @throws org.richkernel.compute.OutOfDeviceMemoryException before any work, if it would not fit
   */
  public AlternatingSolution solve(DynamicsProblem problem, Backend backend, RunControl control) {
    MemoryPlan plan = plan(problem);
    plan.requireFits(backend, "lower the samples, the steps or the number of points");
    int samples = problem.options().samples();
    int parts = alternating.populations();
    List<Trajectory> populations = new ArrayList<>();
    List<double[]> residuals = new ArrayList<>();
    try (Workspace memory = new Workspace(backend, plan)) {
      for (int b = 0; b <= parts; b++) {
        int size = b < parts ? samples / parts : samples;
        long first = b < parts ? (long) b * size : 0;
        AlternatingRun run = new AlternatingRun(problem, alternating, backend, memory, first, size);
        double[] changes = new double[alternating.maxPasses()];
        int passes = 0;
        boolean lost = false;
        boolean rested = false;
        while (passes < changes.length && !rested && !lost && !control.stop().isRaised()) {
          lost = !attempt(run);
          changes[passes++] = run.change();
          rested = !lost && run.change() <= alternating.tolerance();
          control
              .listener()
              .progress(
                  new Progress(
                      "pass " + passes + " of population " + (b + 1) + " of " + (parts + 1),
                      problem.options().gamma(),
                      (long) b * alternating.maxPasses() + passes,
                      (parts + 1L) * alternating.maxPasses(),
                      Double.NaN,
                      run.change()));
        }
        residuals.add(Arrays.copyOf(changes, passes));
        populations.add(run.trajectory());
        if (!rested) {
          StopReason reason =
              lost
                  ? StopReason.DIVERGED
                  : control.stop().isRaised() ? StopReason.INTERRUPTED : StopReason.BUDGET;
          return unfinished(problem, reason, populations, residuals, lost ? passes : 0);
        }
      }
    }
    PopulationEstimate estimate = PopulationEstimate.of(populations);
    DynamicsSolution solution =
        new DynamicsSolution(
            problem,
            StopReason.CONVERGED,
            OptionalInt.empty(),
            estimate.mean(),
            estimate.standardError(),
            estimate.bias(),
            alternating.jitter());
    return new AlternatingSolution(solution, residuals, OptionalInt.empty());
  }

  /**
   * Errors out of bounds, numbers that are not finite, or a kernel that is not one: a divergence.
   */
  private static boolean attempt(AlternatingRun run) {
    try {
      return run.pass();
    } catch (NotPositiveDefiniteException e) {
      return false;
    }
  }

  private AlternatingSolution unfinished(
      DynamicsProblem problem,
      StopReason reason,
      List<Trajectory> populations,
      List<double[]> residuals,
      int divergedPass) {
    Trajectory last = populations.get(populations.size() - 1);
    Trajectory unknown = Trajectory.combine(List.of(last), values -> Double.NaN);
    DynamicsSolution solution =
        new DynamicsSolution(
            problem, reason, OptionalInt.empty(), last, unknown, unknown, alternating.jitter());
    return new AlternatingSolution(
        solution,
        residuals,
        divergedPass == 0 ? OptionalInt.empty() : OptionalInt.of(divergedPass));
  }
}
