package org.richkernel.bayes.sweep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.richkernel.bayes.AdaptiveNbkSolution;
import org.richkernel.bayes.AdaptiveNbkSolver;
import org.richkernel.bayes.AdaptiveProblem;
import org.richkernel.bayes.SaddleOptions;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.finite.LangevinOptions;
import org.richkernel.finite.NetworkPosterior;
import org.richkernel.finite.PosteriorProblem;
import org.richkernel.finite.PosteriorSolution;
import org.richkernel.lazy.ReferenceDigits;
import org.richkernel.network.NetworkSpec;
import org.richkernel.solver.RunControl;

/**
 * Two hidden tanh layers on 20 digits at kappa = 0.1 by three programs that share no density: the
 * sampler of the marginal posterior, sweeps with conjugate kernels, and networks of finite width
 * with explicit weights.
 */
class RoutesAgreementTest {
  private static final int P = 20;
  private static final NetworkSpec NETWORK = NetworkSpec.of(2, Activation.TANH);

  private Backend backend;

  @BeforeEach
  void open() {
    backend = Backends.open("cpu", new BackendOptions(1, Long.MAX_VALUE), line -> {});
  }

  @AfterEach
  void close() {
    backend.close();
  }

  private static AdaptiveProblem problem(double gamma, double tolerance, int sweeps) {
    return AdaptiveProblem.of(
        NETWORK,
        new SaddleOptions(gamma, 10, 800, 0, 2, tolerance, sweeps),
        ReferenceDigits.trainInputs(P),
        ReferenceDigits.trainTargets(P));
  }

  /** Sweeps until every kernel is known to 0.25 %. */
  private static AdaptiveProblem forSweeps(double gamma) {
    return problem(gamma, 0.005, 2000);
  }

  /**
   * Kernels of the two routes within 1 %, while their difference is known to 0.75 % or better, and
   * the numbers of a third program (the same equations, 2000 samples, 0.6 % from a fourth).
   */
  @ParameterizedTest
  @CsvSource({
    "1, 900, 0.1828, 0.4162, 0.8660, 0.2848, 0.3787, 0.9899",
    "3, 400, 0.3035, 0.4700, 0.9738, 0.6739, 0.6933, 0.9999"
  })
  void samplerAndSweepsFindTheSameKernels(
      double gamma,
      int sweeps,
      double fit1,
      double trace1,
      double alignment1,
      double fit2,
      double trace2,
      double alignment2) {
    // a tolerance that cannot be met uses up the sweeps
    AdaptiveNbkSolution sampled =
        new AdaptiveNbkSolver(backend, problem(gamma, 1e-9, sweeps)).solve(RunControl.silent());
    CrossCheck check =
        new CrossCheckSolver(backend, forSweeps(gamma))
            .solve(sampled, RunControl.silent())
            .orElseThrow();
    assertThat(check.settled()).isTrue();
    assertThat(check.agrees()).isTrue();
    for (CrossCheck.Layer layer : check.layers()) {
      assertThat(layer.difference().error()).isLessThan(0.0075);
      assertThat(layer.difference().value()).isLessThan(0.01);
    }
    requireNumbers(check.layers().get(0).sweep(), fit1, trace1, alignment1);
    requireNumbers(check.layers().get(1).sweep(), fit2, trace2, alignment2);
  }

  /** Three of the sweeps' own standard errors and the 0.6 % of the other side. */
  private static void requireNumbers(
      AdaptiveNbkSolution.Layer layer, double fit, double trace, double alignment) {
    // y^T Phi y / P^2 with |y|^2 = P
    double ownFit = layer.alignment().value() * layer.frobenius().value() / P;
    double fitError =
        Math.hypot(
                layer.alignment().error() / layer.alignment().value(),
                layer.frobenius().error() / layer.frobenius().value())
            * ownFit;
    assertThat(fitError).isLessThan(0.005 * fit);
    assertThat(ownFit).isCloseTo(fit, within(3 * fitError + 0.006 * fit));
    assertThat(layer.trace().value())
        .isCloseTo(trace, within(3 * layer.trace().error() + 0.006 * trace));
    assertThat(layer.alignment().value())
        .isCloseTo(alignment, within(3 * layer.alignment().error() + 0.0015));
  }

  /**
   * Posterior of networks with explicit weights. At width N the kernels differ from the saddle
   * point's by O(1/N), 0.3 % at N = 400, which widths N / 4 and N remove: 1 %, the difference known
   * to 0.75 % or better.
   */
  @Test
  void networksOfFiniteWidthHaveTheSameKernels() {
    SweepSolution sweep =
        new SweepSolver(backend, forSweeps(1)).solve(RunControl.silent()).orElseThrow();
    PosteriorSolution narrow = posterior(100, 800);
    PosteriorSolution wide = posterior(400, 600);
    for (int l = 0; l < 2; l++) {
      double[] phi = sweep.kernels().get(l);
      double[] own = wide.kernels().get(l);
      double[] other = narrow.kernels().get(l);
      double squares = 0;
      double variance = 0;
      double size = 0;
      for (int i = 0; i < phi.length; i++) {
        double extrapolated = (4 * own[i] - other[i]) / 3;
        squares += Math.pow(extrapolated - phi[i], 2);
        variance +=
            Math.pow(4.0 / 3 * wide.kernelErrors().get(l)[i], 2)
                + Math.pow(narrow.kernelErrors().get(l)[i] / 3, 2);
        size += phi[i] * phi[i];
      }
      assertThat(Math.sqrt(variance / size)).isLessThan(0.0075);
      assertThat(Math.sqrt(squares / size)).isLessThan(0.01);
    }
  }

  private PosteriorSolution posterior(int width, int sweeps) {
    PosteriorProblem problem =
        PosteriorProblem.of(
            NETWORK,
            LangevinOptions.of(1, 10, width)
                .withChains(2)
                .withTolerance(1e-9)
                .withMaxSweeps(sweeps),
            ReferenceDigits.trainInputs(P),
            ReferenceDigits.trainTargets(P));
    return new NetworkPosterior(backend, problem).solve(RunControl.silent()).orElseThrow();
  }
}
