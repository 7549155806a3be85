package org.richkernel.dynamics;

import java.util.List;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Workspace;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.solver.Progress;
import org.richkernel.solver.RunControl;
import org.richkernel.solver.StopReason;

/**
 * Deep linear networks at infinite width, solved by algebra in float64 without sampling: the
 * reference of the sampled solvers (Bordelon and Pehlevan, arXiv:2205.09653, deep linear networks).
 *
 * <p>With phi(h) = h the fields are linear in their Gaussian sources, h^l = H_u u + H_r r and z^l =
 * Z_u u + Z_r r with u ~ N(0, Phi^{l-1}), r ~ N(0, G^{l+1}); g^l = z^l does not depend on the
 * point. The rows of H and Z at time t follow from earlier rows, so the whole solution is one pass
 * over time: about L (PT)^3 multiplications. Every output has its own backward field; with
 * mini-batches the errors are zero outside the batch.
 */
public final class LinearSolver {

  /**
   * Peak memory of a solve.
   *
   * @throws InvalidProblemException if the network is not linear
   */
  public MemoryPlan plan(DynamicsProblem problem) {
    if (!problem.network().activation().equals(Activation.LINEAR)) {
      throw new InvalidProblemException(
          "activation",
          problem.network().activation().id(),
          "the linear solver needs linear; use the causal solver for other networks");
    }
    return matrices(problem).addAll("", InputFields.kernelPlan(problem));
  }

  private static MemoryPlan matrices(DynamicsProblem problem) {
    MemoryPlan plan = new MemoryPlan();
    LinearRun.plan(plan, problem);
    // the record with the pulls, its copy in the solution, and zero errors
    return plan.addHost(4 * Trajectory.bytes(problem));
  }

  /**
   * Solves up to the last step, a divergence or a stop.
   *
   * @throws InvalidProblemException if the network is not linear
   * @throws org.richkernel.compute.OutOfDeviceMemoryException before any work, if it would not fit
   */
  public DynamicsSolution solve(DynamicsProblem problem, Backend backend, RunControl control) {
    plan(problem).requireFits(backend, "lower the number of steps or points");
    TrajectoryRecorder recorder = new TrajectoryRecorder(problem);
    boolean finished = false;
    try (Workspace memory = new Workspace(backend, matrices(problem))) {
      LinearRun run = new LinearRun(problem, backend, memory, recorder);
      int steps = problem.options().steps();
      for (int t = 0; t <= steps && !control.stop().isRaised() && run.advance(t); t++) {
        finished = t == steps;
        control
            .listener()
            .progress(
                new Progress(
                    "linear dynamics",
                    problem.options().gamma(),
                    t,
                    steps,
                    Double.NaN,
                    Double.NaN));
      }
    }
    StopReason reason =
        finished
            ? StopReason.CONVERGED
            : recorder.divergence().isPresent() ? StopReason.DIVERGED : StopReason.INTERRUPTED;
    Trajectory exact = recorder.trajectory();
    Trajectory zero = Trajectory.combine(List.of(exact), values -> 0);
    return new DynamicsSolution(problem, reason, recorder.divergence(), exact, zero, zero, 0);
  }
}
