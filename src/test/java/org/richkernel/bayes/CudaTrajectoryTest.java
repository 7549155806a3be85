package org.richkernel.bayes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.compute.Matrix;
import org.richkernel.data.Dataset;
import org.richkernel.data.ZerosAndOnes;
import org.richkernel.emulator.OnCudaDevice;
import org.richkernel.network.NetworkSpec;
import org.richkernel.stack.PosteriorParameters;

/**
 * A gradient and fifty leapfrog steps of the sampler on a CUDA device are those of the processor.
 */
@OnCudaDevice
class CudaTrajectoryTest {
  private static final int P = 60;
  private static final int S = 256;
  private static final double KAPPA = 0.1;

  private static final Dataset DIGITS = ZerosAndOnes.of(P).train();

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

  /** What a trajectory leaves, by name. */
  private record Phase(
      double before, float[] firstGradient, double after, float[] position, float[] gradient) {}

  private static Phase trajectory(
      String backendName, InputFactor input, Activation f, double gamma, double angle) {
    Phase[] phase = new Phase[1];
    try (Backend backend = open(backendName);
        OneChain one =
            new OneChain(
                backend,
                f,
                input,
                DIGITS.targets(),
                new PosteriorParameters(gamma, KAPPA, 1, 0),
                S,
                2,
                5,
                null)) {
      one.chain.start();
      PrimalPosterior posterior = one.posterior;
      posterior.begin(1);
      posterior.evaluate();
      double before = posterior.potential();
      float[] first = download(backend, posterior.gradient());
      Matrix x = posterior.position();
      Matrix p = posterior.momentum();
      backend.fillGaussian(5, 77, 0, p);
      double after = before;
      for (int k = 0; k < 50; k++) {
        backend.kickRotate(angle, posterior.gradient(), angle, x, p);
        posterior.evaluate();
        after = posterior.potential();
      }
      phase[0] =
          new Phase(
              before, first, after, download(backend, x), download(backend, posterior.gradient()));
    }
    return phase[0];
  }

  private static float[] download(Backend backend, Matrix matrix) {
    float[] values = new float[Math.toIntExact(matrix.size())];
    backend.download(matrix, values);
    return values;
  }

  /** |a - b| / |b|. */
  private static double distance(float[] a, float[] b) {
    assertThat(a).hasSameSizeAs(b);
    double difference = 0;
    double norm = 0;
    for (int i = 0; i < a.length; i++) {
      difference += Math.pow((double) a[i] - b[i], 2);
      norm += (double) b[i] * b[i];
    }
    return Math.sqrt(difference / norm);
  }

  @ParameterizedTest
  @CsvSource({"RELU, 0.3", "RELU, 1", "TANH, 0.3", "TANH, 1"})
  void gradientAndFiftyStepsAreThoseOfTheProcessor(Activation f, double gamma) {
    InputFactor input = factor(f);
    double angle = 0.02;
    Phase device = trajectory("cuda", input, f, gamma, angle);
    Phase processor = trajectory("cpu", input, f, gamma, angle);
    assertThat(device.before).isCloseTo(processor.before, within(1e-4 * processor.before));
    assertThat(distance(device.firstGradient, processor.firstGradient)).isLessThan(1e-4);
    assertThat(device.after).isCloseTo(processor.after, within(1e-4 * processor.after));
    assertThat(distance(device.position, processor.position)).isLessThan(1e-4);
    assertThat(distance(device.gradient, processor.gradient)).isLessThan(1e-4);
    // the fifty steps went somewhere: a radian of the prior's rotation
    assertThat(distance(device.gradient, device.firstGradient)).isGreaterThan(0.1);
  }
}
