package org.richkernel.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Errors and autocorrelation times against autoregressive series, where both are known. */
class MonteCarloSeriesTest {
  private static final int LENGTH = 2000;
  private static final int SEEDS = 300;

  /** x_t = rho x_{t-1} + sqrt(1 - rho^2) n_t: variance 1, autocorrelation rho^k. */
  private static MonteCarloSeries autoregressive(double rho, int length, long seed) {
    Random random = new Random(seed);
    MonteCarloSeries series = new MonteCarloSeries();
    double x = random.nextGaussian();
    for (int t = 0; t < length; t++) {
      series.add(x);
      x = rho * x + Math.sqrt(1 - rho * rho) * random.nextGaussian();
    }
    return series;
  }

  /** 1 + 2 sum_k rho^k = (1 + rho) / (1 - rho). */
  private static double time(double rho) {
    return (1 + rho) / (1 - rho);
  }

  /**
   * The mean over seeds: the estimator's own spread is about tau sqrt(2 (2 window + 1) / n) per
   * series, and leaving out the tail and subtracting the mean bias it by a few percent.
   */
  @ParameterizedTest
  @ValueSource(doubles = {0, 0.5, 0.8, 0.9})
  void autocorrelationTimeIsThatOfTheSeries(double rho) {
    double sum = 0;
    for (int seed = 0; seed < SEEDS; seed++) {
      sum += autoregressive(rho, LENGTH, seed).autocorrelationTime();
    }
    assertThat(sum / SEEDS / time(rho)).isCloseTo(1, within(0.1));
  }

  /** The standard deviation of the mean of an AR(1) series is sqrt(tau / n) for n much over tau. */
  @ParameterizedTest
  @ValueSource(doubles = {0, 0.5, 0.8, 0.9})
  void standardErrorIsThatOfTheMean(double rho) {
    double sum = 0;
    for (int seed = 0; seed < SEEDS; seed++) {
      sum += autoregressive(rho, LENGTH, seed).standardError();
    }
    double ratio = sum / SEEDS / Math.sqrt(time(rho) / LENGTH);
    // Student's factor and the spread of the estimate add a few percent
    assertThat(ratio).isBetween(0.95, 1.15);
  }

  /**
   * An interval of two standard errors holds the true mean in 95.4 % of the series if the error is
   * right; 300 series leave a standard deviation of 1.2 % on that.
   */
  @ParameterizedTest
  @ValueSource(doubles = {0, 0.5, 0.8, 0.9})
  void twoStandardErrorsCoverTheTrueMean(double rho) {
    int covered = 0;
    for (int seed = 0; seed < SEEDS; seed++) {
      MonteCarloSeries series = autoregressive(rho, LENGTH, seed);
      if (Math.abs(series.mean()) <= 2 * series.standardError()) {
        covered++;
      }
    }
    assertThat((double) covered / SEEDS).isBetween(0.93, 0.995);
  }

  /** A series of independent numbers that is taken for correlated, or the reverse, would show. */
  @Test
  void errorsOfCorrelatedSeriesAreNotThoseOfIndependentOnes() {
    MonteCarloSeries series = autoregressive(0.9, LENGTH, 1);
    double naive =
        new org.apache.commons.math3.stat.descriptive.DescriptiveStatistics(series.values())
                .getStandardDeviation()
            / Math.sqrt(series.size());
    assertThat(series.standardError() / naive).isBetween(0.7 * Math.sqrt(19), 1.7 * Math.sqrt(19));
  }

  @Test
  void shortSeriesHaveNoError() {
    MonteCarloSeries series = new MonteCarloSeries();
    assertThat(series.mean()).isNaN();
    for (int i = 0; i < 19; i++) {
      series.add(i % 3);
      assertThat(series.standardError()).isNaN();
    }
    series.add(1);
    assertThat(series.standardError()).isPositive();
  }

  @Test
  void constantSeriesHaveNoErrorAndTimeOne() {
    MonteCarloSeries series = new MonteCarloSeries();
    for (int i = 0; i < 40; i++) {
      series.add(0.25);
    }
    assertThat(series.standardError()).isZero();
    assertThat(series.autocorrelationTime()).isEqualTo(1);
  }

  @Test
  void restoredSeriesGoesOnBitForBit() {
    MonteCarloSeries whole = autoregressive(0.5, 700, 3);
    MonteCarloSeries part = new MonteCarloSeries();
    double[] values = whole.values();
    part.restore(java.util.Arrays.copyOf(values, 300));
    for (int i = 300; i < 700; i++) {
      part.add(values[i]);
    }
    assertThat(part.values()).isEqualTo(values);
    assertThat(part.mean()).isEqualTo(whole.mean());
    assertThat(part.standardError()).isEqualTo(whole.standardError());
  }
}
