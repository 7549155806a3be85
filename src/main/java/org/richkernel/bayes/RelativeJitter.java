package org.richkernel.bayes;

import java.util.function.DoubleSupplier;
import org.richkernel.compute.NotPositiveDefiniteException;
import org.richkernel.network.UnresolvedKernelException;

/**
 * Jitter of the covariances of layers, relative to the mean of their diagonals; it starts from 1e-9
 * and rises to at most 1e-6 after failed factorizations.
 */
public final class RelativeJitter {
  /** Initial jitter. */
  public static final double LEAST = 1e-9;

  private static final double LARGEST = 1e-6;

  private final double kappa;
  private double value = LEAST;

  /**
   * A jitter whose result must be small against the ridge on the readout kernel.
   *
   * @param kappa the ridge
   */
  public RelativeJitter(double kappa) {
    this.kappa = kappa;
  }

  /** The jitter at present. */
  public double value() {
    return value;
  }

  /** Sets the jitter of an earlier run. */
  public void set(double relative) {
    value = relative;
  }

  /**
   * Runs a factorization with this jitter, and again with ten times the jitter after each failure.
   *
   * @param factorization returns its largest jitter, in units of the covariance
   * @throws UnresolvedKernelException if the jitter is not small against the ridge
   * @throws NotPositiveDefiniteException if it fails with the largest jitter too
   */
  public void raising(DoubleSupplier factorization) {
    while (true) {
      try {
        UnresolvedKernelException.requireSmall(factorization.getAsDouble(), kappa);
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
