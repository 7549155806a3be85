package org.richkernel.bayes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.Precision;
import org.richkernel.lazy.KernelKind;
import org.richkernel.lazy.LazyProblem;
import org.richkernel.lazy.LazySolver;
import org.richkernel.lazy.ReferenceDigits;
import org.richkernel.network.NetworkSpec;
import org.richkernel.sampling.IndependentEstimates;
import org.richkernel.stack.PointHolders;
import org.richkernel.stack.PosteriorParameters;

/**
 * Numbers of the kernel from G and b alone, against the arc-cosine kernel for draws of the prior.
 */
class SampleGramSeriesTest {
  private static final int P = 40;
  private static final int S = 50;
  private static final int DRAWS = 4000;

  @Test
  void averagesOverThePriorAreThoseOfTheKernelAtInitialisation() {
    NetworkSpec network = NetworkSpec.of(1, Activation.RELU);
    double[] y = Digits.y(P);
    try (Backend backend = Backends.cpu()) {
      double[] kernel =
          new LazySolver(
                  backend,
                  LazyProblem.of(
                      network,
                      KernelKind.NNGP,
                      0.1,
                      ReferenceDigits.trainInputs(P),
                      ReferenceDigits.trainTargets(P)))
              .solve()
              .gram()
              .feature(1);
      double trace = 0;
      double fit = 0;
      for (int i = 0; i < P; i++) {
        trace += kernel[i * P + i];
        for (int j = 0; j < P; j++) {
          fit += y[i] * kernel[i * P + j] * y[j];
        }
      }
      double square = Arrays.stream(kernel).map(k -> k * k).sum();
      KernelScalars scalars = drawn(backend, y, S);
      requireMean(scalars.trace().values(), trace);
      requireMean(scalars.fit().values(), fit);
      // the mean square is exactly |K|^2 + b / S for independent samples
      double[] squares = squares(scalars);
      double[] small = squares(drawn(backend, y, S / 5));
      double found = IndependentEstimates.mean(squares);
      double bias = (IndependentEstimates.mean(small) - found) / 4;
      double error =
          Math.hypot(
              1.25 * IndependentEstimates.standardError(squares),
              0.25 * IndependentEstimates.standardError(small));
      assertThat(found - bias).isCloseTo(square, within(4 * error));
      assertThat(error).isLessThan(0.05 * square);
      assertThat(bias).isGreaterThan(4 * error);
    }
  }

  private static double[] squares(KernelScalars scalars) {
    return Arrays.stream(scalars.frobenius().values()).map(n -> n * n).toArray();
  }

  private static void requireMean(double[] values, double exact) {
    double error = IndependentEstimates.standardError(values);
    assertThat(error).isLessThan(0.05 * exact);
    assertThat(IndependentEstimates.mean(values)).isCloseTo(exact, within(4 * error));
  }

  private static KernelScalars drawn(Backend backend, double[] y, int samples) {
    PosteriorParameters parameters = new PosteriorParameters(1, 0.1, 1, 0);
    try (DualPosterior posterior =
            new DualPosterior(
                PointHolders.of(backend),
                NetworkSpec.of(1, Activation.RELU),
                Digits.factor(backend, P),
                y,
                parameters,
                new int[] {samples},
                samples);
        FieldPopulation population = posterior.newPopulation(samples, 1);
        Matrix targets = backend.allocate(Precision.FLOAT64, P, 1, "targets");
        Matrix diagonal = backend.allocate(Precision.FLOAT64, samples, 1, "diagonal")) {
      backend.upload(y, targets);
      SampleGramSeries series = new SampleGramSeries(backend, diagonal, 1);
      for (int draw = 0; draw < DRAWS; draw++) {
        backend.fillGaussian(7, draw, 0, population.xi());
        posterior.refresh(population);
        series.measure(population, 1, targets, posterior.unitMatrix());
      }
      return series.scalars();
    }
  }
}
