package org.richkernel.bayes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.Precision;
import org.richkernel.emulator.EmulatedDevice;
import org.richkernel.emulator.OnEmulatedDevice;
import org.richkernel.network.Convolutions;
import org.richkernel.network.Inputs;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.SiteReadout;
import org.richkernel.network.Targets;
import org.richkernel.stack.ConvolutionShape;
import org.richkernel.stack.FieldForm;
import org.richkernel.stack.PosteriorParameters;

/** Convolutional networks on the emulated device: the numbers of the processor. */
@OnEmulatedDevice
class DeviceConvolutionTest {
  private static final int S = 32;
  private static final double[] Y = {1, -1, 1, -1};

  @AfterEach
  void deviceSawNoWrongAccess() {
    assertThat(EmulatedDevice.lastReport()).isEmpty();
  }

  private record Phase(
      double potential,
      float[] gradient,
      double[] kernel,
      double[] prediction,
      double[] sites,
      double[] filters) {}

  private static Phase trajectory(
      String backendName, AdaptiveProblem problem, double determinant, FieldForm form) {
    try (Backend backend = Backends.open(backendName, BackendOptions.defaults(), line -> {})) {
      SampledInputs inputs = SampledInputs.of(backend, problem);
      ConvolutionShape shape = inputs.convolution().orElseThrow().withForm(form);
      NetworkSpec network = problem.network();
      double variance = ConvolutionLayers.readoutVariance(network, shape);
      PosteriorParameters parameters = new PosteriorParameters(1, 0.1, variance, determinant);
      try (ConvolutionPosterior posterior =
              new ConvolutionPosterior(backend, network, shape, inputs.factor(), Y, parameters, S);
          ConvolutionTestPoints points =
              new ConvolutionTestPoints(
                  backend,
                  network,
                  shape,
                  inputs.factor().projector(),
                  problem.testInputs(),
                  S,
                  1,
                  posterior);
          SiteAverages averages =
              new SiteAverages(backend, shape, posterior, Y, inputs.factor().projector(), S);
          FieldPopulation population = posterior.newPopulation(S, 1);
          Matrix sum = backend.allocate(Precision.FLOAT64, 2, 1, "predictions")) {
        backend.fillGaussian(5, 76, 0, population.xi());
        posterior.refresh(population);
        posterior.begin(0);
        backend.fillGaussian(5, 77, 0, posterior.momentum());
        for (int k = 0; k < 5; k++) {
          backend.kickRotate(
              0.05, posterior.gradient(), 0.05, posterior.position(), posterior.momentum());
          posterior.evaluate();
        }
        double potential = posterior.potential();
        posterior.accept();
        float[] gradient = new float[Math.toIntExact(posterior.gradient().size())];
        backend.download(posterior.gradient(), gradient);
        posterior.complete(population);
        double[] kernel = new double[16];
        backend.download(population.kernel(1), kernel);
        averages.measure(population);
        points.addPrediction(population, new TestPoints.Draw(1, 0, 3), sum);
        double[] prediction = new double[2];
        backend.download(sum, prediction);
        return new Phase(
            potential,
            gradient,
            kernel,
            prediction,
            averages.sites().mean(),
            averages.filters().mean());
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "FLATTEN, 0, 0, '3x3,3x3/2', WEIGHTS",
    "GAP, 1, 0.2, '3x3,3x3/2', WEIGHTS",
    "FLATTEN, 1, 0, '3x3,3x3/2', WHITENED",
    "GAP, 0, 0.2, '3x3/2,3x3,2x2', WHITENED"
  })
  void trajectoryIsThatOfTheProcessor(
      SiteReadout readout, double determinant, double bias, String layers, FieldForm form) {
    Convolutions convolutions = Convolutions.parse(layers).withReadout(readout);
    NetworkSpec network =
        NetworkSpec.of(convolutions.layers().size(), Activation.TANH)
            .withBiasVariance(bias)
            .withConvolutions(convolutions);
    Inputs images = ConvolutionOracle.images(6);
    AdaptiveProblem problem =
        new AdaptiveProblem(
            network,
            SaddleOptions.usual(),
            Inputs.of(images.copyRows(0, 4), 4, 32).withShape(images.shape()),
            Targets.of(Y),
            Inputs.of(images.copyRows(4, 2), 2, 32).withShape(images.shape()));

    Phase expected = trajectory("cpu", problem, determinant, form);
    Phase seen = trajectory("cuda", problem, determinant, form);

    assertThat(seen.potential)
        .isCloseTo(expected.potential, within(1e-5 * Math.abs(expected.potential)));
    float largest = 0;
    for (float g : expected.gradient) {
      largest = Math.max(largest, Math.abs(g));
    }
    for (int i = 0; i < expected.gradient.length; i++) {
      assertThat(seen.gradient[i]).isCloseTo(expected.gradient[i], within(1e-4f * largest));
    }
    for (int i = 0; i < 16; i++) {
      assertThat(seen.kernel[i]).isCloseTo(expected.kernel[i], within(1e-5));
    }
    assertThat(seen.sites).hasSameSizeAs(expected.sites);
    for (int i = 0; i < expected.sites.length; i++) {
      assertThat(seen.sites[i])
          .isCloseTo(expected.sites[i], within(1e-4 * (1 + expected.sites[i])));
    }
    for (int i = 0; i < expected.filters.length; i++) {
      assertThat(seen.filters[i]).isCloseTo(expected.filters[i], within(1e-4));
    }
    for (int i = 0; i < 2; i++) {
      assertThat(seen.prediction[i]).isCloseTo(expected.prediction[i], within(1e-4));
    }
  }
}
