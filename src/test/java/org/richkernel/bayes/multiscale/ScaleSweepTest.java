package org.richkernel.bayes.multiscale;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.richkernel.bayes.AdaptiveNbkSolver;
import org.richkernel.bayes.AdaptiveProblem;
import org.richkernel.bayes.PathPoint;
import org.richkernel.bayes.SaddleOptions;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.compute.OutOfDeviceMemoryException;
import org.richkernel.lazy.ReferenceDigits;
import org.richkernel.network.Inputs;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Targets;
import org.richkernel.solver.InMemoryCheckpoints;
import org.richkernel.solver.Progress;
import org.richkernel.solver.RunControl;
import org.richkernel.solver.StopSignal;

/** Scales solved one after the other against each solved on its own. */
class ScaleSweepTest {
  private Backend backend;

  @BeforeEach
  void open() {
    backend = Backends.open("cpu", new BackendOptions(1, Long.MAX_VALUE), line -> {});
  }

  @AfterEach
  void close() {
    backend.close();
  }

  /** chi from one end to the other by factors of 2. */
  private static double[] scales(int width, boolean down) {
    List<Double> scales = new ArrayList<>();
    for (double chi = 1; chi < width; chi *= 2) {
      scales.add(chi);
    }
    scales.add((double) width);
    if (down) {
      java.util.Collections.reverse(scales);
    }
    return scales.stream().mapToDouble(Double::doubleValue).toArray();
  }

  /** Up from the Gaussian process at chi = 1, and down from chi = N. */
  @ParameterizedTest
  @CsvSource({
    "80, 40, 100, 1, false",
    "40, 80, 100, 1, true",
    "200, 80, 200, 0.5, true",
    "200, 80, 200, 0.5, false"
  })
  void readoutScalesOfASweepAreThoseOfEachScaleAtAFractionOfTheCost(
      int dimension, int points, int width, double kappa, boolean down) {
    IsingTask task = new IsingTask(dimension, points, 0.1, 8);
    LinearModes modes = LinearModes.of(backend, task.kernel, task.y, width, 1, kappa);
    for (double determinant : new double[] {0, 1}) {
      double start = 1;
      int swept = 0;
      int alone = 0;
      for (double chi : scales(width, down)) {
        LinearModes scaled = modes.withChi(chi);
        assertThat(ReadoutScale.unique(scaled, determinant)).isTrue();
        ReadoutScale each = ReadoutScale.of(scaled, determinant);
        ReadoutScale next = ReadoutScale.from(scaled, determinant, start);
        assertThat(each.stationaryPoints()).isEqualTo(1);
        assertThat(next.q()).isCloseTo(each.q(), within(1e-11 * each.q()));
        start = next.q();
        swept += next.evaluations();
        alone += each.evaluations();
      }
      assertThat(swept).isLessThan(alone / 50);
    }
  }

  /**
   * 40 strong modes push the scale of 10 neurons far below 1, a single weak one pulls it up: with
   * the determinant there are three roots over a range of chi. The sweep says so and changes over
   * where the density does.
   */
  @ParameterizedTest
  @CsvSource({"false", "true"})
  void sweepsThroughSeveralRootsTakeTheOneOfLargestDensity(boolean down) {
    int points = 41;
    double[] kernel = new double[points * points];
    double[] y = new double[points];
    for (int i = 0; i < points - 1; i++) {
      kernel[i * points + i] = 1e4;
    }
    kernel[points * points - 1] = 0.5;
    y[points - 1] = 1;
    LinearModes modes = LinearModes.of(backend, kernel, y, 10, 1, 1);
    double start = 1;
    int most = 0;
    double least = Double.POSITIVE_INFINITY;
    double largest = 0;
    double[] chis = new double[41];
    for (int i = 0; i < chis.length; i++) {
      chis[i] = 100 * Math.pow(10, i / 40.0);
    }
    for (int i = 0; i < chis.length; i++) {
      LinearModes scaled = modes.withChi(chis[down ? chis.length - 1 - i : i]);
      assertThat(ReadoutScale.unique(scaled, 1)).isFalse();
      assertThat(ReadoutScale.unique(scaled, 0)).isTrue();
      ReadoutScale next = ReadoutScale.from(scaled, 1, start);
      ReadoutScale each = ReadoutScale.of(scaled, 1);
      assertThat(next.q()).isEqualTo(each.q());
      most = Math.max(most, next.stationaryPoints());
      least = Math.min(least, next.q());
      largest = Math.max(largest, next.q());
      start = next.q();
    }
    assertThat(most).isEqualTo(3);
    assertThat(largest).isGreaterThan(100 * least);
  }

  private static final int POINTS = 10;
  private static final int WIDTH = 40;
  private static final double KAPPA = 0.5;

  private static MultiScaleProblem problem(int test) {
    return new MultiScaleProblem(
        NetworkSpec.of(1, Activation.TANH),
        WIDTH,
        KAPPA,
        ReferenceDigits.trainInputs(POINTS),
        ReferenceDigits.trainTargets(POINTS),
        Inputs.of(ReferenceDigits.testInputs().copyRows(0, test), test, ReferenceDigits.DIMENSION));
  }

  private static PathPoint sampled(ScaleSolution solution) {
    return solution.sampled().orElseThrow();
  }

  private static long sweeps(List<ScaleSolution> path) {
    return path.stream().mapToLong(s -> sampled(s).sweeps()).sum();
  }

  /**
   * Carrying the populations along gives the same levels within four standard errors of the
   * difference, in fewer sweeps of the sampler: what a solve is stopped by is the same, and the
   * burn-in from a neighbour is shorter.
   */
  @Test
  void levelsOfASampledSweepAreThoseOfEachScaleInFewerSweeps() {
    double[] chis = {40, 20, 10, 5, 2.5, 1.25};
    SaddleOptions options = new SaddleOptions(1, 1 / KAPPA, 400, 0, 5, 1e-6, 240);
    double[] y = ReferenceDigits.trainTargets(POINTS).toArray();
    SampledScaleSolver solver = new SampledScaleSolver(backend, problem(0), options);
    List<ScaleSolution> path = solver.sweep(chis, RunControl.silent()).orElseThrow();
    List<ScaleSolution> alone = new ArrayList<>();
    for (double chi : chis) {
      SampledScaleSolver each =
          new SampledScaleSolver(backend, problem(0), options.withSeed(100 + alone.size()));
      alone.add(each.solve(chi, RunControl.silent()).orElseThrow());
    }
    double scale = KAPPA / POINTS;
    requireTrainErrors(path, alone);
    for (int i = 0; i < chis.length; i++) {
      ScaleSolution a = path.get(i);
      ScaleSolution b = alone.get(i);
      assertThat(a.chi()).isEqualTo(chis[i]);
      double tree = scale * Math.hypot(sampled(a).dualFit().error(), sampled(b).dualFit().error());
      double apart =
          a.level(ScaleSolution.TREE).trainDiscrepancy(y)
              - b.level(ScaleSolution.TREE).trainDiscrepancy(y);
      assertThat(Math.abs(apart)).as("tree at chi %s", chis[i]).isLessThan(4 * tree);
      assertThat(tree).isLessThan(0.02 * b.level(ScaleSolution.TREE).trainDiscrepancy(y));
      double loop = Math.hypot(tree, Math.hypot(loopError(a, y), loopError(b, y)));
      assertThat(
              Math.abs(
                  a.level(ScaleSolution.ONE_LOOP).trainDiscrepancy(y)
                      - b.level(ScaleSolution.ONE_LOOP).trainDiscrepancy(y)))
          .as("one loop at chi %s", chis[i])
          .isLessThan(4 * loop);
      assertThat(a.level(ScaleSolution.RESCALED).trainDiscrepancy(y))
          .isCloseTo(b.level(ScaleSolution.RESCALED).trainDiscrepancy(y), within(1e-11));
    }
    assertThat(sweeps(path)).isLessThan(sweeps(alone));
  }

  /** Error of the discrepancy that the one-loop term adds to that of the tree level. */
  static double loopError(ScaleSolution levels, double[] y) {
    double[] loop = levels.level(ScaleSolution.ONE_LOOP).trainError();
    double[] tree = levels.level(ScaleSolution.TREE).trainError();
    double sum = 0;
    for (int i = 0; i < y.length; i++) {
      sum += Math.abs(y[i]) * Math.sqrt(loop[i] * loop[i] - tree[i] * tree[i]) / y.length;
    }
    return sum;
  }

  /**
   * Outputs on the training points differ between independent solves by what their errors say, in
   * the root mean square over scales and points: each error is known from two chains.
   */
  private static void requireTrainErrors(List<ScaleSolution> path, List<ScaleSolution> alone) {
    double apart = 0;
    double expected = 0;
    for (int i = 0; i < path.size(); i++) {
      LevelPrediction a = path.get(i).level(ScaleSolution.TREE);
      LevelPrediction b = alone.get(i).level(ScaleSolution.TREE);
      LevelPrediction loop = path.get(i).level(ScaleSolution.ONE_LOOP);
      for (int p = 0; p < POINTS; p++) {
        apart += Math.pow(a.train()[p] - b.train()[p], 2);
        expected += Math.pow(a.trainError()[p], 2) + Math.pow(b.trainError()[p], 2);
        assertThat(a.trainError()[p]).isPositive();
        // one loop has the tree level's error and its own, with more degrees of freedom
        assertThat(loop.trainError()[p]).isGreaterThan(0.9 * a.trainError()[p]);
        assertThat(loop.onTrain().deviations()).hasSizeGreaterThan(a.onTrain().deviations().size());
      }
    }
    assertThat(Math.sqrt(apart / expected)).isBetween(1.0 / 3, 3.0);
  }

  @Test
  void weightOfTheDeterminantIsRefused() {
    SaddleOptions options = new SaddleOptions(1, 1 / KAPPA, WIDTH, 1, 5, 1e-9, 20);
    assertThatThrownBy(() -> new SampledScaleSolver(backend, problem(0), options))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessageContaining("determinant-weight");
  }

  /** Few directions and many points: one loop takes more than the sampling that it follows. */
  @Test
  void oneLoopIsPlannedAndStaysWithinItsPlan() {
    int points = 60;
    java.util.Random random = new java.util.Random(4);
    Inputs train = Inputs.of(random.doubles(2L * points, -1, 1).toArray(), points, 2);
    Targets y = Targets.of(random.doubles(points, -1, 1).toArray());
    Inputs test = Inputs.of(random.doubles(600, -1, 1).toArray(), 300, 2);
    MultiScaleProblem problem =
        new MultiScaleProblem(NetworkSpec.of(1, Activation.TANH), 40, KAPPA, train, y, test);
    SaddleOptions options = // as many sweeps as fill the populations that are kept
        new SaddleOptions(1, 1 / KAPPA, 400, 0, 5, 1e-9, 160);
    SampledScaleSolver solver = new SampledScaleSolver(backend, problem, options);
    long plan = solver.plan().matrixBytes();
    long tree =
        new AdaptiveNbkSolver(
                backend, new AdaptiveProblem(problem.network(), options, train, y, test))
            .plan()
            .matrixBytes();
    assertThat(plan).isGreaterThan(2 * tree);
    solver.solve(1, RunControl.silent());
    // the rest is what products of the processor hold for themselves
    assertThat((double) backend.peakBytes() / plan).isBetween(1.0, 1.1);
    try (Backend small = Backends.open("cpu", new BackendOptions(1, plan - 1), line -> {})) {
      SampledScaleSolver tooLarge = new SampledScaleSolver(small, problem, options);
      assertThatThrownBy(() -> tooLarge.solve(1, RunControl.silent()))
          .isInstanceOf(OutOfDeviceMemoryException.class);
      assertThat(small.peakBytes()).isZero();
    }
  }

  private Optional<List<ScaleSolution>> sweep(RunControl control) {
    SaddleOptions options = new SaddleOptions(1, 1 / KAPPA, 64, 0, 5, 1e-9, 20);
    return new SampledScaleSolver(backend, problem(5), options)
        .sweep(new double[] {1, 2, 4}, control);
  }

  /** Stops in the burn-in of the second scale and while the third is sampled. */
  @Test
  void sweepThatIsStoppedAndResumedHasTheBitsOfTheUninterruptedOne() {
    List<ScaleSolution> expected = sweep(RunControl.silent()).orElseThrow();
    for (String where : new String[] {"solve 2 of 3, burn-in", "solve 3 of 3, sampling"}) {
      InMemoryCheckpoints store = new InMemoryCheckpoints();
      StopSignal signal = new StopSignal();
      Progress.Listener listener =
          progress -> {
            if (progress.phase().equals(where)) {
              signal.raise();
            }
          };
      assertThat(sweep(new RunControl(listener, signal, store))).isEmpty();
      List<ScaleSolution> resumed =
          sweep(new RunControl(Progress.Listener.silent(), new StopSignal(), store)).orElseThrow();
      for (int i = 0; i < 3; i++) {
        ScaleSolution a = resumed.get(i);
        ScaleSolution b = expected.get(i);
        assertThat(a.kernel()).containsExactly(b.kernel());
        for (String level : List.of(ScaleSolution.TREE, ScaleSolution.ONE_LOOP)) {
          assertThat(a.level(level).train()).containsExactly(b.level(level).train());
          assertThat(a.level(level).trainError()).containsExactly(b.level(level).trainError());
          assertThat(a.level(level).test()).containsExactly(b.level(level).test());
          assertThat(a.level(level).testError()).containsExactly(b.level(level).testError());
        }
      }
      assertThat(resumed.get(2).predictors()).containsKey(ScaleSolution.TREE);
    }
  }

  /** The linear solver hands out the levels of its sweeps as those of each scale. */
  @Test
  void linearSweepsHaveTheLevelsOfEachScale() {
    IsingInputs inputs = new IsingInputs(12, 8, 3);
    MultiScaleProblem problem =
        new MultiScaleProblem(
            NetworkSpec.of(1, Activation.LINEAR), 20, 1, inputs.train, inputs.y, inputs.test);
    LinearScaleSolver solver = new LinearScaleSolver(backend, problem);
    double[] chis = {20, 7, 3, 1};
    List<ScaleSolution> path = solver.sweep(chis, Optional.empty());
    for (int i = 0; i < chis.length; i++) {
      ScaleSolution each = solver.solve(chis[i], Optional.empty());
      assertThat(path.get(i).chi()).isEqualTo(chis[i]);
      assertThat(path.get(i).stationaryPoints()).isEqualTo(1);
      for (String level : each.levels().keySet()) {
        double[] a = path.get(i).level(level).train();
        double[] b = each.level(level).train();
        for (int k = 0; k < a.length; k++) {
          assertThat(a[k]).isCloseTo(b[k], within(1e-11));
        }
      }
    }
  }

  /** Random inputs with targets of both signs. */
  private static final class IsingInputs {
    final Inputs train;
    final Targets y;
    final Inputs test;

    IsingInputs(int dimension, int points, long seed) {
      java.util.Random random = new java.util.Random(seed);
      double[] targets = new double[points];
      for (int i = 0; i < points; i++) {
        targets[i] = i % 2 == 0 ? 1 : -1;
      }
      y = Targets.of(targets);
      train =
          Inputs.of(random.doubles((long) points * dimension, -1, 1).toArray(), points, dimension);
      test = Inputs.of(random.doubles(2L * dimension, -1, 1).toArray(), 2, dimension);
    }
  }
}
