package org.richkernel.dynamics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.solver.RunControl;

/**
 * How far the approximations are from the full theory at small, middling and large richness: four
 * points in six dimensions, two hidden tanh layers, 40 steps of 0.1. The causal solver is the
 * judge; it is checked against finite networks elsewhere.
 */
class ApproximationsTest {
  private static final int LAYERS = 2;

  private static DynamicsProblem problem(double gamma) {
    DynamicsOptions options = DynamicsOptions.of(gamma, 40, 0.1).withSamples(12000);
    return Problems.gaussian(LAYERS, Activation.TANH, options);
  }

  /** The full theory and what is left of it. */
  private record Solutions(
      DynamicsSolution full,
      DynamicsSolution lazy,
      DynamicsSolution independent,
      DynamicsSolution perturbative) {
    static Solutions of(DynamicsProblem problem) {
      RunControl silent = RunControl.silent();
      try (Backend backend = Backends.cpu()) {
        return new Solutions(
            new CausalSolver().solve(problem, backend, silent),
            new StaticKernelSolver().solve(problem, backend, silent),
            new GradientIndependenceSolver(CausalOptions.defaults())
                .solve(problem, backend, silent),
            new PerturbativeSolver().solve(problem, backend, silent));
      }
    }

    /** Largest difference of the outputs over all points and times. */
    double deviation(DynamicsSolution other) {
      double largest = 0;
      for (int i = 0; i < full.mean().outputs().length; i++) {
        double difference = full.mean().outputs()[i] - other.mean().outputs()[i];
        largest = Math.max(largest, Math.abs(difference));
      }
      return largest;
    }

    /** Relative error of Phi of the last layer at the end. */
    double kernelError(DynamicsSolution other) {
      double[] phi = full.lastKernels().feature().get(LAYERS - 1);
      double squares = 0;
      double total = 0;
      for (int i = 0; i < phi.length; i++) {
        double difference = other.lastKernels().feature().get(LAYERS - 1)[i] - phi[i];
        squares += difference * difference;
        total += phi[i] * phi[i];
      }
      return Math.sqrt(squares / total);
    }
  }

  @Test
  void atSmallRichnessPerturbationTheoryHasTheBestKernel() {
    Solutions at = Solutions.of(problem(0.2));
    // measured: 0.033, 0.094, 0.169
    assertThat(at.kernelError(at.perturbative())).isLessThan(0.06);
    assertThat(at.kernelError(at.independent())).isBetween(0.06, 0.13);
    assertThat(at.kernelError(at.lazy())).isBetween(0.13, 0.21);
  }

  @Test
  void atRichnessOneGradientIndependenceIsBestAndPerturbationTheoryWorseThanLazy() {
    Solutions at = Solutions.of(problem(1));
    // measured: 0.050, 0.164, 0.333
    assertThat(at.deviation(at.independent())).isLessThan(0.09);
    assertThat(at.deviation(at.lazy())).isBetween(0.13, 0.2);
    assertThat(at.deviation(at.perturbative())).isGreaterThan(0.25);
  }

  @Test
  void atLargeRichnessPerturbationTheoryIsUseless() {
    Solutions at = Solutions.of(problem(2));
    // measured: 0.065, 0.278, 1.64
    assertThat(at.deviation(at.independent())).isLessThan(0.1);
    assertThat(at.deviation(at.lazy())).isBetween(0.23, 0.33);
    assertThat(at.deviation(at.perturbative())).isGreaterThan(1);
  }

  /** One hidden layer has no responses, so only the step, O(eta), tells the two apart. */
  @Test
  void gradientIndependenceIsExactForOneHiddenLayerAsStepsShrink() {
    DynamicsOptions options = DynamicsOptions.of(1, 20, 0.1).withSamples(2000);
    double coarse = oneLayer(options);
    double fine = oneLayer(options.withSteps(80).withStepSize(0.025));
    assertThat(fine).isLessThan(0.4 * coarse).isLessThan(0.02);
  }

  private static double oneLayer(DynamicsOptions options) {
    DynamicsProblem problem = Problems.gaussian(1, Activation.TANH, options);
    try (Backend backend = Backends.cpu()) {
      double[] full =
          new CausalSolver().solve(problem, backend, RunControl.silent()).mean().outputs();
      double[] independent =
          new GradientIndependenceSolver(CausalOptions.defaults())
              .solve(problem, backend, RunControl.silent())
              .mean()
              .outputs();
      double largest = 0;
      for (int i = 0; i < full.length; i++) {
        largest = Math.max(largest, Math.abs(full[i] - independent[i]));
      }
      return largest;
    }
  }

  @Test
  void gradientIndependenceRefusesWhatItDoesNotCover() {
    DynamicsOptions options = DynamicsOptions.of(1, 5, 0.1).withWeightDecay(0.1);
    DynamicsProblem problem = Problems.gaussian(2, Activation.TANH, options);
    assertThatThrownBy(() -> GradientIndependenceSolver.requireSolvable(problem))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessage("weight-decay is 0.1; gradient independence is solved without; leave it out");
  }
}
