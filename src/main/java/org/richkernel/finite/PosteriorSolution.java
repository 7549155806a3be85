package org.richkernel.finite;

import java.util.List;
import java.util.Map;
import org.richkernel.sampling.SampledVector;
import org.richkernel.solver.StopReason;

/**
 * Averages over the posterior of a finite network, with their errors.
 *
 * @param stop converged, or budget if the chains have not mixed within the sweeps allowed
 * @param sweeps trajectories of each chain, burn-in included
 * @param measured trajectories of each chain that were measured
 * @param mixing of the chains
 * @param kernels mean of Phi^1 .. Phi^L, each row-major P x P
 * @param kernelErrors standard errors of their entries
 * @param layers alignment, trace and norm of the mean kernels
 * @param dual mean of v = beta (y - f), row-major P x K
 * @param train mean output on the training points, y - v / beta, P x K
 * @param test mean output at the test points, Q x K; of length 0 without test points
 * @param chains step and acceptance of each chain
 * @param dualFits tr Y^T v of every chain after each measured trajectory, row-major measured x
 *     chains
 * @param history columns of the convergence table by name
 * @param predictor mean of the last networks of the kept chains
 * @param seconds wall-clock time of the sampling
 */
@SuppressWarnings("ArrayRecordComponent")
public record PosteriorSolution(
    StopReason stop,
    long sweeps,
    long measured,
    Mixing mixing,
    List<double[]> kernels,
    List<double[]> kernelErrors,
    List<LayerEstimate> layers,
    double[] dual,
    SampledVector train,
    SampledVector test,
    List<Chain> chains,
    double[] dualFits,
    Map<String, double[]> history,
    NetworkEnsemble predictor,
    double seconds) {
  /**
   * One chain.
   *
   * @param step nominal step, radians
   * @param acceptance mean acceptance probability since the step was frozen
   */
  public record Chain(double step, double acceptance) {}

  /** Mean output on the training points, row-major P x K. */
  public double[] trainOutputs() {
    return train.value();
  }

  /** Mean output at the test points, row-major Q x K. */
  public double[] testOutputs() {
    return test.value();
  }

  /** Whether the chains have mixed. */
  public boolean converged() {
    return stop == StopReason.CONVERGED;
  }
}
