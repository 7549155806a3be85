package org.richkernel.dynamics;

import java.util.Optional;
import java.util.OptionalInt;
import org.richkernel.solver.SolverState;
import org.richkernel.solver.StateForm;
import org.richkernel.solver.StopReason;

/**
 * Solutions of a problem in a checkpoint, without two-time kernels.
 *
 * @param problem that was solved
 */
public record SolutionForm(DynamicsProblem problem) implements StateForm<DynamicsSolution> {
  @Override
  public void save(DynamicsSolution solution, SolverState state) {
    state.put(
        "end",
        solution.reason().ordinal(),
        solution.divergence().orElse(-1),
        solution.jitter(),
        solution.wantedSamples());
    solution.mean().save(state, "mean");
    solution.standardError().save(state, "standard_error");
    solution.sampleBias().save(state, "sample_bias");
  }

  @Override
  public DynamicsSolution restore(SolverState state) {
    double[] end = state.doubles("end");
    return new DynamicsSolution(
        problem,
        StopReason.values()[(int) end[0]],
        end[1] < 0 ? OptionalInt.empty() : OptionalInt.of((int) end[1]),
        Trajectory.restore(state, "mean", problem),
        Trajectory.restore(state, "standard_error", problem),
        Trajectory.restore(state, "sample_bias", problem),
        end[2],
        (long) end[3],
        Optional.empty());
  }
}
