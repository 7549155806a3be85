package org.richkernel.bayes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.richkernel.bayes.Values.normals;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Activations;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.OutOfDeviceMemoryException;
import org.richkernel.network.NetworkSpec;
import org.richkernel.solver.CheckpointStore;
import org.richkernel.solver.InMemoryCheckpoints;
import org.richkernel.solver.Progress;
import org.richkernel.solver.RunControl;
import org.richkernel.solver.StopReason;
import org.richkernel.solver.StopSignal;
import org.richkernel.stack.PosteriorParameters;

/** Reproducibility, checkpoints, memory and small problems of the sampler. */
class SaddleSamplerTest {
  private static Backend open(int threads) {
    return Backends.open("cpu", new BackendOptions(threads, Long.MAX_VALUE), line -> {});
  }

  /** Everything that a solve hands on. */
  private record Outcome(
      StopReason stop,
      double[] kernel,
      double[] dual,
      double[] prediction,
      List<double[]> history,
      List<float[]> snapshots) {
    static Outcome of(StopReason stop, SaddleSampler sampler) {
      SaddleEstimate estimate = sampler.estimate();
      return new Outcome(
          stop,
          estimate.kernel(1),
          estimate.dual().value(),
          estimate.vector(SamplingChain::testPredictions).value(),
          sampler.history(),
          sampler.chains().large()[0].snapshots().stream()
              .map(SamplingChain.Snapshot::xi)
              .toList());
    }

    void requireSameBits(Outcome other) {
      assertThat(stop).isEqualTo(other.stop);
      assertThat(kernel).containsExactly(other.kernel);
      assertThat(dual).containsExactly(other.dual);
      assertThat(prediction).containsExactly(other.prediction);
      assertThat(history).hasSameSizeAs(other.history);
      for (int i = 0; i < history.size(); i++) {
        assertThat(history.get(i)).containsExactly(other.history.get(i));
      }
      assertThat(snapshots).hasSameSizeAs(other.snapshots);
      for (int i = 0; i < snapshots.size(); i++) {
        assertThat(snapshots.get(i)).containsExactly(other.snapshots.get(i));
      }
    }
  }

  /** Sweeps of the burn-in of one hidden layer. */
  private static final int BURN_IN = Annealing.fromPrior(1, SaddleOptions.of(1, 1)).sweeps();

  private static final int P = 9;
  private static final int D = 6;
  private static final int TEST = 5;

  private static SaddleSampler sampler(Backend backend, Activation f, double determinant) {
    NetworkSpec network = NetworkSpec.of(1, f);
    InputFactor input = InputFactor.of(backend, network, normals(P * D, 1), P, D);
    return new SaddleSampler(
        backend,
        network,
        input,
        normals(2 * P, 2),
        new SaddleOptions(0.6, 5, 64, determinant, 17, 1e-9, 70),
        input.coordinates(backend, normals(TEST * D, 3), TEST));
  }

  private static Outcome uninterrupted(int threads, Activation f, double determinant) {
    try (Backend backend = open(threads);
        SaddleSampler sampler = sampler(backend, f, determinant)) {
      return Outcome.of(sampler.run(RunControl.silent()), sampler);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void sameSeedGivesTheSameBitsAtAFixedNumberOfThreads(int threads) {
    Outcome first = uninterrupted(threads, Activation.RELU, 0);
    assertThat(first.stop).isEqualTo(StopReason.BUDGET);
    assertThat(first.history)
        .hasSize(
            (70 + SaddleSampler.ROUND - 1)
                / SaddleSampler.ROUND); // every round, and the last of the 70 sweeps
    assertThat(first.snapshots).hasSize((70 + SaddleSampler.ROUND - 1) / SaddleSampler.ROUND);
    first.requireSameBits(uninterrupted(threads, Activation.RELU, 0));
  }

  /**
   * Stops in burn-in, between two searches of wells, between looks, at a look, and right before the
   * end, each chosen at random.
   */
  @ParameterizedTest
  @CsvSource({"RELU, 0", "TANH, 0", "TANH, 1"})
  void stoppedAndResumedRunHasTheBitsOfTheUninterruptedOne(Activation f, double determinant) {
    Outcome expected = uninterrupted(1, f, determinant);
    Random random = new Random(4);
    int[] stops = {
      1 + random.nextInt(BURN_IN - 1),
      BURN_IN - 20,
      BURN_IN,
      BURN_IN + 1 + random.nextInt(24),
      BURN_IN + SaddleSampler.ROUND,
      BURN_IN + 51 + random.nextInt(18)
    };
    for (int stop : stops) {
      InMemoryCheckpoints store = new InMemoryCheckpoints();
      try (Backend backend = open(1);
          SaddleSampler sampler = sampler(backend, f, determinant)) {
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
      assertThat(store.iteration()).isEqualTo(stop);
      try (Backend backend = open(1);
          SaddleSampler resumed = sampler(backend, f, determinant)) {
        StopReason reason =
            resumed.run(new RunControl(Progress.Listener.silent(), new StopSignal(), store));
        Outcome.of(reason, resumed).requireSameBits(expected);
        assertThat(resumed.certificate().wells().isPresent()).isEqualTo(f == Activation.TANH);
      }
    }
  }

  /** The random stream to the bit, one gradient to rounding. */
  @ParameterizedTest
  @Activations
  void startAndGradientDoNotDependOnTheNumberOfThreads(Activation f) {
    float[][] fields = new float[2][];
    float[][] gradients = new float[2][];
    double[] potentials = new double[2];
    int points = 40;
    int samples = 3000; // several panels
    for (int threads = 1; threads <= 2; threads++) {
      try (Backend backend = open(threads);
          OneChain one =
              new OneChain(
                  backend,
                  f,
                  Digits.factor(backend, points),
                  Digits.y(points),
                  new PosteriorParameters(1, 0.1, 1, 0.5),
                  samples,
                  1,
                  23,
                  null)) {
        one.chain.start();
        one.posterior.begin(0);
        potentials[threads - 1] = one.posterior.potential();
        fields[threads - 1] = download(backend, one.population.xi());
        gradients[threads - 1] = download(backend, one.posterior.gradient());
      }
    }
    assertThat(fields[1]).containsExactly(fields[0]);
    assertThat(potentials[1]).isCloseTo(potentials[0], within(1e-5 * potentials[0]));
    double largest = 0;
    double worst = 0;
    for (int i = 0; i < gradients[0].length; i++) {
      largest = Math.max(largest, Math.abs(gradients[0][i]));
      worst = Math.max(worst, Math.abs((double) gradients[0][i] - gradients[1][i]));
    }
    assertThat(worst / largest).isLessThan(1e-5);
  }

  private static float[] download(Backend backend, org.richkernel.compute.Matrix m) {
    float[] values = new float[Math.toIntExact(m.size())];
    backend.download(m, values);
    return values;
  }

  /**
   * What is held after some sweeps, scratch of the backend included, within a fifth of the plan.
   */
  @ParameterizedTest
  @CsvSource({"RELU, 0, 60", "RELU, 0, 0", "TANH, 1, 60"})
  void planIsTheMemoryInUse(Activation f, double determinant, int newPoints) {
    int points = 150;
    int d = 200;
    SaddleOptions options = new SaddleOptions(0.5, 10, 4000, determinant, 1, 1e-9, 2);
    try (Backend backend = open(2)) {
      InputFactor input =
          InputFactor.of(backend, NetworkSpec.of(1, f), normals(points * d, 1), points, d);
      MemoryPlan plan =
          EnsembleLayout.of(
                  backend, NetworkSpec.of(1, f), options, points, input.rank(), 3, newPoints)
              .plan();
      long before = backend.allocatedBytes();
      int open = backend.openMatrices();
      try (SaddleSampler sampler =
          new SaddleSampler(
              backend,
              NetworkSpec.of(1, f),
              input,
              normals(3 * points, 2),
              options,
              newPoints == 0 ? null : input.coordinates(backend, normals(60 * d, 3), newPoints))) {
        assertThat(backend.allocatedBytes() - before).isEqualTo(plan.matrixBytes());
        sampler.run(stopAfter(3));
        assertThat((double) (backend.allocatedBytes() - before) / plan.matrixBytes())
            .isBetween(1.0, 1.2);
      }
      assertThat(backend.openMatrices()).isEqualTo(open);
    }
  }

  private static RunControl stopAfter(int sweeps) {
    StopSignal signal = new StopSignal();
    return new RunControl(
        progress -> {
          if (progress.done() >= sweeps) {
            signal.raise();
          }
        },
        signal,
        CheckpointStore.none());
  }

  /** Whichever allocation fails, those before it are given back. */
  @Test
  void constructorThatRunsOutOfMemoryLeavesNothingOpen() {
    long plan;
    try (Backend backend = open(1)) {
      plan =
          EnsembleLayout.of(
                  backend,
                  NetworkSpec.of(1, Activation.RELU),
                  new SaddleOptions(0.6, 5, 64, 0, 17, 1e-9, 70),
                  P,
                  D,
                  2,
                  TEST)
              .plan()
              .matrixBytes();
    }
    for (int percent = 20; percent < 100; percent += 13) {
      try (Backend backend =
          Backends.open("cpu", new BackendOptions(1, plan * percent / 100), line -> {})) {
        assertThatThrownBy(() -> sampler(backend, Activation.RELU, 0))
            .isInstanceOf(OutOfDeviceMemoryException.class);
        assertThat(backend.openMatrices()).isZero();
      }
    }
  }

  @ParameterizedTest
  @Activations
  void singleTrainingPointIsSolved(Activation f) {
    try (Backend backend = open(1)) {
      double[] x = {0.5, -1, 2};
      InputFactor input = InputFactor.of(backend, NetworkSpec.of(1, f), x, 1, 3);
      try (SaddleSampler sampler =
          new SaddleSampler(
              backend,
              NetworkSpec.of(1, f),
              input,
              new double[] {1.5},
              new SaddleOptions(0.8, 5, 400, 0, 2, 2e-2, 1000),
              null)) {
        assertThat(sampler.run(RunControl.silent())).isEqualTo(StopReason.CONVERGED);
        double phi = sampler.estimate().kernel(1)[0];
        double v = sampler.estimate().dual().value()[0];
        assertThat((phi + 0.2) * v).isCloseTo(1.5, within(0.03));
        assertThat(sampler.certificate().residual()).isLessThan(0.05);
      }
    }
  }

  /** Two equal points have equal rows of the kernel; contradicting targets are averaged. */
  @Test
  void duplicatedPointsAreSolved() {
    try (Backend backend = open(1)) {
      double[] x = normals(5 * 4, 1);
      System.arraycopy(x, 0, x, 16, 4);
      double[] y = {1, -1, 1, -1, 0};
      InputFactor input = InputFactor.of(backend, NetworkSpec.of(1, Activation.TANH), x, 5, 4);
      try (SaddleSampler sampler =
          new SaddleSampler(
              backend,
              NetworkSpec.of(1, Activation.TANH),
              input,
              y,
              new SaddleOptions(0.8, 5, 200, 0, 2, 2e-2, 1000),
              null)) {
        assertThat(sampler.run(RunControl.silent())).isEqualTo(StopReason.CONVERGED);
        double[] phi = sampler.estimate().kernel(1);
        for (int j = 0; j < 5; j++) {
          assertThat(phi[j]).isCloseTo(phi[20 + j], within(1e-5));
        }
        // v_0 - v_4 = (y_0 - y_4) / kappa exactly: Phi does not see the difference
        double[] v = sampler.estimate().dual().value();
        assertThat(v[0] - v[4]).isCloseTo(5, within(1e-3));
      }
    }
  }

  /** Samples cut into blocks of unequal size give the answer of a single block. */
  @Test
  void answerDoesNotDependOnTheBlocks() {
    try (Backend backend = open(1)) {
      InputFactor input = Digits.factor(backend, P);
      PosteriorParameters parameters = new PosteriorParameters(1, 0.1, 1, 0);
      double[] mean = new double[2];
      double[] error = new double[2];
      for (int i = 0; i < 2; i++) {
        try (OneChain one =
            new OneChain(
                    backend,
                    Activation.RELU,
                    input,
                    Digits.y(P),
                    parameters,
                    103,
                    i == 0 ? 1 : 5,
                    40 + i,
                    null)
                .run(150, 1000)) {
          mean[i] = one.chain.layer(1).fit().mean();
          error[i] = one.chain.layer(1).fit().standardError();
        }
      }
      assertThat(error[0]).isLessThan(0.02 * mean[0]);
      assertThat(mean[1]).isCloseTo(mean[0], within(4 * Math.hypot(error[0], error[1])));
    }
  }

  @ParameterizedTest
  @CsvSource({"RELU, 64, 1", "RELU, 1000, 3", "TANH, 1000, 50", "RELU, 100000, 1000"})
  void blocksOfBothPopulationsHaveTheSameSizes(Activation f, int samples, int points) {
    int quarter = samples / 4;
    BlockSizes sizes =
        BlockSizes.of(NetworkSpec.of(1, f), SaddleOptions.of(1, 10).withSamples(samples), points);
    int blocks = sizes.smallBlocks();
    assertThat(sizes.largeBlocks()).isEqualTo(4 * blocks);
    int largest = sizes.rows();
    for (int[] population : new int[][] {{quarter, blocks}, {samples, 4 * blocks}}) {
      int next = 0;
      for (int b = 0; b < population[1]; b++) {
        assertThat(FieldPopulation.blockStart(population[0], population[1], b)).isEqualTo(next);
        int end = FieldPopulation.blockStart(population[0], population[1], b + 1);
        assertThat(end - next).isBetween(largest - 1, largest);
        next = end;
      }
      assertThat(next).isEqualTo(population[0]);
    }
  }

  @Test
  void emptySetOfTestPointsIsLikeNone() {
    try (Backend backend = open(1)) {
      InputFactor input =
          InputFactor.of(backend, NetworkSpec.of(1, Activation.RELU), normals(P * D, 1), P, D);
      SaddleOptions options = new SaddleOptions(0.6, 5, 64, 0, 17, 1e-9, 20);
      try (SaddleSampler sampler =
          new SaddleSampler(
              backend,
              NetworkSpec.of(1, Activation.RELU),
              input,
              normals(P, 2),
              options,
              input.coordinates(backend, new double[0], 0))) {
        sampler.run(RunControl.silent());
        assertThat(sampler.estimate().vector(SamplingChain::testPredictions).value()).isEmpty();
      }
    }
  }
}
