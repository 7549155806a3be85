package org.richkernel.bayes;

import org.richkernel.compute.NotPositiveDefiniteException;

/**
 * Jitter of the covariances of layers, relative to the mean of their diagonals; it starts from 1e-9
 * and rises to at most 1e-6 where rounding asks for it.
 */
public final class RelativeJitter {
  /** Where it starts. */
  public static final double LEAST = 1e-9;

  private static final double LARGEST = 1e-6;

  private double value = LEAST;

  /** The jitter at present. */
  public double value() {
    return value;
  }

  /** Takes up the jitter of an earlier run. */
  public void set(double relative) {
    value = relative;
  }

  /**
   * Does what factorizes with this jitter, again with ten times as much whenever it fails.
   *
   * @throws NotPositiveDefiniteException if it fails with the largest jitter too
   */
  public void raising(Runnable factorization) {
    while (true) {
      try {
        factorization.run();
        return;
      } catch (NotPositiveDefiniteException e) {
        if (value >= LARGEST) {
          throw e;
        }
        value *= 10;
      }
    }
  }
}
