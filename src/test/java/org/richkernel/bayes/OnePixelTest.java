package org.richkernel.bayes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.richkernel.bayes.Values.normals;

import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.network.Convolution;
import org.richkernel.network.Convolutions;
import org.richkernel.network.ImageShape;
import org.richkernel.network.Inputs;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.SiteMap;
import org.richkernel.network.SiteReadout;
import org.richkernel.network.Targets;
import org.richkernel.sampling.SampledVector;
import org.richkernel.solver.RunControl;
import org.richkernel.stack.ConvolutionShape;
import org.richkernel.stack.FieldForm;
import org.richkernel.stack.PosteriorParameters;

/** Kernels of 1 x 1 on images of one pixel are a fully connected network. */
class OnePixelTest {
  private static final int P = 5;
  private static final int D = 9;
  private static final int TESTS = 3;

  private Backend backend;

  @BeforeEach
  void open() {
    backend = Backends.cpu();
  }

  @AfterEach
  void close() {
    backend.close();
  }

  private static NetworkSpec dense(int depth, Activation activation, double bias) {
    return NetworkSpec.of(depth, activation).withBiasVariance(bias);
  }

  private static NetworkSpec pixels(NetworkSpec network, SiteReadout readout) {
    return network.withConvolutions(
        new Convolutions(
            Collections.nCopies(network.hiddenLayers(), new Convolution(1, 1, 1)),
            SiteMap.Padding.SAME,
            readout));
  }

  private static AdaptiveProblem problem(NetworkSpec network, SaddleOptions options) {
    return new AdaptiveProblem(
        network,
        options,
        Inputs.of(normals(P * D, 1), P, D).withShape(ImageShape.ofVector(D)),
        Targets.of(normals(P, 2)),
        Inputs.of(normals(TESTS * D, 3), TESTS, D).withShape(ImageShape.ofVector(D)));
  }

  @ParameterizedTest
  @CsvSource({
    "1, FLATTEN, relu, 0, WEIGHTS",
    "1, GAP, tanh, 0.2, WEIGHTS",
    "2, FLATTEN, tanh, 0.2, WEIGHTS",
    "3, GAP, relu, 0, WEIGHTS",
    "2, FLATTEN, tanh, 0.2, WHITENED",
    "3, GAP, relu, 0, WHITENED"
  })
  void potentialAndGradientAreThoseOfTheFullyConnectedNetwork(
      int depth, SiteReadout readout, String activation, double bias, FieldForm form) {
    NetworkSpec network = dense(depth, Activation.named(activation), bias);
    AdaptiveProblem problem = problem(pixels(network, readout), SaddleOptions.usual());
    SampledInputs inputs = SampledInputs.of(backend, problem);
    double[] y = problem.trainTargets().toArray();
    int samples = 6;
    PosteriorParameters parameters = new PosteriorParameters(1.1, 0.2, 1, 0.5);
    ConvolutionShape shape = inputs.convolution().orElseThrow().withForm(form);
    int width = shape.width(samples);
    double[] xi = normals(samples * width, 4);
    double[][] gradients = new double[2][xi.length];
    double[] potentials = new double[2];
    for (int i = 0; i < 2; i++) {
      try (MarginalPosterior posterior =
              i == 0
                  ? new ConvolutionPosterior(
                      backend, problem.network(), shape, inputs.factor(), y, parameters, samples)
                  : new PrimalPosterior(
                      backend, network, form, inputs.factor(), y, parameters, samples);
          FieldPopulation population = posterior.newPopulation(samples, 1)) {
        backend.upload(xi, population.xi());
        posterior.refresh(population);
        posterior.begin(0);
        potentials[i] = posterior.potential();
        backend.download(posterior.gradient(), gradients[i]);
      }
    }
    assertThat(potentials[0]).isCloseTo(potentials[1], within(1e-6 * potentials[1]));
    for (int i = 0; i < xi.length; i++) {
      assertThat(gradients[0][i]).isCloseTo(gradients[1][i], within(1e-5));
    }
  }

  /**
   * Whole solves from other coordinates and other moves: five images do not span nine numbers, so
   * that the weights outside of the span matter at test points.
   */
  @Test
  void predictionsAreThoseOfTheFullyConnectedNetwork() {
    SaddleOptions options =
        SaddleOptions.usual()
            .withGamma(1)
            .withBeta(10)
            .withSamples(64)
            .withTolerance(0.02)
            .withMaxSweeps(400);
    NetworkSpec network = dense(1, Activation.TANH, 0);
    AdaptiveNbkSolution expected =
        new AdaptiveNbkSolver(backend, problem(network, options)).solve(RunControl.silent());
    AdaptiveProblem images = problem(pixels(network, SiteReadout.FLATTEN), options.withSeed(5));
    AdaptiveNbkSolution seen = new AdaptiveNbkSolver(backend, images).solve(RunControl.silent());

    assertClose(seen.dualFit().value(), expected.dualFit().value(), seen.dualFit().error());
    for (int i = 0; i < TESTS; i++) {
      double error = Math.hypot(seen.test().standardError()[i], expected.test().standardError()[i]);
      assertClose(seen.test().value()[i], expected.test().value()[i], error);
    }
    // what is kept for predictions says the same, with the error of the few that are kept
    List<double[]> parts = seen.predictor().predictParts(backend, images.testInputs());
    SampledVector kept = SampledVector.of(parts);
    for (int i = 0; i < TESTS; i++) {
      double error = Math.hypot(kept.standardError()[i], expected.test().standardError()[i]);
      assertClose(kept.value()[i], expected.test().value()[i], error);
    }
  }

  private static void assertClose(double seen, double expected, double error) {
    assertThat(Math.abs(seen - expected)).as("%s, %s", seen, expected).isLessThan(4.5 * error);
  }
}
