package org.richkernel.lazy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.NotPositiveDefiniteException;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Workspace;
import org.richkernel.network.Convolutions;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.OracleImages;
import org.richkernel.network.SiteReadout;
import org.richkernel.network.Targets;
import org.richkernel.solver.InMemoryCheckpoints;
import org.richkernel.solver.RunControl;
import org.richkernel.solver.StopSignal;

/** Stops of a kernel fit between the blocks of its stages, counted in blocks. */
class LazyStopTest {
  /** Kernels of so many points have five blocks of rows a layer, and two panels of columns. */
  private static final int POINTS = 1090;

  private static Backend backend;

  @BeforeAll
  static void open() {
    backend = Backends.cpu();
  }

  @AfterAll
  static void close() {
    backend.close();
  }

  /** A signal that is raised when it is asked for the n-th time, once for every block. */
  private static final class Countdown extends StopSignal {
    private final int last;
    private int asked;

    Countdown(int last) {
      this.last = last;
    }

    @Override
    public boolean isRaised() {
      asked++;
      return asked >= last;
    }
  }

  private static LazyProblem dense(int points, KernelKind kind) {
    return LazyProblem.of(
            NetworkSpec.of(2, Activation.RELU),
            kind,
            0.1,
            RandomInputs.of(points, 6, 1),
            Targets.of(RandomInputs.of(points, 1, 3).toArray(), points, 1))
        .withTestInputs(RandomInputs.of(9, 6, 2));
  }

  private static LazyProblem images(SiteReadout readout) {
    int points = 6;
    Convolutions convolutions = Convolutions.parse("3x3,3x3/2").withReadout(readout);
    return LazyProblem.of(
            NetworkSpec.of(2, Activation.RELU).withConvolutions(convolutions),
            KernelKind.NNGP,
            0.1,
            OracleImages.of(points),
            Targets.of(RandomInputs.of(points, 1, 3).toArray(), points, 1))
        .withTestInputs(OracleImages.of(3));
  }

  /**
   * Five blocks of rows in each of two layers after the inputs, three blocks of the factor, one
   * block of test points and the metrics in each layer.
   */
  @ParameterizedTest
  @CsvSource({"1", "2", "6", "11", "12", "14", "15", "16", "17", "18"})
  void aDenseFitStopsAtTheBlockThatIsNext(int block) {
    Countdown stop = new Countdown(block);
    assertThat(new LazySolver(backend, dense(POINTS, KernelKind.NNGP)).solve(stop)).isEmpty();
    assertThat(stop.asked).isEqualTo(block);
  }

  @Test
  void aFitThatIsNotStoppedAsksBeforeEveryBlock() {
    Countdown stop = new Countdown(Integer.MAX_VALUE);
    assertThat(new LazySolver(backend, dense(POINTS, KernelKind.NNGP)).solve(stop)).isPresent();
    assertThat(stop.asked).isEqualTo(1 + 2 * 5 + 3 + 2 + 2);
  }

  @ParameterizedTest
  @EnumSource(SiteReadout.class)
  void everyTileOfSitesIsAStop(SiteReadout readout) {
    Countdown all = new Countdown(Integer.MAX_VALUE);
    assertThat(new LazySolver(backend, images(readout)).solve(all)).isPresent();
    for (int block = 1; block <= all.asked; block++) {
      Countdown stop = new Countdown(block);
      assertThat(new LazySolver(backend, images(readout)).solve(stop)).isEmpty();
      assertThat(stop.asked).isEqualTo(block);
    }
  }

  /** A stop within a block of rows, and one among the test points, leave what --resume needs. */
  @Test
  void aTiledFitStopsWithinABlockAndGoesOnToTheSameBits(@TempDir Path folder) {
    LazyProblem problem = dense(75, KernelKind.NTK);
    Path scratch = folder.resolve("factor.tiles");
    Countdown all = new Countdown(Integer.MAX_VALUE);
    LazySolution whole = tiled(problem, scratch, all, new InMemoryCheckpoints()).orElseThrow();

    for (int block : new int[] {3, all.asked / 2, all.asked}) {
      InMemoryCheckpoints checkpoints = new InMemoryCheckpoints();
      assertThat(tiled(problem, scratch, new Countdown(block), checkpoints)).isEmpty();
      LazySolution resumed = tiled(problem, scratch, new StopSignal(), checkpoints).orElseThrow();
      assertThat(resumed.testPredictions()).isEqualTo(whole.testPredictions());
    }
  }

  private static Optional<LazySolution> tiled(
      LazyProblem problem, Path scratch, StopSignal stop, InMemoryCheckpoints checkpoints) {
    return new TiledLazySolver(backend, problem, scratch, Precision.FLOAT64, 16)
        .solve(new RunControl(progress -> {}, stop, checkpoints));
  }

  @ParameterizedTest
  @CsvSource({"16", "25", "30", "75", "100"})
  void panelsFactorizeAsTheBackendDoes(int panel) {
    int points = 75;
    double[] kernel =
        new LazyKernel(NetworkSpec.of(1, Activation.RELU), KernelKind.NNGP)
            .gram(backend, RandomInputs.of(points, 90, 5))
            .readout();
    MemoryPlan plan =
        new MemoryPlan()
            .add("own", Precision.FLOAT64, points, points)
            .add("whole", Precision.FLOAT64, points, points);
    try (Workspace workspace = new Workspace(backend, plan)) {
      Matrix own = workspace.get("own");
      Matrix whole = workspace.get("whole");
      backend.upload(kernel, own);
      backend.upload(kernel, whole);
      new PanelCholesky(backend, StopSignal.never(), panel).factor(own);
      backend.cholesky(whole);
      double[] factor = new double[points * points];
      backend.download(own, factor);
      backend.download(whole, kernel);
      assertThat(factor).containsExactly(kernel, within(1e-13));
    }
  }

  @Test
  void panelsRefuseAnIndefiniteMatrix() {
    MemoryPlan plan = new MemoryPlan().add("a", Precision.FLOAT64, 40, 40);
    try (Workspace workspace = new Workspace(backend, plan)) {
      Matrix a = workspace.get("a");
      double[] values = new double[1600];
      Arrays.fill(values, 1);
      backend.upload(values, a);
      backend.addDiagonal(-1e-3, a);
      assertThatThrownBy(() -> new PanelCholesky(backend, StopSignal.never(), 16).factor(a))
          .isInstanceOf(NotPositiveDefiniteException.class);
    }
  }
}
