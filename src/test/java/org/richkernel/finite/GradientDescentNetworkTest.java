package org.richkernel.finite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Activations;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.dynamics.DynamicsOptions;
import org.richkernel.dynamics.DynamicsProblem;
import org.richkernel.dynamics.DynamicsSolution;
import org.richkernel.lazy.KernelKind;
import org.richkernel.lazy.LazyGram;
import org.richkernel.lazy.LazyKernel;
import org.richkernel.network.Inputs;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Targets;
import org.richkernel.solver.RunControl;
import org.richkernel.solver.StopReason;

class GradientDescentNetworkTest {
  private static final Inputs INPUTS =
      Inputs.of(new double[] {1, 0.5, -1, 0.3, -0.7, 1.2, 0.4, 0.9, -0.2}, 3, 3);
  private static final Targets TARGETS = Targets.of(new double[] {1, -1, 0.5});

  private static DynamicsSolution train(
      int layers, Activation activation, DynamicsOptions options, int width, int repeats) {
    DynamicsProblem problem =
        DynamicsProblem.of(NetworkSpec.of(layers, activation), options, INPUTS, TARGETS);
    try (Backend backend = Backends.cpu()) {
      return new GradientDescentNetwork(width, repeats)
          .solve(problem, backend, RunControl.silent());
    }
  }

  @ParameterizedTest
  @Activations
  void kernelsAtTheStartAreThoseOfTheInitialTheory(Activation activation) {
    DynamicsSolution seen = train(2, activation, DynamicsOptions.of(1, 1, 0.01), 1000, 16);
    try (Backend backend = Backends.cpu()) {
      LazyGram theory =
          new LazyKernel(NetworkSpec.of(2, activation), KernelKind.NTK).gram(backend, INPUTS);
      for (int l = 0; l < 2; l++) {
        double[] mean = seen.mean().kernels().get(0).feature().get(l);
        double[] error = seen.standardError().kernels().get(0).feature().get(l);
        double[] expected = theory.feature(l + 1);
        for (int i = 0; i < mean.length; i++) {
          assertThat(Math.abs(mean[i] - expected[i])).isLessThan(5 * error[i] + 2e-3);
        }
      }
    }
  }

  /** In the lazy limit the first step is eta K (y - f), K the tangent kernel at the start. */
  @ParameterizedTest
  @Activations
  void firstLazyStepFollowsTheTangentKernel(Activation activation) {
    double stepSize = 1e-3;
    DynamicsSolution seen = train(2, activation, DynamicsOptions.of(1e-2, 1, stepSize), 1000, 4);
    double[] kernel = seen.mean().kernels().get(0).tangentKernel(seen.problem().inputKernel());
    for (int i = 0; i < 3; i++) {
      double expected = 0;
      for (int j = 0; j < 3; j++) {
        expected += stepSize * kernel[i * 3 + j] * TARGETS.at(j, 0);
      }
      assertThat(Math.abs(seen.trainOutputs(1)[i] - expected)).isLessThan(2e-2 * stepSize);
    }
  }

  @Test
  void trainingReachesTheTargetsAndOutputsStartAtZero() {
    DynamicsSolution seen = train(2, Activation.TANH, DynamicsOptions.of(1, 150, 0.2), 300, 3);
    assertThat(seen.reason()).isEqualTo(StopReason.CONVERGED);
    assertThat(seen.trainOutputs(0)).containsOnly(0.0);
    assertThat(seen.trainLoss()[0]).isEqualTo(2.25 / 3);
    assertThat(seen.trainLoss()[150]).isLessThan(1e-3);
  }

  @Test
  void sameSeedSameNumbersAndRepeatsAreIndependent() {
    DynamicsOptions options = DynamicsOptions.of(1, 3, 0.1);
    double[] once = train(1, Activation.RELU, options, 50, 2).mean().outputs();
    assertThat(train(1, Activation.RELU, options, 50, 2).mean().outputs()).isEqualTo(once);
    assertThat(train(1, Activation.RELU, options.withSeed(5), 50, 2).mean().outputs())
        .isNotEqualTo(once);
    assertThat(train(1, Activation.RELU, options, 50, 2).standardError().outputs()[3]).isPositive();
  }

  @Test
  void tooLargeAStepIsNamedWithTheTime() {
    DynamicsSolution seen = train(2, Activation.RELU, DynamicsOptions.of(1, 60, 8), 100, 2);
    assertThat(seen.reason()).isEqualTo(StopReason.DIVERGED);
    assertThat(seen.divergence()).hasValue(seen.times());
    assertThat(seen.mean().outputs()).doesNotContain(Double.NaN);
  }

  @Test
  void networksWithoutNeuronsAreRefusedInOneLine() {
    assertThatThrownBy(() -> new GradientDescentNetwork(0, 1))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessage("width is 0; use at least 1 neuron");
    assertThatThrownBy(() -> new GradientDescentNetwork(10, 0))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessage("repeats is 0; use 1 to 65535");
  }
}
