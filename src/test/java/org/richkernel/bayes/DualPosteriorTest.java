package org.richkernel.bayes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.richkernel.bayes.Values.read;
import static org.richkernel.bayes.Values.singles;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.apache.commons.math3.linear.CholeskyDecomposition;
import org.apache.commons.math3.linear.RealMatrix;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.Precision;
import org.richkernel.network.NetworkSpec;
import org.richkernel.stack.FieldForm;
import org.richkernel.stack.FieldShape;
import org.richkernel.stack.PointHolders;
import org.richkernel.stack.PosteriorParameters;

/** The dual form against the density in float64 and against the primal form. */
class DualPosteriorTest {
  private static final int P = 7;
  private static final int D = 5;

  private Backend backend;

  @BeforeEach
  void open() {
    backend = Backends.cpu();
  }

  @AfterEach
  void close() {
    backend.close();
  }

  private InputFactor factor(int points, int dimension) {
    NetworkSpec network = NetworkSpec.of(1, Activation.TANH).withBiasVariance(0.3);
    return InputFactor.of(backend, network, singles(points * dimension, 1), points, dimension);
  }

  private static double apart(double[] a, double[] b) {
    double difference = 0;
    double size = 0;
    for (int i = 0; i < a.length; i++) {
      difference += (a[i] - b[i]) * (a[i] - b[i]);
      size += b[i] * b[i];
    }
    return Math.sqrt(difference / size);
  }

  /** Predictions ask one posterior for the populations of all, those of other lanes too. */
  @Test
  void fieldsOfASizeThatNoPopulationHereHasAreTaken() {
    InputFactor input = factor(P, D);
    PosteriorParameters parameters = new PosteriorParameters(0.8, 0.2, 1.4, 0);
    double[] y = singles(P, 2);
    float[] fields = new float[3 * input.rank()];
    for (int i = 0; i < fields.length; i++) {
      fields[i] = (float) Math.sin(i);
    }
    try (DualPosterior posterior =
            new DualPosterior(
                PointHolders.of(backend),
                NetworkSpec.of(1, Activation.TANH),
                input,
                y,
                parameters,
                new int[] {8, 3},
                2);
        FieldPopulation large = posterior.newPopulation(8, 4)) {
      double[] product = new double[P];
      posterior.addKernelProducts(0.5, fields, List.of(y), List.of(product));
      double[] expected = new double[P];
      for (int s = 0; s < 3; s++) {
        double[] phi = new double[P];
        double image = 0;
        for (int p = 0; p < P; p++) {
          double h = 0;
          for (int k = 0; k < input.rank(); k++) {
            h += fields[s * input.rank() + k] * input.factor()[p * input.rank() + k];
          }
          phi[p] = Math.tanh(h);
          image += phi[p] * y[p];
        }
        for (int p = 0; p < P; p++) {
          expected[p] += 0.5 * parameters.readoutVariance() * phi[p] * image / 3;
        }
      }
      assertThat(product).containsExactly(expected, within(1e-5));
      assertThat(large.samples()).isEqualTo(8);
    }
  }

  /** Fewer samples than points, as many, and more; one block, and several of two sizes. */
  private static Stream<Arguments> cases() {
    int[][] sizes = {{4, 1}, {5, 2}, {7, 1}, {13, 1}, {13, 2}, {13, 3}};
    return Activation.all().stream()
        .flatMap(
            f ->
                Arrays.stream(sizes)
                    .flatMap(
                        size ->
                            Stream.of(0.0, 1.0)
                                .map(d -> Arguments.of(f, size[0], size[1], 1 + size[1], d))));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void potentialAndGradientMatchFiniteDifferences(
      Activation f, int samples, int blocks, int outputs, double weight) {
    InputFactor input = factor(P, D);
    int r = input.rank();
    double[] y = singles(P * outputs, 2);
    PosteriorParameters parameters = new PosteriorParameters(0.8, 0.2, 1.4, 0.5 * weight * outputs);
    ReferencePotential reference = new ReferencePotential(f, input, y, parameters);
    double[] xi = singles(samples * r, 3);
    int rows = PrimalPosterior.largestBlock(samples, blocks);
    try (DualPosterior posterior =
            new DualPosterior(
                PointHolders.of(backend),
                NetworkSpec.of(1, f),
                input,
                y,
                parameters,
                new int[] {samples},
                rows);
        FieldPopulation population = posterior.newPopulation(samples, blocks)) {
      backend.upload(xi, population.xi());
      posterior.refresh(population);
      for (int block = 0; block < blocks; block++) {
        int first = population.firstSample(block) * r;
        posterior.begin(block);
        requireValueAndGradient(reference, posterior, xi, samples, first);
        Matrix x = posterior.position();
        // a move that is not accepted leaves nothing behind
        backend.upload(singles(x.rows() * r, 40 + block), x);
        posterior.evaluate();
        posterior.begin((block + 1) % blocks);
        requireValueAndGradient(
            reference, posterior, xi, samples, population.firstSample((block + 1) % blocks) * r);
        posterior.begin(block);
        double[] moved = singles(x.rows() * r, 4 + block);
        backend.upload(moved, posterior.position());
        System.arraycopy(moved, 0, xi, first, moved.length);
        posterior.evaluate();
        requireValueAndGradient(reference, posterior, xi, samples, first);
        posterior.accept();
        assertThat(population.potential())
            .isCloseTo(
                reference.value(xi, samples),
                within(3e-6 * Math.abs(reference.value(xi, samples))));
      }
      assertThat(read(backend, population.xi())).isEqualTo(xi);
      double[] carried = read(backend, population.kernel());
      posterior.refresh(population);
      assertThat(apart(carried, read(backend, population.kernel()))).isLessThan(1e-6);
    }
  }

  /** Fields are float32: 1e-5 of the largest component is a hundred roundings. */
  private void requireValueAndGradient(
      ReferencePotential reference, DualPosterior posterior, double[] xi, int samples, int first) {
    double expected = reference.value(xi, samples);
    assertThat(posterior.potential()).isCloseTo(expected, within(3e-6 * Math.abs(expected)));
    double[] g = read(backend, posterior.gradient());
    double largest = 0;
    double worst = 0;
    for (int i = 0; i < g.length; i++) {
      double difference = reference.derivative(xi, samples, first + i);
      largest = Math.max(largest, Math.abs(difference));
      worst = Math.max(worst, Math.abs(g[i] - difference));
    }
    assertThat(largest).isGreaterThan(0.01);
    assertThat(worst / largest).isLessThan(1e-5);
  }

  /**
   * Potential, dual vector and gradient of a draw of the prior against the equations of the primal
   * form in float64: several panels of points, noise from large to small.
   */
  @ParameterizedTest
  @CsvSource({"10,1,0", "0.1,1,0", "1e-3,1,0", "0.1,3,0", "0.1,1,1", "1e-3,1,1", "0.1,3,1"})
  void equalsThePrimalFormToTheRoundingOfTheFields(double kappa, int blocks, double determinant) {
    int points = 1100;
    int samples = 96;
    InputFactor input = factor(points, 40);
    double[] y = singles(points * 2, 2);
    PosteriorParameters parameters = new PosteriorParameters(0.7, kappa, 1.3, determinant);
    double[] xi = singles(samples * input.rank(), 3);
    RealMatrix h =
        ReferencePotential.matrix(xi, samples)
            .multiply(ReferencePotential.matrix(input.factor(), points).transpose());
    RealMatrix phi = h.copy();
    RealMatrix slope = h.copy();
    for (int s = 0; s < samples; s++) {
      for (int i = 0; i < points; i++) {
        double value = Math.tanh(h.getEntry(s, i));
        phi.setEntry(s, i, value);
        slope.setEntry(s, i, 1 - value * value);
      }
    }
    RealMatrix targets = ReferencePotential.matrix(y, points);
    RealMatrix a = phi.transpose().multiply(phi).scalarMultiply(1.3 / samples);
    for (int i = 0; i < points; i++) {
      a.addToEntry(i, i, kappa);
    }
    CholeskyDecomposition factor = new CholeskyDecomposition(a);
    RealMatrix v = factor.getSolver().solve(targets);
    double potential = 0.5 * samples * 0.49 * targets.transpose().multiply(v).getTrace();
    for (int i = 0; i < points; i++) {
      potential += 2 * determinant * Math.log(factor.getL().getEntry(i, i));
    }
    RealMatrix pull = phi.multiply(v).multiply(v.transpose()).scalarMultiply(-0.49 * 1.3);
    if (determinant > 0) {
      RealMatrix force = phi.multiply(factor.getSolver().getInverse());
      pull = pull.add(force.scalarMultiply(2 * determinant * 1.3 / samples));
    }
    for (int s = 0; s < samples; s++) {
      for (int i = 0; i < points; i++) {
        pull.multiplyEntry(s, i, slope.getEntry(s, i));
      }
    }
    double[] gradient = flat(pull.multiply(ReferencePotential.matrix(input.factor(), points)));
    int rows = samples / blocks;
    int first = (blocks - 1) * rows * input.rank();
    try (DualPosterior dual =
            new DualPosterior(
                PointHolders.of(backend),
                NetworkSpec.of(1, Activation.TANH),
                input,
                y,
                parameters,
                new int[] {samples},
                rows);
        FieldPopulation population = dual.newPopulation(samples, blocks)) {
      backend.upload(xi, population.xi());
      dual.refresh(population);
      dual.begin(blocks - 1);
      assertThat(population.potential() / potential).isCloseTo(1, within(1e-7));
      assertThat(apart(read(backend, population.dual()), flat(v))).isLessThan(1e-6);
      assertThat(
              apart(
                  read(backend, dual.gradient()),
                  Arrays.copyOfRange(gradient, first, first + rows * input.rank())))
          .isLessThan(2e-5);
    }
  }

  private static double[] flat(RealMatrix m) {
    return Arrays.stream(m.getData()).flatMapToDouble(Arrays::stream).toArray();
  }

  /** A few sweeps from the same start go the same way in both forms. */
  @ParameterizedTest
  @CsvSource({"TANH,1", "RELU,3"})
  void movesAlongTheTrajectoryOfThePrimalForm(Activation f, int blocks) {
    int points = 150;
    int samples = 48;
    InputFactor input = factor(points, 10);
    double[] y = singles(points, 2);
    PosteriorParameters parameters = new PosteriorParameters(0.7, 0.5, 1, 0);
    double[] xi = singles(samples * input.rank(), 3);
    int rows = samples / blocks;
    try (Matrix uniforms = backend.allocate(Precision.FLOAT32, 1, 2, "uniforms");
        PrimalPosterior primal = PrimalPosterior.ofBlocks(backend, f, input, y, parameters, rows);
        FieldPopulation one = primal.newPopulation(samples, blocks);
        DualPosterior dual =
            new DualPosterior(
                PointHolders.of(backend),
                NetworkSpec.of(1, f),
                input,
                y,
                parameters,
                new int[] {samples},
                rows);
        FieldPopulation other = dual.newPopulation(samples, blocks)) {
      backend.upload(xi, one.xi());
      backend.upload(xi, other.xi());
      CollectiveHmc hmc = new CollectiveHmc(backend, 5, 0, uniforms, (x, gradient) -> {});
      for (MarginalPosterior each : new MarginalPosterior[] {primal, dual}) {
        FieldPopulation population = each == primal ? one : other;
        each.refresh(population);
        hmc.resetAcceptance();
        for (int sweep = 0; sweep < 3; sweep++) {
          each.use(population);
          for (int block = 0; block < blocks; block++) {
            hmc.move(each, block, sweep, 0.05, 6);
          }
        }
        assertThat(hmc.acceptance()).isGreaterThan(0.3);
      }
      double[] moved = read(backend, other.xi());
      assertThat(apart(moved, read(backend, one.xi()))).isLessThan(1e-5);
      assertThat(apart(moved, xi)).isGreaterThan(0.1);
    }
  }

  /** Populations of both sizes on one scratch, one after the other. */
  @Test
  void populationsOfTwoSizesDoNotDisturbEachOther() {
    InputFactor input = factor(40, 10);
    double[] y = singles(40, 2);
    PosteriorParameters parameters = new PosteriorParameters(1, 0.3, 1, 0);
    try (DualPosterior posterior =
            new DualPosterior(
                PointHolders.of(backend),
                NetworkSpec.of(1, Activation.RELU),
                input,
                y,
                parameters,
                new int[] {24, 6},
                6);
        FieldPopulation large = posterior.newPopulation(24, 4);
        FieldPopulation small = posterior.newPopulation(6, 1)) {
      backend.upload(singles(24 * input.rank(), 3), large.xi());
      backend.upload(singles(6 * input.rank(), 4), small.xi());
      posterior.refresh(large);
      posterior.refresh(small);
      posterior.use(large);
      posterior.begin(2);
      double[] gradient = read(backend, posterior.gradient());
      double potential = posterior.potential();
      backend.fill(0.3, posterior.position());
      posterior.evaluate();
      posterior.use(small);
      posterior.begin(0);
      posterior.evaluate();
      posterior.accept();
      posterior.use(large);
      posterior.begin(1);
      posterior.evaluate();
      assertThat(posterior.potential()).isCloseTo(potential, within(1e-5 * potential));
      posterior.begin(2);
      assertThat(read(backend, posterior.gradient())).isEqualTo(gradient);
    }
  }

  /** Weights of deep networks: potential, gradients of all layers, and what is measured of them. */
  @ParameterizedTest
  @CsvSource({"4,2,0,0.3", "13,2,1,0.3", "5,3,0,0", "9,3,1,0.3"})
  void deepNetworksMatchFiniteDifferences(int samples, int depth, double weight, double bias) {
    double[] variances = {1.2, 0.9, 1.3, 1.1};
    NetworkSpec network =
        NetworkSpec.of(depth, Activation.TANH)
            .withWeightVariances(Arrays.copyOf(variances, depth + 1))
            .withBiasVariance(bias);
    InputFactor input = InputFactor.of(backend, network, singles(P * D, 1), P, D);
    double[] y = singles(P * 2, 2);
    PosteriorParameters parameters =
        new PosteriorParameters(0.8, 0.2, network.weightVariance(depth), weight);
    FieldShape shape = FieldShape.of(network, input.rank(), P, FieldForm.WEIGHTS);
    DeepReferencePotential reference =
        new DeepReferencePotential(network, FieldForm.WEIGHTS, input, y, parameters);
    int[] sizes = {samples, 3};
    try (DualPosterior posterior =
            new DualPosterior(
                PointHolders.of(backend), network, input, y, parameters, sizes, samples);
        FieldPopulation small = posterior.newPopulation(3, 1);
        FieldPopulation population = posterior.newPopulation(samples, 1)) {
      double[] xi = singles(samples * shape.width(samples), 3);
      backend.upload(xi, population.xi());
      posterior.refresh(population);
      double[] other = singles(3 * shape.width(3), 5);
      backend.upload(other, small.xi());
      // the other size overwrites the scratch
      posterior.refresh(small);
      assertThat(small.potential())
          .isCloseTo(reference.value(other, 3), within(3e-6 * small.potential()));
      posterior.use(population);
      posterior.begin(0);
      requireGradient(reference, posterior, shape, xi, samples);
      double[] moved = singles(xi.length, 4);
      backend.upload(moved, posterior.position());
      posterior.evaluate();
      requireGradient(reference, posterior, shape, moved, samples);
      // what is measured belongs to the population, not to the move
      posterior.complete(population);
      requireMeasured(reference, population, network, xi, y);
      backend.upload(moved, posterior.position());
      posterior.evaluateAtEnd();
      assertThat(posterior.potential()).isFinite();
      posterior.accept();
      assertThat(read(backend, population.xi())).isEqualTo(moved);
      posterior.complete(population);
      requireMeasured(reference, population, network, moved, y);
    }
  }

  private void requireGradient(
      DeepReferencePotential reference,
      DualPosterior posterior,
      FieldShape shape,
      double[] xi,
      int samples) {
    double expected = reference.value(xi, samples);
    assertThat(posterior.potential()).isCloseTo(expected, within(3e-6 * Math.abs(expected)));
    double[] g = read(backend, posterior.gradient());
    int columns = shape.width(samples);
    double[] largest = new double[shape.layers()];
    double[] worst = new double[shape.layers()];
    for (int i = 0; i < g.length; i++) {
      int above = (i % columns - shape.rank()) / shape.features(samples);
      int layer = i % columns < shape.rank() ? 0 : 1 + above;
      double difference = reference.derivative(xi, samples, i);
      largest[layer] = Math.max(largest[layer], Math.abs(difference));
      worst[layer] = Math.max(worst[layer], Math.abs(g[i] - difference));
    }
    for (int l = 0; l < largest.length; l++) {
      assertThat(largest[l]).isGreaterThan(1e-3);
      assertThat(worst[l] / largest[l]).as("layer %d", l + 1).isLessThan(2e-5);
    }
  }

  /** G, b and w of a population against the kernels in float64. */
  private void requireMeasured(
      DeepReferencePotential reference,
      FieldPopulation population,
      NetworkSpec network,
      double[] xi,
      double[] y) {
    int samples = population.samples();
    RealMatrix targets = ReferencePotential.matrix(y, P);
    List<RealMatrix> kernels = reference.kernels(xi, samples);
    for (int l = 1; l <= network.hiddenLayers(); l++) {
      double scale = network.weightVariance(l) / samples;
      RealMatrix kernel = kernels.get(l - 1);
      RealMatrix gram = ReferencePotential.matrix(read(backend, population.kernel(l)), samples);
      RealMatrix image = ReferencePotential.matrix(read(backend, population.image(l)), samples);
      assertThat(scale * gram.getTrace()).isCloseTo(kernel.getTrace(), within(1e-5));
      assertThat(scale * gram.getFrobeniusNorm())
          .isCloseTo(kernel.getFrobeniusNorm(), within(1e-5));
      double fit = targets.transpose().multiply(kernel).multiply(targets).getTrace();
      assertThat(scale * Math.pow(image.getFrobeniusNorm(), 2)).isCloseTo(fit, within(1e-4));
    }
  }

  /** The same weights in both forms of the readout, more points than a panel. */
  @ParameterizedTest
  @CsvSource({"10", "0.1", "1e-3"})
  void deepWeightsHaveThePotentialOfThePrimalForm(double kappa) {
    int points = 1100;
    int samples = 48;
    NetworkSpec network = NetworkSpec.of(3, Activation.TANH).withBiasVariance(0.2);
    InputFactor input = InputFactor.of(backend, network, singles(points * 20, 1), points, 20);
    double[] y = singles(points * 2, 2);
    PosteriorParameters parameters = new PosteriorParameters(0.7, kappa, 1, 0);
    double[][] results = new double[3][];
    double[] potentials = new double[2];
    for (int i = 0; i < 2; i++) {
      try (StackPosterior posterior =
              i == 0
                  ? new PrimalPosterior(
                      backend, network, FieldForm.WEIGHTS, input, y, parameters, samples)
                  : new DualPosterior(
                      PointHolders.of(backend),
                      network,
                      input,
                      y,
                      parameters,
                      new int[] {samples},
                      samples);
          FieldPopulation population = posterior.newPopulation(samples, 1)) {
        backend.upload(singles((int) population.xi().size(), 3), population.xi());
        posterior.refresh(population);
        posterior.use(population);
        posterior.begin(0);
        potentials[i] = posterior.potential();
        results[i] = read(backend, posterior.gradient());
        posterior.complete(population);
        double[] w = read(backend, population.weights());
        if (i == 0) {
          results[2] = w;
        } else {
          // w = g phi v / S of the primal form is a float32 sum that cancels where kappa is small
          assertThat(apart(w, results[2])).isLessThan(kappa < 0.1 ? 2e-3 : 1e-4);
        }
      }
    }
    // the P x P kernel holds the rounding of its products, about 1e-7 of its norm, beside kappa
    double rounding = kappa < 0.1 ? 1e-4 : 1e-6;
    assertThat(potentials[1] / potentials[0]).isCloseTo(1, within(rounding));
    assertThat(apart(results[1], results[0])).isLessThan(100 * rounding);
  }

  @Test
  void overflowedMovesAreRefused() {
    InputFactor input = factor(P, D);
    try (DualPosterior posterior =
            new DualPosterior(
                PointHolders.of(backend),
                NetworkSpec.of(1, Activation.RELU),
                input,
                singles(P, 2),
                new PosteriorParameters(1, 0.1, 1, 0),
                new int[] {6},
                3);
        FieldPopulation population = posterior.newPopulation(6, 2)) {
      backend.upload(singles(6 * input.rank(), 3), population.xi());
      posterior.refresh(population);
      posterior.begin(1);
      double before = posterior.potential();
      backend.fill(Double.NaN, posterior.position());
      posterior.evaluate();
      assertThat(posterior.potential()).isEqualTo(Double.POSITIVE_INFINITY);
      posterior.begin(0);
      assertThat(posterior.potential()).isEqualTo(before);
      posterior.evaluate();
      assertThat(posterior.potential()).isCloseTo(before, within(1e-5 * before));
      assertThatThrownBy(() -> posterior.newPopulation(5, 1))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("5 samples");
    }
  }

  /** g Phi u of fields on the host, and the numbers of a kernel, against the kernel itself. */
  @Test
  void appliesTheKernelOfKeptFields() {
    int points = 1100;
    int samples = 30;
    InputFactor input = factor(points, 8);
    double[] y = singles(points * 2, 2);
    double[] xi = singles(samples * input.rank(), 3);
    float[] fields = new float[xi.length];
    for (int i = 0; i < xi.length; i++) {
      fields[i] = (float) xi[i];
    }
    double[] u = singles(points * 2, 5);
    PosteriorParameters parameters = new PosteriorParameters(1, 0.3, 1.3, 0);
    ReferencePotential reference = new ReferencePotential(Activation.TANH, input, y, parameters);
    double[] expected = new double[u.length];
    double[][] product =
        reference.kernel(xi, samples).multiply(ReferencePotential.matrix(u, points)).getData();
    for (int i = 0; i < u.length; i++) {
      expected[i] = -2 * product[i / 2][i % 2];
    }
    try (DualPosterior posterior =
            new DualPosterior(
                PointHolders.of(backend),
                NetworkSpec.of(1, Activation.TANH),
                input,
                y,
                parameters,
                new int[] {samples},
                10);
        FieldPopulation population = posterior.newPopulation(samples, 3)) {
      List<double[]> sums = List.of(new double[u.length], new double[u.length]);
      posterior.addKernelProducts(-2, fields, List.of(u, y), sums);
      assertThat(apart(sums.get(0), expected)).isLessThan(1e-6);
      // what is held for chains is as before
      backend.upload(xi, population.xi());
      posterior.refresh(population);
      posterior.setReference(u);
      posterior.addKernelProducts(-2, fields, List.of(y), List.of(new double[u.length]));
      posterior.use(population);
      posterior.begin(1);
      posterior.evaluate();
      assertThat(posterior.potential())
          .isCloseTo(population.potential(), within(1e-6 * population.potential()));
      // a move that was refused does not show in the image of the population
      backend.fill(2, posterior.position());
      posterior.evaluate();
      double[] image = posterior.kernelImage(population);
      Arrays.setAll(image, i -> -2 * image[i]);
      assertThat(apart(image, expected)).isLessThan(1e-6);
    }
  }
}
