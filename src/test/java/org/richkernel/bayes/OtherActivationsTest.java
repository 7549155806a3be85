package org.richkernel.bayes;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.network.Inputs;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Targets;
import org.richkernel.sampling.Estimate;
import org.richkernel.solver.RunControl;

/**
 * Saddle points of activations that are neither odd nor ReLU, against Newton's method on the saddle
 * equation with all averages by quadrature over the plane (polar coordinates, 400 x 1200 nodes;
 * sigmoid: a grid of 1201 x 1201 nodes).
 */
class OtherActivationsTest {
  private static final double[] X = {
    -0.80193142525344741, -1.324358995628145, -0.24836162209524854, 0.42044523806552148,
    1.1360465324896427, 0.10970639932180819, -0.55264732053623244, -0.78478035534427837
  };

  @ParameterizedTest
  @CsvSource({
    "leaky-relu:0.2, 0.5, 3.766305923, 0.27046871918, 0.4061840900",
    "gelu, 0.5, 3.884441083, 0.27726329034, 0.3703747541",
    "softplus, 0.5, 4.050385018, 0.09226282025, 0.8463996067",
    "sigmoid, 0.1, 16.26753457, 0.08524994250, 0.2862681061"
  })
  void saddleIsThatOfQuadrature(
      Activation activation, double kappa, double fit, double alignment, double trace) {
    SaddleOptions options = new SaddleOptions(1, 1 / kappa, 400, 0, 1, 0.01, 2000);
    AdaptiveProblem problem =
        AdaptiveProblem.of(
            NetworkSpec.of(1, activation),
            options,
            Inputs.of(X, 4, 2),
            Targets.of(new double[] {1, -1, 0.7, -0.4}));
    try (Backend backend = Backends.cpu()) {
      AdaptiveNbkSolution solution =
          new AdaptiveNbkSolver(backend, problem).solve(RunControl.silent());
      assertThat(solution.converged()).isTrue();
      requireWithin(solution.dualFit(), fit, 0.01);
      requireWithin(solution.layers().get(0).alignment(), alignment, 0.02);
      requireWithin(solution.layers().get(0).trace(), trace, 0.02);
    }
  }

  /** Within four standard errors, which must be small. */
  private static void requireWithin(Estimate estimate, double exact, double largest) {
    assertThat(estimate.error()).isLessThan(largest * exact);
    assertThat(Math.abs(estimate.value() - exact)).isLessThan(4 * estimate.error());
  }
}
