package org.richkernel.bayes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.compute.FieldPrecision;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.Precision;
import org.richkernel.emulator.EmulatedDevice;
import org.richkernel.emulator.OnEmulatedDevice;
import org.richkernel.lazy.ReferenceDigits;
import org.richkernel.network.NetworkSpec;
import org.richkernel.stack.PosteriorParameters;

/** Deep networks on the emulated device: the numbers of the processor. */
@OnEmulatedDevice
class DeviceDeepTest {
  private static final int P = 24;
  private static final int S = 96;

  @AfterEach
  void deviceSawNoWrongAccess() {
    EmulatedDevice.setCaptures("allow");
    assertThat(EmulatedDevice.lastReport()).isEmpty();
  }

  private record Phase(double before, double after, float[] gradient, double[] prediction) {}

  private static Phase trajectory(
      String backendName, NetworkSpec network, InputFactor input, double determinant) {
    double[] x = ReferenceDigits.testInputs().copyRows(0, 7);
    try (Backend backend = Backends.open(backendName, BackendOptions.defaults(), line -> {});
        PrimalPosterior posterior =
            new PrimalPosterior(
                backend,
                network,
                input,
                ReferenceDigits.trainTargets(P).toArray(),
                new PosteriorParameters(1, 0.1, 1, determinant),
                S);
        DeepTestPoints points =
            new DeepTestPoints(
                backend, network, input, input.coordinates(backend, x, 7), posterior::jitter, 64);
        FieldPopulation population = posterior.newPopulation(S, 1);
        Matrix sum = backend.allocate(Precision.FLOAT64, 7, 1, "predictions")) {
      backend.fillGaussian(5, 76, 0, population.xi());
      posterior.refresh(population);
      posterior.use(population);
      posterior.begin(0);
      double before = posterior.potential();
      backend.fillGaussian(5, 77, 0, posterior.momentum());
      double after = before;
      for (int k = 0; k < 10; k++) {
        backend.kickRotate(
            0.05, posterior.gradient(), 0.05, posterior.position(), posterior.momentum());
        posterior.evaluate();
        after = posterior.potential();
      }
      posterior.accept();
      points.addPrediction(population, new TestPoints.Draw(1, 0, 3), sum);
      float[] gradient = new float[Math.toIntExact(posterior.gradient().size())];
      double[] prediction = new double[7];
      backend.download(posterior.gradient(), gradient);
      backend.download(sum, prediction);
      return new Phase(before, after, gradient, prediction);
    }
  }

  /** bench/results/cuda-launches.md has these numbers. */
  @ParameterizedTest
  @CsvSource({
    "2, refuse, 31, 13, 0, 0",
    "3, refuse, 48, 21, 0, 0",
    "2, allow, 1, 0, 1, 43",
    "3, allow, 1, 0, 1, 68"
  })
  void leapfrogStepWaitsForNothing(
      int depth, String captures, long launches, long libraryCalls, long graphs, long replays) {
    EmulatedDevice.setCaptures(captures);
    NetworkSpec network = NetworkSpec.of(depth, Activation.TANH);
    double[] x = ReferenceDigits.trainInputs(P).toArray();
    try (Backend processor = Backends.cpu();
        Backend backend = Backends.open("cuda", BackendOptions.defaults(), line -> {});
        PrimalPosterior posterior =
            new PrimalPosterior(
                backend,
                network,
                InputFactor.of(processor, network, x, P, ReferenceDigits.DIMENSION),
                ReferenceDigits.trainTargets(P).toArray(),
                new PosteriorParameters(1, 0.1, 1, 0),
                S);
        FieldPopulation population = posterior.newPopulation(S, 1);
        Matrix uniforms = backend.allocate(Precision.FLOAT32, 1, 2, "uniforms")) {
      backend.fillGaussian(5, 76, 0, population.xi());
      posterior.refresh(population);
      posterior.use(population);
      CollectiveHmc hmc = new CollectiveHmc(backend, 5, 1, uniforms, (xi, gradient) -> {});
      hmc.move(posterior, 0, 8, 1e-6, 3);
      hmc.move(posterior, 0, 9, 1e-6, 3);
      long[] few = spent(() -> hmc.move(posterior, 0, 1, 1e-6, 2));
      long[] more = spent(() -> hmc.move(posterior, 0, 2, 1e-6, 12));
      assertThat(hmc.acceptance()).isGreaterThan(0.99);
      long[] step = new long[few.length];
      for (int i = 0; i < step.length; i++) {
        step[i] = (more[i] - few[i]) / 10;
        assertThat((more[i] - few[i]) % 10).isZero();
      }
      assertThat(step)
          .as("as spent() has them")
          .containsExactly(launches, libraryCalls, 0, 0, 0, 0, graphs, replays);
      // two uniforms at the start, and at the end what the record holds
      assertThat(few[3]).as("bytes to the host of a move").isEqualTo(8 + 5 * 8);
      assertThat(few[5]).as("waits of a move").isEqualTo(2);
    }
  }

  /** V where a trajectory starts, and where it ends at the same place. */
  @ParameterizedTest
  @EnumSource
  void endsOfATrajectoryAreThoseOfFloat32(FieldPrecision precision) {
    NetworkSpec network = NetworkSpec.of(2, Activation.TANH);
    double[] x = ReferenceDigits.trainInputs(P).toArray();
    BackendOptions options = BackendOptions.defaults().withPrecision(precision);
    try (Backend processor = Backends.cpu();
        Backend backend = Backends.open("cuda", options, line -> {});
        PrimalPosterior posterior =
            new PrimalPosterior(
                backend,
                network,
                InputFactor.of(processor, network, x, P, ReferenceDigits.DIMENSION),
                ReferenceDigits.trainTargets(P).toArray(),
                new PosteriorParameters(1, 0.1, 1, 0),
                S);
        FieldPopulation population = posterior.newPopulation(S, 1)) {
      backend.fillGaussian(5, 76, 0, population.xi());
      posterior.refresh(population);
      posterior.begin(0);
      assertThat(posterior.potential()).isEqualTo(population.potential());
      posterior.evaluate();
      double between = posterior.potential();
      posterior.evaluateAtEnd();
      assertThat(posterior.potential()).isEqualTo(population.potential());
      // products of this size are not split
      assertThat(between == population.potential()).isEqualTo(precision != FieldPrecision.TF32);
    }
  }

  private static long[] spent(Runnable work) {
    String[] names = {
      "launches",
      "libraryCalls",
      "bytesHtoD",
      "bytesDtoH",
      "allocations",
      "syncs",
      "graphLaunches",
      "replays"
    };
    long[] before = Arrays.stream(names).mapToLong(EmulatedDevice::counter).toArray();
    work.run();
    long[] after = Arrays.stream(names).mapToLong(EmulatedDevice::counter).toArray();
    Arrays.setAll(after, i -> after[i] - before[i]);
    return after;
  }

  @ParameterizedTest
  @CsvSource({"RELU, 2, 0", "TANH, 3, 0", "ERF, 2, 0.5"})
  void gradientStepsAndPredictionsAreThoseOfTheProcessor(
      Activation f, int depth, double determinant) {
    NetworkSpec network = NetworkSpec.of(depth, f).withBiasVariance(0.1);
    InputFactor input;
    try (Backend backend = Backends.cpu()) {
      double[] x = ReferenceDigits.trainInputs(P).toArray();
      input = InputFactor.of(backend, network, x, P, ReferenceDigits.DIMENSION);
    }
    Phase device = trajectory("cuda", network, input, determinant);
    Phase processor = trajectory("cpu", network, input, determinant);
    assertThat(device.before).isCloseTo(processor.before, within(1e-4 * processor.before));
    assertThat(device.after).isCloseTo(processor.after, within(1e-3 * processor.after));
    assertThat(Math.abs(device.after - device.before)).isGreaterThan(0.01 * device.before);
    double difference = 0;
    double norm = 0;
    for (int i = 0; i < device.gradient.length; i++) {
      difference += Math.pow((double) device.gradient[i] - processor.gradient[i], 2);
      norm += (double) processor.gradient[i] * processor.gradient[i];
    }
    assertThat(Math.sqrt(difference / norm)).isLessThan(1e-2);
    for (int i = 0; i < 7; i++) {
      assertThat(device.prediction[i]).isCloseTo(processor.prediction[i], within(2e-3));
    }
  }
}
