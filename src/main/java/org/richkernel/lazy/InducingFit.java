package org.richkernel.lazy;

/**
 * Convergence of a fit on inducing points, and a bound of its distance from kernel ridge regression
 * on all points.
 *
 * @param points M
 * @param iterations steps of conjugate gradients
 * @param residual of the normal equations, recomputed from the kernel, relative to their right-hand
 *     side, both preconditioned
 * @param tolerance of the residual
 * @param bound of the distance of the predictions to those of the exact ridge, the root mean square
 *     over training points and outputs; see {@link RidgeDistance}
 * @param boundStandardError its standard error, since it is measured at some training points
 * @param sampledRows number of training points of the measurement, without the inducing ones
 * @param rowsKept whether the P x M kernel was kept in memory
 */
public record InducingFit(
    int points,
    long iterations,
    double residual,
    double tolerance,
    double bound,
    double boundStandardError,
    int sampledRows,
    boolean rowsKept) {
  /** Whether the normal equations are solved. */
  public boolean converged() {
    return residual <= tolerance;
  }
}
