package org.richkernel.dynamics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.solver.RunControl;

class ApproximationsTest {
  /** Four points in six dimensions, two hidden tanh layers, 40 steps of 0.1. */
  private static DynamicsProblem problem(double gamma) {
    DynamicsOptions options = DynamicsOptions.of(gamma, 40, 0.1).withSamples(20000);
    return Problems.gaussian(2, Activation.TANH, options);
  }

  private static DynamicsSolution full(DynamicsProblem problem, Backend backend) {
    return new CausalSolver().solve(problem, backend, RunControl.silent());
  }

  private static DynamicsSolution independent(DynamicsProblem problem, Backend backend) {
    return new GradientIndependenceSolver(CausalOptions.defaults())
        .solve(problem, backend, RunControl.silent());
  }

  /** Largest difference of the outputs over all points and times. */
  private static double deviation(DynamicsSolution a, DynamicsSolution b) {
    double largest = 0;
    for (int i = 0; i < a.mean().outputs().length; i++) {
      largest = Math.max(largest, Math.abs(a.mean().outputs()[i] - b.mean().outputs()[i]));
    }
    return largest;
  }

  /** Relative error of Phi^l at the end. */
  private static double kernelError(DynamicsSolution a, DynamicsSolution b, int layer) {
    double squares = 0;
    double total = 0;
    for (int i = 0; i < a.problem().points() * a.problem().points(); i++) {
      double x = a.lastKernels().feature().get(layer - 1)[i];
      double y = b.lastKernels().feature().get(layer - 1)[i];
      squares += (x - y) * (x - y);
      total += y * y;
    }
    return Math.sqrt(squares / total);
  }

  @ParameterizedTest
  @CsvSource({"0.2", "1", "2"})
  void deviations(double gamma) {
    try (Backend backend = Backends.cpu()) {
      DynamicsProblem problem = problem(gamma);
      long t0 = System.nanoTime();
      DynamicsSolution full = full(problem, backend);
      long t1 = System.nanoTime();
      DynamicsSolution lazy = new StaticKernelSolver().solve(problem, backend, RunControl.silent());
      DynamicsSolution independent = independent(problem, backend);
      long t2 = System.nanoTime();
      DynamicsSolution perturbative =
          new PerturbativeSolver().solve(problem, backend, RunControl.silent());
      long t3 = System.nanoTime();
      System.out.printf(
          "gamma %.1f  lazy %.4f gia %.4f pt %.4f | phi2 %.3f %.3f %.3f phi1 %.3f %.3f %.3f | err %.4f | s %.1f %.1f %.1f %n",
          gamma,
          deviation(lazy, full),
          deviation(independent, full),
          deviation(perturbative, full),
          kernelError(lazy, full, 2),
          kernelError(independent, full, 2),
          kernelError(perturbative, full, 2),
          kernelError(lazy, full, 1),
          kernelError(independent, full, 1),
          kernelError(perturbative, full, 1),
          java.util.Arrays.stream(full.standardError().outputs()).max().getAsDouble(),
          (t1 - t0) * 1e-9,
          (t2 - t1) * 1e-9,
          (t3 - t2) * 1e-9);
    }
  }
}
