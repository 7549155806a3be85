package org.richkernel.bayes.sweep;

import java.util.List;
import org.richkernel.bayes.AdaptiveNbkSolution;
import org.richkernel.sampling.Estimate;

/**
 * Distance of the kernels of a solution from those of sweeps over the layers, which solve the same
 * problem by another method. Arrays are shared, not copied; do not change them.
 *
 * @param settled whether the averages of the sweeps met their accuracy and did not drift; otherwise
 *     the comparison is not meaningful
 * @param sweeps number of averaged sweeps
 * @param samples S of the sweeps
 * @param acceptance accepted fraction of the samples in the last sweep, the smallest of all layers
 * @param drift largest difference between the halves of the sweeps, in its standard errors
 * @param residual |Y - (g_L Phi^L + kappa) v| / |Y| of the sweeps' averages
 * @param tolerance of the problem
 * @param layers one entry per hidden layer
 * @param kernels Phi^1 to Phi^L of the sweeps, row-major P x P
 * @param seconds wall-clock time
 */
public record CrossCheck(
    boolean settled,
    int sweeps,
    int samples,
    double acceptance,
    double drift,
    double residual,
    double tolerance,
    List<Layer> layers,
    List<double[]> kernels,
    double seconds) {

  /** Number of standard errors by which a difference may exceed the tolerance. */
  private static final double ERRORS = 2;

  /**
   * One layer by both methods.
   *
   * @param difference |Phi' - Phi|_F / |Phi|_F with Phi' of the sweeps; its error is that of both
   *     methods together
   * @param sweep scalars of Phi'
   * @param sampler scalars of Phi
   */
  public record Layer(
      Estimate difference, AdaptiveNbkSolution.Layer sweep, AdaptiveNbkSolution.Layer sampler) {}

  /**
   * Whether the sweeps have settled and every layer's difference is below the tolerance and two
   * standard errors.
   */
  public boolean agrees() {
    boolean close = settled;
    for (Layer layer : layers) {
      Estimate difference = layer.difference();
      close &= difference.value() <= tolerance + ERRORS * difference.error();
    }
    return close;
  }
}
