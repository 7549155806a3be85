package org.richkernel.sampling;

import java.util.Arrays;

/**
 * A scalar measured once per iteration of a Markov chain; {@link ParallelChains} judges several of
 * one law together.
 */
public final class MonteCarloSeries {
  /** Fewest measurements that an error is taken from. */
  private static final int LEAST = 20;

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

  /** The later half of the measurements, a copy. */
  public MonteCarloSeries laterHalf() {
    MonteCarloSeries half = new MonteCarloSeries();
    half.restore(Arrays.copyOfRange(values, size / 2, size));
    return half;
  }

  /** The squares of the measurements. */
  public MonteCarloSeries squared() {
    MonteCarloSeries squares = new MonteCarloSeries();
    squares.restore(Arrays.stream(values()).map(value -> value * value).toArray());
    return squares;
  }

  /** Replaces all measurements by saved ones. */
  public void restore(double[] saved) {
    values = Arrays.copyOf(saved, Math.max(256, saved.length));
    size = saved.length;
  }

  /** Mean, NaN when empty. */
  public double mean() {
    double sum = 0;
    for (int i = 0; i < size; i++) {
      sum += values[i];
    }
    return sum / size;
  }

  /**
   * Standard error of the mean of this one chain, with Student's factor; NaN for fewer than {@value
   * #LEAST} measurements.
   */
  public double standardError() {
    return size < LEAST ? Double.NaN : alone().sampleMean().standardError();
  }

  /** Integrated autocorrelation time in iterations; NaN for fewer than 4 measurements. */
  public double autocorrelationTime() {
    return size < 4 ? Double.NaN : alone().autocorrelationTime();
  }

  private ParallelChains alone() {
    return new ParallelChains(new double[][] {values()});
  }

  /** Forgets all measurements. */
  public void clear() {
    size = 0;
  }
}
