package org.richkernel.dynamics;

import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.solver.RunControl;

/** stand-in. */
public final class GradientIndependenceSolver {
  private final CausalSolver solver;

  public GradientIndependenceSolver(CausalOptions causal) {
    solver = new CausalSolver(causal);
  }

  public MemoryPlan plan(DynamicsProblem problem) {
    return solver.plan(problem);
  }

  public DynamicsSolution solve(DynamicsProblem problem, Backend backend, RunControl control) {
    return solver.solve(problem, backend, control);
  }
}
