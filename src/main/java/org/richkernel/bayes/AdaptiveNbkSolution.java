package org.richkernel.bayes;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.richkernel.metrics.KernelMetrics;
import org.richkernel.network.Predictor;
import org.richkernel.sampling.Estimate;
import org.richkernel.sampling.SampledVector;
import org.richkernel.solver.StopReason;
import org.richkernel.stack.FieldForm;

/**
 * The saddle point of an {@link AdaptiveProblem}. Arrays are shared, not copied; do not change
 * them.
 *
 * @param stop why the solver stopped
 * @param method "sampled", "closed-form" or "initial-kernel"
 * @param iterations sweeps of the sampler, 0 for closed forms
 * @param certificate tests of the solution
 * @param kernels Phi^1 to Phi^L, row-major P x P; empty if the dual form did not compute them
 * @param layers one entry per hidden layer
 * @param dual v, row-major P x K
 * @param dualFit tr Y^T v with its standard error
 * @param train predictions at the training points, P x K, exact for closed forms
 * @param test predictions at the test points, P_t x K
 * @param predictor predictions at new inputs
 * @param chains one entry per Markov chain
 * @param history convergence table: columns by name, one row per evaluation of the certificate
 * @param roots all solutions of a linear network's saddle equation, of least action first; with
 *     several outputs all minima, each by tr T
 * @param seconds wall-clock time by part: inputs, sampling, gram, solve, and for closed forms,
 *     which do not sample, kernels and predict
 * @param form of the integration over the readout; empty for closed forms
 * @param fields parametrization of the layers above the first; empty for closed forms and one
 *     hidden layer
 * @param sites sites and filters of a convolutional network that was sampled; empty for others
 */
@SuppressWarnings("ArrayRecordComponent")
public record AdaptiveNbkSolution(
    StopReason stop,
    String method,
    long iterations,
    Certificate certificate,
    List<double[]> kernels,
    List<Layer> layers,
    double[] dual,
    Estimate dualFit,
    SampledVector train,
    SampledVector test,
    Predictor predictor,
    List<ChainDiagnostics> chains,
    Map<String, double[]> history,
    List<LinearSaddle.Root> roots,
    Map<String, Double> seconds,
    Optional<ReadoutForm> form,
    Optional<FieldForm> fields,
    Optional<SiteFeatures> sites) {

  /**
   * A solution without Monte Carlo error.
   *
   * @param residual of the saddle equations
   * @param targets Y, P x K
   * @param train f at the training points, P x K
   * @param test f at the test points
   */
  static AdaptiveNbkSolution exact(
      StopReason stop,
      String method,
      double residual,
      List<double[]> kernels,
      List<Layer> layers,
      double[] dual,
      double[] targets,
      double[] train,
      double[] test,
      Predictor predictor,
      List<LinearSaddle.Root> roots,
      Map<String, Double> seconds) {
    return new AdaptiveNbkSolution(
        stop,
        method,
        0,
        Certificate.exact(residual),
        kernels,
        layers,
        dual,
        Estimate.ofProduct(targets, dual),
        SampledVector.exact(train),
        SampledVector.exact(test),
        predictor,
        List.of(),
        Map.of(),
        roots,
        seconds,
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }

  /**
   * Scalars of a layer's feature kernel Phi, P x P.
   *
   * @param alignment tr Y^T Phi Y / (|Phi|_F |Y|^2)
   * @param trace tr Phi / P
   * @param frobenius |Phi|_F
   * @param kernelError standard error of Phi as a matrix, in Frobenius norm; 0 for closed forms
   */
  public record Layer(Estimate alignment, Estimate trace, Estimate frobenius, double kernelError) {
    /** The scalars of a kernel without Monte Carlo error. */
    static Layer exact(KernelMetrics metrics) {
      return new Layer(
          Estimate.exact(metrics.alignment()),
          Estimate.exact(metrics.trace()),
          Estimate.exact(metrics.frobenius()),
          0);
    }
  }

  /** Predictions at the training points, P x K. */
  public double[] trainPredictions() {
    return train.value();
  }

  /** Predictions at the test points, P_t x K. */
  public double[] testPredictions() {
    return test.value();
  }

  /** Whether the certificate met the tolerance. */
  public boolean converged() {
    return stop == StopReason.CONVERGED;
  }
}
