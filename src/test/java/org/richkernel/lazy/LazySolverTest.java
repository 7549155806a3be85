package org.richkernel.lazy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Activations;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.compute.OutOfDeviceMemoryException;
import org.richkernel.metrics.KernelMetrics;
import org.richkernel.network.Inputs;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Targets;

class LazySolverTest {
  private Backend backend;

  @BeforeEach
  void open() {
    backend = Backends.cpu();
  }

  @AfterEach
  void close() {
    backend.close();
  }

  /** The numbers were made by test-data/reference/nngp_reference.py, in NumPy. */
  @ParameterizedTest
  @CsvSource({
    "RELU, 0.0642167373, 0.5040795407, 19.0511632581, 0.2175658546, 0.1583581396",
    "TANH, 0.0720985872, 0.3813416390, 16.2099827313, 0.4275371453, 0.1080801310"
  })
  void nngpOfTwentyDigitsMatchesAnIndependentComputation(
      Activation activation,
      double quadratic,
      double trace,
      double overlap,
      double alignment,
      double testLoss) {
    int p = 20;
    Targets y = ReferenceDigits.trainTargets(p);
    LazyProblem problem =
        LazyProblem.of(
                NetworkSpec.of(1, activation),
                KernelKind.NNGP,
                0.1,
                ReferenceDigits.trainInputs(p),
                y)
            .withTestInputs(ReferenceDigits.testInputs());

    LazySolution solution = new LazySolver(backend, problem).solve();

    KernelMetrics metrics = solution.layerMetrics().get(0);
    // y'Phi y / P^2 = alignment |Phi|_F |y|^2 / P^2 with |y|^2 = P
    assertThat(metrics.alignment() * metrics.frobenius() / p).isCloseTo(quadratic, within(1e-9));
    assertThat(metrics.trace()).isCloseTo(trace, within(1e-9));
    assertThat(metrics.alignment()).isCloseTo(alignment, within(1e-9));
    double yv = 0;
    double[] v = solution.fit().coefficients();
    for (int i = 0; i < p; i++) {
      yv += y.at(i, 0) * v[i];
    }
    assertThat(yv).isCloseTo(overlap, within(2e-8));
    assertThat(solution.testScores(ReferenceDigits.testTargets()).loss())
        .isCloseTo(testLoss, within(1e-9));
    assertThat(solution.fit().jitter()).isZero();
    assertThat(solution.trainScores().accuracy()).hasValue(1);
  }

  @ParameterizedTest
  @Activations
  void predictorFromStoredCoefficientsRepeatsTheTestPredictions(Activation activation) {
    Inputs test = RandomInputs.of(700, 6, 2);
    LazyProblem problem = problem(activation, KernelKind.NTK, 30, 2).withTestInputs(test);
    LazySolution solution = new LazySolver(backend, problem).solve();
    LazyPredictor stored =
        new LazyPredictor(
            problem.network(),
            problem.kernel(),
            problem.trainInputs(),
            solution.fit().coefficients());

    assertThat(stored.predict(backend, test))
        .containsExactly(solution.testPredictions(), within(1e-11));
    assertThat(stored.outputs()).isEqualTo(2);
    assertThat(solution.predictor().predict(backend, Inputs.of(test.copyRows(0, 1), 1, 6)))
        .containsExactly(java.util.Arrays.copyOf(solution.testPredictions(), 2), within(1e-11));
    assertThat(stored.predict(backend, Inputs.of(new double[0], 0, 6))).isEmpty();
  }

  @Test
  void trainPredictionsLeaveTheRidgeTimesTheCoefficients() {
    LazyProblem problem = problem(Activation.ERF, KernelKind.NTK, 25, 3);
    LazySolution solution = new LazySolver(backend, problem).solve();
    double[] y = problem.trainTargets().toArray();
    double[] c = solution.fit().coefficients();
    double[] f = solution.trainPredictions();

    // (K + kappa) C = Y, so Y - K C = kappa C
    for (int i = 0; i < y.length; i++) {
      assertThat(y[i] - f[i]).isCloseTo(problem.kappa() * c[i], within(1e-12));
    }
    assertThat(solution.testPredictions()).isEmpty();
    assertThat(solution.trainScores().accuracy()).isEmpty();
  }

  @Test
  void interpolatorWithoutRidgePassesThroughItsTargets() {
    LazyProblem noisy = problem(Activation.RELU, KernelKind.NTK, 20, 1);
    LazyProblem problem =
        LazyProblem.of(
            noisy.network(), noisy.kernel(), 0, noisy.trainInputs(), noisy.trainTargets());
    LazySolution solution = new LazySolver(backend, problem).solve();

    assertThat(solution.trainPredictions())
        .containsExactly(problem.trainTargets().toArray(), within(1e-9));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 5, 50, 400})
  void singularKernelWithoutRidgeIsFittedWithRecordedJitterAtAnySize(int points) {
    // rank 3, and targets outside its range: no interpolator exists
    LazyProblem problem =
        LazyProblem.of(
                NetworkSpec.of(1, Activation.LINEAR),
                KernelKind.NNGP,
                0,
                RandomInputs.of(points, 3, 5),
                Targets.of(RandomInputs.of(points, 1, 6).toArray()))
            .withTestInputs(RandomInputs.of(10, 3, 7));
    LazySolution solution = new LazySolver(backend, problem).solve();

    assertThat(solution.fit().jitter() > 0).isEqualTo(points > 3);
    assertThat(solution.testPredictions()).doesNotContain(Double.NaN);
  }

  @Test
  void memoryInUseIsTheMemoryPlannedAndIsGivenBack() {
    for (Activation activation : new Activation[] {Activation.RELU, Activation.TANH}) {
      Inputs test = RandomInputs.of(300, 6, 2);
      LazyProblem problem = problem(activation, KernelKind.NTK, 40, 1).withTestInputs(test);
      LazySolver solver = new LazySolver(backend, problem);
      long planned = solver.plan().matrixBytes();
      long before = backend.allocatedBytes();
      solver.solve();

      assertThat(backend.openMatrices()).isZero();
      assertThat(backend.peakBytes() - before).isGreaterThanOrEqualTo(planned);
      assertThat(solver.plan().describe(backend)).contains("train kernel").contains("panel kernel");
    }
  }

  @Test
  void panelMemoryDoesNotGrowWithTheNumberOfTestPoints() {
    LazySolution solution =
        new LazySolver(backend, problem(Activation.RELU, KernelKind.NTK, 500, 1)).solve();
    LazyPredictor predictor = solution.predictor();
    int full = PanelSize.of(backend, predictor.trainInputs(), Integer.MAX_VALUE);

    Inputs one = RandomInputs.of(full, 6, 1);
    double[] twice = new double[12 * full];
    System.arraycopy(one.toArray(), 0, twice, 0, 6 * full);
    System.arraycopy(one.toArray(), 0, twice, 6 * full, 6 * full);
    assertThat(predictor.plan(backend, Inputs.of(twice, 2 * full, 6)).matrixBytes())
        .isEqualTo(predictor.plan(backend, one).matrixBytes());
  }

  @Test
  void planThatDoesNotFitIsRefusedBeforeAnyWork() {
    try (Backend small = Backends.open("cpu", new BackendOptions(1, 1_000_000), line -> {})) {
      LazySolver solver = new LazySolver(small, problem(Activation.RELU, KernelKind.NTK, 500, 1));

      assertThatThrownBy(solver::solve)
          .isInstanceOf(OutOfDeviceMemoryException.class)
          .hasMessageContaining("lower the number of training points");
      assertThat(small.openMatrices()).isZero();
    }
  }

  @Test
  void problemsThatMakeNoSenseAreRefusedByField() {
    NetworkSpec network = NetworkSpec.of(1, Activation.RELU);
    Inputs x = RandomInputs.of(3, 2, 1);
    Targets y = Targets.of(new double[] {1, -1, 1});
    assertThatThrownBy(() -> LazyProblem.of(network, KernelKind.NTK, -1, x, y))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessageContaining("kappa");
    assertThatThrownBy(
            () -> LazyProblem.of(network, KernelKind.NTK, 1, RandomInputs.of(2, 2, 1), y))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessageContaining("3 rows");
    assertThatThrownBy(
            () ->
                LazyProblem.of(network, KernelKind.NTK, 1, x, y)
                    .withTestInputs(RandomInputs.of(2, 5, 1)))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessageContaining("5 columns");
    assertThatThrownBy(() -> new LazyPredictor(network, KernelKind.NTK, x, new double[] {1, 2}))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessageContaining("coefficients");
  }

  private static LazyProblem problem(
      Activation activation, KernelKind kind, int points, int outputs) {
    NetworkSpec network =
        NetworkSpec.of(2, activation).withWeightVariance(1.4).withBiasVariance(0.1);
    double[] y = RandomInputs.of(points, outputs, 7).toArray();
    return LazyProblem.of(
        network, kind, 0.05, RandomInputs.of(points, 6, 5), Targets.of(y, points, outputs));
  }
}
