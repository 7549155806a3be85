package org.richkernel.dynamics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Activations;
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
   * O(gamma^4), is nothing. The expansion is that of gradient flow and differs from steps of eta by
   * O(eta), which 2 x(eta / 2) - x(eta) leaves out; 1 % allows for O(eta^2), and the sampling noise
   * comes on top. Seen with S = 100000 in f_2, relative to its largest value, for one and two
   * hidden layers: 3.2 and 5.0 % at eta = 0.015, 1.6 and 2.5 % at half of it, 0.1 and 0.3 %
   * extrapolated.
   */
  @ParameterizedTest
  @CsvSource({"1", "2"})
  void secondOrderOfLinearNetworksMatchesTheirAlgebraicSolution(int layers) {
    DynamicsOptions options = DynamicsOptions.of(0.02, 60, 0.015).withSamples(20000);
    DynamicsProblem coarse = Problems.gaussian(layers, Activation.LINEAR, options);
    DynamicsProblem fine =
        coarse.withOptions(options.withSteps(120).withStepSize(options.stepSize() / 2));
    SecondOrder exact =
        extrapolated(SecondOrder.of(linear(coarse), 1), SecondOrder.of(linear(fine), 2));
    DynamicsSolution expansion = solve(fine);
    SecondOrder seen = extrapolated(SecondOrder.of(solve(coarse), 1), SecondOrder.of(expansion, 2));
    requireSame(
        exact.outputs(), seen.outputs(), everyOther(expansion.standardError().outputs()), 0.01);
    LayerKernels error = expansion.standardError().kernels().get(1);
    for (int l = 0; l < layers; l++) {
      requireSame(exact.feature().get(l), seen.feature().get(l), error.feature().get(l), 0.01);
      requireSame(exact.gradient().get(l), seen.gradient().get(l), error.gradient().get(l), 0.01);
    }
  }

  private static DynamicsSolution linear(DynamicsProblem problem) {
    try (Backend backend = Backends.cpu()) {
      return new LinearSolver().solve(problem, backend, RunControl.silent());
    }
  }

  /**
   * Changes of order gamma^2.
   *
   * @param outputs f - f_0 at the times of the coarse steps
   * @param feature Phi at the end less Phi at the start, of each layer
   * @param gradient the same of G
   */
  private record SecondOrder(double[] outputs, List<double[]> feature, List<double[]> gradient) {
    static SecondOrder of(DynamicsSolution solution, int every) {
      DynamicsSolution lazy;
      try (Backend backend = Backends.cpu()) {
        lazy = new StaticKernelSolver().solve(solution.problem(), backend, RunControl.silent());
      }
      double[] f = change(lazy.mean().outputs(), solution.mean().outputs());
      LayerKernels first = solution.mean().kernels().get(0);
      LayerKernels last = solution.lastKernels();
      List<double[]> feature = new ArrayList<>();
      List<double[]> gradient = new ArrayList<>();
      for (int l = 0; l < first.feature().size(); l++) {
        feature.add(change(first.feature().get(l), last.feature().get(l)));
        gradient.add(change(first.gradient().get(l), last.gradient().get(l)));
      }
      return new SecondOrder(every == 1 ? f : everyOther(f), feature, gradient);
    }
  }

  /** The outputs of every second time. */
  private static double[] everyOther(double[] outputs) {
    int points = Problems.TRAIN + Problems.TEST;
    double[] some = new double[(outputs.length / points + 1) / 2 * points];
    for (int i = 0; i < some.length; i++) {
      some[i] = outputs[2 * (i / points) * points + i % points];
    }
    return some;
  }

  /** What steps of size zero would give, but for O(eta^2). */
  private static SecondOrder extrapolated(SecondOrder coarse, SecondOrder fine) {
    List<double[]> feature = new ArrayList<>();
    List<double[]> gradient = new ArrayList<>();
    for (int l = 0; l < fine.feature().size(); l++) {
      feature.add(extrapolated(coarse.feature().get(l), fine.feature().get(l)));
      gradient.add(extrapolated(coarse.gradient().get(l), fine.gradient().get(l)));
    }
    return new SecondOrder(extrapolated(coarse.outputs(), fine.outputs()), feature, gradient);
  }

  private static double[] extrapolated(double[] coarse, double[] fine) {
    double[] values = new double[fine.length];
    Arrays.setAll(values, i -> 2 * fine[i] - coarse[i]);
    return values;
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
  @Activations({"tanh", "erf", "linear"})
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
