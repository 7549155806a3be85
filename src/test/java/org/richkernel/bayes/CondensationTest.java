package org.richkernel.bayes;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.stack.PosteriorParameters;

/** A population in which one sample carries the fit is told from one at the saddle. */
class CondensationTest {
  private static final int P = 20;
  private static final int SAMPLES = 256;

  @Test
  void oneSampleOfNormSqrtSHasNearlyAllOfTheFit() {
    try (Backend backend = Backends.cpu()) {
      InputFactor input = Digits.factor(backend, P);
      PosteriorParameters parameters = new PosteriorParameters(2, 0.1, 1, 0);
      try (PrimalPosterior posterior =
              PrimalPosterior.ofBlocks(
                  backend, Activation.RELU, input, Digits.y(P), parameters, 128);
          FieldPopulation population = posterior.newPopulation(SAMPLES, 2)) {
        float[] xi = new float[SAMPLES * input.rank()];
        backend.fillGaussian(3, 4, 0, population.xi());
        backend.download(population.xi(), xi);
        posterior.refresh(population);
        assertThat(posterior.largestShare(population)).isLessThan(0.1);

        // sample 200 becomes 6 sqrt(S) F^T y / |F^T y|
        double[] direction = new double[input.rank()];
        double square = 0;
        for (int k = 0; k < direction.length; k++) {
          for (int i = 0; i < P; i++) {
            direction[k] += input.factor()[i * input.rank() + k] * Digits.y(P)[i];
          }
          square += direction[k] * direction[k];
        }
        for (int k = 0; k < direction.length; k++) {
          xi[200 * input.rank() + k] = (float) (6 * Math.sqrt(SAMPLES / square) * direction[k]);
        }
        backend.upload(xi, population.xi());
        posterior.refresh(population);
        assertThat(posterior.largestShare(population)).isGreaterThan(0.9);
      }
    }
  }
}
