package org.richkernel.bayes.critical;

import java.util.List;

/**
 * Kernels of maximum a posteriori at finite width with what speaks for them; arrays are not copied.
 *
 * @param adaptation kernels of all layers beside those of the prior
 * @param residual largest mismatch of the equations over the replicas, relative to the change
 * @param kernelError standard error of C^L relative to its norm
 * @param effectiveShare smallest effective share of the samples over layers and replicas
 * @param tilt largest growth rate of the tilt over the layers: max over |u| = 1 of (2 g / N) phi(F
 *     u)^T Ct phi(F u) with C = F F^T, 0 for bounded activations; weights of the samples have a
 *     variance only below 1/2
 * @param passes most passes of a replica
 * @param converged whether all of these are as they should be
 * @param dual V, P x K
 * @param dualSpread standard error of V
 * @param testPredictions Q x K
 * @param testSpread standard error of the predictions
 * @param replicas what each independent set of samples found by itself
 */
@SuppressWarnings("ArrayRecordComponent")
public record MapSolution(
    KernelAdaptation adaptation,
    double residual,
    double kernelError,
    double effectiveShare,
    double tilt,
    int passes,
    boolean converged,
    double[] dual,
    double[] dualSpread,
    double[] testPredictions,
    double[] testSpread,
    List<Replica> replicas) {

  /**
   * What one set of samples found.
   *
   * @param kernels C^l, l = 0 .. L, P x P
   * @param dual V, P x K
   * @param predictions at other points, Q x K
   */
  public record Replica(List<double[]> kernels, double[] dual, double[] predictions) {}
}
