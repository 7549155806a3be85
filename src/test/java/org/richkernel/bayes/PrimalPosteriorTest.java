package org.richkernel.bayes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.richkernel.bayes.Values.singles;

import java.util.Random;
import java.util.stream.Stream;
import org.apache.commons.math3.linear.EigenDecomposition;
import org.apache.commons.math3.linear.RealMatrix;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Activations;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.compute.Matrix;
import org.richkernel.network.NetworkSpec;
import org.richkernel.stack.FieldForm;
import org.richkernel.stack.FieldShape;
import org.richkernel.stack.PosteriorParameters;

/** Potential and gradient of deep networks against finite differences in float64. */
class PrimalPosteriorTest {
  private static final int P = 6;
  private static final int S = 40; // populations of 40 and of 10

  private Backend backend;

  @BeforeEach
  void open() {
    backend = Backends.cpu();
  }

  @AfterEach
  void close() {
    backend.close();
  }

  /**
   * Rank 5 of 6 with biases. The kernels of a linear network keep the rank of the inputs, and
   * float32 fields do not resolve the jitter of 1e-9 in the directions that are left; so all of
   * them are given.
   */
  private static int dimension(Activation f) {
    return f == Activation.LINEAR ? 7 : 4;
  }

  /** Different variances in every layer, and biases. */
  private static NetworkSpec network(int depth, Activation f) {
    double[] variances = new double[depth + 1];
    for (int l = 0; l <= depth; l++) {
      variances[l] = 1.1 + 0.2 * l;
    }
    return NetworkSpec.of(depth, f).withWeightVariances(variances).withBiasVariance(0.3);
  }

  private InputFactor factor(NetworkSpec network) {
    int d = dimension(network.activation());
    return InputFactor.of(backend, network, singles(P * d, 1), P, d);
  }

  private static Stream<Arguments> cases() {
    // kernels of deep sigmoid and softplus networks are all but constant: no digits are left
    return Stream.of("relu", "leaky-relu:0.2", "tanh", "erf", "linear", "gelu")
        .map(Activation::named)
        .flatMap(
            f ->
                Stream.of(
                    Arguments.of(f, FieldForm.WHITENED, 2, 1, 0.0, 0.0),
                    Arguments.of(f, FieldForm.WHITENED, 3, 3, 0.0, 0.0),
                    Arguments.of(f, FieldForm.WHITENED, 2, 2, 1.0, 0.0),
                    Arguments.of(f, FieldForm.WHITENED, 4, 1, 0.0, 0.02),
                    Arguments.of(f, FieldForm.WEIGHTS, 2, 1, 0.0, 0.0),
                    Arguments.of(f, FieldForm.WEIGHTS, 2, 2, 1.0, 0.0),
                    Arguments.of(f, FieldForm.WEIGHTS, 3, 3, 0.0, 0.02)));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void potentialAndGradientMatchFiniteDifferences(
      Activation f, FieldForm form, int depth, int outputs, double determinant, double perSample) {
    NetworkSpec network = network(depth, f);
    InputFactor input = factor(network);
    // the last again, since sizes share the rows of constants that stand for biases
    int[] sizes = form == FieldForm.WHITENED ? new int[] {S / 4, S} : new int[] {4, 12, 4};
    FieldShape shape = new FieldShape(depth, input.rank(), P, form, true);
    double[] y = singles(P * outputs, 2);
    PosteriorParameters parameters =
        new PosteriorParameters(
            0.8, 0.2, network.weightVariance(depth), determinant * outputs / 2, perSample);
    DeepReferencePotential reference =
        new DeepReferencePotential(network, form, input, y, parameters);
    try (PrimalPosterior posterior =
        new PrimalPosterior(backend, network, form, input, y, parameters, sizes)) {
      for (int samples : sizes) {
        int width = shape.width(samples);
        double[] xi = singles(samples * width, 3);
        try (FieldPopulation population = posterior.newPopulation(samples, 1)) {
          backend.upload(xi, population.xi());
          posterior.refresh(population);
          posterior.use(population);
          posterior.begin(0);
          double potential = posterior.potential();
          assertThat(population.potential()).isEqualTo(potential);
          requireValueAndGradient(reference, posterior, shape, potential, xi, samples);
          // elsewhere
          double[] moved = singles(samples * width, 4);
          backend.upload(moved, posterior.position());
          posterior.evaluate();
          potential = posterior.potential();
          requireValueAndGradient(reference, posterior, shape, potential, moved, samples);
          posterior.accept();
          posterior.complete(population);
          assertThat(population.potential()).isEqualTo(potential);
          requireKernels(reference, population, moved, depth);
          requireWhatJudgesSamples(posterior, population, parameters.kappa(), outputs);
          posterior.use(population);
          posterior.begin(0);
          assertThat(posterior.potential()).isEqualTo(potential);
        }
      }
    }
  }

  /**
   * Fields are float32, and the inverse factors of covariances amplify their rounding: 1e-5 of the
   * potential and 1e-4 of the largest component, or more by the factor by which {@link #rounding}
   * of this position exceeds that. Of 200 positions of each case the worst was at 0.7 of the
   * allowance, of ReLU in four layers with ten samples for six points, nearly singular, at 2.2.
   */
  private void requireValueAndGradient(
      DeepReferencePotential reference,
      PrimalPosterior posterior,
      FieldShape shape,
      double potential,
      double[] xi,
      int samples) {
    double expected = reference.value(xi, samples);
    double usual = 1e-5 * Math.abs(expected);
    double amplified = Math.max(1, rounding(reference, xi, samples, expected) / usual);
    assertThat(amplified).isLessThan(10);
    assertThat(potential).isCloseTo(expected, within(usual * amplified));
    Matrix gradient = posterior.gradient();
    double[] g = new double[gradient.rows() * gradient.columns()];
    backend.download(gradient, g);
    int columns = gradient.columns();
    int layers = posterior.layers();
    double[] largest = new double[layers];
    double[] worst = new double[layers];
    int rank = shape.rank();
    int above = layers == 1 ? 1 : shape.widths(samples)[1];
    // a third of the components, on diagonals: some of every row and column
    for (int i = 0; i < g.length; i++) {
      if ((i / columns + i % columns) % 3 != 0) {
        continue;
      }
      int layer = i % columns < rank ? 0 : 1 + (i % columns - rank) / above;
      double difference = reference.derivative(xi, samples, i);
      largest[layer] = Math.max(largest[layer], Math.abs(difference));
      worst[layer] = Math.max(worst[layer], Math.abs(g[i] - difference));
    }
    for (int l = 0; l < layers; l++) {
      assertThat(largest[l]).isGreaterThan(1e-3);
      assertThat(worst[l] / largest[l]).as("layer %d", l + 1).isLessThan(1e-4 * amplified);
    }
  }

  /** The largest that rounding of the kernels does to the potential, of eight roundings, twice. */
  private static double rounding(
      DeepReferencePotential reference, double[] xi, int samples, double expected) {
    double largest = 0;
    Random random = new Random(5);
    for (int n = 0; n < 8; n++) {
      double value = reference.roundedValue(xi, samples, random);
      largest = Math.max(largest, Math.abs(value - expected));
    }
    return 2 * largest;
  }

  private void requireKernels(
      DeepReferencePotential reference, FieldPopulation population, double[] xi, int depth) {
    for (int l = 1; l <= depth; l++) {
      double[] kernel = new double[P * P];
      backend.download(population.kernel(l), kernel);
      var expected = reference.kernels(xi, population.samples()).get(l - 1);
      double error = ReferencePotential.matrix(kernel, P).subtract(expected).getFrobeniusNorm();
      assertThat(error / expected.getFrobeniusNorm()).isLessThan(1e-5);
    }
  }

  /** tr K (K + kappa)^{-1} and K u, by other matrices of the same kernel. */
  private void requireWhatJudgesSamples(
      PrimalPosterior posterior, FieldPopulation population, double kappa, int outputs) {
    double[] values = new double[P * P];
    backend.download(population.kernel(), values);
    RealMatrix kernel = ReferencePotential.matrix(values, P);
    double dimension = 0;
    for (double eigenvalue : new EigenDecomposition(kernel).getRealEigenvalues()) {
      dimension += eigenvalue / (eigenvalue + kappa);
    }
    assertThat(posterior.effectiveDimension(population)).isCloseTo(dimension, within(1e-9 * P));
    assertThat(posterior.readoutFeatures(population.samples())).isEqualTo(population.samples());
    double[] u = singles(P * outputs, 7);
    posterior.setReference(u);
    double[] image = posterior.kernelImage(population);
    RealMatrix expected = kernel.multiply(ReferencePotential.matrix(u, P));
    for (int i = 0; i < image.length; i++) {
      assertThat(image[i])
          .isCloseTo(expected.getEntry(i / outputs, i % outputs), within(1e-12 * P));
    }
  }

  /** The same formula by other code: blocks, other scratch, no Cholesky factors of layers. */
  @ParameterizedTest
  @Activations
  void oneHiddenLayerIsThatOfTheSpecialisedPosterior(Activation f) {
    NetworkSpec network = NetworkSpec.of(1, f);
    InputFactor input = factor(network);
    double[] y = singles(2 * P, 2);
    double[] xi = singles(S * input.rank(), 3);
    PosteriorParameters parameters = new PosteriorParameters(0.8, 0.2, 1, 1);
    double[][] gradients = new double[2][S * input.rank()];
    double[] potentials = new double[2];
    for (int i = 0; i < 2; i++) {
      try (MarginalPosterior posterior =
              i == 0
                  ? new PrimalPosterior(backend, network, input, y, parameters, S)
                  : PrimalPosterior.ofBlocks(backend, f, input, y, parameters, S);
          FieldPopulation population = posterior.newPopulation(S, 1)) {
        backend.upload(xi, population.xi());
        posterior.refresh(population);
        posterior.begin(0);
        potentials[i] = posterior.potential();
        backend.download(posterior.gradient(), gradients[i]);
      }
    }
    assertThat(potentials[0]).isCloseTo(potentials[1], within(1e-7 * potentials[1]));
    double largest = 0;
    double worst = 0;
    for (int i = 0; i < gradients[0].length; i++) {
      largest = Math.max(largest, Math.abs(gradients[1][i]));
      worst = Math.max(worst, Math.abs(gradients[0][i] - gradients[1][i]));
    }
    assertThat(worst / largest).isLessThan(1e-5);
  }

  @Test
  void refusedMovesLeaveThePopulationAsItWas() {
    NetworkSpec network = network(2, Activation.RELU);
    InputFactor input = factor(network);
    PosteriorParameters parameters = new PosteriorParameters(1, 0.1, 1, 0);
    try (PrimalPosterior posterior =
            new PrimalPosterior(backend, network, input, singles(P, 2), parameters, S);
        FieldPopulation population = posterior.newPopulation(S, 1)) {
      double[] xi = singles(S * (input.rank() + P), 3);
      backend.upload(xi, population.xi());
      posterior.refresh(population);
      posterior.begin(0);
      double before = posterior.potential();
      backend.fill(Double.NaN, posterior.position());
      posterior.evaluate();
      assertThat(posterior.potential()).isEqualTo(Double.POSITIVE_INFINITY);
      // a later position that is sound does not mend the trajectory
      backend.fill(0.5, posterior.position());
      posterior.evaluate();
      assertThat(posterior.potential()).isEqualTo(Double.POSITIVE_INFINITY);
      posterior.begin(0);
      assertThat(posterior.potential()).isEqualTo(before);
      double[] kept = new double[xi.length];
      backend.download(population.xi(), kept);
      assertThat(kept).isEqualTo(xi);
    }
  }

  /**
   * Fewer samples than points: the kernel has no full rank, and rounding would make it negative.
   */
  @Test
  void jitterRisesWhereSamplesAreFewerThanPoints() {
    NetworkSpec network = NetworkSpec.of(2, Activation.TANH);
    double[] x = singles(30 * 4, 1);
    InputFactor input = InputFactor.of(backend, network, x, 30, 4);
    PosteriorParameters parameters = new PosteriorParameters(1, 0.1, 1, 0);
    try (PrimalPosterior posterior =
            new PrimalPosterior(backend, network, input, singles(30, 2), parameters, 8);
        FieldPopulation population = posterior.newPopulation(8, 1)) {
      backend.upload(singles(8 * (input.rank() + 30), 3), population.xi());
      posterior.refresh(population);
      assertThat(posterior.jitter()).isBetween(RelativeJitter.LEAST, 1e-6);
      assertThat(population.potential()).isFinite().isPositive();
    }
  }

  /** Chains may live in lanes of their own: what one needs must not depend on its neighbours. */
  @Test
  void jitterOfOnePopulationIsNoneOfAnothersBusiness() {
    NetworkSpec network = NetworkSpec.of(2, Activation.TANH);
    double[] x = singles(30 * 4, 1);
    InputFactor input = InputFactor.of(backend, network, x, 30, 4);
    PosteriorParameters parameters = new PosteriorParameters(1, 0.1, 1, 0);
    try (PrimalPosterior posterior =
            new PrimalPosterior(backend, network, input, singles(30, 2), parameters, 200, 8);
        FieldPopulation poor = posterior.newPopulation(8, 1);
        FieldPopulation sound = posterior.newPopulation(200, 1)) {
      backend.upload(singles(8 * (input.rank() + 30), 3), poor.xi());
      backend.upload(singles(200 * (input.rank() + 30), 3), sound.xi());
      posterior.refresh(poor);
      assertThat(poor.jitter()).isGreaterThan(RelativeJitter.LEAST);
      posterior.refresh(sound);
      assertThat(posterior.jitter()).isEqualTo(sound.jitter()).isEqualTo(RelativeJitter.LEAST);
      posterior.use(poor);
      assertThat(posterior.jitter()).isEqualTo(poor.jitter());
    }
  }

  @Test
  void populationsThatWereNotPlannedAreRefused() {
    NetworkSpec network = network(2, Activation.TANH);
    PosteriorParameters parameters = new PosteriorParameters(1, 0.1, 1, 0);
    try (PrimalPosterior posterior =
        new PrimalPosterior(backend, network, factor(network), singles(P, 2), parameters, S)) {
      assertThatThrownBy(() -> posterior.newPopulation(30, 1))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("30 samples");
      assertThatThrownBy(() -> posterior.newPopulation(S, 2))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}
