package org.richkernel.bayes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.lazy.ReferenceDigits;
import org.richkernel.network.Inputs;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Targets;
import org.richkernel.sampling.Estimate;
import org.richkernel.solver.InMemoryCheckpoints;
import org.richkernel.solver.Progress;
import org.richkernel.solver.RunControl;
import org.richkernel.solver.StopReason;
import org.richkernel.solver.StopSignal;
import org.richkernel.stack.FieldForm;
import org.richkernel.stack.FieldShape;

/** Solves of deep networks whose layers have explicit weights, in both forms of the readout. */
class WeightSamplingTest {
  private static final int P = 20;

  private static final int BURN_IN = Annealing.fromPrior(3, SaddleOptions.of(1, 1)).sweeps();

  private static Backend open() {
    return Backends.open("cpu", new BackendOptions(1, Long.MAX_VALUE), line -> {});
  }

  private static AdaptiveProblem digits(ReadoutForm form, int samples) {
    return new AdaptiveProblem(
        NetworkSpec.of(2, Activation.TANH),
        new SaddleOptions(1, 10, samples, 0, 1, 2e-2, 1500)
            .withLargeData(new LargeData(form, FieldForm.WEIGHTS, 1000)),
        ReferenceDigits.trainInputs(P),
        ReferenceDigits.trainTargets(P),
        ReferenceDigits.testInputs());
  }

  /** Within four errors and what the reference states, 0.6 %. */
  private static void require(String what, Estimate own, double scale, double expected) {
    assertThat(own.error() / scale).as("error of " + what).isLessThan(0.015 * expected);
    assertThat(own.value() / scale)
        .as(what)
        .isCloseTo(expected, within(4 * own.error() / scale + 0.006 * expected));
  }

  /**
   * The independent mean-field solver of {@link DeepSamplingTest}, which knows neither weights nor
   * samples of finite width: traces, alignments, and the loss of a single run.
   */
  @ParameterizedTest
  @EnumSource(names = {"PRIMAL", "DUAL"})
  void twoLayersMatchAnIndependentSolver(ReadoutForm form) {
    AdaptiveProblem problem = digits(form, 128);
    try (Backend backend = open()) {
      AdaptiveNbkSolution solution =
          new AdaptiveNbkSolver(backend, problem).solve(RunControl.silent());
      assertThat(solution).isNotNull();
      assertThat(solution.form()).contains(form);
      assertThat(solution.fields()).contains(FieldForm.WEIGHTS);
      assertThat(solution.certificate().failures(2e-2)).isEmpty();
      assertThat(solution.certificate().sampleSize()).isPresent();
      AdaptiveNbkSolution.Layer first = solution.layers().get(0);
      AdaptiveNbkSolution.Layer second = solution.layers().get(1);
      require("trace 1", first.trace(), 1, 0.4162);
      require("alignment 1", first.alignment(), 1, 0.8660);
      require("trace 2", second.trace(), 1, 0.3787);
      require("alignment 2", second.alignment(), 1, 0.9899);
      requireKernels(solution);
      double[] y = Digits.testTargets();
      double[] again = solution.predictor().predict(backend, problem.testInputs());
      double loss = 0;
      double square = 0;
      for (int i = 0; i < y.length; i++) {
        loss += Math.pow(solution.testPredictions()[i] - y[i], 2) / y.length;
        square += Math.pow(again[i] - solution.testPredictions()[i], 2) / y.length;
      }
      assertThat(loss).isCloseTo(0.0781, within(4 * solution.test().lossError(y) + 0.002));
      // the populations that were kept, with noise of their own
      assertThat(Math.sqrt(square)).isBetween(1e-6, 0.08);
      assertThat(solution.predictor().predictParts(backend, problem.testInputs()).size())
          .isGreaterThan(1);
    }
  }

  /**
   * Kernels of the result, of few populations in the dual form, against the numbers beside them.
   */
  private static void requireKernels(AdaptiveNbkSolution solution) {
    assertThat(solution.kernels()).hasSize(2);
    for (int l = 0; l < 2; l++) {
      double[] kernel = solution.kernels().get(l);
      double trace = 0;
      for (int i = 0; i < P; i++) {
        trace += kernel[i * (P + 1)] / P;
      }
      assertThat(trace).isCloseTo(solution.layers().get(l).trace().value(), within(0.02));
    }
  }

  private static AdaptiveProblem normals(ReadoutForm form, int points, int kernelsUpTo) {
    Random random = new Random(5);
    double[] x = random.doubles(points * 8).map(u -> random.nextGaussian()).toArray();
    double[] y = random.doubles(points * 2).map(u -> random.nextGaussian()).toArray();
    SaddleOptions options =
        new SaddleOptions(0.6, 0.5, 64, 0, 17, 1e-9, 30)
            .withLargeData(new LargeData(form, FieldForm.WEIGHTS, kernelsUpTo));
    return new AdaptiveProblem(
        NetworkSpec.of(3, Activation.TANH).withBiasVariance(0.2),
        options,
        Inputs.of(x, points, 8),
        Targets.of(y, points, 2),
        Inputs.of(Arrays.copyOf(x, 5 * 8), 5, 8));
  }

  private static List<double[]> numbers(AdaptiveNbkSolution solution, Backend backend, Inputs at) {
    List<double[]> all = new ArrayList<>(solution.history().values());
    all.add(solution.dual());
    all.add(solution.testPredictions());
    all.add(solution.predictor().predict(backend, at));
    all.addAll(solution.kernels());
    return all;
  }

  /** Stops in burn-in and at a round. */
  @ParameterizedTest
  @EnumSource(names = {"PRIMAL", "DUAL"})
  void stoppedAndResumedRunHasTheBitsOfTheUninterruptedOne(ReadoutForm form) {
    AdaptiveProblem problem = normals(form, 40, 40);
    List<double[]> expected;
    try (Backend backend = open()) {
      AdaptiveNbkSolution solution =
          new AdaptiveNbkSolver(backend, problem).solve(RunControl.silent());
      expected = numbers(solution, backend, problem.testInputs());
    }
    for (int stop : new int[] {7, BURN_IN + SaddleSampler.ROUND}) {
      InMemoryCheckpoints store = new InMemoryCheckpoints();
      StopSignal signal = new StopSignal();
      Progress.Listener listener =
          progress -> {
            if (progress.done() == stop) {
              signal.raise();
            }
          };
      try (Backend backend = open()) {
        assertThat(
                new AdaptiveNbkSolver(backend, problem)
                    .solve(new RunControl(listener, signal, store)))
            .isNull();
      }
      try (Backend backend = open()) {
        AdaptiveNbkSolution resumed =
            new AdaptiveNbkSolver(backend, problem)
                .solve(new RunControl(Progress.Listener.silent(), new StopSignal(), store));
        assertThat(resumed.stop()).isEqualTo(StopReason.BUDGET);
        List<double[]> found = numbers(resumed, backend, problem.testInputs());
        for (int i = 0; i < found.size(); i++) {
          assertThat(found.get(i)).as("array %d", i).containsExactly(expected.get(i));
        }
      }
    }
  }

  /** Memory is what was planned, and in the dual form nothing is P x P but kernels asked for. */
  @ParameterizedTest
  @EnumSource(names = {"PRIMAL", "DUAL"})
  void holdsWhatIsPlanned(ReadoutForm form) {
    AdaptiveProblem problem = normals(form, 90, 0);
    try (Backend backend = open()) {
      AdaptiveNbkSolver solver = new AdaptiveNbkSolver(backend, problem);
      MemoryPlan plan = solver.plan();
      assertThat(plan.entries().stream().anyMatch(e -> e.rows() == 90 && e.columns() == 90))
          .isEqualTo(form == ReadoutForm.PRIMAL);
      AdaptiveNbkSolution solution = solver.solve(RunControl.silent());
      assertThat(solution.kernels()).hasSize(form == ReadoutForm.PRIMAL ? 3 : 0);
      // operations have scratch of their own
      assertThat(backend.peakBytes())
          .isBetween(plan.matrixBytes(), (long) (1.5 * plan.matrixBytes()));
      assertThat(backend.openMatrices()).isZero();
    }
  }

  /**
   * Whitened fields, weights or weights with the dual readout, by the number of operations; no
   * whitened fields where samples are too few for regular factors at S/4.
   */
  @Test
  void automaticFormsAreTheCheapest() {
    require(PosteriorForm.of(deep(), options(2500), 500, 400, 1), "primal", "whitened");
    require(PosteriorForm.of(deep(), options(2000), 500, 400, 1), "primal", "weights");
    SaddleOptions width = options(2000).withDeterminantWeight(1);
    require(PosteriorForm.of(deep(), width, 500, 400, 1), "primal", "whitened");
    NetworkSpec linear = NetworkSpec.of(3, Activation.LINEAR);
    require(PosteriorForm.of(linear, options(2500), 500, 400, 1), "primal", "weights");
    require(PosteriorForm.of(linear, options(2500), 500, 500, 1), "primal", "whitened");
    require(PosteriorForm.of(deep(), options(800), 500, 400, 1), "primal", "weights");
    require(PosteriorForm.of(deep(), options(200), 500, 400, 1), "dual", "weights");
    SaddleOptions asked = options(2000).withLargeData(new LargeData(ReadoutForm.DUAL, 0));
    require(PosteriorForm.of(deep(), asked, 500, 400, 1), "dual", "weights");
    SaddleOptions finite = options(200).withDeterminantWeight(1);
    require(PosteriorForm.of(deep(), finite, 500, 400, 1), "dual", "weights");
    SaddleOptions whitened =
        options(200).withLargeData(new LargeData(ReadoutForm.AUTO, FieldForm.WHITENED, 0));
    require(PosteriorForm.of(deep(), whitened, 500, 400, 1), "primal", "whitened");
  }

  private static NetworkSpec deep() {
    return NetworkSpec.of(3, Activation.RELU);
  }

  private static SaddleOptions options(int samples) {
    return SaddleOptions.usual().withSamples(samples);
  }

  private static void require(PosteriorForm form, String readout, String fields) {
    assertThat(form.readout().id()).isEqualTo(readout);
    assertThat(form.fields().id()).isEqualTo(fields);
  }

  /** A second start is planned with the kernel at initialisation, P x P. */
  @Test
  void secondStartsNeedKernelsOfAllPoints() {
    try (Backend backend = open()) {
      Search yes =
          new Search(Optional.empty(), Optional.empty(), Search.SecondStart.YES, Optional.empty());
      new SearchSolver(backend, normals(ReadoutForm.DUAL, 40, 40), yes);
      assertThatThrownBy(() -> new SearchSolver(backend, normals(ReadoutForm.DUAL, 40, 0), yes))
          .isInstanceOf(InvalidProblemException.class)
          .hasMessageContaining("save-kernels-up-to");
      SearchSolver single =
          new SearchSolver(backend, normals(ReadoutForm.DUAL, 40, 0), Search.none());
      assertThat(single.keptBytes()).isZero();
    }
  }

  /** Weights of 64 samples act on 64 samples: no others can start from them. */
  @Test
  void weightsStartAsManySamplesAlone() {
    int[] widths = {5 + 64, 5 + 16};
    Populations kept =
        new Populations(
            1,
            0.1,
            FieldForm.WEIGHTS,
            widths,
            new int[] {64, 16},
            new double[] {0.1, 0.1},
            new float[64 * widths[0] + 16 * widths[1]]);
    AdaptiveProblem problem = digits(ReadoutForm.DUAL, 64);
    FieldShape shape = FieldShape.of(problem.network(), 5, P, FieldForm.WEIGHTS);
    assertThatThrownBy(() -> kept.start(options(128), FieldForm.WEIGHTS, shape))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessageContaining("use 64");
    assertThatThrownBy(() -> kept.start(options(64), FieldForm.WHITENED, shape))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessageContaining("use --fields weights");
    assertThat(kept.start(options(64), FieldForm.WEIGHTS, shape).fields().get(0))
        .hasSize(64 * widths[0]);
  }
}
