package org.richkernel.bayes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Activations;
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
import org.richkernel.sampling.Mixing;
import org.richkernel.solver.InMemoryCheckpoints;
import org.richkernel.solver.Progress;
import org.richkernel.solver.RunControl;
import org.richkernel.solver.StopReason;
import org.richkernel.solver.StopSignal;
import org.richkernel.stack.Conditions;
import org.richkernel.stack.FieldForm;

/** Solves in the dual form beside those in the primal form. */
class DualSamplingTest {
  private static final int P = 20;

  private static Backend open() {
    return Backends.open("cpu", new BackendOptions(1, Long.MAX_VALUE), line -> {});
  }

  private static AdaptiveProblem digits(
      Activation f, ReadoutForm form, double kappa, int samples, long seed) {
    SaddleOptions options =
        new SaddleOptions(1, 1 / kappa, samples, 0, seed, 2e-2, 300)
            .withLargeData(new LargeData(form, 1000));
    return new AdaptiveProblem(
        NetworkSpec.of(1, f),
        options,
        ReferenceDigits.trainInputs(P),
        ReferenceDigits.trainTargets(P),
        ReferenceDigits.testInputs());
  }

  private static AdaptiveNbkSolution solve(AdaptiveProblem problem) {
    try (Backend backend = open()) {
      AdaptiveNbkSolution solution =
          new AdaptiveNbkSolver(backend, problem).solve(RunControl.silent());
      assertThat(solution).isNotNull();
      return solution;
    }
  }

  /** Kernel, dual vector and predictions agree within their errors, seed by seed. */
  @ParameterizedTest
  @Activations({"relu", "tanh"})
  void agreesWithThePrimalForm(Activation f) {
    double squares = 0;
    int count = 0;
    for (int seed = 1; seed <= 2; seed++) {
      AdaptiveNbkSolution primal = solve(digits(f, ReadoutForm.PRIMAL, 0.5, 128, 10 + seed));
      AdaptiveNbkSolution dual = solve(digits(f, ReadoutForm.DUAL, 0.5, 128, seed));
      assertThat(primal.form()).contains(ReadoutForm.PRIMAL);
      assertThat(dual.form()).contains(ReadoutForm.DUAL);
      assertThat(primal.certificate().failures(2e-2)).isEmpty();
      assertThat(dual.certificate().failures(2e-2)).isEmpty();
      Certificate.SampleSize size = dual.certificate().sampleSize().orElseThrow();
      assertThat(size.dimension()).isLessThan(size.dimensionAtS()).isLessThan(P);
      AdaptiveNbkSolution.Layer one = primal.layers().get(0);
      AdaptiveNbkSolution.Layer other = dual.layers().get(0);
      List<double[]> pairs = new ArrayList<>();
      pairs.add(deviation(primal.dualFit(), dual.dualFit()));
      pairs.add(deviation(one.alignment(), other.alignment()));
      pairs.add(deviation(one.trace(), other.trace()));
      pairs.add(deviation(one.frobenius(), other.frobenius()));
      pairs.add(loss(primal, dual));
      for (double[] z : pairs) {
        assertThat(Math.abs(z[0])).isLessThan(4);
        squares += z[0] * z[0];
        count++;
      }
      double[] error = primal.test().standardError();
      double[] otherError = dual.test().standardError();
      double chi = 0;
      for (int i = 0; i < error.length; i++) {
        double apart = primal.testPredictions()[i] - dual.testPredictions()[i];
        chi += apart * apart / (error[i] * error[i] + otherError[i] * otherError[i]);
      }
      assertThat(chi / error.length).isLessThan(4);
      // phi_1 is made of the populations that were kept
      assertThat(norm(dual.kernels().get(0), primal.kernels().get(0)))
          .isLessThan(0.1 * one.frobenius().value());
      requirePredictor(dual);
    }
    assertThat(squares / count).isBetween(0.1, 2.5);
  }

  /**
   * Rich ReLU: few neurons carry what is learnt, and are most of the norm of the kernel. It and the
   * alignment are those of the primal form, whose norm is of the mean kernel.
   */
  @Test
  void normsOfCondensedPopulationsAreThoseOfThePrimalForm() {
    int points = 100;
    List<AdaptiveNbkSolution> both = new ArrayList<>();
    for (ReadoutForm form : List.of(ReadoutForm.DUAL, ReadoutForm.PRIMAL)) {
      SaddleOptions options =
          new SaddleOptions(4, 5, 128, 0, 2, 2e-2, 150).withLargeData(new LargeData(form, 1000));
      both.add(
          solve(
              new AdaptiveProblem(
                  NetworkSpec.of(1, Activation.RELU),
                  options,
                  ReferenceDigits.trainInputs(points),
                  ReferenceDigits.trainTargets(points),
                  ReferenceDigits.testInputs())));
    }
    AdaptiveNbkSolution.Layer dual = both.get(0).layers().get(0);
    AdaptiveNbkSolution.Layer primal = both.get(1).layers().get(0);
    assertThat(both.get(0).certificate().largestShare()).isGreaterThan(0.05);
    assertThat(dual.frobenius().error()).isLessThan(0.03 * dual.frobenius().value());
    assertThat(Math.abs(deviation(primal.frobenius(), dual.frobenius())[0])).isLessThan(4);
    assertThat(Math.abs(deviation(primal.alignment(), dual.alignment())[0])).isLessThan(4);
  }

  /** The predictor of what was kept repeats the predictions of the fit within its larger error. */
  private static void requirePredictor(AdaptiveNbkSolution dual) {
    try (Backend backend = open()) {
      double[] again = dual.predictor().predict(backend, ReferenceDigits.testInputs());
      double apart = norm(again, dual.testPredictions()) / Math.sqrt(again.length);
      assertThat(apart).isBetween(1e-6, 0.05);
    }
  }

  private static double[] deviation(Estimate a, Estimate b) {
    return new double[] {(a.value() - b.value()) / Math.hypot(a.error(), b.error())};
  }

  private static double[] loss(AdaptiveNbkSolution a, AdaptiveNbkSolution b) {
    double[] y = Digits.testTargets();
    double difference = 0;
    for (int i = 0; i < y.length; i++) {
      difference += Math.pow(y[i] - a.testPredictions()[i], 2) / y.length;
      difference -= Math.pow(y[i] - b.testPredictions()[i], 2) / y.length;
    }
    return new double[] {difference / Math.hypot(a.test().lossError(y), b.test().lossError(y))};
  }

  private static double norm(double[] a, double[] b) {
    double square = 0;
    for (int i = 0; i < a.length; i++) {
      square += (a[i] - b[i]) * (a[i] - b[i]);
    }
    return Math.sqrt(square);
  }

  /** With 64 samples, 16 of them cannot span what the posterior spans; the run says how many do. */
  @Test
  void tooFewSamplesAreNamedWithTheNumberWanted() {
    AdaptiveNbkSolution solution = solve(digits(Activation.TANH, ReadoutForm.DUAL, 0.01, 64, 1));
    Certificate certificate = solution.certificate();
    Certificate.SampleSize size = certificate.sampleSize().orElseThrow();
    assertThat(size.dimension()).isGreaterThan(0.55 * 16);
    assertThat(solution.converged()).isFalse();
    assertThat(certificate.failures(2e-2))
        .anyMatch(
            line ->
                line.contains("too few samples: the effective dimension at S/4=16")
                    && line.contains("samples " + size.wanted() + " or more wanted"));
    assertThat(certificate.errorsHold(2e-2)).isFalse();
    assertThat(size.wanted()).isGreaterThan(64);
    // more sweeps would not mend it
    assertThat(certificate.sweeps()).isLessThan(200);
    assertThat(certificate.lacksSamplesAlone(2e-2)).isTrue();
  }

  /** 60 digits: 16, 64, 74 and 296 samples have 13.98, 40.25, 41.5 and 48.3 dimensions. */
  @Test
  void samplesWantedAreEnoughForTheLimitOfMany() {
    Certificate.SampleSize small = new Certificate.SampleSize(0.14, 0.002, 13.98, 40.25, 64, 16);
    // 0.55 S/4 >= 49.0, more than at 296 samples
    assertThat(small.wanted()).isEqualTo(360);
    // S is enough for such a quarter: no extrapolation
    Certificate.SampleSize large = new Certificate.SampleSize(6e-4, 3e-4, 41.52, 48.26, 296, 74);
    assertThat(large.wanted()).isEqualTo(352);
  }

  @Test
  void tooFewSamplesAreSaidOnceWithAllReasons() {
    String dimension = "the effective dimension at S/4=16 is 14 (at most 0.55 of 16 features)";
    String equations = "the extrapolated equations are violated by 0.14 +- 0.002 (tolerance 0.020)";
    assertThat(failures(new Certificate.SampleSize(0.14, 0.002, 13.98, 40.25, 64, 16)))
        .containsExactly(
            "too few samples: "
                + dimension
                + ", and "
                + equations
                + "; samples 360 or more wanted");
    assertThat(failures(new Certificate.SampleSize(0.01, 0.002, 13.98, 40.25, 64, 16)))
        .containsExactly("too few samples: " + dimension + "; samples 360 or more wanted");
    assertThat(failures(new Certificate.SampleSize(0.14, 0.002, 8, 8.5, 64, 16)))
        .containsExactly("too few samples: " + equations + "; samples 128 may do");
  }

  private static List<String> failures(Certificate.SampleSize size) {
    return new Certificate(
            0, 0, 0, 0, Mixing.none(), List.of(), OptionalInt.empty(), Optional.of(size))
        .failures(0.02);
  }

  /** Of what finite S does, the residual before the extrapolation falls as 1/S. */
  @Test
  void residualSeesTheBiasOfFiniteS() {
    SaddleOptions options =
        new SaddleOptions(1, 10, 128, 0, 3, 1e-9, 200)
            .withLargeData(new LargeData(ReadoutForm.DUAL, 0));
    try (Backend backend = open();
        ChainEnsemble chains =
            new ChainEnsemble(
                backend,
                NetworkSpec.of(1, Activation.TANH),
                Digits.factor(backend, P),
                Digits.y(P),
                options,
                null,
                0)) {
      Annealing annealing = Annealing.fromPrior(1, options);
      chains.start(null, new Conditions(0, 0.1));
      for (int sweep = 1; sweep <= annealing.sweeps(); sweep++) {
        chains.burnIn(annealing, sweep);
      }
      chains.forEach(SamplingChain::freeze);
      for (int sweep = 1; sweep <= 200; sweep++) {
        chains.forEach(SamplingChain::sweep);
        if (sweep % SaddleSampler.ROUND == 0) {
          chains.keepSnapshots();
          chains.followMeanDual();
        }
      }
      // with the same chains for S and S/4 nothing is extrapolated
      double atS = residual(chains, chains.large(), chains.large());
      double atQuarter = residual(chains, chains.small(), chains.small());
      double extrapolated = residual(chains, chains.large(), chains.small());
      assertThat(atQuarter).isGreaterThan(0.05);
      assertThat(atQuarter / atS).isBetween(3.5, 5.0);
      assertThat(extrapolated).isLessThan(0.2 * atS);
    }
  }

  private static double residual(ChainEnsemble chains, SamplingChain[] atS, SamplingChain[] other) {
    return chains.sampleSize(atS, other).orElseThrow().residual();
  }

  private static AdaptiveProblem normals(Activation f, ReadoutForm form) {
    Random random = new Random(5);
    double[] x = random.doubles(90 * 8).map(u -> random.nextGaussian()).toArray();
    double[] y = random.doubles(90 * 2).map(u -> random.nextGaussian()).toArray();
    SaddleOptions options =
        new SaddleOptions(0.6, 0.5, 64, 0, 17, 1e-9, 50).withLargeData(new LargeData(form, 0));
    return new AdaptiveProblem(
        NetworkSpec.of(1, f),
        options,
        Inputs.of(x, 90, 8),
        Targets.of(y, 90, 2),
        Inputs.of(Arrays.copyOf(x, 5 * 8), 5, 8));
  }

  private static SaddleSampler sampler(Backend backend, Activation f) {
    AdaptiveProblem problem = normals(f, ReadoutForm.DUAL);
    InputFactor input =
        InputFactor.of(backend, problem.network(), problem.trainInputs().toArray(), 90, 8);
    return new SaddleSampler(
        backend,
        problem.network(),
        input,
        problem.trainTargets().toArray(),
        problem.options(),
        input.coordinates(backend, problem.testInputs().toArray(), 5));
  }

  private record Outcome(
      StopReason stop,
      double[] dual,
      double[] tests,
      double[] norms,
      List<double[]> history,
      Certificate.SampleSize size) {
    static Outcome of(StopReason stop, SaddleSampler sampler) {
      SaddleEstimate estimate = sampler.estimate();
      return new Outcome(
          stop,
          estimate.dual().value(),
          estimate.vector(SamplingChain::testPredictions).value(),
          sampler.chains().large()[1].layer(1).frobenius().values(),
          sampler.history(),
          sampler.certificate().sampleSize().orElseThrow());
    }

    void requireSameBits(Outcome other) {
      assertThat(stop).isEqualTo(other.stop);
      assertThat(dual).containsExactly(other.dual);
      assertThat(tests).containsExactly(other.tests);
      assertThat(norms).containsExactly(other.norms);
      assertThat(history).hasSameSizeAs(other.history);
      for (int i = 0; i < history.size(); i++) {
        assertThat(history.get(i)).containsExactly(other.history.get(i));
      }
      assertThat(size).isEqualTo(other.size);
    }
  }

  /** Stops in burn-in, before the first round, at one, and right before the end. */
  @ParameterizedTest
  @Activations({"relu", "tanh"})
  void stoppedAndResumedRunHasTheBitsOfTheUninterruptedOne(Activation f) {
    Outcome expected;
    try (Backend backend = open();
        SaddleSampler sampler = sampler(backend, f)) {
      expected = Outcome.of(sampler.run(RunControl.silent()), sampler);
      assertThat(backend.peakBytes()).isPositive();
    }
    assertThat(expected.size.residual()).isPositive();
    // blocks of ReLU differ within a sweep only, and cost six times as much
    int[] stops = f.hasKink() ? new int[] {66, 109} : new int[] {7, 60, 66, 80, 97, 109};
    for (int stop : stops) {
      InMemoryCheckpoints store = new InMemoryCheckpoints();
      try (Backend backend = open();
          SaddleSampler sampler = sampler(backend, f)) {
        StopSignal signal = new StopSignal();
        Progress.Listener listener =
            progress -> {
              if (progress.done() == stop) {
                signal.raise();
              }
            };
        assertThat(sampler.run(new RunControl(listener, signal, store)))
            .isEqualTo(StopReason.INTERRUPTED);
      }
      try (Backend backend = open();
          SaddleSampler resumed = sampler(backend, f)) {
        StopReason reason =
            resumed.run(new RunControl(Progress.Listener.silent(), new StopSignal(), store));
        Outcome.of(reason, resumed).requireSameBits(expected);
      }
    }
  }

  /**
   * The plan of memory is what is held, and beyond the kernels that are formed nothing is P x P.
   */
  @ParameterizedTest
  @CsvSource({"RELU,0", "TANH,0", "TANH,90"})
  void holdsWhatIsPlanned(Activation f, int kernelsUpTo) {
    AdaptiveProblem all = normals(f, ReadoutForm.DUAL);
    AdaptiveProblem problem =
        new AdaptiveProblem(
            all.network(),
            all.options()
                .withMaxSweeps(SaddleSampler.ROUND + 1)
                .withLargeData(new LargeData(ReadoutForm.DUAL, kernelsUpTo)),
            all.trainInputs(),
            all.trainTargets(),
            all.testInputs());
    try (Backend backend = open()) {
      AdaptiveNbkSolver solver = new AdaptiveNbkSolver(backend, problem);
      MemoryPlan plan = solver.plan();
      assertThat(plan.entries().stream().anyMatch(e -> e.rows() == 90 && e.columns() == 90))
          .isEqualTo(kernelsUpTo == 90);
      AdaptiveNbkSolution solution = solver.solve(RunControl.silent());
      assertThat(solution).isNotNull();
      assertThat(solution.kernels()).hasSize(kernelsUpTo == 90 ? 1 : 0);
      // operations have scratch of their own
      assertThat(backend.peakBytes()).isGreaterThanOrEqualTo(plan.matrixBytes());
      assertThat(backend.openMatrices()).isZero();
    }
  }

  @Test
  void automaticFormIsTheCheaperOneWhereItIsThere() {
    try (Backend backend = open()) {
      assertThat(form(backend, normals(Activation.TANH, ReadoutForm.AUTO)))
          .isEqualTo(ReadoutForm.DUAL);
      AdaptiveProblem small = digits(Activation.TANH, ReadoutForm.AUTO, 0.1, 256, 1);
      assertThat(form(backend, small)).isEqualTo(ReadoutForm.PRIMAL);
    }
    // 4 S P r, S^2 P, 4 S P K and S^3 / 3 against 4 S P r, S P^2 and P^3 / 3
    PosteriorForm dual = new PosteriorForm(ReadoutForm.DUAL, FieldForm.WEIGHTS);
    PosteriorForm primal = new PosteriorForm(ReadoutForm.PRIMAL, FieldForm.WHITENED);
    assertThat(new PosteriorForm.Cost(1, 4000, 600, 1, 300).of(dual))
        .isEqualTo(2.88e9 + 0.36e9 + 4.8e6 + 9e6, within(1.0));
    assertThat(new PosteriorForm.Cost(1, 300, 200, 1, 600).of(primal))
        .isEqualTo(144e6 + 54e6 + 9e6, within(1.0));
    // 6 S^2 P against 10 S P^2 + 4 P^3 for each layer above the first, equal at S = 2 P
    PosteriorForm weights = new PosteriorForm(ReadoutForm.PRIMAL, FieldForm.WEIGHTS);
    for (double samples : new double[] {99, 100, 101}) {
      PosteriorForm.Cost cost = new PosteriorForm.Cost(4, 50, 30, 1, samples);
      assertThat(Math.signum(cost.of(weights) - cost.of(primal)))
          .isEqualTo(Math.signum(samples - 100));
    }
  }

  private static ReadoutForm form(Backend backend, AdaptiveProblem problem) {
    return new AdaptiveNbkSolver(backend, problem).form().orElseThrow();
  }

  @Test
  void whatTheDualFormLacksIsRefused() {
    AdaptiveProblem problem = normals(Activation.TANH, ReadoutForm.DUAL);
    try (Backend backend = open()) {
      for (NetworkSpec network :
          List.of(NetworkSpec.of(1, Activation.LINEAR), NetworkSpec.of(2, Activation.TANH))) {
        FieldForm fields = network.hiddenLayers() > 1 ? FieldForm.WHITENED : FieldForm.AUTO;
        LargeData about = new LargeData(ReadoutForm.DUAL, fields, 0);
        AdaptiveProblem other =
            AdaptiveProblem.of(
                network,
                problem.options().withLargeData(about),
                problem.trainInputs(),
                problem.trainTargets());
        assertThatThrownBy(() -> new AdaptiveNbkSolver(backend, other))
            .isInstanceOf(InvalidProblemException.class)
            .hasMessageContaining("form")
            .hasMessageContaining("primal");
      }
    }
  }
}
