package org.richkernel.lazy;

import java.util.List;

/**
 * The coefficients of a kernel ridge predictor, and how they were computed.
 *
 * @param coefficients (K + (kappa + jitter) I)^{-1} Y, P x K, row-major
 * @param points P
 * @param outputs K
 * @param kappa requested ridge
 * @param jitter addition to the ridge that made the solve succeed; 0 if kappa is above 0
 * @param rejectedJitters earlier values that failed, in order
 * @param residual |Y - (K + (kappa + jitter) I) coefficients|_F / |Y|_F, 0 for Y = 0
 * @param displacement how far the jitter keeps the predictions at the training points from those
 *     without it, relative to |Y|_F; 0 without a jitter
 * @param rounding how much the rounding of K to float64 moves the predictions at the training
 *     points, relative to |Y|_F; 0 where it was too small to matter
 */
public record RidgeFit(
    double[] coefficients,
    int points,
    int outputs,
    double kappa,
    double jitter,
    List<Double> rejectedJitters,
    double residual,
    double displacement,
    double rounding) {
  /** Largest share of the targets by which the rounding of the kernel may move predictions. */
  private static final double LARGEST_ROUNDING = 3e-4;

  /** Largest displacement of a fit by its jitter that counts as none. */
  private static final double LARGEST_DISPLACEMENT = 1e-5;

  public RidgeFit {
    coefficients = coefficients.clone();
    rejectedJitters = List.copyOf(rejectedJitters);
  }

  /** Whether the requested system was solved, without a shift by the jitter. */
  public boolean converged() {
    return displacement <= LARGEST_DISPLACEMENT;
  }

  /** Whether rounding of the kernel leaves its predictions in place. */
  boolean resolved() {
    return rounding <= LARGEST_ROUNDING;
  }

  /** A copy, P x K, row-major. */
  @Override
  public double[] coefficients() {
    return coefficients.clone();
  }
}
