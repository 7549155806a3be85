package org.richkernel.lazy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Optional;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.EigenDecomposition;
import org.apache.commons.math3.linear.LUDecomposition;
import org.apache.commons.math3.linear.RealMatrix;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.network.Convolutions;
import org.richkernel.network.Inputs;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.OracleImages;
import org.richkernel.network.Targets;
import org.richkernel.solver.InMemoryCheckpoints;
import org.richkernel.solver.RunControl;
import org.richkernel.solver.StopSignal;

/** Kernel ridge regression on inducing points against the ridge on all points. */
class InducingLazySolverTest {
  private static final int POINTS = 120;
  private static final int OUTPUTS = 2;

  private Backend backend;

  @BeforeEach
  void open() {
    backend = Backends.cpu();
  }

  @AfterEach
  void close() {
    assertThat(backend.openMatrices()).isZero();
    backend.close();
  }

  private static LazyProblem problem(Activation f, KernelKind kernel, double kappa) {
    return LazyProblem.of(NetworkSpec.of(2, f), kernel, kappa, inputs(), targets())
        .withTestInputs(RandomInputs.of(9, 6, 2));
  }

  private static Inputs inputs() {
    return RandomInputs.of(POINTS, 6, 1);
  }

  private static Targets targets() {
    return Targets.of(RandomInputs.of(POINTS, OUTPUTS, 3).toArray(), POINTS, OUTPUTS);
  }

  private static InducingOptions options(int points, long seed) {
    return new InducingOptions(points, 1e-12, 200, seed);
  }

  private LazySolution fit(LazyProblem problem, InducingOptions options) {
    return new InducingLazySolver(backend, problem, options)
        .solve(RunControl.silent())
        .orElseThrow();
  }

  private static double distance(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (a[i] - b[i]) * (a[i] - b[i]);
    }
    return Math.sqrt(sum / a.length);
  }

  @ParameterizedTest
  @CsvSource({"relu, NNGP", "relu, NTK", "tanh, NTK", "erf, NNGP", "gelu, NTK", "softplus, NNGP"})
  void onAllPointsItIsTheRidge(String activation, KernelKind kernel) {
    LazyProblem problem = problem(Activation.named(activation), kernel, 0.1);
    LazySolution exact = new LazySolver(backend, problem).solve();
    LazySolution found = fit(problem, options(5000, 1));
    assertThat(found.converged()).isTrue();
    assertThat(found.testPredictions()).containsExactly(exact.testPredictions(), within(1e-8));
    assertThat(found.trainPredictions()).containsExactly(exact.trainPredictions(), within(1e-8));
    InducingFit inducing = found.inducing().orElseThrow();
    assertThat(inducing.points()).isEqualTo(POINTS);
    assertThat(inducing.sampledRows()).isZero();
    assertThat(inducing.bound()).isLessThan(1e-8);
    assertThat(inducing.boundStandardError()).isZero();
  }

  @Test
  void ofImagesOnAllPointsItIsTheRidge() {
    NetworkSpec network =
        NetworkSpec.of(2, Activation.RELU).withConvolutions(Convolutions.parse("3x3,3x3/2"));
    Inputs images = OracleImages.of(24);
    Targets y = Targets.of(RandomInputs.of(24, 1, 3).toArray(), 24, 1);
    LazyProblem problem =
        LazyProblem.of(network, KernelKind.NTK, 0.1, images, y).withTestInputs(OracleImages.of(5));
    double[] exact = new LazySolver(backend, problem).solve().testPredictions();
    assertThat(fit(problem, options(24, 0)).testPredictions()).containsExactly(exact, within(1e-8));
  }

  /** (K_CP K_PC + kappa K_CC)^{-1} K_CP Y by another library. */
  @Test
  void onSomePointsItIsTheClosedForm() {
    LazyProblem problem = problem(Activation.RELU, KernelKind.NNGP, 0.3);
    InducingPoints points = new InducingPoints(POINTS, 30, 7);
    LazyKernel kernel = new LazyKernel(problem.network(), problem.kernel());
    Inputs chosen = points.of(problem.trainInputs());
    RealMatrix rows = matrix(kernel.cross(backend, problem.trainInputs(), chosen), 30);
    RealMatrix own = matrix(kernel.gram(backend, chosen).readout(), 30);
    RealMatrix y = matrix(problem.trainTargets().toArray(), OUTPUTS);
    RealMatrix normal = rows.transpose().multiply(rows).add(own.scalarMultiply(0.3));
    RealMatrix expected =
        new LUDecomposition(normal).getSolver().solve(rows.transpose().multiply(y));
    LazySolution found = fit(problem, options(30, 7));
    assertThat(distance(found.fit().coefficients(), flat(expected))).isLessThan(1e-8);
    assertThat(distance(found.trainPredictions(), flat(rows.multiply(expected)))).isLessThan(1e-9);
    assertThat(found.predictor().trainInputs().rows()).isEqualTo(30);
    assertThat(found.layerMetrics()).isEmpty();
  }

  private static RealMatrix matrix(double[] values, int columns) {
    RealMatrix matrix = new Array2DRowRealMatrix(values.length / columns, columns);
    for (int i = 0; i < values.length; i++) {
      matrix.setEntry(i / columns, i % columns, values[i]);
    }
    return matrix;
  }

  private static double[] flat(RealMatrix matrix) {
    double[] values = new double[matrix.getRowDimension() * matrix.getColumnDimension()];
    for (int i = 0; i < values.length; i++) {
      values[i] = matrix.getEntry(i / matrix.getColumnDimension(), i % matrix.getColumnDimension());
    }
    return values;
  }

  /** Measured at all rows it is a theorem, for every draw and whether the iteration is done. */
  @ParameterizedTest
  @CsvSource({
    "1e-6, 20, 200",
    "1e-6, 60, 200",
    "0.01, 20, 200",
    "0.01, 60, 200",
    "1, 20, 200",
    "1, 60, 200",
    "30, 20, 200",
    "30, 60, 200",
    "0.01, 60, 1",
    "0.01, 60, 3",
    "1, 60, 1",
    "30, 20, 1"
  })
  void boundHoldsForEveryDraw(double kappa, int count, int iterations) {
    LazyProblem problem = problem(Activation.RELU, KernelKind.NTK, kappa);
    double[] exact = new LazySolver(backend, problem).solve().trainPredictions();
    for (int seed = 0; seed < 10; seed++) {
      LazySolution found = fit(problem, new InducingOptions(count, 1e-10, iterations, seed));
      InducingFit inducing = found.inducing().orElseThrow();
      double truth = distance(found.trainPredictions(), exact);
      assertThat(inducing.sampledRows()).isEqualTo(POINTS - count);
      assertThat(inducing.boundStandardError()).isZero();
      assertThat(inducing.bound()).isGreaterThanOrEqualTo(truth);
      if (iterations == 200) {
        assertThat(inducing.bound()).isLessThan(2 * truth);
      }
    }
  }

  /** Of 200 draws of rows about 95 % lie within two standard errors of the bound of all rows. */
  @Test
  void sampledBoundHasTheErrorItSays() {
    LazyProblem problem = problem(Activation.RELU, KernelKind.NNGP, 0.5);
    int inside = 0;
    int covers = 0;
    int draws = 200;
    double[] exact = new LazySolver(backend, problem).solve().trainPredictions();
    for (int seed = 0; seed < draws; seed++) {
      LazySolution all = fit(problem, options(20, seed));
      InducingFit sampled =
          new InducingLazySolver(backend, problem, options(20, seed), 40, Long.MAX_VALUE)
              .solve(RunControl.silent())
              .orElseThrow()
              .inducing()
              .orElseThrow();
      assertThat(sampled.sampledRows()).isEqualTo(40);
      double truth = all.inducing().orElseThrow().bound();
      inside += Math.abs(sampled.bound() - truth) <= 2 * sampled.boundStandardError() ? 1 : 0;
      covers +=
          sampled.bound() + 2 * sampled.boundStandardError()
                  >= distance(all.trainPredictions(), exact)
              ? 1
              : 0;
    }
    // the binomial error of 0.95 over 200 draws is 0.015
    assertThat((double) inside / draws).isBetween(0.90, 0.99);
    assertThat((double) covers / draws).isGreaterThanOrEqualTo(0.95);
  }

  @Test
  void preconditionerLeavesFewSteps() {
    LazyProblem problem = problem(Activation.RELU, KernelKind.NNGP, 0.01);
    InducingFit inducing =
        fit(problem, new InducingOptions(60, 1e-10, 200, 2)).inducing().orElseThrow();
    assertThat(inducing.converged()).isTrue();
    assertThat(inducing.iterations()).isLessThan(60);
    // the condition of K_CP K_PC + kappa K_CC by itself asks for many more
    LazyKernel kernel = new LazyKernel(problem.network(), problem.kernel());
    Inputs chosen = new InducingPoints(POINTS, 60, 2).of(problem.trainInputs());
    RealMatrix rows = matrix(kernel.cross(backend, problem.trainInputs(), chosen), 60);
    RealMatrix own = matrix(kernel.gram(backend, chosen).readout(), 60);
    RealMatrix normal = rows.transpose().multiply(rows).add(own.scalarMultiply(0.01));
    double[] values = new EigenDecomposition(normal).getRealEigenvalues();
    assertThat(values[0] / values[values.length - 1]).isGreaterThan(1e4);
    var plain = new org.richkernel.solver.ConjugateGradients(60, OUTPUTS);
    RealMatrix y = matrix(problem.trainTargets().toArray(), OUTPUTS);
    double[] start = flat(rows.transpose().multiply(y));
    org.richkernel.solver.ConjugateGradients.Product identity =
        (from, to) -> {
          System.arraycopy(from, 0, to, 0, to.length);
          return true;
        };
    plain.restart(identity, start);
    double scale = plain.residualNorm();
    while (plain.residualNorm() > 1e-10 * scale && plain.iterations() < 1000) {
      plain.step(
          (from, to) -> {
            double[] product = flat(normal.multiply(matrix(from, OUTPUTS)));
            System.arraycopy(product, 0, to, 0, to.length);
            return true;
          },
          identity);
    }
    assertThat(plain.iterations()).isGreaterThan(2 * inducing.iterations());
  }

  @Test
  void rowsThatAreMadeAgainGiveTheSameBits() {
    LazyProblem problem = problem(Activation.TANH, KernelKind.NTK, 0.1);
    LazySolution kept = fit(problem, options(30, 4));
    LazySolution made =
        new InducingLazySolver(backend, problem, options(30, 4), 512, 0)
            .solve(RunControl.silent())
            .orElseThrow();
    assertThat(kept.inducing().orElseThrow().rowsKept()).isTrue();
    assertThat(made.inducing().orElseThrow().rowsKept()).isFalse();
    assertThat(made.fit().coefficients()).containsExactly(kept.fit().coefficients());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 5})
  void aStoppedFitGoesOnToTheSameBits(int steps) {
    LazyProblem problem = problem(Activation.RELU, KernelKind.NTK, 0.01);
    LazySolution whole = fit(problem, options(40, 0));
    InMemoryCheckpoints checkpoints = new InMemoryCheckpoints();
    StopSignal stop = new StopSignal();
    int[] done = {0};
    Optional<LazySolution> stopped =
        new InducingLazySolver(backend, problem, options(40, 0))
            .solve(
                new RunControl(
                    progress -> {
                      if (++done[0] == steps) {
                        stop.raise();
                      }
                    },
                    stop,
                    checkpoints));
    assertThat(stopped).isEmpty();
    assertThat(checkpoints.iteration()).isEqualTo(steps);
    LazySolution resumed =
        new InducingLazySolver(backend, problem, options(40, 0))
            .solve(new RunControl(progress -> {}, new StopSignal(), checkpoints))
            .orElseThrow();
    assertThat(resumed.fit().coefficients()).containsExactly(whole.fit().coefficients());
    assertThat(resumed.inducing()).isEqualTo(whole.inducing());
  }

  @Test
  void tooFewStepsAreNoConvergence() {
    LazyProblem problem = problem(Activation.RELU, KernelKind.NNGP, 0.01);
    LazySolution found = fit(problem, new InducingOptions(60, 1e-10, 2, 0));
    assertThat(found.converged()).isFalse();
    assertThat(found.inducing().orElseThrow().iterations()).isEqualTo(2);
    assertThat(found.inducing().orElseThrow().residual()).isGreaterThan(1e-10);
  }

  /** Every point twice: K_CC is singular, and the ridge is that of the exact solver still. */
  @ParameterizedTest
  @CsvSource({"NNGP", "NTK"})
  void pointsMayOccurTwice(KernelKind kernel) {
    double[] half = inputs().toArray();
    double[] twice = half.clone();
    System.arraycopy(half, 0, twice, half.length / 2, half.length / 2);
    LazyProblem problem =
        LazyProblem.of(
                NetworkSpec.of(2, Activation.RELU),
                kernel,
                0.1,
                Inputs.of(twice, POINTS, 6),
                targets())
            .withTestInputs(RandomInputs.of(9, 6, 2));
    double[] exact = new LazySolver(backend, problem).solve().testPredictions();
    LazySolution found = fit(problem, new InducingOptions(POINTS, 1e-8, 200, 0));
    assertThat(found.converged()).isTrue();
    assertThat(found.testPredictions()).containsExactly(exact, within(1e-6));
  }

  @Test
  void targetsOfZeroAreFitted() {
    LazyProblem problem =
        LazyProblem.of(
            NetworkSpec.of(1, Activation.ERF),
            KernelKind.NNGP,
            0.1,
            inputs(),
            Targets.of(new double[POINTS], POINTS, 1));
    LazySolution found = fit(problem, options(10, 0));
    assertThat(found.converged()).isTrue();
    assertThat(found.trainPredictions()).containsOnly(0);
    assertThat(found.inducing().orElseThrow().bound()).isZero();
  }

  @Test
  void everyPointIsDrawnAsOften() {
    int[] drawn = new int[20];
    for (int seed = 0; seed < 2000; seed++) {
      double[] index = new double[20];
      for (int i = 0; i < 20; i++) {
        index[i] = i;
      }
      double[] order = new InducingPoints(20, 5, seed).arrange(index, 1);
      for (int i = 0; i < 5; i++) {
        drawn[(int) order[i]]++;
      }
    }
    // 500 each, with a standard deviation of (2000 * 0.25 * 0.75)^{1/2} = 19
    for (int count : drawn) {
      assertThat(count).isBetween(420, 580);
    }
  }

  @Test
  void withoutARidgeItIsRefused() {
    LazyProblem problem = problem(Activation.RELU, KernelKind.NNGP, 0);
    assertThatThrownBy(() -> new InducingLazySolver(backend, problem, options(5, 0)))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessageContaining("kappa");
    assertThatThrownBy(() -> new InducingOptions(0, 1e-8, 10, 0))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessageContaining("inducing");
  }
}
