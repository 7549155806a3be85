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
import org.richkernel.finite.GradientDescentNetwork;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.solver.RunControl;
import org.richkernel.solver.StopReason;

class LinearSolverTest {
  /** The finite networks differ by O(1 / width); this is the allowance at width 1000. */
  private static final double FINITE_WIDTH = 0.012;

  private static DynamicsSolution solve(DynamicsProblem problem) {
    try (Backend backend = Backends.cpu()) {
      return new LinearSolver().solve(problem, backend, RunControl.silent());
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 0", "2, 0.1", "3, 0.05"})
  void wholeTrajectoryAndAllKernelsMatchFiniteNetworks(int layers, double weightDecay) {
    DynamicsOptions options = DynamicsOptions.of(1, 12, 0.1).withWeightDecay(weightDecay);
    DynamicsProblem problem =
        Problems.gaussian(layers, Activation.LINEAR, options.withRecordEvery(6));
    DynamicsSolution theory = solve(problem);
    DynamicsSolution seen;
    try (Backend backend = Backends.cpu()) {
      seen = new GradientDescentNetwork(1000, 20).solve(problem, backend, RunControl.silent());
    }

    assertThat(theory.reason()).isEqualTo(StopReason.CONVERGED);
    Problems.requireClose(theory, seen, 5, FINITE_WIDTH);
    // the comparison has teeth: features moved by far more than the allowance
    double moved =
        theory.lastKernels().feature().get(layers - 1)[0]
            - theory.mean().kernels().get(0).feature().get(layers - 1)[0];
    assertThat(Math.abs(moved)).isGreaterThan(5 * FINITE_WIDTH);
  }

  /** The sampled theory, which is checked against finite networks on its own. */
  @Test
  void severalOutputsAndMiniBatchesMatchTheSampledTheory() {
    DynamicsOptions options =
        DynamicsOptions.of(1, 12, 0.1)
            .withWeightDecay(0.1)
            .withSamples(20000)
            .withBatchSize(2)
            .withRecordEvery(4);
    DynamicsProblem problem = Problems.threeOutputs(3, Activation.LINEAR, options);
    DynamicsSolution sampled;
    try (Backend backend = Backends.cpu()) {
      sampled =
          new CausalSolver(CausalOptions.defaults().withPopulations(10))
              .solve(problem, backend, RunControl.silent());
    }
    Problems.requireClose(solve(problem), sampled, 5, 1e-3);
  }

  @Test
  void firstStepFollowsTheTangentKernelAtTheStart() {
    DynamicsProblem problem =
        Problems.gaussian(3, Activation.LINEAR, DynamicsOptions.of(1e-4, 1, 0.05));
    DynamicsSolution theory = solve(problem);
    // of L hidden linear layers at the start: K = (L + 1) X X^T / D
    double[] input = problem.inputKernel();
    for (int i = 0; i < problem.points(); i++) {
      double expected = 0;
      for (int j = 0; j < problem.trainPoints(); j++) {
        expected += 0.05 * 4 * input[i * problem.points() + j] * problem.trainTargets().at(j, 0);
      }
      assertThat(theory.mean().outputs()[problem.points() + i]).isCloseTo(expected, within(1e-6));
    }
  }

  @Test
  void tooLargeAStepIsNamedWithTheTime() {
    DynamicsSolution theory =
        solve(Problems.gaussian(2, Activation.LINEAR, DynamicsOptions.of(1, 40, 3)));
    assertThat(theory.reason()).isEqualTo(StopReason.DIVERGED);
    assertThat(theory.divergence()).hasValue(theory.times());
    assertThat(theory.outcome())
        .isEqualTo("diverged at step " + theory.times() + "; use a step-size below 3.0");
    assertThat(theory.mean().outputs()).doesNotContain(Double.NaN);
  }

  @Test
  void thePlanHoldsTheTrajectoryAndItsErrors() {
    DynamicsProblem problem =
        Problems.gaussian(1, Activation.LINEAR, DynamicsOptions.of(1, 5000, 0.01));
    assertThat(new LinearSolver().plan(problem).hostBytes())
        .isGreaterThan(3L * 5001 * problem.points() * Double.BYTES);
  }

  @Test
  void otherActivationsAreRefused() {
    assertThatThrownBy(
            () -> solve(Problems.gaussian(1, Activation.TANH, DynamicsOptions.of(1, 2, 0.1))))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessage(
            "activation is tanh; the linear solver needs linear; use the causal solver for other"
                + " networks");
  }
}
