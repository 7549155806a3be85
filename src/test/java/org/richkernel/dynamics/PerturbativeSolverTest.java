package org.richkernel.dynamics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Workspace;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.solver.RunControl;

class PerturbativeSolverTest {
  private static DynamicsSolution solve(DynamicsProblem problem) {
    try (Backend backend = Backends.cpu()) {
      return new PerturbativeSolver().solve(problem, backend, RunControl.silent());
    }
  }

  /** The change of a kernel from the first to the last time. */
  private static double[] change(double[] first, double[] last) {
    double[] change = last.clone();
    for (int i = 0; i < change.length; i++) {
      change[i] -= first[i];
    }
    return change;
  }

  /**
   * Against the noise-free solution of linear networks at a gamma so small that what is left out,
   * O(gamma^4), is nothing; eta so small that O(eta) is at most 2 % in the kernels and 6 % in f_2.
   */
  @ParameterizedTest
  @CsvSource({"1", "2"})
  void secondOrderOfLinearNetworksMatchesTheirAlgebraicSolution(int layers) {
    DynamicsOptions options = DynamicsOptions.of(0.02, 60, 0.015).withSamples(20000);
    DynamicsProblem problem = Problems.gaussian(layers, Activation.LINEAR, options);
    DynamicsSolution exact;
    try (Backend backend = Backends.cpu()) {
      exact = new LinearSolver().solve(problem, backend, RunControl.silent());
    }
    DynamicsSolution seen = solve(problem);
    DynamicsSolution lazy;
    try (Backend backend = Backends.cpu()) {
      lazy = new StaticKernelSolver().solve(problem, backend, RunControl.silent());
    }
    requireSame(
        change(lazy.mean().outputs(), exact.mean().outputs()),
        change(lazy.mean().outputs(), seen.mean().outputs()),
        seen.standardError().outputs(),
        0.06);
    for (int l = 0; l < layers; l++) {
      requireSame(
          change(
              exact.mean().kernels().get(0).feature().get(l), exact.lastKernels().feature().get(l)),
          change(
              seen.mean().kernels().get(0).feature().get(l), seen.lastKernels().feature().get(l)),
          seen.standardError().kernels().get(1).feature().get(l),
          0.02);
      requireSame(
          change(
              exact.mean().kernels().get(0).gradient().get(l),
              exact.lastKernels().gradient().get(l)),
          change(
              seen.mean().kernels().get(0).gradient().get(l), seen.lastKernels().gradient().get(l)),
          seen.standardError().kernels().get(1).gradient().get(l),
          0.02);
    }
  }

  private static void requireSame(double[] expected, double[] seen, double[] error, double share) {
    double largest = 0;
    for (double value : expected) {
      largest = Math.max(largest, Math.abs(value));
    }
    for (int i = 0; i < expected.length; i++) {
      assertThat(seen[i]).isCloseTo(expected[i], within(5 * error[i] + share * largest));
    }
  }

  /** Central differences of phi, of its first and of its second derivative. */
  @ParameterizedTest
  @EnumSource(
      value = Activation.class,
      names = {"TANH", "ERF", "LINEAR"})
  void derivativesAreThoseOfTheActivation(Activation activation) {
    double[] h = {-2.5, -1, -0.3, 0, 0.2, 0.9, 3};
    MemoryPlan plan = new MemoryPlan().add("h", Precision.FLOAT32, 1, h.length);
    ActivationDerivatives.plan(plan, "q", 1, h.length);
    try (Backend backend = Backends.cpu();
        Workspace memory = new Workspace(backend, plan)) {
      backend.upload(h, memory.get("h"));
      ActivationDerivatives q =
          ActivationDerivatives.of(backend, memory, "q", activation, memory.get("h"));
      double step = 1e-3;
      for (int i = 0; i < h.length; i++) {
        double up = activation.derivative(h[i] + step);
        double down = activation.derivative(h[i] - step);
        double here = activation.derivative(h[i]);
        assertThat(at(backend, q.value(), i)).isCloseTo(activation.value(h[i]), within(1e-6));
        assertThat(at(backend, q.first(), i)).isCloseTo(here, within(1e-6));
        assertThat(at(backend, q.second(), i)).isCloseTo((up - down) / (2 * step), within(1e-5));
        assertThat(at(backend, q.third(), i))
            .isCloseTo((up - 2 * here + down) / (step * step), within(1e-4));
      }
    }
  }

  private static double at(Backend backend, Matrix row, int column) {
    double[] values = new double[row.columns()];
    backend.download(row, values);
    return values[column];
  }

  @Test
  void whatTheExpansionDoesNotCoverIsRefusedInOneLine() {
    DynamicsOptions options = DynamicsOptions.of(0.2, 5, 0.1).withSamples(400);
    assertThatThrownBy(() -> solve(Problems.gaussian(1, Activation.RELU, options)))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessage(
            "activation is relu; perturbation theory needs three derivatives; use tanh, erf or"
                + " linear");
    assertThatThrownBy(() -> solve(Problems.gaussian(3, Activation.TANH, options)))
        .hasMessage("hidden-layers is 3; perturbation theory is solved for 1 or 2");
    assertThatThrownBy(
            () -> solve(Problems.gaussian(1, Activation.TANH, options.withWeightDecay(0.1))))
        .hasMessage("weight-decay is 0.1; perturbation theory is solved without; leave it out");
  }
}
