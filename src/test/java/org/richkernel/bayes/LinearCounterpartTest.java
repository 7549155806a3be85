package org.richkernel.bayes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Activations;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.lazy.ReferenceDigits;
import org.richkernel.network.Inputs;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Targets;

/** Where a first-order transition is possible, against all roots of the closed form. */
class LinearCounterpartTest {
  private Backend backend;

  @BeforeEach
  void open() {
    backend = Backends.open("cpu", new BackendOptions(1, Long.MAX_VALUE), line -> {});
  }

  @AfterEach
  void close() {
    backend.close();
  }

  /** Inputs whose kernel is diagonal with the given eigenvalues. */
  static Inputs diagonal(double... lambda) {
    int p = lambda.length;
    double[] x = new double[p * p];
    for (int i = 0; i < p; i++) {
      x[i * p + i] = Math.sqrt(lambda[i] * p);
    }
    return Inputs.of(x, p, p);
  }

  private LinearCounterpart linear(int depth, double[] lambda, double[] y) {
    return LinearCounterpart.of(
        backend,
        AdaptiveProblem.of(
            NetworkSpec.of(depth, Activation.LINEAR),
            SaddleOptions.of(1, 10),
            diagonal(lambda),
            Targets.of(y, y.length, 1)));
  }

  /**
   * A single mode has d ln gamma(t)^2 / dt = 1/t + L/(1+t) (m lambda - kappa)/(m lambda + kappa),
   * which first vanishes at the smallest kappa = lambda (1+t)^L ((L+1) t + 1)/((L-1) t - 1).
   */
  @ParameterizedTest
  @CsvSource({"2, 1", "2, 0.3", "3, 1", "4, 2", "8, 1"})
  void criticalNoiseOfASingleModeIsThatOfTheClosedForm(int depth, double lambda) {
    double critical = Double.POSITIVE_INFINITY;
    for (double t = 1.0 / (depth - 1) + 1e-4; t < 10; t += 1e-4) {
      double kappa =
          lambda * Math.pow(1 + t, depth) * ((depth + 1) * t + 1) / ((depth - 1) * t - 1);
      critical = Math.min(critical, kappa);
    }
    LinearCounterpart counterpart =
        linear(depth, new double[] {lambda, lambda}, new double[] {0.6, 0.8});

    // the grid in t misses folds that are narrower than its spacing
    assertThat(counterpart.noiseOfOneSolution(1e4, 1e5 * lambda))
        .isCloseTo(critical, within(0.02 * critical));
  }

  /** Targets on modes of different size: as many roots as the search of the closed form finds. */
  @ParameterizedTest
  @CsvSource({
    "2, 400, 1000",
    "2, 300, 1000",
    "2, 400, 40",
    "4, 30, 100",
    "4, 20, 100",
    "1, 400, 1000"
  })
  void solutionsAreSeveralWhereTheClosedFormHasSeveralRootsAtOrBelowTheRichness(
      int depth, double gamma, double kappa) {
    double[] lambda = {1, 1.3, 0.2};
    double[] y = {0.7, 0.5, 0.4};
    boolean several = false;
    for (int i = 1; i <= 200; i++) {
      double there = gamma * i / 200;
      several |= new LinearRoots(lambda, y, depth, there, kappa).all().size() > 1;
    }

    assertThat(linear(depth, lambda, y).hasSeveralSolutions(gamma, kappa)).isEqualTo(several);
  }

  @ParameterizedTest
  @Activations
  void initialFitIsThatOfTheNetworkAtInitialisation(Activation activation) {
    NetworkSpec network =
        NetworkSpec.of(2, activation).withWeightVariances(1.2, 0.9, 0.7).withBiasVariance(0.1);
    AdaptiveProblem problem =
        AdaptiveProblem.of(
            network,
            SaddleOptions.of(0, 4),
            ReferenceDigits.trainInputs(12),
            ReferenceDigits.trainTargets(12));
    double expected = InitialKernelSaddle.solve(backend, problem).dualFit().value();

    assertThat(LinearCounterpart.of(backend, problem).initialDualFit(0.25))
        .isCloseTo(expected, within(1e-9 * expected));
  }

  /** Digits at usual noise are far from any transition. */
  @Test
  void usualNoiseIsFarFromATransition() {
    AdaptiveProblem problem =
        AdaptiveProblem.of(
            NetworkSpec.of(3, Activation.TANH),
            SaddleOptions.of(1, 10),
            ReferenceDigits.trainInputs(20),
            ReferenceDigits.trainTargets(20));
    LinearCounterpart counterpart = LinearCounterpart.of(backend, problem);

    assertThat(counterpart.hasSeveralSolutions(100, 0.1)).isFalse();
    assertThat(counterpart.noiseOfOneSolution(100, 0.1)).isEqualTo(0.1);
  }
}
