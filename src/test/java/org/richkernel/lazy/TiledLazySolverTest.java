package org.richkernel.lazy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.metrics.KernelMetrics;
import org.richkernel.network.Inputs;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Targets;
import org.richkernel.network.UnresolvedKernelException;
import org.richkernel.solver.InMemoryCheckpoints;
import org.richkernel.solver.RunControl;
import org.richkernel.solver.StopSignal;

/** The factor in tiles against the dense one. */
class TiledLazySolverTest {
  private static final int POINTS = 75;

  @TempDir private Path folder;
  private Backend backend;
  private Path scratch;

  @BeforeEach
  void open() {
    backend = Backends.cpu();
    scratch = folder.resolve("factor.tiles");
  }

  @AfterEach
  void close() {
    backend.close();
  }

  private static LazyProblem problem(Activation f, KernelKind kernel, double kappa) {
    return LazyProblem.of(
            NetworkSpec.of(2, f),
            kernel,
            kappa,
            RandomInputs.of(POINTS, 6, 1),
            Targets.of(RandomInputs.of(POINTS, 2, 3).toArray(), POINTS, 2))
        .withTestInputs(RandomInputs.of(9, 6, 2));
  }

  private TiledLazySolver tiled(LazyProblem problem) {
    return tiled(problem, Precision.FLOAT64);
  }

  private TiledLazySolver tiled(LazyProblem problem, Precision precision) {
    return new TiledLazySolver(backend, problem, scratch, precision, 16);
  }

  @ParameterizedTest
  @CsvSource({"RELU, NNGP", "RELU, NTK", "TANH, NTK", "ERF, NNGP", "GELU, NTK"})
  void sameNumbersAsTheDenseSolver(String activation, KernelKind kernel) {
    LazyProblem problem =
        problem(Activation.named(activation.toLowerCase(java.util.Locale.ROOT)), kernel, 0.01);
    LazySolution dense = new LazySolver(backend, problem).solve();
    LazySolution inTiles = tiled(problem).solve(RunControl.silent()).orElseThrow();
    assertThat(inTiles.fit().coefficients())
        .containsExactly(dense.fit().coefficients(), within(1e-10));
    assertThat(inTiles.trainPredictions()).containsExactly(dense.trainPredictions(), within(1e-11));
    assertThat(inTiles.testPredictions()).containsExactly(dense.testPredictions(), within(1e-11));
    for (int l = 0; l < 2; l++) {
      KernelMetrics expected = dense.layerMetrics().get(l);
      KernelMetrics found = inTiles.layerMetrics().get(l);
      assertThat(found.alignment()).isCloseTo(expected.alignment(), within(1e-12));
      assertThat(found.trace()).isCloseTo(expected.trace(), within(1e-12));
      assertThat(found.frobenius()).isCloseTo(expected.frobenius(), within(1e-10));
    }
    assertThat(inTiles.gram().isKept()).isFalse();
    assertThat(scratch).doesNotExist();
    assertThat(backend.openMatrices()).isZero();
  }

  /** Stops when so many blocks are done. */
  private static RunControl stoppingAfter(int blocks, InMemoryCheckpoints checkpoints) {
    StopSignal stop = new StopSignal();
    int[] done = {0};
    return new RunControl(
        progress -> {
          if (++done[0] == blocks) {
            stop.raise();
          }
        },
        stop,
        checkpoints);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 5, 7})
  void aStoppedFitGoesOnToTheSameBits(int blocks) {
    LazyProblem problem = problem(Activation.RELU, KernelKind.NTK, 0.01);
    LazySolution whole = tiled(problem).solve(RunControl.silent()).orElseThrow();
    InMemoryCheckpoints checkpoints = new InMemoryCheckpoints();
    Optional<LazySolution> stopped = tiled(problem).solve(stoppingAfter(blocks, checkpoints));
    assertThat(stopped).isEmpty();
    assertThat(scratch).exists();
    assertThat(checkpoints.iteration()).isEqualTo(Math.min(blocks, 5));
    LazySolution resumed =
        tiled(problem)
            .solve(new RunControl(progress -> {}, new StopSignal(), checkpoints))
            .orElseThrow();
    assertThat(resumed.fit().coefficients()).containsExactly(whole.fit().coefficients());
    assertThat(resumed.layerMetrics()).isEqualTo(whole.layerMetrics());
  }

  @Test
  void aDamagedScratchFileIsNotTrusted() throws IOException {
    LazyProblem problem = problem(Activation.RELU, KernelKind.NNGP, 0.01);
    LazySolution whole = tiled(problem).solve(RunControl.silent()).orElseThrow();
    InMemoryCheckpoints checkpoints = new InMemoryCheckpoints();
    assertThat(tiled(problem).solve(stoppingAfter(3, checkpoints))).isEmpty();
    byte[] bytes = Files.readAllBytes(scratch);
    bytes[777] ^= 1;
    Files.write(scratch, bytes);
    int[] blocks = {0};
    RunControl counting =
        new RunControl(
            progress -> blocks[0] += progress.phase().equals("factor") ? 1 : 0,
            new StopSignal(),
            checkpoints);
    LazySolution resumed = tiled(problem).solve(counting).orElseThrow();
    assertThat(resumed.fit().coefficients()).containsExactly(whole.fit().coefficients());
    assertThat(blocks[0]).isEqualTo(5);
  }

  @Test
  void withoutARidgeItIsRefused() {
    assertThatThrownBy(() -> tiled(problem(Activation.RELU, KernelKind.NNGP, 0)))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessageContaining("kappa");
  }

  @Test
  void aRidgeBelowTheRoundingOfTheKernelIsRefused() {
    double[] twice = new double[40 * 3];
    for (int i = 0; i < twice.length; i++) {
      twice[i] = 1e5 * RandomInputs.of(20, 3, 5).toArray()[i % 60];
    }
    LazyProblem singular =
        LazyProblem.of(
            NetworkSpec.of(1, Activation.RELU),
            KernelKind.NNGP,
            1e-9,
            Inputs.of(twice, 40, 3),
            Targets.of(RandomInputs.of(40, 1, 3).toArray(), 40, 1));
    assertThatThrownBy(() -> tiled(singular).solve(RunControl.silent()))
        .isInstanceOf(UnresolvedKernelException.class)
        .hasMessageContaining("kappa");
    assertThat(backend.openMatrices()).isZero();
  }

  /** Two rows alike, whose targets differ by so much. */
  private LazyProblem contradicting(double difference, double kappa) {
    double[] x = RandomInputs.of(POINTS, 6, 1).toArray();
    System.arraycopy(x, 2 * 6, x, 40 * 6, 6);
    double[] y = RandomInputs.of(POINTS, 1, 3).toArray();
    y[40] = y[2] + difference;
    return LazyProblem.of(
        NetworkSpec.of(2, Activation.RELU),
        KernelKind.NTK,
        kappa,
        Inputs.of(x, POINTS, 6),
        Targets.of(y, POINTS, 1));
  }

  /** Coefficients of 5e9 cancel in every prediction, which rounding of the kernel then moves. */
  @Test
  void roundingThatDecidesIsMeasuredAndExplainsTheDifferenceOfTheForms() {
    LazyProblem problem = contradicting(0.01, 1e-12);
    LazySolution dense = new LazySolver(backend, problem).solve();
    LazySolution inTiles = tiled(problem).solve(RunControl.silent()).orElseThrow();
    double difference = 0;
    double targets = 0;
    for (int i = 0; i < POINTS; i++) {
      double apart = dense.trainPredictions()[i] - inTiles.trainPredictions()[i];
      difference += apart * apart;
      targets += problem.trainTargets().at(i, 0) * problem.trainTargets().at(i, 0);
    }
    double relative = Math.sqrt(difference / targets);
    RidgeFit fit = inTiles.fit();
    assertThat(fit.rounding()).isBetween(1e-8, 1e-5);
    assertThat(relative)
        .isGreaterThan(1e-9)
        .isLessThan(3 * (fit.rounding() + fit.residual() + dense.fit().residual()));
    // of targets that agree there is none of it
    assertThat(
            tiled(contradicting(0, 1e-12))
                .solve(RunControl.silent())
                .orElseThrow()
                .fit()
                .rounding())
        .isLessThan(1e-12);
  }

  @Test
  void whereItDecidesTooMuchTheFitIsRefused() {
    assertThatThrownBy(() -> tiled(contradicting(3, 1e-12)).solve(RunControl.silent()))
        .isInstanceOf(UnresolvedKernelException.class)
        .hasMessageContaining("almost alike have different targets");
  }

  @ParameterizedTest
  @CsvSource({"RELU, NNGP, 0.01", "RELU, NTK, 1e-4", "TANH, NTK, 1e-6", "ERF, NNGP, 1"})
  void aFactorOfFloat32LeadsToTheSameSolution(String activation, KernelKind kernel, double kappa) {
    LazyProblem problem =
        problem(Activation.named(activation.toLowerCase(java.util.Locale.ROOT)), kernel, kappa);
    LazySolution exact = tiled(problem).solve(RunControl.silent()).orElseThrow();
    int[] passes = {0};
    RunControl counting =
        new RunControl(
            progress -> passes[0] += progress.phase().equals("residual") ? 1 : 0,
            new StopSignal(),
            new InMemoryCheckpoints());
    LazySolution found = tiled(problem, Precision.FLOAT32).solve(counting).orElseThrow();
    assertThat(found.fit().residual()).isLessThan(1e-9);
    assertThat(found.testPredictions()).containsExactly(exact.testPredictions(), within(1e-7));
    assertThat(found.trainPredictions()).containsExactly(exact.trainPredictions(), within(1e-8));
    assertThat(found.layerMetrics()).isEqualTo(exact.layerMetrics());
    // five blocks a pass; the factor is near, but not the one of float64
    assertThat(passes[0]).isBetween(2 * 5, 25 * 5);
    MemoryPlan half = tiled(problem, Precision.FLOAT32).plan();
    MemoryPlan whole = tiled(problem).plan();
    assertThat(half.diskBytes()).isEqualTo(whole.diskBytes() / 2);
  }

  /** The ridge alone holds the difference of two rows alike, and float32 rounds far above it. */
  @Test
  void whereRefinementStallsConjugateGradientsDoNot() {
    LazyProblem problem = contradicting(0.01, 1e-8);
    LazySolution exact = tiled(problem).solve(RunControl.silent()).orElseThrow();
    LazySolution found = tiled(problem, Precision.FLOAT32).solve(RunControl.silent()).orElseThrow();
    assertThat(found.fit().residual()).isLessThan(1e-8);
    assertThat(found.trainPredictions()).containsExactly(exact.trainPredictions(), within(1e-7));
    // y - y' = 2 kappa C: nothing that an approximate solution has
    assertThat(found.fit().coefficients()[40]).isCloseTo(0.01 / 2e-8, within(1e-3 * 0.01 / 2e-8));
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 5, 8})
  void aStoppedFitWithFloat32GoesOnToTheSameBits(int blocks) {
    LazyProblem problem = problem(Activation.RELU, KernelKind.NTK, 0.01);
    LazySolution whole = tiled(problem, Precision.FLOAT32).solve(RunControl.silent()).orElseThrow();
    InMemoryCheckpoints checkpoints = new InMemoryCheckpoints();
    assertThat(tiled(problem, Precision.FLOAT32).solve(stoppingAfter(blocks, checkpoints)))
        .isEmpty();
    LazySolution resumed =
        tiled(problem, Precision.FLOAT32)
            .solve(new RunControl(progress -> {}, new StopSignal(), checkpoints))
            .orElseThrow();
    assertThat(resumed.fit().coefficients()).containsExactly(whole.fit().coefficients());
  }
}
