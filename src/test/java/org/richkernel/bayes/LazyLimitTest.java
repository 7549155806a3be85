package org.richkernel.bayes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Activations;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.Precision;
import org.richkernel.compute.RandomStreams;
import org.richkernel.lazy.KernelKind;
import org.richkernel.lazy.LazyKernel;
import org.richkernel.lazy.ReferenceDigits;
import org.richkernel.network.Inputs;
import org.richkernel.network.NetworkSpec;
import org.richkernel.sampling.Estimate;
import org.richkernel.solver.RunControl;

/** At gamma = 0 the saddle point is the NNGP kernel, which is known in closed form. */
class LazyLimitTest {
  private static final int P = 10;

  private Backend backend;

  @BeforeEach
  void open() {
    backend = Backends.open("cpu", new BackendOptions(1, Long.MAX_VALUE), line -> {});
  }

  @AfterEach
  void close() {
    backend.close();
  }

  /** Unequal variances and biases, so that a factor in the wrong place shows. */
  private static NetworkSpec network(Activation f) {
    return NetworkSpec.of(1, f).withWeightVariances(1.3, 0.7).withBiasVariance(0.2);
  }

  private InputFactor factor(NetworkSpec network, Inputs x) {
    return InputFactor.of(backend, network, x.toArray(), x.rows(), x.dimension());
  }

  /** Scalars of the readout kernel within four standard errors, its entries within 2 %. */
  @ParameterizedTest
  @Activations
  void sampledKernelIsTheNngpKernel(Activation f) {
    NetworkSpec network = network(f);
    Inputs x = ReferenceDigits.trainInputs(P);
    double[] y = Digits.y(P);
    double[] nngp = new LazyKernel(network, KernelKind.NNGP).gram(backend, x).readout();
    SaddleOptions options = new SaddleOptions(0, 10, 800, 0, 3, 1e-9, 300);
    try (SaddleSampler sampler =
        new SaddleSampler(backend, network, factor(network, x), y, options, null)) {
      sampler.run(RunControl.silent());
      SaddleEstimate estimate = sampler.estimate();
      double trace = 0;
      double fit = 0;
      double square = 0;
      double distance = 0;
      for (int i = 0; i < nngp.length; i++) {
        trace += i % (P + 1) == 0 ? nngp[i] : 0;
        fit += y[i / P] * nngp[i] * y[i % P];
        square += nngp[i] * nngp[i];
        distance += Math.pow(estimate.kernel(1)[i] - nngp[i], 2);
      }
      Estimate sampledTrace = estimate.scalar(chain -> chain.layer(1).trace());
      Estimate sampledFit = estimate.scalar(chain -> chain.layer(1).fit());
      assertThat(sampledTrace.error()).isLessThan(0.01 * trace);
      assertThat(sampledTrace.value()).isCloseTo(trace, within(4 * sampledTrace.error()));
      assertThat(sampledFit.error()).isLessThan(0.02 * fit);
      assertThat(sampledFit.value()).isCloseTo(fit, within(4 * sampledFit.error()));
      assertThat(Math.sqrt(distance / square)).isLessThan(0.02);
      assertThat(sampler.certificate().residual())
          .isLessThan(4 * sampler.certificate().residualError());
    }
  }

  /**
   * Kernel between training and test points from independent draws of the prior, with the unit
   * matrix in place of v: every entry within five standard errors (100 to 400 entries), and no bias
   * of all together: their mean square deviation is 1 in these units.
   */
  @ParameterizedTest
  @CsvSource({"RELU, 10", "TANH, 10", "ERF, 10", "LINEAR, 10"})
  void testKernelIsTheNngpKernel(Activation f, int newPoints) {
    NetworkSpec network = network(f);
    Inputs x = ReferenceDigits.trainInputs(P);
    Inputs test =
        Inputs.of(
            ReferenceDigits.testInputs().copyRows(45, newPoints),
            newPoints,
            ReferenceDigits.DIMENSION);
    InputFactor input = factor(network, x);
    InputFactor.Coordinates at = input.coordinates(backend, test.toArray(), newPoints);
    assertThat(Arrays.stream(at.deviation()).min().orElseThrow()).isGreaterThan(0.2);
    double[] nngp = new LazyKernel(network, KernelKind.NNGP).cross(backend, test, x);
    int batches = 40;
    int samples = 1999; // no multiple of the panel
    double[] sum = new double[nngp.length];
    double[] squares = new double[nngp.length];
    try (TestPointKernel kernel = new TestPointKernel(backend, f, 0.7, input, at, 128);
        Matrix xi = backend.allocate(Precision.FLOAT32, samples, input.rank(), "fields");
        Matrix unit = backend.allocate(Precision.FLOAT64, P, P, "unit");
        Matrix k = backend.allocate(Precision.FLOAT64, newPoints, P, "kernel")) {
      backend.addDiagonal(1, unit);
      double[] batch = new double[nngp.length];
      for (int b = 0; b < batches; b++) {
        long stream = RandomStreams.stream(RandomStreams.INITIAL_FIELD, 1, b);
        backend.fillGaussian(9, stream, 0, xi);
        backend.fill(0, k);
        kernel.addPrediction(xi, unit, k);
        backend.download(k, batch);
        for (int i = 0; i < batch.length; i++) {
          sum[i] += batch[i];
          squares[i] += batch[i] * batch[i];
        }
      }
    }
    double total = 0;
    for (int i = 0; i < nngp.length; i++) {
      double mean = sum[i] / batches;
      double error = Math.sqrt((squares[i] / batches - mean * mean) / (batches - 1.0));
      double deviation = (mean - nngp[i]) / error;
      assertThat(Math.abs(deviation)).as("entry %d of %s", i, f).isLessThan(5);
      total += deviation * deviation;
      assertThat(error).isLessThan(0.02);
    }
    // entries are correlated: a handful of independent ones at worst
    assertThat(total / nngp.length).isBetween(0.1, 3.0);
  }
}
