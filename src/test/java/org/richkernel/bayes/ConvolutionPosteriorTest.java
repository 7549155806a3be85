package org.richkernel.bayes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.richkernel.bayes.Values.normals;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.SiteMap;
import org.richkernel.network.SiteMap.Padding;
import org.richkernel.network.SiteReadout;
import org.richkernel.stack.ConvolutionShape;
import org.richkernel.stack.FieldForm;
import org.richkernel.stack.PosteriorParameters;

/** Potential, kernels and gradient against loops over the definition. */
class ConvolutionPosteriorTest {
  private static final int POINTS = 3;
  private static final SiteMap FIRST = SiteMap.of(4, 4, 3, 3, 1, Padding.SAME);
  private static final SiteMap STRIDE = SiteMap.of(4, 4, 3, 3, 2, Padding.SAME);
  private static final SiteMap ROUND = SiteMap.of(2, 2, 2, 2, 1, Padding.CIRCULAR);

  private Backend backend;

  @BeforeEach
  void open() {
    backend = Backends.cpu();
  }

  @AfterEach
  void close() {
    backend.close();
  }

  private static List<SiteMap> maps(int depth) {
    return List.of(FIRST, STRIDE, ROUND).subList(0, depth);
  }

  @ParameterizedTest
  @CsvSource({
    "1, flatten, tanh, 0, 0, WEIGHTS",
    "1, gap, relu, 0, 1, WEIGHTS",
    "2, flatten, tanh, 0, 0, WEIGHTS",
    "2, flatten, relu, 0.3, 1, WEIGHTS",
    "2, gap, tanh, 0, 1, WEIGHTS",
    "2, gap, linear, 0.3, 0, WEIGHTS",
    "3, flatten, linear, 0, 1, WEIGHTS",
    "3, flatten, tanh, 0.3, 0, WEIGHTS",
    "3, gap, relu, 0, 0, WEIGHTS",
    "3, gap, tanh, 0.3, 1, WEIGHTS",
    "1, gap, tanh, 0, 0, WHITENED",
    "2, flatten, tanh, 0, 0, WHITENED",
    "2, flatten, relu, 0.3, 1, WHITENED",
    "2, gap, tanh, 0, 1, WHITENED",
    "3, flatten, tanh, 0.3, 0, WHITENED",
    "3, gap, linear, 0, 0, WHITENED",
    "3, gap, tanh, 0.3, 1, WHITENED"
  })
  void potentialAndGradientAreThoseOfTheDefinition(
      int depth,
      String pooling,
      String activation,
      double bias,
      double determinant,
      FieldForm form) {
    SiteReadout readout = SiteReadout.valueOf(pooling.toUpperCase(java.util.Locale.ROOT));
    double[] variances = new double[depth + 1];
    for (int l = 0; l <= depth; l++) {
      variances[l] = 0.8 + 0.2 * l;
    }
    NetworkSpec network =
        NetworkSpec.of(depth, Activation.named(activation))
            .withWeightVariances(variances)
            .withBiasVariance(bias);
    int outputs = 2;
    double[] y = normals(outputs * POINTS, 2);
    InputFactor patches = ConvolutionOracle.bySite(backend, network, FIRST, POINTS);
    ConvolutionShape shape =
        new ConvolutionShape(
            maps(depth), readout, POINTS, patches.rank(), patches.rank(), bias > 0, form);
    PosteriorParameters parameters =
        new PosteriorParameters(
            1.2,
            0.2,
            ConvolutionPosterior.readoutVariance(network, shape),
            determinant * outputs / 2);
    ConvolutionReferencePotential reference =
        new ConvolutionReferencePotential(
            network, maps(depth), readout, patches, y, POINTS, parameters, form);
    // covariances of 12 sites need 3 channels of 2x2 at least to be regular
    int[] sizes = form == FieldForm.WEIGHTS ? new int[] {5, 3} : new int[] {8, 6};
    try (ConvolutionPosterior posterior =
        new ConvolutionPosterior(backend, network, shape, patches, y, parameters, sizes)) {
      for (int samples : sizes) {
        double[] xi = normals(samples * shape.width(samples), 3);
        try (FieldPopulation population = posterior.newPopulation(samples, 1)) {
          backend.upload(xi, population.xi());
          posterior.refresh(population);
          posterior.begin(0);
          assertThat(population.potential()).isEqualTo(posterior.potential());
          double[] moved = normals(samples * shape.width(samples), 4);
          backend.upload(moved, posterior.position());
          posterior.evaluate();
          double potential = posterior.potential();
          assertThat(potential)
              .isCloseTo(reference.value(moved, samples), within(2e-6 * potential));
          requireGradient(reference, posterior, moved, samples);
          posterior.accept();
          posterior.complete(population);
          for (int l = 1; l <= depth; l++) {
            double[] kernel = new double[POINTS * POINTS];
            backend.download(population.kernel(l), kernel);
            double[][] expected = reference.kernel(moved, samples, l);
            double size = 0;
            for (int i = 0; i < POINTS; i++) {
              size += expected[i][i];
            }
            for (int i = 0; i < kernel.length; i++) {
              assertThat(kernel[i])
                  .isCloseTo(expected[i / POINTS][i % POINTS], within(2e-6 * size));
            }
          }
        }
      }
    }
  }

  /** Fields are float32; 5e-7 of the largest component is usual, 2e-6 the worst of these cases. */
  private void requireGradient(
      ConvolutionReferencePotential reference,
      ConvolutionPosterior posterior,
      double[] xi,
      int samples) {
    double largest = 0;
    double worst = 0;
    double[] g = new double[xi.length];
    backend.download(posterior.gradient(), g);
    for (int i = 0; i < g.length; i += Math.max(1, g.length / 150)) {
      double difference = reference.derivative(xi, samples, i);
      largest = Math.max(largest, Math.abs(difference));
      worst = Math.max(worst, Math.abs(g[i] - difference));
    }
    assertThat(largest).isGreaterThan(1e-2);
    assertThat(worst / largest).isLessThan(5e-6);
  }
}
