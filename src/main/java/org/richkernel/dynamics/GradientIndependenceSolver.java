package org.richkernel.dynamics;

import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.solver.RunControl;

/**
 * The gradient independence approximation: forward and backward Gaussian fields are drawn without
 * their responses to each other, A = B = 0, while all kernels evolve (Bordelon and Pehlevan,
 * arXiv:2205.09653, gradient independence). The rest is the {@link CausalSolver}.
 *
 * <p>Outputs follow the tangent kernel, f(t+1) = f(t) + eta K(t, t) Delta(t): without A the average
 * &lt;z phi&gt; / gamma would miss the contributions of all layers but the last, even in the lazy
 * limit. Exact for one hidden layer up to O(eta).
 */
public final class GradientIndependenceSolver {
  private final CausalSolver solver;

  /** A solver with the settings of the causal one. */
  public GradientIndependenceSolver(CausalOptions causal) {
    solver = new CausalSolver(causal, IndependentRun::new);
  }

  /**
   * Refuses problems that the approximation does not cover.
   *
   * @throws InvalidProblemException for weight decay or several outputs
   */
  public static void requireSolvable(DynamicsProblem problem) {
    if (problem.options().weightDecay() > 0) {
      throw new InvalidProblemException(
          "weight-decay",
          problem.options().weightDecay(),
          "gradient independence is solved without; leave it out");
    }
    problem.requireOneOutput("gradient independence");
  }

  /** Peak memory of a solve. */
  public MemoryPlan plan(DynamicsProblem problem) {
    return solver.plan(problem);
  }

  /**
   * Solves the problem.
   *
   * @throws InvalidProblemException as for {@link #requireSolvable} and {@link CausalSolver#plan}
   * @throws org.richkernel.compute.OutOfDeviceMemoryException before any work, if it would not fit
   */
  public DynamicsSolution solve(DynamicsProblem problem, Backend backend, RunControl control) {
    requireSolvable(problem);
    return solver.solve(problem, backend, control);
  }
}
