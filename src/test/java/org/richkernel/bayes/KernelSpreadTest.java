package org.richkernel.bayes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.richkernel.bayes.Values.singles;

import java.util.Arrays;
import java.util.Random;
import org.apache.commons.math3.linear.RealMatrix;
import org.junit.jupiter.api.Test;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.lazy.KernelKind;
import org.richkernel.lazy.LazyProblem;
import org.richkernel.lazy.LazySolver;
import org.richkernel.lazy.ReferenceDigits;
import org.richkernel.network.NetworkSpec;
import org.richkernel.sampling.MonteCarloSeries;
import org.richkernel.sampling.SampleMean;
import org.richkernel.stack.FieldForm;
import org.richkernel.stack.FieldShape;
import org.richkernel.stack.PointHolders;
import org.richkernel.stack.PosteriorParameters;

/** Norms of mean kernels from overlaps of populations. */
class KernelSpreadTest {
  private static Backend open() {
    return Backends.open("cpu", new BackendOptions(1, Long.MAX_VALUE), line -> {});
  }

  private static float[] floats(double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }

  /** Half of |Phi_a - Phi_b|^2 of a single pair, layer by layer, from P x P kernels in float64. */
  @Test
  void spreadOfAPairIsThatOfItsKernels() {
    int points = 9;
    int samples = 5;
    NetworkSpec network =
        NetworkSpec.of(3, Activation.TANH)
            .withWeightVariances(new double[] {1.2, 0.9, 1.3, 1.1})
            .withBiasVariance(0.3);
    double[] y = singles(points, 2);
    PosteriorParameters parameters = new PosteriorParameters(0.8, 0.2, 1.1, 0.5);
    try (Backend backend = open()) {
      InputFactor input = InputFactor.of(backend, network, singles(points * 4, 1), points, 4);
      FieldShape shape = FieldShape.of(network, input.rank(), points, FieldForm.WEIGHTS);
      DeepReferencePotential reference =
          new DeepReferencePotential(network, FieldForm.WEIGHTS, input, y, parameters);
      double[] one = singles(samples * shape.width(samples), 3);
      double[] other = singles(samples * shape.width(samples), 4);
      try (DualPosterior posterior =
              new DualPosterior(
                  PointHolders.of(backend),
                  network,
                  input,
                  y,
                  parameters,
                  new int[] {samples},
                  samples);
          KernelSpread spread = new KernelSpread(posterior, network, samples)) {
        spread.measure(floats(one), floats(other));
        for (int l = 1; l <= 3; l++) {
          RealMatrix apart =
              reference
                  .kernels(one, samples)
                  .get(l - 1)
                  .subtract(reference.kernels(other, samples).get(l - 1));
          double expected = 0.5 * Math.pow(apart.getFrobeniusNorm(), 2);
          assertThat(spread.of(l).value())
              .as("layer %d", l)
              .isCloseTo(expected, within(1e-5 * expected));
        }
      }
    }
  }

  /**
   * Independent ReLU neurons of the prior, whose mean kernel is known: squared norms of kernels of
   * 20 neurons are too large by the spread.
   */
  @Test
  void normOfTheMeanKernelIsThatOfThePrior() {
    int points = 40;
    int samples = 20;
    NetworkSpec network = NetworkSpec.of(1, Activation.RELU);
    Random random = new Random(7);
    try (Backend backend = open()) {
      double[] kernel =
          new LazySolver(
                  backend,
                  LazyProblem.of(
                      network,
                      KernelKind.NNGP,
                      0.1,
                      ReferenceDigits.trainInputs(points),
                      ReferenceDigits.trainTargets(points)))
              .solve()
              .gram()
              .feature(1);
      double expected = Arrays.stream(kernel).map(k -> k * k).sum();
      InputFactor input = Digits.factor(backend, points);
      MonteCarloSeries squares = new MonteCarloSeries();
      try (DualPosterior posterior =
              new DualPosterior(
                  PointHolders.of(backend),
                  network,
                  input,
                  Digits.y(points),
                  new PosteriorParameters(1, 0.1, 1, 0.5),
                  new int[] {samples},
                  8);
          KernelSpread spread = new KernelSpread(posterior, network, samples);
          FieldPopulation population = posterior.newPopulation(samples, 3)) {
        for (int pair = 0; pair < 200; pair++) {
          float[][] both = new float[2][samples * input.rank()];
          double square = 0;
          for (float[] fields : both) {
            for (int j = 0; j < fields.length; j++) {
              fields[j] = (float) random.nextGaussian();
            }
            backend.upload(fields, population.xi());
            posterior.refresh(population);
            square += backend.dot(population.kernel(), population.kernel());
          }
          squares.add(square / (2 * samples * samples));
          spread.measure(both[0], both[1]);
        }
        SampleMean found = spread.of(1);
        assertThat(found.value()).isGreaterThan(0.15 * expected);
        assertThat(found.standardError()).isLessThan(0.1 * found.value());
        double error = Math.hypot(found.standardError(), squares.standardError());
        assertThat(squares.mean() - found.value()).isCloseTo(expected, within(4 * error));
        spread.clear();
        assertThat(spread.of(1).value()).isNaN();
      }
    }
  }
}
