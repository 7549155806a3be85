package org.richkernel.bayes.critical;

import java.util.List;

/**
 * Kernels of maximum a posteriori at finite width with their convergence tests; arrays are not
 * copied.
 *
 * @param adaptation kernels of all layers with those of the prior
 * @param residual largest mismatch of the equations over the replicas, relative to the change
 * @param kernelError standard error of C^L relative to its norm
 * @param effectiveShare smallest effective fraction of the samples over layers and replicas
 * @param tilt largest growth rate of the tilt over the layers: max over |u| = 1 of (2 g / N) phi(F
 *     u)^T Ct phi(F u) with C = F F^T, 0 for bounded activations; weights of the samples have a
 *     variance only below 1/2
 * @param passes largest number of passes of a replica
 * @param converged whether all of these meet their limits
 * @param dual V, P x K
 * @param dualSpread standard error of V
 * @param testPredictions Q x K
 * @param testSpread standard error of the predictions
 * @param replicas results of each independent set of samples
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
   * Result of one set of samples.
   *
   * @param kernels C^l, l = 0 .. L, P x P
   * @param dual V, P x K
   * @param predictions at other points, Q x K
   */
  public record Replica(List<double[]> kernels, double[] dual, double[] predictions) {}
}
