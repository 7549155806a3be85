package org.richkernel.dynamics;

import java.util.ArrayList;
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
 * Dynamical theory of any depth and activation in one pass over time, without fixed-point
 * iteration: everything at time t follows from earlier times, so a population of S samples of each
 * layer's process (Bordelon and Pehlevan, arXiv:2205.09653, in discrete time) is marched once,
 * while the covariances it is drawn from are measured on it.
 *
 * <p>The population makes kernels too large by O(1/S). So it is solved for S samples X(S) and, on
 * the same random numbers, for B independent parts of S/B: the estimate is X(S) + (X(S) - mean
 * X(S/B)) / (B - 1), which cancels the 1/S term, and the spread of the parts gives standard errors.
 * Fields are float32, kernels and factors float64. Cost: about 16 L S (PT)^2 flops, test points
 * aside.
 */
public final class CausalSolver {
  /** Relative jitter beyond which a covariance counts as indefinite. */
  private static final double LARGEST_JITTER = 1.001e-3;

  private static final double RAISE = 10;

  private final CausalOptions causal;

  /** A solver with the usual settings. */
  public CausalSolver() {
    this(CausalOptions.defaults());
  }

  /** A solver with other settings. */
  public CausalSolver(CausalOptions causal) {
    this.causal = causal;
  }

  /** What a solve will allocate. */
  public MemoryPlan plan(DynamicsProblem problem) {
    MemoryPlan plan = new MemoryPlan();
    CausalRun.plan(plan, problem, problem.options().samples());
    long outputs = (problem.options().steps() + 1L) * problem.points() * Double.BYTES;
    return plan.addHost(outputs * (causal.populations() + 3));
  }

  /**
   * Solves the problem.
   *
   * @throws InvalidProblemException if S is not a multiple of the number of populations
   * @throws org.richkernel.compute.OutOfDeviceMemoryException before any work, if it would not fit
   * @throws org.richkernel.compute.NotPositiveDefiniteException if a covariance is indefinite
   *     beyond rounding
   */
  public DynamicsSolution solve(DynamicsProblem problem, Backend backend, RunControl control) {
    int samples = problem.options().samples();
    int parts = causal.populations();
    if (samples % parts != 0) {
      throw new InvalidProblemException(
          "samples", samples, "use a multiple of " + parts + ", the number of populations");
    }
    problem.requireOneOutput("the causal solver");
    MemoryPlan plan = plan(problem);
    plan.requireFits(backend, "lower the samples, the steps or the number of points");
    List<Trajectory> populations = new ArrayList<>();
    List<TrajectoryRecorder> recorders = new ArrayList<>();
    CausalOptions settings = causal;
    try (Workspace memory = new Workspace(backend, plan)) {
      int part = samples / parts;
      for (int b = 0; b <= parts; b++) {
        // the whole population comes last: a step size that is too large shows early and cheaply
        long first = b < parts ? (long) b * part : 0;
        int size = b < parts ? part : samples;
        TrajectoryRecorder recorder;
        while (true) {
          recorder = new TrajectoryRecorder(problem);
          CausalRun run = new CausalRun(problem, settings, backend, memory, recorder, first, size);
          try {
            march(problem, run, control, b);
            break;
          } catch (NotPositiveDefiniteException e) {
            if (settings.jitter() * RAISE > LARGEST_JITTER) {
              throw e;
            }
            settings = settings.withJitter(settings.jitter() * RAISE);
          }
        }
        populations.add(recorder.trajectory());
        recorders.add(recorder);
        if (recorder.divergence().isPresent() || control.stop().isRaised()) {
          break;
        }
      }
    }
    return solution(problem, control, populations, recorders, settings.jitter());
  }

  private void march(DynamicsProblem problem, CausalRun run, RunControl control, int population) {
    int steps = problem.options().steps();
    String phase =
        population < causal.populations()
            ? "population " + (population + 1) + " of " + causal.populations()
            : "whole population";
    for (int t = 0; t <= steps && !control.stop().isRaised() && run.advance(t); t++) {
      control
          .listener()
          .progress(
              new Progress(
                  phase,
                  problem.options().gamma(),
                  (long) population * (steps + 1) + t + 1,
                  (causal.populations() + 1L) * (steps + 1),
                  Double.NaN,
                  Double.NaN));
    }
  }

  private DynamicsSolution solution(
      DynamicsProblem problem,
      RunControl control,
      List<Trajectory> populations,
      List<TrajectoryRecorder> recorders,
      double jitter) {
    OptionalInt divergence = recorders.get(recorders.size() - 1).divergence();
    int parts = causal.populations();
    if (populations.size() <= parts) {
      // Ended early: what there is, as it is, with nothing to extrapolate from.
      return new DynamicsSolution(
          problem,
          divergence.isPresent() ? StopReason.DIVERGED : StopReason.INTERRUPTED,
          divergence,
          Trajectory.combine(populations, Trajectory::mean),
          Trajectory.combine(populations, Trajectory::standardError),
          Trajectory.combine(populations, values -> Double.NaN),
          jitter);
    }
    // X(S/B) - X(S) is (B - 1) times the bias of X(S), which falls like 1/S.
    Trajectory bias =
        Trajectory.combine(populations, values -> (partMean(values) - values[parts]) / (parts - 1));
    Trajectory mean =
        Trajectory.combine(
            populations,
            values -> values[parts] - (partMean(values) - values[parts]) / (parts - 1));
    Trajectory error =
        Trajectory.combine(
            populations.subList(0, parts), values -> Trajectory.standardError(values));
    StopReason reason = StopReason.CONVERGED;
    if (divergence.isPresent()) {
      reason = StopReason.DIVERGED;
    } else if (control.stop().isRaised()) {
      reason = StopReason.INTERRUPTED;
    } else if (relative(bias, mean) > causal.tolerance()) {
      reason = StopReason.BUDGET;
    }
    return new DynamicsSolution(problem, reason, divergence, mean, error, bias, jitter);
  }

  private static double partMean(double[] values) {
    double sum = 0;
    for (int b = 0; b < values.length - 1; b++) {
      sum += values[b];
    }
    return sum / (values.length - 1);
  }

  /** Largest relative norm: of the outputs and of each recorded kernel. */
  private static double relative(Trajectory part, Trajectory whole) {
    double largest = ratio(part.outputs(), whole.outputs());
    for (int k = 0; k < part.kernels().size(); k++) {
      LayerKernels some = part.kernels().get(k);
      LayerKernels all = whole.kernels().get(k);
      for (int l = 0; l < some.feature().size(); l++) {
        largest = Math.max(largest, ratio(some.feature().get(l), all.feature().get(l)));
        largest = Math.max(largest, ratio(some.gradient().get(l), all.gradient().get(l)));
      }
    }
    return largest;
  }

  private static double ratio(double[] part, double[] whole) {
    double squares = 0;
    double total = 0;
    for (int i = 0; i < part.length; i++) {
      squares += part[i] * part[i];
      total += whole[i] * whole[i];
    }
    return total == 0 ? 0 : Math.sqrt(squares / total);
  }
}
