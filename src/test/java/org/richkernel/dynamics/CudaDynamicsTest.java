package org.richkernel.dynamics;

import org.junit.jupiter.api.Test;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.emulator.OnCudaDevice;
import org.richkernel.finite.GradientDescentNetwork;
import org.richkernel.solver.RunControl;

/** The theories of gradient descent run on a CUDA device as they are. */
@OnCudaDevice
class CudaDynamicsTest {
  private static final double STANDARD_ERRORS = 5;

  private interface Solver {
    DynamicsSolution solve(DynamicsProblem problem, Backend backend, RunControl control);
  }

  private static DynamicsSolution on(String name, DynamicsProblem problem, Solver solver) {
    try (Backend backend = Backends.open(name, BackendOptions.defaults(), line -> {})) {
      return solver.solve(problem, backend, RunControl.silent());
    }
  }

  /** Within so many standard errors where there are any, and an allowance for rounding. */
  private static void requireSame(DynamicsProblem problem, double allowance, Solver solver) {
    Problems.requireClose(
        on("cuda", problem, solver), on("cpu", problem, solver), STANDARD_ERRORS, allowance);
  }

  @Test
  void causalSolutionIsThatOfTheProcessor() {
    DynamicsOptions options = DynamicsOptions.of(1, 6, 0.1).withSamples(400).withRecordEvery(3);
    requireSame(
        Problems.gaussian(2, Activation.TANH, options),
        1e-4,
        new CausalSolver(CausalOptions.defaults().withPopulations(10))::solve);
  }

  @Test
  void linearSolutionIsThatOfTheProcessor() {
    DynamicsOptions options = DynamicsOptions.of(1, 8, 0.05).withRecordEvery(4);
    requireSame(
        Problems.gaussian(3, Activation.LINEAR, options, 7), 1e-5, new LinearSolver()::solve);
  }

  /** The same weights at the start and the same steps: only rounding differs. */
  @Test
  void finiteNetworksAreThoseOfTheProcessor() {
    DynamicsOptions options = DynamicsOptions.of(1, 8, 0.1).withRecordEvery(4);
    DynamicsProblem problem = Problems.gaussian(2, Activation.ERF, options);
    DynamicsSolution device = on("cuda", problem, new GradientDescentNetwork(40, 2)::solve);
    DynamicsSolution processor = on("cpu", problem, new GradientDescentNetwork(40, 2)::solve);
    Problems.requireClose(device, processor, 0, 1e-4);
  }
}
