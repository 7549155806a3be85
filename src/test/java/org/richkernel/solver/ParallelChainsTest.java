package org.richkernel.solver;

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
