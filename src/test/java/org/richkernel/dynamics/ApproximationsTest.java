package org.richkernel.dynamics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.finite.GradientDescentNetwork;
import org.richkernel.network.Inputs;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Targets;
import org.richkernel.solver.RunControl;

/**
 * How far the approximations are from the full theory at small, middling and large richness: two
 * hidden tanh layers, four Gaussian points in six dimensions with targets of alternating sign, 40
 * steps of 0.1, S = 20000. The full theory is judged by finite networks in the same test.
 *
 * <p>Largest |f - f_full| over points and times, over six draws of the inputs (the two drawn here
 * among them; the largest standard error of f_full is 0.002 to 0.007; eight networks of width 2000,
 * good to 0.005 themselves, differ from it by at most 0.013, 0.007 and 0.005):
 *
 * <pre>
 *   gamma   lazy            gradient independence   perturbation theory
 *   0.2     0.037 to 0.077  0.016 to 0.036          0.008 to 0.025
 *   1       0.27 to 0.45    0.08 to 0.14            0.8 to 2.4
 *   2       0.40 to 0.63    0.08 to 0.15            3.5 to 10
 * </pre>
 */
class ApproximationsTest {
  private static final int LAYERS = 2;
  private static final int POINTS = 4;
  private static final int DIMENSION = 6;

  private static DynamicsProblem problem(double gamma, long inputs) {
    Random random = new Random(inputs);
    double[] x = new double[POINTS * DIMENSION];
    java.util.Arrays.setAll(x, i -> random.nextGaussian());
    return DynamicsProblem.of(
        NetworkSpec.of(LAYERS, Activation.TANH),
        DynamicsOptions.of(gamma, 40, 0.1).withSamples(20000),
        Inputs.of(x, POINTS, DIMENSION),
        Targets.of(new double[] {1, -1, 1, -1}));
  }

  /** The full theory, what is left of it, and networks that are all of it. */
  private record Solutions(
      DynamicsSolution full,
      DynamicsSolution lazy,
      DynamicsSolution independent,
      DynamicsSolution perturbative,
      DynamicsSolution networks) {
    static Solutions of(DynamicsProblem problem) {
      RunControl silent = RunControl.silent();
      try (Backend backend = Backends.cpu()) {
        return new Solutions(
            new CausalSolver().solve(problem, backend, silent),
            new StaticKernelSolver().solve(problem, backend, silent),
            new GradientIndependenceSolver(CausalOptions.defaults())
                .solve(problem, backend, silent),
            new PerturbativeSolver().solve(problem, backend, silent),
            new GradientDescentNetwork(1000, 8).solve(problem, backend, silent));
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

    /** Relative error of Phi^l at the end. */
    double featureError(DynamicsSolution other, int layer) {
      return error(
          other.lastKernels().feature().get(layer - 1),
          full.lastKernels().feature().get(layer - 1));
    }

    private static double error(double[] kernel, double[] truth) {
      double squares = 0;
      double total = 0;
      for (int i = 0; i < truth.length; i++) {
        squares += (kernel[i] - truth[i]) * (kernel[i] - truth[i]);
        total += truth[i] * truth[i];
      }
      return Math.sqrt(squares / total);
    }

    /** What holds at any richness. */
    void requireOrder() {
      // standard errors of four parts and of eight networks; 0.008 for the width
      Problems.requireClose(full, networks, 5, 0.008);
      assertThat(deviation(independent)).isLessThan(0.6 * deviation(lazy));
      for (DynamicsSolution other : new DynamicsSolution[] {lazy, independent}) {
        assertThat(featureError(other, 2)).isGreaterThan(1.2 * featureError(other, 1));
      }
      for (int l = 1; l <= LAYERS; l++) {
        assertThat(featureError(independent, l)).isLessThan(0.75 * featureError(lazy, l));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2})
  void atSmallRichnessPerturbationTheoryIsBest(long inputs) {
    Solutions at = Solutions.of(problem(0.2, inputs));
    at.requireOrder();
    assertThat(at.deviation(at.perturbative())).isLessThan(0.7 * at.deviation(at.independent()));
    assertThat(at.deviation(at.lazy())).isBetween(0.02, 0.1);
    assertThat(at.deviation(at.independent())).isBetween(0.01, 0.05);
    assertThat(at.deviation(at.perturbative())).isLessThan(0.02);
    for (int l = 1; l <= LAYERS; l++) {
      assertThat(at.featureError(at.perturbative(), l))
          .isLessThan(0.85 * at.featureError(at.independent(), l));
    }
    assertThat(at.featureError(at.lazy(), 2)).isBetween(0.1, 0.3);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2})
  void atRichnessOneGradientIndependenceIsBestAndPerturbationTheoryWorseThanLazy(long inputs) {
    Solutions at = Solutions.of(problem(1, inputs));
    at.requireOrder();
    assertThat(at.deviation(at.perturbative())).isGreaterThan(2 * at.deviation(at.lazy()));
    assertThat(at.deviation(at.lazy())).isBetween(0.2, 0.6);
    assertThat(at.deviation(at.independent())).isBetween(0.05, 0.2);
    assertThat(at.featureError(at.perturbative(), 2)).isGreaterThan(1);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2})
  void atLargeRichnessPerturbationTheoryIsUseless(long inputs) {
    Solutions at = Solutions.of(problem(2, inputs));
    at.requireOrder();
    assertThat(at.deviation(at.perturbative())).isGreaterThan(2);
    assertThat(at.deviation(at.lazy())).isBetween(0.3, 0.8);
    assertThat(at.deviation(at.independent())).isBetween(0.06, 0.2);
    assertThat(at.featureError(at.lazy(), 2)).isGreaterThan(0.8);
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
