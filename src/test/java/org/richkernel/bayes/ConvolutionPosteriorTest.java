package org.richkernel.bayes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.richkernel.bayes.Values.normals;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Workspace;
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

  /** A convolutional problem of three images and its potential by loops. */
  private record Case(
      NetworkSpec network,
      ConvolutionShape shape,
      InputFactor patches,
      double[] y,
      PosteriorParameters parameters,
      ConvolutionReferencePotential reference) {}

  private Case made(
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
            1.2, 0.2, ConvolutionLayers.readoutVariance(network, shape), determinant * outputs / 2);
    ConvolutionReferencePotential reference =
        new ConvolutionReferencePotential(
            network, maps(depth), readout, patches, y, POINTS, parameters, form);
    return new Case(network, shape, patches, y, parameters, reference);
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
    Case made = made(depth, pooling, activation, bias, determinant, form);
    // covariances of 12 sites need 3 channels of 2x2 at least to be regular
    int[] sizes = form == FieldForm.WEIGHTS ? new int[] {5, 3} : new int[] {8, 6};
    try (ConvolutionPosterior posterior =
        new ConvolutionPosterior(
            backend,
            made.network(),
            made.shape(),
            made.patches(),
            made.y(),
            made.parameters(),
            sizes)) {
      for (int samples : sizes) {
        try (FieldPopulation population = posterior.newPopulation(samples, 1)) {
          double[] moved = requirePotential(made, posterior, population);
          for (int l = 1; l <= depth; l++) {
            double[] kernel = new double[POINTS * POINTS];
            backend.download(population.kernel(l), kernel);
            requireKernel(kernel, made.reference().kernel(moved, samples, l));
          }
        }
      }
    }
  }

  /** More features than images, and with means over sites of two channels fewer. */
  @ParameterizedTest
  @CsvSource({
    "1, flatten, tanh, 0, 0",
    "1, gap, relu, 0, 1",
    "2, flatten, tanh, 0.3, 1",
    "2, gap, tanh, 0, 0",
    "3, flatten, relu, 0, 0",
    "3, gap, tanh, 0.3, 1"
  })
  void dualFormHasTheSamePotentialAndGradient(
      int depth, String pooling, String activation, double bias, double determinant) {
    Case made = made(depth, pooling, activation, bias, determinant, FieldForm.WEIGHTS);
    int[] sizes = {5, 2};
    try (DualConvolutionPosterior posterior =
        new DualConvolutionPosterior(
            backend,
            made.network(),
            made.shape(),
            made.patches(),
            made.y(),
            made.parameters(),
            sizes)) {
      for (int samples : sizes) {
        try (FieldPopulation population = posterior.newPopulation(samples, 1)) {
          double[] moved = requirePotential(made, posterior, population);
          requireScalars(made, posterior, population, moved);
          requireReadout(made, posterior, population, moved);
        }
      }
    }
  }

  /** Moves a population and compares potential and gradient; returns the fields. */
  private double[] requirePotential(
      Case made, StackPosterior<?> posterior, FieldPopulation population) {
    int samples = population.samples();
    double[] xi = normals(samples * made.shape().width(samples), 3);
    backend.upload(xi, population.xi());
    posterior.refresh(population);
    posterior.begin(0);
    assertThat(population.potential()).isEqualTo(posterior.potential());
    double[] moved = normals(samples * made.shape().width(samples), 4);
    backend.upload(moved, posterior.position());
    posterior.evaluate();
    double potential = posterior.potential();
    assertThat(potential)
        .isCloseTo(made.reference().value(moved, samples), within(2e-6 * Math.abs(potential)));
    requireGradient(made.reference(), posterior, moved, samples);
    posterior.accept();
    posterior.complete(population);
    return moved;
  }

  private static void requireKernel(double[] kernel, double[][] expected) {
    double size = 0;
    for (int i = 0; i < POINTS; i++) {
      size += expected[i][i];
    }
    for (int i = 0; i < kernel.length; i++) {
      assertThat(kernel[i]).isCloseTo(expected[i / POINTS][i % POINTS], within(2e-6 * size));
    }
  }

  /** Rows of the kernels, their traces, fits and norms. */
  private void requireScalars(
      Case made, DualConvolutionPosterior posterior, FieldPopulation population, double[] moved) {
    int samples = population.samples();
    ConvolutionShape shape = made.shape();
    for (int l = 1; l <= shape.layers(); l++) {
      posterior.complete(population);
      MemoryPlan plan = new MemoryPlan();
      SiteGramSeries.plan(plan, "", shape, l, samples, 2);
      plan.add("targets", Precision.FLOAT64, POINTS, 2);
      plan.add("rows", Precision.FLOAT32, POINTS, POINTS);
      try (Workspace memory = new Workspace(backend, plan)) {
        SiteGramSeries series = new SiteGramSeries(backend, memory, posterior, samples);
        backend.upload(made.y(), memory.get("targets"));
        series.measure(population, l, memory.get("targets"), posterior.unitMatrix());
        double[][] kernel = made.reference().kernel(moved, samples, l);
        double trace = 0;
        double fit = 0;
        double square = 0;
        for (int i = 0; i < POINTS; i++) {
          trace += kernel[i][i];
          for (int j = 0; j < POINTS; j++) {
            square += kernel[i][j] * kernel[i][j];
            for (int k = 0; k < 2; k++) {
              fit += made.y()[2 * i + k] * kernel[i][j] * made.y()[2 * j + k];
            }
          }
        }
        assertThat(series.scalars().trace().mean()).isCloseTo(trace, within(2e-6 * trace));
        assertThat(series.scalars().fit().mean()).isCloseTo(fit, within(2e-6 * trace));
        assertThat(series.scalars().frobenius().mean())
            .isCloseTo(Math.sqrt(square), within(4e-6 * trace));
        float[] fields = new float[moved.length];
        for (int i = 0; i < fields.length; i++) {
          fields[i] = (float) moved[i];
        }
        posterior.holdFields(fields);
        posterior.kernelRows(1.0 / samples, l, 0, memory.get("rows"));
        double[] rows = new double[POINTS * POINTS];
        backend.download(memory.get("rows"), rows);
        requireKernel(rows, kernel);
      }
    }
  }

  /** v, K u and the readout weights, whose network has the predictions K v at the images. */
  private void requireReadout(
      Case made, DualConvolutionPosterior posterior, FieldPopulation population, double[] moved) {
    int samples = population.samples();
    int depth = made.shape().layers();
    double[][] kernel = made.reference().kernel(moved, samples, depth);
    double[] v = new double[2 * POINTS];
    backend.download(population.dual(), v);
    posterior.setReference(v);
    double[] image = posterior.kernelImage(population);
    ChannelPosterior.Channels network =
        posterior.channels(population, new TestPoints.Draw(1, 0, 0));
    double[][][] phi = made.reference().activations(moved, samples, depth);
    int sites = made.shape().sites(depth);
    boolean means = made.shape().readout() == SiteReadout.GAP;
    double size = Math.sqrt(Arrays.stream(made.y()).map(each -> each * each).sum());
    for (int i = 0; i < POINTS; i++) {
      for (int k = 0; k < 2; k++) {
        double product = 0;
        for (int j = 0; j < POINTS; j++) {
          product += kernel[i][j] * v[2 * j + k];
        }
        assertThat(product + made.parameters().kappa() * v[2 * i + k])
            .isCloseTo(made.y()[2 * i + k], within(5e-6 * size));
        assertThat(image[2 * i + k]).isCloseTo(product, within(5e-6 * size));
        double output = 0;
        for (int s = 0; s < samples; s++) {
          for (int a = 0; a < sites; a++) {
            int row = means ? s : s * sites + a;
            output += phi[i][s][a] * network.readout()[2 * row + k] / (means ? sites : 1);
          }
        }
        assertThat(output).isCloseTo(product, within(5e-6 * size));
      }
    }
  }

  /** Fields are float32; 5e-7 of the largest component is usual, 2e-6 the worst of these cases. */
  private void requireGradient(
      ConvolutionReferencePotential reference,
      StackPosterior<?> posterior,
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
