package org.richkernel.bayes.critical;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.LUDecomposition;
import org.apache.commons.math3.linear.MatrixUtils;
import org.apache.commons.math3.linear.RealMatrix;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.OutOfDeviceMemoryException;
import org.richkernel.compute.RandomStreams;
import org.richkernel.network.Targets;
import org.richkernel.solver.RunControl;

/**
 * Linear response and maximum a posteriori against the exact posterior of finite networks and
 * against closed forms of linear networks.
 */
class KernelAdaptationTest {
  private static final int P = 6;
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

  private static FiniteWidthProblem problem(
      Activation activation, int layers, int width, double g, double bias) {
    double[] weight = new double[layers];
    double[] biases = new double[layers];
    Arrays.fill(weight, g);
    Arrays.fill(biases, bias);
    double[] c = KernelDifferentialTest.covariance(11, P, 10);
    for (int i = 0; i < c.length; i++) {
      c[i] += bias;
    }
    Random random = new Random(12);
    double[] y = new double[P];
    for (int i = 0; i < P; i++) {
      y[i] = random.nextBoolean() ? 1 : -1;
    }
    return new FiniteWidthProblem(activation, weight, biases, width, 1, KAPPA, c, Targets.of(y));
  }

  private static double norm(double[] a) {
    return KernelAdaptation.norm(a);
  }

  private static double distance(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (a[i] - b[i]) * (a[i] - b[i]);
    }
    return Math.sqrt(sum);
  }

  private MapSolution map(FiniteWidthProblem problem, int samples) {
    return MapSolver.solve(
            backend,
            problem,
            new double[0],
            new double[0],
            new MapOptions(samples, 3, 1e-2, 200),
            RunControl.silent())
        .orElseThrow();
  }

  /**
   * The response is exact to first order for one hidden layer, so the rest is of second order in P
   * / N (6 percent allowed, 12 percent for the maximum a posteriori) and the Monte Carlo error of
   * both (four standard errors).
   */
  @ParameterizedTest
  @CsvSource({"ERF, 1, 60", "TANH, 1, 60", "ERF, 2, 100"})
  void kernelsAreTheShiftOfThePosteriorOfFiniteNetworks(
      Activation activation, int layers, int width) {
    FiniteWidthProblem problem = problem(activation, layers, width, 1.2, 0.05);
    FiniteWidthNetworks exact = new FiniteWidthNetworks(backend, problem, 40_000, 20, 5);
    double noise = requireLinearResponse(problem, exact, 0.02);
    MapSolution map = map(problem, 20_000);
    assertThat(map.converged()).isTrue();
    assertThat(map.effectiveShare()).isGreaterThan(0.8);
    assertThat(distance(map.adaptation().change().get(layers), exact.change()))
        .isLessThan(0.12 * norm(exact.change()) + 4 * noise);
  }

  /** ReLU has a poor control variate: its response carries up to 6 percent of Monte Carlo error. */
  @Test
  void linearResponseOfReluIsTheShiftOfThePosterior() {
    FiniteWidthProblem problem = problem(Activation.RELU, 1, 60, 1.2, 0.05);
    requireLinearResponse(problem, new FiniteWidthNetworks(backend, problem, 200_000, 20, 5), 0.06);
  }

  /** Returns the Monte Carlo error of the difference. */
  private double requireLinearResponse(
      FiniteWidthProblem problem, FiniteWidthNetworks exact, double relativeError) {
    int layers = problem.layers();
    KernelAdaptation response = LinearResponse.solve(backend, problem, 20_000, 1);
    double[] change = response.change().get(layers);
    double noise = Math.hypot(exact.changeError(), response.changeError().get(layers));
    assertThat(exact.changeError()).isLessThan(0.06 * norm(exact.change()));
    assertThat(response.changeError().get(layers)).isLessThan(relativeError * norm(change));
    assertThat(distance(change, exact.change()))
        .isLessThan(0.06 * norm(exact.change()) + 4 * noise);
    return noise;
  }

  /**
   * As N grows, N times the change tends to that of the linear response; with the same samples,
   * their noise cancels.
   */
  @Test
  void kernelsOfMaximumAPosterioriTendToTheLinearResponse() {
    double before = Double.POSITIVE_INFINITY;
    for (int width : new int[] {50, 400, 3200}) {
      FiniteWidthProblem problem = problem(Activation.ERF, 2, width, 1.2, 0.05);
      MapSolution map = map(problem, 4000);
      KernelAdaptation response =
          LinearResponse.solve(backend, problem, 4000, 3, RandomStreams.INITIAL_FIELD);
      double apart =
          distance(map.adaptation().change().get(2), response.change().get(2))
              / response.changeNorm(2);
      assertThat(apart).isLessThan(before / 4);
      before = apart;
    }
    assertThat(before).isLessThan(0.01);
  }

  /** Both are in one result with their errors, which add up only if they share no samples. */
  @Test
  void responseHasSamplesOfItsOwn() {
    FiniteWidthProblem problem = problem(Activation.TANH, 1, 60, 1.2, 0.05);
    double[] own = LinearResponse.solve(backend, problem, 400, 3).change().get(1);
    double[] shared =
        LinearResponse.solve(backend, problem, 400, 3, RandomStreams.INITIAL_FIELD).change().get(1);
    double[] again = LinearResponse.solve(backend, problem, 400, 3).change().get(1);
    assertThat(again).containsExactly(own);
    for (int i = 0; i < own.length; i++) {
      assertThat(own[i]).isNotEqualTo(shared[i]);
    }
  }

  @ParameterizedTest
  @CsvSource({"0", "5", "300"})
  void mapStaysWithinItsPlan(int others) {
    FiniteWidthProblem problem = problem(Activation.TANH, 2, 60, 1.2, 0.05);
    double[] cross = new double[others * P];
    double[] variance = new double[others];
    Arrays.fill(cross, 0.1);
    Arrays.fill(variance, 1);
    MapOptions options = new MapOptions(1000, 3, 1e-2, 3);
    MemoryPlan plan = MapSolver.plan(problem, options, others);
    MapSolver.solve(backend, problem, cross, variance, options, RunControl.silent());
    // the rest is what products and inverses of the processor hold for themselves
    assertThat(backend.peakBytes() - plan.matrixBytes()).isBetween(0L, 320_000L);
  }

  /** Nothing is drawn, sampled or allocated before the refusal. */
  @Test
  void whatDoesNotFitIsRefusedBeforeAnyWork() {
    FiniteWidthProblem problem = problem(Activation.TANH, 2, 60, 1.2, 0.05);
    MapOptions options = new MapOptions(1000, 3, 1e-2, 3);
    long bytes = LinearResponse.plan(problem, 1000).matrixBytes();
    try (Backend small = Backends.open("cpu", new BackendOptions(1, bytes - 1), line -> {})) {
      assertThatThrownBy(() -> LinearResponse.solve(small, problem, 1000, 3))
          .isInstanceOf(OutOfDeviceMemoryException.class)
          .hasMessageContaining("lower samples");
      assertThatThrownBy(
              () ->
                  MapSolver.solve(
                      small, problem, new double[0], new double[0], options, RunControl.silent()))
          .isInstanceOf(OutOfDeviceMemoryException.class)
          .hasMessageContaining("lower samples");
      assertThat(small.peakBytes()).isZero();
    }
  }

  /**
   * A linear layer is tilted into another Gaussian: C^{l+1} = g (C^{-1} - (2 g / N) Ct)^{-1}, and
   * Ct^l = g Ct (I - (2 g / N) C Ct)^{-1}. The samples must reproduce both, every layer, with the
   * kernels that the solver ended at.
   */
  @Test
  void linearLayersAreTiltedIntoGaussians() {
    FiniteWidthProblem problem = problem(Activation.LINEAR, 2, 40, 0.9, 0);
    MapSolution map = map(problem, 40_000);
    assertThat(map.tilt()).isLessThan(0.5);
    double[] c0 = map.adaptation().covariance(0);
    double[] c1 = map.adaptation().covariance(1);
    double[] c2 = map.adaptation().covariance(2);
    double[] ct1 = map.adaptation().conjugate().get(1);
    double[] ct2 = map.adaptation().conjugate().get(2);
    double a = 2 * 0.9 / problem.width();
    // standard errors from the replicas; the products of means add less than that
    double[] error = {
      0, map.adaptation().changeError().get(1), map.adaptation().changeError().get(2)
    };
    assertThat(error[2]).isLessThan(0.02 * map.adaptation().changeNorm(2));
    assertThat(distance(tilted(c0, ct1, a, 0.9), c1)).isLessThan(4 * error[1]);
    assertThat(distance(tilted(c1, ct2, a, 0.9), c2)).isLessThan(4 * error[2]);
    double[] pull = tilted(ct2, c1, a, 0.9);
    assertThat(distance(pull, ct1)).isLessThan(0.01 * norm(ct1));
  }

  /** g (I - a x y)^{-1} x = g (x^{-1} - a y)^{-1}. */
  private static double[] tilted(double[] x, double[] y, double a, double g) {
    RealMatrix mx = matrix(x);
    RealMatrix identity = MatrixUtils.createRealIdentityMatrix(P);
    RealMatrix left = identity.subtract(mx.multiply(matrix(y)).scalarMultiply(a));
    RealMatrix result = new LUDecomposition(left).getSolver().solve(mx).scalarMultiply(g);
    double[] flat = new double[P * P];
    for (int i = 0; i < flat.length; i++) {
      flat[i] = result.getEntry(i / P, i % P);
    }
    return flat;
  }

  private static RealMatrix matrix(double[] values) {
    RealMatrix m = new Array2DRowRealMatrix(P, P);
    for (int i = 0; i < values.length; i++) {
      m.setEntry(i / P, i % P, values[i]);
    }
    return m;
  }

  /** A training point among the other points is predicted as in training: y - kappa v. */
  @Test
  void otherPointsThatAreTrainingPointsGetTheirTrainingPrediction() {
    FiniteWidthProblem problem = problem(Activation.ERF, 2, 60, 1.2, 0.05);
    double[] c = problem.inputCovariance();
    double[] variance = KernelDifferential.variances(c, P);
    MapSolution map =
        MapSolver.solve(
                backend,
                problem,
                c,
                variance,
                new MapOptions(4000, 3, 1e-2, 200),
                RunControl.silent())
            .orElseThrow();
    for (int i = 0; i < P; i++) {
      double fitted = problem.targets().at(i, 0) - KAPPA * map.dual()[i];
      assertThat(map.testPredictions()[i]).isCloseTo(fitted, within(2e-3));
    }
  }

  /** Far from small P / N the samples no longer carry the tilt, and the solution says so. */
  @Test
  void strongTiltsAreNotCalledConverged() {
    FiniteWidthProblem weak = problem(Activation.RELU, 1, 2, 1.2, 0);
    FiniteWidthProblem strong =
        new FiniteWidthProblem(
            Activation.RELU,
            weak.weight(),
            weak.bias(),
            2,
            20,
            KAPPA,
            weak.inputCovariance(),
            weak.targets());
    MapSolution map = map(strong, 1000);
    assertThat(map.converged()).isFalse();
    assertThat(map.tilt()).isGreaterThan(0.5);
  }
}
