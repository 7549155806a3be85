package org.richkernel.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SampledVectorTest {
  private static final int EXPERIMENTS = 2000;

  /** One chain set of 800 draws of x_t = rho x_{t-1} + noise, variance 1, in steps of four. */
  private static BatchMeans chain(Random random, double rho) {
    BatchMeans means = new BatchMeans(1, 4);
    double[] x = new double[4];
    for (int c = 0; c < 4; c++) {
      x[c] = random.nextGaussian();
    }
    for (int t = 0; t < 200; t++) {
      for (int c = 0; c < 4; c++) {
        x[c] = rho * x[c] + Math.sqrt(1 - rho * rho) * random.nextGaussian();
        means.add(new double[] {x[c]});
      }
    }
    return means;
  }

  /** Of 2000 intervals 95 % hold the mean up to 0.005 a standard deviation: three are allowed. */
  @Test
  void intervalsFromEightToFifteenBatchesHold() {
    Random random = new Random(1);
    for (double rho : new double[] {0, 0.8}) {
      int holds = 0;
      for (int e = 0; e < EXPERIMENTS; e++) {
        SampledVector mean = SampledVector.ofChains(List.of(chain(random, rho)));
        holds += Math.abs(mean.value()[0]) <= 1.96 * mean.standardError()[0] ? 1 : 0;
      }
      assertThat((double) holds / EXPERIMENTS).as("rho %s", rho).isBetween(0.935, 0.975);
    }
  }

  /** exp(m) of a mean m near 0 errs as m does, and its value is that of all draws. */
  @Test
  void aFunctionOfTheMeanHasTheErrorOfItsLinearPart() {
    BatchMeans means = chain(new Random(2), 0);
    SampledVector mean = SampledVector.ofChains(List.of(means));
    SampledVector function =
        SampledVector.ofChains(List.of(means), m -> new double[] {Math.exp(m[0])});
    assertThat(function.value()[0]).isCloseTo(Math.exp(mean.value()[0]), within(1e-15));
    assertThat(function.standardError()[0])
        .isCloseTo(mean.standardError()[0], within(0.1 * mean.standardError()[0]));
  }

  /**
   * Two points that err together: the sum errs twice as much as each, the difference not at all.
   */
  @Test
  void productsKeepTheCorrelationOfTheEntries() {
    Random random = new Random(3);
    List<double[]> parts = new ArrayList<>();
    for (int b = 0; b < 8; b++) {
      double z = random.nextGaussian();
      parts.add(new double[] {z, z});
    }
    SampledVector f = SampledVector.of(parts);
    double error = f.standardError()[0];
    assertThat(f.productError(new double[] {1, 1})).isCloseTo(2 * error, within(1e-12));
    assertThat(f.productError(new double[] {1, -1})).isCloseTo(0, within(1e-12));
    assertThat(SampledVector.exact(new double[] {1, 2}).productError(new double[] {1, 1})).isZero();
  }

  @Test
  void aSingleBatchHasUnknownErrors() {
    BatchMeans means = new BatchMeans(1, 1);
    means.add(new double[] {1});
    assertThat(SampledVector.ofChains(List.of(means)).standardError()[0]).isNaN();
  }
}
