package org.richkernel.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;

class ParallelChainsTest {
  /** AR(1) chains x_t = rho x_{t-1} + noise, stationary with variance 1. */
  private static double[][] chains(int count, int length, double rho, long seed) {
    Random random = new Random(seed);
    double[][] chains = new double[count][length];
    for (double[] chain : chains) {
      double x = random.nextGaussian();
      for (int t = 0; t < length; t++) {
        chain[t] = x;
        x = rho * x + Math.sqrt(1 - rho * rho) * random.nextGaussian();
      }
    }
    return chains;
  }

  @Test
  void independentDrawsAreWorthTheirNumber() {
    ParallelChains chains = new ParallelChains(chains(4, 2000, 0, 1));
    assertThat(chains.splitRhat()).isCloseTo(1, within(0.003));
    assertThat(chains.effectiveSamples()).isCloseTo(8000, within(800.0));
  }

  @Test
  void correlatedDrawsAreWorthTheInverseAutocorrelationTime() {
    // tau = (1 + rho) / (1 - rho) = 9
    ParallelChains chains = new ParallelChains(chains(4, 8000, 0.8, 2));
    assertThat(chains.effectiveSamples()).isCloseTo(32000 / 9.0, within(0.15 * 32000 / 9.0));
    assertThat(new ParallelChains(chains(4, 8000, -0.5, 3)).effectiveSamples())
        .isGreaterThan(1.5 * 32000);
  }

  @Test
  void chainsAtDifferentPlacesOrDriftingAreFoundOut() {
    double[][] shifted = chains(4, 500, 0, 4);
    for (int t = 0; t < 500; t++) {
      shifted[0][t] += 1;
    }
    assertThat(new ParallelChains(shifted).splitRhat()).isGreaterThan(1.05);
    double[][] drifting = chains(4, 500, 0, 5);
    for (double[] chain : drifting) {
      for (int t = 0; t < 500; t++) {
        chain[t] += t / 250.0;
      }
    }
    assertThat(new ParallelChains(drifting).splitRhat()).isGreaterThan(1.1);
    assertThat(new ParallelChains(drifting).effectiveSamples()).isLessThan(100);
  }

  /** The second chain is three times as wide about the same mean: only the folded ranks see it. */
  @Test
  void chainsOfDifferentWidthAreFoundOut() {
    double[][] wide = chains(2, 500, 0, 6);
    for (int t = 0; t < 500; t++) {
      wide[1][t] *= 3;
    }
    assertThat(new ParallelChains(wide).splitRhat()).isGreaterThan(1.05);
  }

  /**
   * Cauchy draws have no variance, but their ranks agree; one shifted chain is seen all the same.
   */
  @Test
  void heavyTailsDoNotHideAShift() {
    Random random = new Random(7);
    double[][] cauchy = new double[2][1000];
    for (double[] chain : cauchy) {
      for (int t = 0; t < chain.length; t++) {
        chain[t] = Math.tan(Math.PI * (random.nextDouble() - 0.5));
      }
    }
    assertThat(new ParallelChains(cauchy).splitRhat()).isLessThan(1.02);
    for (int t = 0; t < cauchy[0].length; t++) {
      cauchy[0][t] += 2;
    }
    assertThat(new ParallelChains(cauchy).splitRhat()).isGreaterThan(1.05);
  }

  /**
   * 2000 runs of two AR(1) chains of 20 autocorrelation times: two errors hold 95 % and one holds
   * 68 %, to three binomial errors and the 2 % that so short a run cannot know.
   */
  @Test
  void errorsOfShortRunsHoldWhatTheyPromise() {
    double rho = 2.0 / 3; // tau = 5
    int runs = 2000;
    int two = 0;
    int one = 0;
    for (int run = 0; run < runs; run++) {
      SampleMean mean = new ParallelChains(chains(2, 100, rho, 1000 + run)).sampleMean();
      two += Math.abs(mean.value()) <= 1.96 * mean.standardError() ? 1 : 0;
      one += Math.abs(mean.value()) <= mean.standardError() ? 1 : 0;
    }
    assertThat((double) two / runs).isBetween(0.92, 0.98);
    assertThat((double) one / runs).isBetween(0.63, 0.74);
  }

  @Test
  void sumsAddVariancesAndTheFreedomOfWelchAndSatterthwaite() {
    SampleMean a = new SampleMean(1, 4, 10, 20, 1.01);
    SampleMean b = new SampleMean(2, 1, 5, 30, 1.02);
    SampleMean sum = a.times(2).plus(b.times(-1));
    assertThat(sum.value()).isZero();
    assertThat(sum.variance()).isEqualTo(17);
    assertThat(sum.degreesOfFreedom()).isCloseTo(17 * 17 / (256 / 10.0 + 1 / 5.0), within(1e-12));
    assertThat(sum.rHat()).isEqualTo(1.02);
    assertThat(sum.effectiveSamples()).isEqualTo(20);
  }

  @Test
  void constantsAgree() {
    ParallelChains chains = new ParallelChains(new double[2][10]);
    assertThat(chains.splitRhat()).isEqualTo(1);
    assertThat(chains.effectiveSamples()).isEqualTo(20);
  }

  @Test
  void chainsOfDifferentLengthsAreRefused() {
    assertThatThrownBy(() -> new ParallelChains(new double[][] {{1, 2, 3, 4}, {1, 2, 3}}))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new ParallelChains(new double[][] {{1, 2}}))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
