package org.richkernel.dynamics;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.network.Convolutions;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.SiteReadout;
import org.richkernel.solver.RunControl;
import org.richkernel.solver.StopReason;

/**
 * Rest states of gradient flows against flows of all neurons on a grid of quadrature nodes. The
 * slowest decays, at rates of 0.08 to 0.015, carry little velocity: where df/dt is a thousandth of
 * its scale, the trace is still 2 % and an output 20 % away. More seeds with {@code
 * -Drichkernel.seeds=20}.
 */
class RestStateTest {
  private static final int FEW = 4;

  /** Truth: trace, |Phi|_F, f of the four training points. */
  private enum Rest {
    TANH(Activation.TANH, 1, 0.3, 0.2896392, 1.158557, 0.573436, -0.592235, 0.668903, -0.399802),
    RICH_TANH(
        Activation.TANH, 2, 0.5, 0.462510, 1.850042, 0.567030, -0.598356, 0.652234, -0.406442),
    RELU(
        Activation.RELU,
        1,
        0.3,
        0.3456680,
        0.9952923,
        0.6959839,
        -0.6577144,
        0.4266281,
        -0.1691750);

    private final Activation activation;
    private final double gamma;
    private final double decay;
    private final double[] truth;

    Rest(Activation activation, double gamma, double decay, double... truth) {
      this.activation = activation;
      this.gamma = gamma;
      this.decay = decay;
      this.truth = truth;
    }
  }

  @ParameterizedTest
  @EnumSource(Rest.class)
  void restIsWithinTheErrors(Rest rest) {
    requireCovered(rest, Optional.empty());
  }

  /**
   * Channels on images of two equal sites obey the equations of neurons on one of them: the mean
   * over sites is that of a site, and the sum over 2^{1/2} of readouts of their own is Gaussian and
   * moves as one.
   */
  @ParameterizedTest
  @EnumSource(SiteReadout.class)
  void restOfConvolutionsIsWithinTheErrors(SiteReadout readout) {
    requireCovered(Rest.TANH, Optional.of(Convolutions.parse("1x1").withReadout(readout)));
  }

  private static void requireCovered(Rest rest, Optional<Convolutions> layer) {
    int seeds = Integer.getInteger("richkernel.seeds", FEW);
    int samples = Integer.getInteger("richkernel.samples", 1000);
    Coverage coverage = new Coverage();
    String[] names = {"trace", "frobenius", "f_1", "f_2", "f_3", "f_4"};
    try (Backend backend = Backends.cpu()) {
      for (int seed = 1; seed <= seeds; seed++) {
        DynamicsOptions options =
            DynamicsOptions.of(rest.gamma, 1500, 1 / 3.0)
                .withWeightDecay(rest.decay)
                .withSamples(samples)
                .withSeed(seed);
        DynamicsProblem problem =
            layer
                .map(NetworkSpec.of(1, rest.activation)::withConvolutions)
                .map(network -> PlanePoints.images(network, 0, options))
                .orElseGet(() -> PlanePoints.problem(1, rest.activation, options));
        FixedPointSolution solution =
            new OneHiddenLayerSolver().solve(problem, backend, RunControl.silent());
        assertThat(solution.reason()).isEqualTo(StopReason.CONVERGED);
        double[] seen = numbers(solution.course().mean());
        double[] error = numbers(solution.course().standardError());
        for (int i = 0; i < seen.length; i++) {
          coverage.add(names[i], rest.truth[i], seen[i], error[i]);
        }
      }
    }
    if (seeds > FEW) {
      System.out.print(
          coverage.table(rest.name() + layer.map(of -> " 1x1 " + of.readout()).orElse("")));
    }
    assertThat(coverage.within(4)).isEqualTo(1);
  }

  private static double[] numbers(Trajectory of) {
    int last = of.times() - 1;
    int course = of.course().trace().length - 2;
    double[] numbers = new double[6];
    numbers[0] = of.course().trace()[course];
    numbers[1] = of.course().frobenius()[course];
    for (int i = 0; i < 4; i++) {
      numbers[2 + i] = of.outputs()[last * of.points() + i];
    }
    return numbers;
  }
}
