package org.richkernel.bayes;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import org.richkernel.compute.Backend;
import org.richkernel.metrics.KernelMetrics;
import org.richkernel.network.NetworkSpec;
import org.richkernel.solver.StopReason;

/** Builds the solution of a linear network from its minimum. */
final class LinearSolution {
  private LinearSolution() {}

  /**
   * Phi^l of a network from the kernels of one of unit variances.
   *
   * @param later product of the weight variances above the input
   * @param unit kernels of layer l = 1 to L of the latter, scaled in place
   */
  static List<double[]> kernels(NetworkSpec network, double later, IntFunction<double[]> unit) {
    List<double[]> kernels = new ArrayList<>();
    double variance = 1 / later;
    for (int l = 1; l <= network.hiddenLayers(); l++) {
      double[] kernel = unit.apply(l);
      for (int i = 0; i < kernel.length; i++) {
        kernel[i] *= variance;
      }
      kernels.add(kernel);
      variance *= network.weightVariance(l);
    }
    return kernels;
  }

  /**
   * The solution, not converged if the residual is above the tolerance or not a number.
   *
   * @param v P x K
   * @param seconds by part; receives that of the predictions
   */
  static AdaptiveNbkSolution of(
      Backend backend,
      AdaptiveProblem problem,
      double residual,
      List<double[]> kernels,
      double[] v,
      LinearPredictor predictor,
      List<LinearSaddle.Root> roots,
      Map<String, Double> seconds) {
    long start = System.nanoTime();
    List<AdaptiveNbkSolution.Layer> layers = new ArrayList<>();
    for (double[] kernel : kernels) {
      layers.add(AdaptiveNbkSolution.Layer.exact(KernelMetrics.of(kernel, problem.trainTargets())));
    }
    double[] y = problem.trainTargets().toArray();
    double[] fitted = y.clone();
    for (int i = 0; i < fitted.length; i++) {
      fitted[i] -= problem.options().kappa() * v[i];
    }
    double[] tested =
        problem.testInputs().rows() == 0
            ? new double[0]
            : predictor.predict(backend, problem.testInputs());
    seconds.put("predict", (System.nanoTime() - start) * 1e-9);
    return AdaptiveNbkSolution.exact(
        residual <= problem.options().tolerance() ? StopReason.CONVERGED : StopReason.BUDGET,
        "closed-form",
        residual,
        kernels,
        layers,
        v,
        y,
        fitted,
        tested,
        predictor,
        roots,
        seconds);
  }
}
