package org.richkernel.lazy;

/**
 * How far a fit on inducing points got, and how far it can be from kernel ridge regression on all
 * points.
 *
 * @param points M
 * @param iterations steps of conjugate gradients
 * @param residual of the normal equations, recomputed from the kernel, relative to their right-hand
 *     side, both preconditioned
 * @param tolerance of the residual
 * @param bound of the distance of the predictions to those of the exact ridge, the root mean square
 *     over training points and outputs; see {@link RidgeDistance}
 * @param boundStandardError its standard error, since it is measured at some training points
 * @param sampledRows how many training points beside the inducing ones it was measured at
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
