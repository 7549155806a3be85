package org.richkernel.bayes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.richkernel.bayes.Values.singles;

import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.compute.Matrix;
import org.richkernel.network.NetworkSpec;
import org.richkernel.stack.PosteriorParameters;

/** Potential and gradient of the sampled density against finite differences in float64. */
class BlockPosteriorTest {
  private static final int P = 7;
  private static final int D = 5;
  private static final int S = 13; // two blocks: 6 and 7 rows

  private Backend backend;

  @BeforeEach
  void open() {
    backend = Backends.cpu();
  }

  @AfterEach
  void close() {
    backend.close();
  }

  private InputFactor factor() {
    // D < P, biases: rank 6 of 7
    NetworkSpec network = NetworkSpec.of(1, Activation.TANH).withBiasVariance(0.3);
    return InputFactor.of(backend, network, singles(P * D, 1), P, D);
  }

  private static Stream<Arguments> cases() {
    return Activation.all().stream()
        .flatMap(
            f -> Stream.of(1, 3).flatMap(k -> Stream.of(0.0, 1.0).map(d -> Arguments.of(f, k, d))));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void potentialAndGradientMatchFiniteDifferences(Activation f, int outputs, double weight) {
    InputFactor input = factor();
    int r = input.rank();
    assertThat(r).isEqualTo(D + 1);
    double[] y = singles(P * outputs, 2);
    PosteriorParameters parameters = new PosteriorParameters(0.8, 0.2, 1.4, 0.5 * weight * outputs);
    ReferencePotential reference = new ReferencePotential(f, input, y, parameters);
    double[] xi = singles(S * r, 3);
    try (PrimalPosterior posterior = PrimalPosterior.ofBlocks(backend, f, input, y, parameters, 7);
        FieldPopulation population = posterior.newPopulation(S, 2)) {
      backend.upload(xi, population.xi());
      posterior.refresh(population);
      posterior.use(population);
      assertThat(population.block(0).rows()).isEqualTo(6);
      assertThat(population.block(1).rows()).isEqualTo(7);
      for (int block = 0; block < 2; block++) {
        posterior.begin(block);
        double potential = posterior.potential();
        requireValueAndGradient(reference, posterior, potential, xi, 6 * block * r);
        // elsewhere, with the other block at rest
        Matrix x = posterior.position();
        double[] moved = singles(x.rows() * r, 4 + block);
        backend.upload(moved, x);
        System.arraycopy(moved, 0, xi, 6 * block * r, moved.length);
        posterior.evaluate();
        potential = posterior.potential();
        requireValueAndGradient(reference, posterior, potential, xi, 6 * block * r);
        posterior.accept();
        requireKernel(reference, population, xi);
      }
      double[] kept = new double[S * r];
      backend.download(population.xi(), kept);
      assertThat(kept).isEqualTo(xi);
    }
  }

  /** Fields are float32: 1e-5 of the largest component is a hundred roundings. */
  private void requireValueAndGradient(
      ReferencePotential reference,
      PrimalPosterior posterior,
      double potential,
      double[] xi,
      int first) {
    double expected = reference.value(xi, S);
    assertThat(potential).isCloseTo(expected, within(3e-6 * Math.abs(expected)));
    Matrix gradient = posterior.gradient();
    double[] g = new double[gradient.rows() * gradient.columns()];
    backend.download(gradient, g);
    double largest = 0;
    double worst = 0;
    for (int i = 0; i < g.length; i++) {
      double difference = reference.derivative(xi, S, first + i);
      largest = Math.max(largest, Math.abs(difference));
      worst = Math.max(worst, Math.abs(g[i] - difference));
    }
    assertThat(largest).isGreaterThan(0.01);
    assertThat(worst / largest).isLessThan(1e-5);
  }

  private void requireKernel(
      ReferencePotential reference, FieldPopulation population, double[] xi) {
    double[] kernel = new double[P * P];
    backend.download(population.kernel(), kernel);
    double error =
        ReferencePotential.matrix(kernel, P).subtract(reference.kernel(xi, S)).getFrobeniusNorm();
    assertThat(error / reference.kernel(xi, S).getFrobeniusNorm()).isLessThan(2e-6);
    assertThat(population.potential())
        .isCloseTo(reference.value(xi, S), within(3e-6 * Math.abs(reference.value(xi, S))));
  }

  /** The gradient over all fields does not depend on how they are cut, but for rounding. */
  @ParameterizedTest
  @MethodSource("cases")
  void gradientOfAPopulationIsThatOfItsBlocks(Activation f, int outputs, double weight) {
    int samples = 240;
    InputFactor input = factor();
    double[] y = singles(P * outputs, 2);
    PosteriorParameters parameters = new PosteriorParameters(0.8, 0.2, 1.4, 0.5 * weight * outputs);
    double[] xi = singles(samples * input.rank(), 3);
    double[] whole = gradient(f, input, y, parameters, xi, 1);
    double size = 0;
    for (double g : whole) {
      size += g * g;
    }
    assertThat(size).isGreaterThan(1e-3);
    for (int blocks : new int[] {2, 7, 60}) {
      double[] cut = gradient(f, input, y, parameters, xi, blocks);
      double apart = 0;
      for (int i = 0; i < cut.length; i++) {
        apart += Math.pow(cut[i] - whole[i], 2);
      }
      assertThat(Math.sqrt(apart / size)).as("%d blocks", blocks).isLessThan(1e-5);
    }
  }

  private double[] gradient(
      Activation f,
      InputFactor input,
      double[] y,
      PosteriorParameters parameters,
      double[] xi,
      int blocks) {
    int samples = xi.length / input.rank();
    int rows = PrimalPosterior.largestBlock(samples, blocks);
    double[] gradient = new double[xi.length];
    try (PrimalPosterior posterior =
            PrimalPosterior.ofBlocks(backend, f, input, y, parameters, rows);
        FieldPopulation population = posterior.newPopulation(samples, blocks)) {
      backend.upload(xi, population.xi());
      posterior.refresh(population);
      posterior.use(population);
      for (int block = 0; block < blocks; block++) {
        posterior.begin(block);
        double[] part = new double[Math.toIntExact(posterior.gradient().size())];
        backend.download(posterior.gradient(), part);
        int first = population.firstSample(block) * input.rank();
        System.arraycopy(part, 0, gradient, first, part.length);
      }
    }
    return gradient;
  }

  @Test
  void refusedMovesLeaveThePopulationAsItWas() {
    InputFactor input = factor();
    double[] y = singles(P, 2);
    try (PrimalPosterior posterior =
            PrimalPosterior.ofBlocks(
                backend, Activation.RELU, input, y, new PosteriorParameters(1, 0.1, 1, 0), 7);
        FieldPopulation population = posterior.newPopulation(S, 2)) {
      double[] xi = singles(S * input.rank(), 3);
      backend.upload(xi, population.xi());
      posterior.refresh(population);
      posterior.begin(1);
      double before = posterior.potential();
      backend.fill(Double.NaN, posterior.position());
      posterior.evaluate();
      assertThat(posterior.potential()).isEqualTo(Double.POSITIVE_INFINITY);
      // a later position that is sound does not mend the trajectory
      backend.fill(0.5, posterior.position());
      posterior.evaluate();
      assertThat(posterior.potential()).isEqualTo(Double.POSITIVE_INFINITY);
      posterior.begin(1);
      assertThat(posterior.potential()).isEqualTo(before);
      double[] kept = new double[xi.length];
      backend.download(population.xi(), kept);
      assertThat(kept).isEqualTo(xi);
    }
  }

  /** Adding and taking away the same float32 products leaves only float64 rounding behind. */
  @Test
  void kernelOfAPopulationDoesNotDriftOverManyMoves() {
    InputFactor input = factor();
    double[] y = singles(P, 2);
    PosteriorParameters parameters = new PosteriorParameters(1, 0.1, 1, 0);
    try (OneChain one =
        new OneChain(backend, Activation.RELU, input, y, parameters, 60, 3, 1, null).run(50, 200)) {
      double[] carried = new double[P * P];
      double[] fresh = new double[P * P];
      backend.download(one.population.kernel(), carried);
      double potential = one.population.potential();
      one.posterior.refresh(one.population);
      backend.download(one.population.kernel(), fresh);
      for (int i = 0; i < fresh.length; i++) {
        assertThat(carried[i]).isCloseTo(fresh[i], within(1e-13));
      }
      assertThat(potential).isCloseTo(one.population.potential(), within(1e-9));
    }
  }

  @Test
  void blocksOfAnUnplannedSizeAreRefused() {
    try (PrimalPosterior posterior =
        PrimalPosterior.ofBlocks(
            backend,
            Activation.RELU,
            factor(),
            singles(P, 2),
            new PosteriorParameters(1, 0.1, 1, 0),
            7)) {
      assertThatThrownBy(() -> posterior.newPopulation(30, 2))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("30 samples");
      assertThatThrownBy(() -> posterior.newPopulation(10, 2))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}
