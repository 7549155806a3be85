package org.richkernel.dynamics;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Workspace;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.solver.Progress;
import org.richkernel.solver.RunControl;
import org.richkernel.solver.StopReason;

/**
 * Perturbation theory around the lazy limit: kernels K_0 + gamma^2 K_2(t) and outputs f_0 + gamma^2
 * f_2 of networks with one or two hidden layers and a smooth activation, exact to this order at
 * infinite width up to O(eta) (Bordelon and Pehlevan, arXiv:2205.09653, section on perturbation
 * theory, extended here by the responses of the layers to each other).
 *
 * <p>K_0 is in closed form; K_2 is an average over samples of the Gaussian fields of the start, in
 * which no noise feeds back, so it has no bias of finite S. Cost: about 40 S P M flops per step and
 * layer, no history. Good at gamma well below 1, useless from gamma about 1 on.
 */
public final class PerturbativeSolver {
  private static final int DEEPEST = 2;

  /** Independent parts of the samples, from whose spread standard errors come. */
  private static final int POPULATIONS = 4;

  /**
   * Refuses what the expansion does not cover.
   *
   * @throws InvalidProblemException for ReLU, more than two hidden layers, weight decay, several
   *     outputs, mini-batches, or samples that are no multiple of 4
   */
  public static void requireSolvable(DynamicsProblem problem) {
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
    if (problem.options().samples() % POPULATIONS != 0) {
      throw new InvalidProblemException(
          "samples", problem.options().samples(), "use a multiple of " + POPULATIONS);
    }
  }

  /** What a solve will allocate. */
  public MemoryPlan plan(DynamicsProblem problem) {
    MemoryPlan plan = new MemoryPlan();
    PerturbativeRun.plan(plan, problem, problem.options().samples() / POPULATIONS);
    InitialKernels.plan(plan, problem);
    long outputs = (problem.options().steps() + 1L) * problem.points() * Double.BYTES;
    return plan.addHost(outputs * (POPULATIONS + 3));
  }

  /**
   * Solves the problem.
   *
   * @throws InvalidProblemException as for {@link #requireSolvable}
   * @throws org.richkernel.compute.OutOfDeviceMemoryException before any work, if it would not fit
   */
  public DynamicsSolution solve(DynamicsProblem problem, Backend backend, RunControl control) {
    requireSolvable(problem);
    MemoryPlan plan = plan(problem);
    plan.requireFits(backend, "lower the samples or the number of points");
    InitialKernels start = InitialKernels.of(problem, backend);
    List<Trajectory> populations = new ArrayList<>();
    OptionalInt divergence = OptionalInt.empty();
    int part = problem.options().samples() / POPULATIONS;
    try (Workspace memory = new Workspace(backend, plan)) {
      for (int b = 0; b < POPULATIONS && !control.stop().isRaised(); b++) {
        TrajectoryRecorder recorder = new TrajectoryRecorder(problem);
        PerturbativeRun run =
            new PerturbativeRun(problem, backend, memory, recorder, start, (long) b * part, part);
        march(problem, run, control, b);
        populations.add(recorder.trajectory());
        divergence = divergence.isPresent() ? divergence : recorder.divergence();
      }
    }
    StopReason reason =
        divergence.isPresent()
            ? StopReason.DIVERGED
            : control.stop().isRaised() ? StopReason.INTERRUPTED : StopReason.CONVERGED;
    if (populations.isEmpty()) {
      populations.add(new TrajectoryRecorder(problem).trajectory());
    }
    return new DynamicsSolution(
        problem,
        reason,
        divergence,
        Trajectory.combine(populations, Trajectory::mean),
        Trajectory.combine(populations, Trajectory::standardError),
        Trajectory.combine(populations, values -> 0),
        0);
  }

  private static void march(
      DynamicsProblem problem, PerturbativeRun run, RunControl control, int population) {
    int steps = problem.options().steps();
    for (int t = 0; t <= steps && !control.stop().isRaised() && run.advance(t); t++) {
      control
          .listener()
          .progress(
              new Progress(
                  "perturbation theory",
                  problem.options().gamma(),
                  (long) population * (steps + 1) + t + 1,
                  (long) POPULATIONS * (steps + 1),
                  Double.NaN,
                  Double.NaN));
    }
  }
}
