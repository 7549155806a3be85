package org.richkernel.bayes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.compute.FieldPrecision;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.Precision;
import org.richkernel.data.Dataset;
import org.richkernel.data.ZerosAndOnes;
import org.richkernel.emulator.EmulatedDevice;
import org.richkernel.emulator.OnEmulatedDevice;
import org.richkernel.network.NetworkSpec;
import org.richkernel.stack.PosteriorParameters;

/** The sampler's inner loop on the emulated device: its traffic and its launches. */
@OnEmulatedDevice
class DeviceSamplerTest {
  private static final int P = 60;
  private static final int S = 256;
  private static final double KAPPA = 0.1;

  private static final Dataset DIGITS = ZerosAndOnes.of(P).train();

  @AfterEach
  void deviceSawNoWrongAccess() {
    EmulatedDevice.setCaptures("allow");
    assertThat(EmulatedDevice.lastReport()).isEmpty();
  }

  private static Backend open(String name) {
    return Backends.open(name, BackendOptions.defaults(), line -> {});
  }

  /** One factorization for both backends: eigenvectors are unique up to their signs only. */
  private static InputFactor factor(Activation f) {
    try (Backend backend = Backends.cpu()) {
      return InputFactor.of(
          backend, NetworkSpec.of(1, f), DIGITS.inputs(), P, DIGITS.inputDimension());
    }
  }

  private static void with(
      String backendName, InputFactor input, Activation f, double gamma, Consumer<OneChain> use) {
    PosteriorParameters parameters = new PosteriorParameters(gamma, KAPPA, 1, 0);
    try (Backend backend = open(backendName);
        OneChain one =
            new OneChain(backend, f, input, DIGITS.targets(), parameters, S, 2, 5, null)) {
      one.chain.start();
      use.accept(one);
    }
  }

  /**
   * Kernel launches, library calls, bytes to the device, bytes to the host, allocations, waits,
   * launches of graphs, and what those do.
   */
  private static long[] counters() {
    return new long[] {
      EmulatedDevice.counter("launches"),
      EmulatedDevice.counter("libraryCalls"),
      EmulatedDevice.counter("bytesHtoD"),
      EmulatedDevice.counter("bytesDtoH"),
      EmulatedDevice.counter("allocations"),
      EmulatedDevice.counter("syncs"),
      EmulatedDevice.counter("graphLaunches"),
      EmulatedDevice.counter("replays")
    };
  }

  private static long[] spent(Runnable work) {
    long[] before = counters();
    work.run();
    long[] after = counters();
    for (int i = 0; i < after.length; i++) {
      after[i] -= before[i];
    }
    return after;
  }

  /**
   * bench/results/cuda-launches.md names the operations behind these numbers: all but one launch
   * are one graph, where the driver agrees to capture it.
   */
  @ParameterizedTest
  @CsvSource({
    "RELU, allow, 0, 1, 0, 1, 18",
    "TANH, allow, 0, 1, 0, 1, 18",
    "TANH, refuse, 0, 14, 5, 0, 0",
    "RELU, without-solver, 0, 14, 5, 0, 0",
    "TANH, allow, 0.5, 1, 0, 1, 26",
    "TANH, refuse, 0.5, 18, 9, 0, 0"
  })
  void leapfrogStepWaitsForNothing(
      Activation f,
      String captures,
      double determinant,
      long launches,
      long libraryCalls,
      long graphs,
      long replays) {
    EmulatedDevice.setCaptures(captures);
    try (Backend backend = open("cuda");
        OneChain one =
            new OneChain(
                backend,
                f,
                factor(f),
                DIGITS.targets(),
                new PosteriorParameters(1, KAPPA, 1, determinant),
                S,
                2,
                5,
                null);
        Matrix uniforms = backend.allocate(Precision.FLOAT32, 1, 2, "uniforms")) {
      one.chain.start();
      CollectiveHmc hmc = new CollectiveHmc(backend, 5, 1, uniforms, one.identity::observe);
      // the step is so small that every move is accepted: all moves cost the same
      hmc.move(one.posterior, 0, 8, 1e-6, 10);
      hmc.move(one.posterior, 0, 9, 1e-6, 10);
      long[] ten = spent(() -> hmc.move(one.posterior, 0, 1, 1e-6, 10));
      long[] thirty = spent(() -> hmc.move(one.posterior, 0, 2, 1e-6, 30));
      assertThat(hmc.acceptance()).isGreaterThan(0.99);
      long[] step = new long[ten.length];
      for (int i = 0; i < step.length; i++) {
        step[i] = (thirty[i] - ten[i]) / 20;
        assertThat((thirty[i] - ten[i]) % 20).isZero();
      }
      assertThat(step)
          .as("as counters() has them")
          .containsExactly(launches, libraryCalls, 0, 0, 0, 0, graphs, replays);
      // a whole move: two uniforms at the start, and at the end what the record holds
      assertThat(ten[2]).as("bytes to the device of a move").isZero();
      assertThat(ten[3]).as("bytes to the host of a move").isEqualTo(8 + 5 * 8);
      assertThat(ten[5]).as("waits of a move").isEqualTo(2);
    }
  }

  /** Nobody looks at the device between the steps, so what went wrong there must stay known. */
  @Test
  void failureBetweenStepsRefusesTheTrajectory() {
    with(
        "cuda",
        factor(Activation.RELU),
        Activation.RELU,
        1,
        one -> {
          PrimalPosterior posterior = one.posterior;
          posterior.begin(0);
          double before = posterior.potential();
          one.backend.fill(Double.NaN, posterior.position());
          posterior.evaluate();
          one.backend.fill(0.5, posterior.position());
          posterior.evaluate();
          assertThat(posterior.potential()).isEqualTo(Double.POSITIVE_INFINITY);
          posterior.begin(0);
          assertThat(posterior.potential()).isEqualTo(before);
          one.backend.fill(0.5, posterior.position());
          posterior.evaluate();
          assertThat(posterior.potential()).isFinite();
        });
  }

  private static double[] ends(FieldPrecision precision, InputFactor input, boolean between) {
    PosteriorParameters parameters = new PosteriorParameters(1, KAPPA, 1, 0);
    BackendOptions options = BackendOptions.defaults().withPrecision(precision);
    try (Backend backend = Backends.open("cuda", options, line -> {});
        OneChain one =
            new OneChain(
                backend, Activation.TANH, input, DIGITS.targets(), parameters, S, 2, 5, null)) {
      one.chain.start();
      PrimalPosterior posterior = one.posterior;
      double[] found = new double[5];
      for (int run = 0; run < 3; run++) { // plain, captured, launched
        posterior.begin(0);
        found[0] = posterior.potential();
        found[1] = backend.dot(posterior.gradient(), posterior.gradient());
        backend.axpy(0.1, posterior.gradient(), posterior.position());
        if (between) {
          posterior.evaluate();
          found[2] = posterior.potential();
        }
        posterior.evaluateAtEnd();
        found[3] = posterior.potential();
        found[4] = backend.dot(posterior.gradient(), posterior.gradient());
      }
      return found;
    }
  }

  /**
   * Rounded factors may bend a trajectory; the energies that it is judged by know nothing of it.
   */
  @Test
  void endsOfATrajectoryAreThoseOfFloat32() {
    InputFactor input = factor(Activation.TANH);
    double[] plain = ends(FieldPrecision.FP32, input, true);
    double[] rounded = ends(FieldPrecision.TF32, input, true);
    assertThat(rounded[2]).isNotEqualTo(plain[2]);
    rounded[2] = plain[2];
    assertThat(rounded).isEqualTo(plain);
    assertThat(plain[3]).isEqualTo(plain[2]).isNotEqualTo(plain[0]);
    plain[2] = 0;
    assertThat(ends(FieldPrecision.TF32, input, false)).isEqualTo(plain);
  }

  @Test
  void gramOfAnyNumberOfSamplesIsAtMostThreeLaunchesPerTile() {
    try (Backend backend = open("cuda")) {
      int[][] shapes = {
        {100, 60, 2},
        {1024, 60, 2},
        {5000, 60, 2},
        {4999, 60, 3},
        {100, 1500, 4},
        {2100, 1025, 4},
        {2099, 1025, 7}
      };
      for (int[] shape : shapes) {
        int tiles = (shape[1] + 1023) / 1024;
        int pairs = tiles * (tiles + 1) / 2;
        try (Matrix x = backend.allocate(Precision.FLOAT32, shape[0], shape[1], "x");
            Matrix c = backend.allocate(Precision.FLOAT64, shape[1], shape[1], "c")) {
          long[] cost = spent(() -> backend.gram(1, x, 0, c));
          assertThat(cost[0])
              .as("launches of gram of %d x %d", shape[0], shape[1])
              .isEqualTo(shape[2])
              .isLessThanOrEqualTo(2L * pairs + 1);
          assertThat(cost[1]).as("library calls").isLessThanOrEqualTo(2L * pairs);
          assertThat(cost[2] + cost[3]).as("bytes over the bus").isZero();
        }
      }
    }
  }

  /** Everything a sweep asks of the bus beside the scalars is two uniforms per block. */
  @Test
  void sweepMovesOnlyScalars() {
    with(
        "cuda",
        factor(Activation.RELU),
        Activation.RELU,
        1,
        one -> {
          one.chain.burnIn();
          one.chain.freeze();
          one.chain.sweep();
          long[] sweep = spent(one.chain::sweep);
          assertThat(sweep[2]).as("bytes to the device").isZero();
          long steps = 2L * OneChain.LEAPFROGS;
          assertThat(sweep[3]).as("bytes to the host").isLessThan(100 * steps);
          assertThat(sweep[4]).as("allocations").isZero();
        });
  }
}
