package org.richkernel.sampling;

import java.util.Arrays;

/**
 * A scalar measured once per iteration of a Markov chain: mean, error of the mean from block
 * averages, and integrated autocorrelation time.
 */
public final class MonteCarloSeries {
  /** Blocks used for the error of the mean. */
  public static final int BLOCKS = 10;

  private double[] values = new double[256];
  private int size;

  /** Appends a measurement. */
  public void add(double value) {
    if (size == values.length) {
      values = Arrays.copyOf(values, 2 * size);
    }
    values[size++] = value;
  }

  /** Number of measurements. */
  public int size() {
    return size;
  }

  /** The measurements so far, a copy. */
  public double[] values() {
    return Arrays.copyOf(values, size);
  }

  /** Replaces all measurements by saved ones. */
  public void restore(double[] saved) {
    values = Arrays.copyOf(saved, Math.max(256, saved.length));
    size = saved.length;
  }

  /** Mean, NaN when empty. */
  public double mean() {
    return mean(0, size);
  }

  private double mean(int from, int to) {
    double sum = 0;
    for (int i = from; i < to; i++) {
      sum += values[i];
    }
    return sum / (to - from);
  }

  /** Variance of single measurements, NaN for fewer than two. */
  public double variance() {
    double mean = mean();
    double sum = 0;
    for (int i = 0; i < size; i++) {
      sum += (values[i] - mean) * (values[i] - mean);
    }
    return size < 2 ? Double.NaN : sum / (size - 1);
  }

  /**
   * Standard error of the mean: the larger of the block estimate (blocks of equal length, {@value
   * #BLOCKS} of them) and the one from the autocorrelation time; NaN for fewer than 2 measurements
   * per block.
   */
  public double standardError() {
    if (size < 2 * BLOCKS) {
      return Double.NaN;
    }
    double mean = mean();
    double sum = 0;
    for (int b = 0; b < BLOCKS; b++) {
      int from = (int) ((long) b * size / BLOCKS);
      int to = (int) ((long) (b + 1) * size / BLOCKS);
      double deviation = mean(from, to) - mean;
      sum += deviation * deviation;
    }
    double blocks = Math.sqrt(sum / (BLOCKS * (BLOCKS - 1.0)));
    double correlated = Math.sqrt(variance() * autocorrelationTime() / size);
    return Math.max(blocks, correlated);
  }

  /**
   * Integrated autocorrelation time 1 + 2 sum_k rho_k in iterations, cut at the first lag beyond
   * five times itself (Sokal's window); at least 1; NaN for fewer than 4 measurements.
   */
  public double autocorrelationTime() {
    if (size < 4) {
      return Double.NaN;
    }
    double mean = mean();
    double variance = 0;
    for (int i = 0; i < size; i++) {
      variance += (values[i] - mean) * (values[i] - mean);
    }
    if (variance == 0) {
      return 1;
    }
    double tau = 1;
    for (int lag = 1; lag < size; lag++) {
      double covariance = 0;
      for (int i = lag; i < size; i++) {
        covariance += (values[i] - mean) * (values[i - lag] - mean);
      }
      tau += 2 * covariance / variance;
      if (lag > 5 * tau) {
        break;
      }
    }
    return Math.max(1, tau);
  }
}
