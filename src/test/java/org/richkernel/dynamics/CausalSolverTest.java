package org.richkernel.dynamics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.OutOfDeviceMemoryException;
import org.richkernel.compute.Workspace;
import org.richkernel.finite.GradientDescentNetwork;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.solver.Progress;
import org.richkernel.solver.RunControl;
import org.richkernel.solver.StopReason;
import org.richkernel.solver.StopSignal;

class CausalSolverTest {
  /** Standard errors come from ten populations, or sixteen networks, so they are good to 20 %. */
  private static final CausalOptions TEN_POPULATIONS = CausalOptions.defaults().withPopulations(10);

  private static final double STANDARD_ERRORS = 5;

  private static DynamicsSolution solve(DynamicsProblem problem) {
    try (Backend backend = Backends.cpu()) {
      return new CausalSolver(TEN_POPULATIONS).solve(problem, backend, RunControl.silent());
    }
  }

  /**
   * Outputs at all times and kernels of all layers, on a test point too. Without the equal-time
   * part of B, or without responses at all, first-layer kernels would be off by 4 to 16 %.
   */
  @ParameterizedTest
  @CsvSource({"1, RELU, 0.1, SUM", "2, TANH, 0, SUM", "2, RELU, 0.05, SUM", "3, ERF, 0.05, MEAN"})
  void trajectoryAndKernelsMatchFiniteNetworks(
      int layers, Activation activation, double weightDecay, Loss loss) {
    DynamicsOptions options =
        DynamicsOptions.of(1, 16, loss == Loss.MEAN ? 0.4 : 0.1)
            .withWeightDecay(weightDecay)
            .withLoss(loss)
            .withSamples(16000)
            .withRecordEvery(8);
    DynamicsProblem problem = Problems.gaussian(layers, activation, options);
    DynamicsSolution theory = solve(problem);
    DynamicsSolution seen;
    try (Backend backend = Backends.cpu()) {
      seen = new GradientDescentNetwork(800, 16).solve(problem, backend, RunControl.silent());
    }

    assertThat(theory.reason()).isEqualTo(StopReason.CONVERGED);
    // the networks are off by O(1 / width)
    Problems.requireClose(theory, seen, STANDARD_ERRORS, 0.01);
    double start = theory.mean().kernels().get(0).feature().get(layers - 1)[0];
    assertThat(Math.abs(theory.lastKernels().feature().get(layers - 1)[0] - start))
        .as("features move")
        .isGreaterThan(0.05);
  }

  @Test
  void linearNetworksMatchTheirAlgebraicSolution() {
    DynamicsOptions options =
        DynamicsOptions.of(1, 12, 0.05).withWeightDecay(0.1).withSamples(10000).withRecordEvery(4);
    // more points than input dimensions: the other factor of the first layer
    DynamicsProblem problem = Problems.gaussian(3, Activation.LINEAR, options, 7);
    DynamicsSolution exact;
    try (Backend backend = Backends.cpu()) {
      exact = new LinearSolver().solve(problem, backend, RunControl.silent());
    }
    Problems.requireClose(solve(problem), exact, STANDARD_ERRORS, 2e-3);
  }

  /** Three outputs, batches of two out of five points, weight decay, two test points. */
  @ParameterizedTest
  @CsvSource({"1, RELU", "2, TANH", "3, TANH"})
  void severalOutputsAndMiniBatchesMatchFiniteNetworks(int layers, Activation activation) {
    DynamicsOptions options =
        DynamicsOptions.of(1, 15, 0.2)
            .withWeightDecay(0.05)
            .withSamples(10000)
            .withBatchSize(2)
            .withRecordEvery(5);
    DynamicsProblem problem = Problems.threeOutputs(layers, activation, options);
    DynamicsSolution theory = solve(problem);
    DynamicsSolution seen = PlainNetworks.train(problem, 300, 24);
    assertThat(theory.reason()).isEqualTo(StopReason.CONVERGED);
    Problems.requireClose(theory, seen, STANDARD_ERRORS, 0.02);
    assertThat(theory.trainLoss()[15]).isLessThan(0.8 * theory.trainLoss()[0]);
  }

  /** The length at which the equal-time response and the memory terms are all at work. */
  @Test
  void fortyStepsOfTwoLayersMatchFiniteNetworks() {
    DynamicsOptions options = DynamicsOptions.of(1, 40, 0.1).withSamples(20000);
    DynamicsProblem problem = Problems.gaussian(2, Activation.TANH, options);
    DynamicsSolution theory = solve(problem);
    DynamicsSolution seen;
    try (Backend backend = Backends.cpu()) {
      seen = new GradientDescentNetwork(1000, 8).solve(problem, backend, RunControl.silent());
    }
    Problems.requireClose(theory, seen, STANDARD_ERRORS, 0.008);
    assertThat(theory.trainLoss()[40]).isLessThan(0.05);
  }

  /**
   * At gamma = 0.01 the theory is lazy but for gamma^2. Outputs are averages divided by gamma, so
   * sampling noise of the responses, or of Gaussian fields that are not those of the start, would
   * show as 1 / (gamma sqrt(S)) = 2. (Weight decay would shrink f(0), whose noise that is, below
   * what is subtracted.)
   */
  @ParameterizedTest
  @CsvSource({"2, TANH, 0", "2, RELU, 2", "3, TANH, 2", "3, ERF, 0"})
  void smallRichnessDoesNotRaiseTheNoiseOfOutputs(int layers, Activation activation, int batch) {
    DynamicsOptions options =
        DynamicsOptions.of(0.01, 20, 0.1).withSamples(2500).withBatchSize(batch);
    DynamicsProblem problem = Problems.gaussian(layers, activation, options);
    DynamicsSolution theory = solve(problem);
    double[] lazy;
    try (Backend backend = Backends.cpu()) {
      lazy = new StaticKernelSolver().solve(problem, backend, RunControl.silent()).mean().outputs();
    }
    double[] f = theory.mean().outputs();
    double[] error = theory.standardError().outputs();
    for (int i = 0; i < f.length; i++) {
      if (i % problem.points() < Problems.TRAIN) {
        assertThat(error[i]).as("error of output %d", i).isLessThan(0.2);
      }
      assertThat(Math.abs(f[i] - lazy[i])).as("output %d", i).isLessThan(5 * error[i] + 2e-3);
    }
  }

  @Test
  void theRidgeKeepsTheNoiseOfResponsesFromPilingUp() {
    DynamicsOptions options = DynamicsOptions.of(1.5, 100, 0.03).withSamples(1000);
    DynamicsProblem problem = Problems.gaussian(2, Activation.TANH, options, 8);
    double truth = trace(solve(problem.withOptions(options.withSamples(8000).withSeed(3))).mean());
    double with = trace(wholePopulation(problem, CausalOptions.defaults()));
    double without =
        trace(wholePopulation(problem, CausalOptions.defaults().withResponseRidge(1e-8)));
    String seen = String.format(Locale.ROOT, "%.4f: %.4f with, %.4f without", truth, with, without);
    // both on the same random numbers; seen: 4.461: 4.459 with, 4.572 without
    assertThat(Math.abs(with - truth)).as(seen).isLessThan(0.01 * truth);
    assertThat(without - truth).as(seen).isGreaterThan(0.015 * truth);
  }

  private static Trajectory wholePopulation(DynamicsProblem problem, CausalOptions options) {
    return population(problem, options, 0, problem.options().samples());
  }

  @Test
  void historyHoldsTheKernelsOfAllPairsOfTimes() {
    DynamicsOptions options =
        DynamicsOptions.of(1, 4, 0.1).withSamples(2000).withRecordEvery(1).withSaveHistory(true);
    DynamicsSolution solution = solve(Problems.gaussian(2, Activation.TANH, options));
    KernelHistory history = solution.history().orElseThrow();
    int p = Problems.TRAIN;
    assertThat(history.side()).isEqualTo(5 * p);
    for (int l = 0; l < 2; l++) {
      float[] phi = history.feature().get(l);
      float[] g = history.gradient().get(l);
      for (int t = 0; t <= 4; t++) {
        LayerKernels at = solution.mean().kernels().get(t);
        LayerKernels bias = solution.sampleBias().kernels().get(t);
        for (int i = 0; i < p; i++) {
          for (int j = 0; j < p; j++) {
            int here = (t * p + i) * 5 * p + t * p + j;
            int there = i * (p + Problems.TEST) + j;
            // of the whole population, before the bias is taken out
            assertThat((double) phi[here])
                .isCloseTo(at.feature().get(l)[there] + bias.feature().get(l)[there], within(1e-5));
            assertThat((double) g[here])
                .isCloseTo(
                    at.gradient().get(l)[there] + bias.gradient().get(l)[there], within(1e-5));
          }
        }
      }
      // fields move little in a step, so neighbouring times are correlated
      assertThat(phi[p]).isCloseTo(phi[0], within(0.1f * phi[0]));
    }
  }

  @Test
  void estimateCancelsABiasThatFallsLikeOneOverTheSamples() {
    DynamicsOptions options = DynamicsOptions.of(1.5, 10, 0.1).withSamples(400);
    DynamicsProblem problem = Problems.gaussian(2, Activation.TANH, options);
    DynamicsSolution solution = solve(problem);
    double whole = trace(population(problem, 0, 400));
    double parts = 0;
    for (int b = 0; b < 10; b++) {
      parts += trace(population(problem, 40 * b, 40)) / 10;
    }
    // X(S) = x + c / S on the whole and x + 10 c / S on the parts give x and c / S
    double bias = (parts - whole) / 9;
    assertThat(trace(solution.mean())).isCloseTo(whole - bias, within(1e-6));
    assertThat(trace(solution.sampleBias())).isCloseTo(bias, within(1e-6));
    assertThat(trace(solution.mean())).isNotCloseTo(whole, within(1e-4));
  }

  private static Trajectory population(DynamicsProblem problem, int first, int samples) {
    return population(problem, TEN_POPULATIONS, first, samples);
  }

  private static Trajectory population(
      DynamicsProblem problem, CausalOptions options, int first, int samples) {
    TrajectoryRecorder recorder = new TrajectoryRecorder(problem);
    MemoryPlan plan = new MemoryPlan();
    CausalPlan.add(plan, problem, options, samples);
    try (Backend backend = Backends.cpu();
        Workspace memory = new Workspace(backend, plan)) {
      CausalRun run =
          new CausalRun(problem, options, backend, memory, recorder, null, first, samples);
      for (int t = 0; t <= problem.options().steps(); t++) {
        assertThat(run.advance()).isTrue();
      }
    }
    return recorder.trajectory();
  }

  /** Trace of Phi^2 at the end. */
  private static double trace(Trajectory run) {
    double[] phi = run.kernels().get(run.kernels().size() - 1).feature().get(1);
    double sum = 0;
    for (int i = 0; i < run.points(); i++) {
      sum += phi[i * run.points() + i];
    }
    return sum;
  }

  @Test
  void tooFewDirectionsAreSaid() {
    DynamicsOptions options = DynamicsOptions.of(1, 12, 0.3).withSamples(2000);
    DynamicsProblem problem = Problems.gaussian(2, Activation.TANH, options);
    try (Backend backend = Backends.cpu()) {
      DynamicsSolution solution =
          new CausalSolver(CausalOptions.defaults().withMaxDirections(2))
              .solve(problem, backend, RunControl.silent());
      assertThat(solution.reason()).isEqualTo(StopReason.BUDGET);
      assertThat(solution.jitter()).isGreaterThan(0.01);
      assertThat(solution.outcome())
          .isEqualTo("done, but too few directions of the past were kept; allow more");
    }
  }

  /** At gamma 3 steps of 0.3 amplify differences of the samples, a tenth of it does not. */
  @Test
  void stepsThatAmplifyTheSamplesAreNamedBesideMoreSamples() {
    assertThat(amplified(0.3).outcome())
        .contains("use a --step-size below 0.3")
        .containsPattern("or about --samples [0-9]{6,}$");
    DynamicsSolution slow = amplified(0.03);
    assertThat(slow.relativeError()).isBetween(0.05, 0.2);
    assertThat(slow.outcome())
        .endsWith("too few for the tolerance; use about --samples " + slow.wantedSamples());
  }

  private static DynamicsSolution amplified(double step) {
    DynamicsOptions options = DynamicsOptions.of(3, 40, step).withSamples(256).withSeed(1);
    try (Backend backend = Backends.cpu()) {
      return new CausalSolver()
          .solve(PlanePoints.problem(2, Activation.TANH, options), backend, RunControl.silent());
    }
  }

  @Test
  void whatWouldNotFitIsRefusedWithTheAmountBeforeAnyWork() {
    DynamicsOptions options = DynamicsOptions.of(1, 100000, 0.1).withSamples(40_000_000);
    DynamicsProblem problem = Problems.gaussian(3, Activation.TANH, options);
    assertThatThrownBy(() -> solve(problem))
        .isInstanceOf(OutOfDeviceMemoryException.class)
        .hasMessageContaining("lower the samples, the points or the number of directions kept");
  }

  @Test
  void sameSeedSameNumbersAndOtherSeedOthers() {
    DynamicsOptions options = DynamicsOptions.of(1, 6, 0.1).withSamples(500);
    double[] once = solve(Problems.gaussian(2, Activation.RELU, options)).mean().outputs();
    double[] twice = solve(Problems.gaussian(2, Activation.RELU, options)).mean().outputs();
    double[] other =
        solve(Problems.gaussian(2, Activation.RELU, options.withSeed(1))).mean().outputs();
    assertThat(twice).isEqualTo(once);
    assertThat(other).isNotEqualTo(once);
  }

  @Test
  void testPointsDoNotInfluenceTraining() {
    DynamicsOptions options = DynamicsOptions.of(1, 10, 0.05).withSamples(500);
    DynamicsProblem with = Problems.gaussian(3, Activation.TANH, options, 7);
    DynamicsProblem without =
        DynamicsProblem.of(with.network(), options, with.trainInputs(), with.trainTargets());
    DynamicsSolution a = solve(with);
    DynamicsSolution b = solve(without);
    for (int t = 0; t <= 10; t++) {
      // float32 fields, products of other shapes
      assertThat(a.trainOutputs(t)).containsExactly(b.trainOutputs(t), within(1e-3));
    }
    assertThat(a.testLoss()).hasSize(11);
    assertThat(b.testLoss()).isEmpty();
  }

  @Test
  void tooLargeAStepIsNamedWithTheTime() {
    DynamicsOptions options = DynamicsOptions.of(1, 60, 4).withSamples(400);
    DynamicsSolution solution = solve(Problems.gaussian(2, Activation.RELU, options));
    assertThat(solution.reason()).isEqualTo(StopReason.DIVERGED);
    assertThat(solution.divergence()).hasValue(solution.times());
    assertThat(solution.outcome())
        .isEqualTo("diverged at step " + solution.times() + "; use a step-size below 4.0");
  }

  @Test
  void aStopEndsTheMarchAtAStepBoundary() {
    StopSignal stop = new StopSignal();
    Progress.Listener afterFive =
        progress -> {
          if (progress.done() == 5) {
            stop.raise();
          }
        };
    DynamicsOptions options = DynamicsOptions.of(1, 20, 0.1).withSamples(400);
    try (Backend backend = Backends.cpu()) {
      DynamicsSolution solution =
          new CausalSolver(TEN_POPULATIONS)
              .solve(
                  Problems.gaussian(2, Activation.TANH, options),
                  backend,
                  new RunControl(afterFive, stop, RunControl.silent().checkpoints()));
      assertThat(solution.reason()).isEqualTo(StopReason.INTERRUPTED);
      assertThat(solution.times()).isEqualTo(5);
    }
  }

  @Test
  void samplesMayLeaveARestWhenDividedIntoPopulations() {
    DynamicsOptions options = DynamicsOptions.of(1, 2, 0.1).withSamples(401);
    DynamicsSolution solution = solve(Problems.gaussian(1, Activation.TANH, options));
    assertThat(solution.standardError().outputs()[solution.mean().points()]).isPositive();
  }

  @Test
  void samplesFewerThanPopulationsAreRefused() {
    DynamicsProblem problem =
        Problems.gaussian(1, Activation.TANH, DynamicsOptions.of(1, 2, 0.1).withSamples(100));
    assertThatThrownBy(
            () -> new CausalSolver(CausalOptions.defaults().withPopulations(101)).plan(problem))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessage("samples is 100; use at least 101, the number of populations");
  }
}
