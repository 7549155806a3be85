package org.richkernel.dynamics;

import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Workspace;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.solver.Progress;
import org.richkernel.solver.RunControl;
import org.richkernel.solver.StopReason;

/**
 * Gradient flow of an infinitely wide network with one hidden layer, followed to its fixed point:
 * the adaptive kernels aNNGP and aNTK (Lauditi, Bordelon and Pehlevan, arXiv:2502.07998).
 *
 * <p>One hidden layer has no memory terms, so each sample is a neuron with input weights a in r =
 * min(P, D) dimensions and readout z,
 *
 * <pre>  da/dt = gamma sum_mu Delta_mu z phi'(h_mu) F_mu - lambda a,   h = F a,  F F^T = X X^T / D,
 *  dz/dt = gamma sum_mu Delta_mu phi(h_mu) - lambda z,            f = &lt;z phi(h)&gt; / gamma,
 * </pre>
 *
 * drawn in pairs (a, z), (a, -z), so that f(0) = 0 exactly. Heun's method, its step controlled by
 * the error of f and of Phi Delta: single neurons are first order at the kink of ReLU, averages are
 * not. The flow ends where the fixed-point identity f = Phi Delta / lambda holds and f rests, or at
 * the time eta T of the problem; at the fixed point g is averaged over one more decay time, because
 * ReLU neurons may slide along a kink. Cost: 4 S P r flops per evaluation, two evaluations per
 * step, test points only at the end.
 */
public final class OneHiddenLayerSolver {
  private static final double FINEST = 1e-5;
  private static final String ROOM = "at least 1e-5";

  private final double accuracy;
  private final double tolerance;

  /** Error per step 1e-3 and residual 1e-3, both relative to the targets. */
  public OneHiddenLayerSolver() {
    this(1e-3, 1e-3);
  }

  /**
   * @param accuracy largest error of f and Phi Delta in one step, relative to |y|
   * @param tolerance residual of the fixed point, relative to |y|, at which the flow ends
   */
  public OneHiddenLayerSolver(double accuracy, double tolerance) {
    if (!(accuracy >= FINEST)) {
      throw new InvalidProblemException("accuracy", accuracy, "fields are float32; use " + ROOM);
    }
    if (!(tolerance >= FINEST)) {
      throw new InvalidProblemException("tolerance", tolerance, "fields are float32; use " + ROOM);
    }
    this.accuracy = accuracy;
    this.tolerance = tolerance;
  }

  /** What a solve will allocate. */
  public MemoryPlan plan(DynamicsProblem problem) {
    MemoryPlan plan = new MemoryPlan();
    NeuronFlow.plan(plan, problem);
    return plan;
  }

  /**
   * Follows the flow.
   *
   * @throws InvalidProblemException if the network has more than one hidden layer, the number of
   *     samples is odd, or the targets vanish
   * @throws org.richkernel.compute.OutOfDeviceMemoryException before any work, if it would not fit
   */
  public FixedPointSolution solve(DynamicsProblem problem, Backend backend, RunControl control) {
    requireSolvable(problem);
    MemoryPlan plan = plan(problem);
    plan.requireFits(backend, "lower the samples or the number of points");
    double horizon = problem.options().stepSize() * problem.options().steps();
    try (Workspace memory = new Workspace(backend, plan)) {
      NeuronFlow flow = new NeuronFlow(problem, backend, memory);
      StopReason reason = StopReason.BUDGET;
      while (flow.time() < horizon) {
        if (control.stop().isRaised()) {
          reason = StopReason.INTERRUPTED;
          break;
        }
        flow.advance(accuracy, tolerance, horizon);
        control
            .listener()
            .progress(
                new Progress(
                    "gradient flow",
                    problem.options().gamma(),
                    Math.round(1000 * flow.time() / horizon),
                    1000,
                    Double.NaN,
                    flow.residual()));
        if (flow.residual() <= tolerance) {
          reason = StopReason.CONVERGED;
          break;
        }
      }
      if (reason == StopReason.CONVERGED && problem.options().weightDecay() > 0) {
        flow.averageGradients(accuracy, tolerance, control.stop());
      }
      return flow.solution(reason);
    }
  }

  private static void requireSolvable(DynamicsProblem problem) {
    problem.requireOneOutput("this solver");
    problem.requireFullBatches("this solver");
    int layers = problem.network().hiddenLayers();
    if (layers != 1) {
      throw new InvalidProblemException(
          "hidden-layers", layers, "this solver needs 1; use the causal solver for more");
    }
    int samples = problem.options().samples();
    if (samples % 2 != 0) {
      throw new InvalidProblemException(
          "samples", samples, "use an even number, such as " + (samples + 1));
    }
    boolean zero = true;
    for (double y : problem.trainTargets().toArray()) {
      zero &= y == 0;
    }
    if (zero) {
      throw new InvalidProblemException(
          "train-y", "zero everywhere", "there is nothing to learn; give other targets");
    }
  }
}
