package org.richkernel.dynamics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Activations;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.lazy.KernelKind;
import org.richkernel.lazy.LazyGram;
import org.richkernel.lazy.LazyKernel;
import org.richkernel.lazy.LazyProblem;
import org.richkernel.lazy.LazySolution;
import org.richkernel.lazy.LazySolver;
import org.richkernel.network.Inputs;
import org.richkernel.solver.RunControl;
import org.richkernel.solver.StopReason;

class StaticKernelSolverTest {
  private static DynamicsSolution solve(DynamicsProblem problem) {
    try (Backend backend = Backends.cpu()) {
      return new StaticKernelSolver().solve(problem, backend, RunControl.silent());
    }
  }

  @Test
  void withoutWeightDecayItIsTheLazyLimitOfTheFullTheoryAtEveryStep() {
    DynamicsOptions options = DynamicsOptions.of(1e-4, 30, 0.05);
    DynamicsProblem problem = Problems.gaussian(3, Activation.LINEAR, options);
    DynamicsSolution full;
    try (Backend backend = Backends.cpu()) {
      full = new LinearSolver().solve(problem, backend, RunControl.silent());
    }
    DynamicsSolution lazy = solve(problem);
    assertThat(lazy.mean().outputs()).containsExactly(full.mean().outputs(), within(1e-6));
    assertThat(lazy.lastTangentKernel()).containsExactly(full.lastTangentKernel(), within(1e-6));
  }

  @ParameterizedTest
  @Activations
  void itsKernelIsTheTangentKernelOfTheInitialTheory(Activation activation) {
    DynamicsProblem problem = Problems.gaussian(3, activation, DynamicsOptions.of(1, 1, 0.1));
    try (Backend backend = Backends.cpu()) {
      LazyGram gram =
          new LazyKernel(problem.network(), KernelKind.NTK)
              .gram(backend, Inputs.of(problem.allInputs(), problem.points(), problem.dimension()));
      // the arc-cosine slope has a cusp on the diagonal
      assertThat(solve(problem).lastTangentKernel()).containsExactly(gram.readout(), within(1e-6));
    }
  }

  @Test
  void withWeightDecayItComesToRestAtKernelRidgeRegression() {
    DynamicsOptions options = DynamicsOptions.of(1, 4000, 0.1).withWeightDecay(0.3);
    DynamicsProblem problem = Problems.gaussian(2, Activation.RELU, options);
    DynamicsSolution solution = solve(problem);
    LazyProblem ridge =
        LazyProblem.of(
                problem.network(),
                KernelKind.NTK,
                0.3,
                problem.trainInputs(),
                problem.trainTargets())
            .withTestInputs(problem.testInputs());
    try (Backend backend = Backends.cpu()) {
      LazySolution expected = new LazySolver(backend, ridge).solve();
      assertThat(solution.trainOutputs(4000))
          .containsExactly(expected.trainPredictions(), within(1e-7));
      assertThat(solution.testOutputs(4000))
          .containsExactly(expected.testPredictions(), within(1e-7));
    }
  }

  @ParameterizedTest
  @EnumSource(Loss.class)
  void stepsAreStableUpToTheLargestEigenvalueAndNoFurther(Loss loss) {
    DynamicsProblem problem =
        Problems.gaussian(2, Activation.TANH, DynamicsOptions.of(1, 1, 1).withLoss(loss));
    double limit;
    try (Backend backend = Backends.cpu()) {
      limit = new StaticKernelSolver().largestStableStep(problem, backend);
    }
    DynamicsOptions below = DynamicsOptions.of(1, 2000, 0.97 * limit).withLoss(loss);
    DynamicsOptions above = DynamicsOptions.of(1, 2000, 1.03 * limit).withLoss(loss);
    assertThat(solve(problem.withOptions(below)).reason()).isEqualTo(StopReason.CONVERGED);
    assertThat(solve(problem.withOptions(above)).reason()).isEqualTo(StopReason.DIVERGED);
  }
}
