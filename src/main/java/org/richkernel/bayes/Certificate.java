package org.richkernel.bayes;

/**
 * Why a solution may be believed, or not.
 *
 * @param residual |Y - (g Phi + kappa) v| / |Y| after extrapolation
 * @param residualError its standard error, from the spread between chains
 * @param equilibrium relative violation of the integration by parts that samples of the saddle's
 *     density obey
 * @param equilibriumError its standard error
 * @param disagreement largest difference between two chains, in standard errors
 * @param effectiveSweeps fewest independent sweeps of a chain
 */
public record Certificate(
    double residual,
    double residualError,
    double equilibrium,
    double equilibriumError,
    double disagreement,
    double effectiveSweeps) {
  /** The certificate of a closed form whose equations hold to the given relative residual. */
  public static Certificate exact(double residual) {
    return new Certificate(residual, 0, 0, 0, 0, Double.POSITIVE_INFINITY);
  }
}
