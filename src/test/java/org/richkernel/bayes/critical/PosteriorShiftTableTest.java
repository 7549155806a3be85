package org.richkernel.bayes.critical;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.network.Targets;
import org.richkernel.solver.RunControl;

/**
 * Linear response and maximum a posteriori beside the exact posterior of finite networks at P = 12,
 * D = 20, g = 1.2, g_b = 0.05, kappa = 0.1: what data add to the readout kernel, posterior minus
 * prior mean at the same width.
 */
class PosteriorShiftTableTest {
  private static final int P = 12;
  private static final int D = 20;
  private static final double KAPPA = 0.1;

  private Backend backend;

  @BeforeEach
  void open() {
    backend = Backends.open("cpu", new BackendOptions(1, Long.MAX_VALUE), line -> {});
  }

  @AfterEach
  void close() {
    backend.close();
  }

  private static FiniteWidthProblem problem(Activation activation, int layers, int width) {
    double[] weight = new double[layers];
    double[] bias = new double[layers];
    Arrays.fill(weight, 1.2);
    Arrays.fill(bias, 0.05);
    double[] c = KernelDifferentialTest.covariance(21, P, D);
    for (int i = 0; i < c.length; i++) {
      c[i] += 0.05;
    }
    Random random = new Random(22);
    double[] y = new double[P];
    for (int i = 0; i < P; i++) {
      y[i] = random.nextBoolean() ? 1 : -1;
    }
    return new FiniteWidthProblem(activation, weight, bias, width, 1, KAPPA, c, Targets.of(y));
  }

  private static double cosine(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum / (KernelAdaptation.norm(a) * KernelAdaptation.norm(b));
  }

  private static double distance(double[] a, double[] b) {
    double[] difference = a.clone();
    for (int i = 0; i < a.length; i++) {
      difference[i] -= b[i];
    }
    return KernelAdaptation.norm(difference);
  }

  /**
   * The published inputs are not known; ours move the kernel 1.5 times as far. Both theories err to
   * second order in that shift, so the published relative errors (linear response 0.021, 0.021,
   * 0.038 and maximum a posteriori 0.068, 0.038, 0.058 at shifts of 0.0929, 0.0232, 0.0823) are
   * scaled with it; beside them there are two standard errors of the difference. Cosines are 0.998
   * up to what the same errors take from them.
   */
  @ParameterizedTest
  @CsvSource({
    "1, 50, 100000, 0.0929, 0.021, 0.068",
    "1, 200, 40000, 0.0232, 0.021, 0.038",
    "2, 100, 60000, 0.0823, 0.038, 0.058"
  })
  void shiftsOfErfKernelsAreThoseOfThePublishedTable(
      int layers, int width, int draws, double published, double responseError, double mapError) {
    Compared compared = compared(Activation.ERF, layers, width, draws);
    double scale = compared.size / published;
    compared.requireResponse(responseError * scale, 0.998);
    compared.requireMap(mapError * scale, 0.998);
  }

  /**
   * Networks of other activations, tanh with the figures of erf. Neurons of ReLU vary more, and
   * with that the second order in P / N = 0.12, which turns the shift of the maximum a posteriori
   * too: bench/results/finite-width.md has both theories at smaller errors.
   */
  @ParameterizedTest
  @CsvSource({"TANH, 50, 0.06, 0.11, 0.998", "RELU, 100, 0.06, 0.15, 0.995"})
  void shiftsOfOtherKernelsAreThoseOfFiniteNetworks(
      Activation activation, int width, double responseError, double mapError, double mapCosine) {
    Compared compared = compared(activation, 1, width, 100_000);
    compared.requireResponse(responseError, 0.998);
    compared.requireMap(mapError, mapCosine);
  }

  private Compared compared(Activation activation, int layers, int width, int draws) {
    FiniteWidthProblem problem = problem(activation, layers, width);
    FiniteWidthNetworks exact = new FiniteWidthNetworks(backend, problem, draws, 20, 5);
    KernelAdaptation response = LinearResponse.solve(backend, problem, 40_000, 1);
    MapSolution map =
        MapSolver.solve(
                backend,
                problem,
                new double[0],
                new double[0],
                new MapOptions(40_000, 3, 1e-2, 200),
                RunControl.silent())
            .orElseThrow();
    assertThat(map.converged()).isTrue();
    return new Compared(exact, layers, response, map.adaptation());
  }

  /** Shifts of the readout kernel, relative to that of finite networks. */
  private static final class Compared {
    final double size;
    private final FiniteWidthNetworks exact;
    private final int layers;
    private final KernelAdaptation response;
    private final KernelAdaptation map;

    Compared(
        FiniteWidthNetworks exact, int layers, KernelAdaptation response, KernelAdaptation map) {
      this.exact = exact;
      this.layers = layers;
      this.response = response;
      this.map = map;
      size = KernelAdaptation.norm(exact.change());
    }

    void requireResponse(double error, double cosine) {
      require("linear response", response, error, cosine);
    }

    void requireMap(double error, double cosine) {
      require("maximum a posteriori", map, error, cosine);
    }

    private void require(String name, KernelAdaptation theory, double error, double cosine) {
      double[] shift = exact.change();
      double[] found = theory.change().get(layers);
      double noise = Math.hypot(exact.changeError(), theory.changeError().get(layers)) / size;
      String what =
          String.format(
              Locale.ROOT,
              "%s: shift %.4f, relative error %.4f, cosine %.5f, noise %.4f",
              name,
              size,
              distance(found, shift) / size,
              cosine(found, shift),
              noise);
      assertThat(noise).as(what).isLessThan(0.08);
      assertThat(distance(found, shift) / size).as(what).isLessThan(Math.hypot(error, 2 * noise));
      assertThat(cosine(found, shift)).as(what).isGreaterThan(cosine - noise * noise / 2);
    }
  }
}
