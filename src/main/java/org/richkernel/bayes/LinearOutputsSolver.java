package org.richkernel.bayes;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.richkernel.compute.Backend;
import org.richkernel.network.Inputs;
import org.richkernel.network.NetworkSpec;

/** Linear networks of any depth with several outputs: {@link LinearOutputsSaddle} on a data set. */
final class LinearOutputsSolver {
  private LinearOutputsSolver() {}

  /**
   * The saddle point of least action.
   *
   * @param c readout kernel at initialisation, slope x . x' + offset, P x P
   * @param later product of the weight variances above the input, the factor of Sigma^1 in c
   * @param gram seconds spent on c
   */
  static AdaptiveNbkSolution solve(
      Backend backend,
      AdaptiveProblem problem,
      double[] c,
      double slope,
      double offset,
      double later,
      double gram) {
    NetworkSpec network = problem.network();
    int outputs = problem.trainTargets().outputs();
    double[] y = problem.trainTargets().toArray();
    double kappa = problem.options().kappa();
    long start = System.nanoTime();
    LinearOutputsSaddle saddle =
        LinearOutputsSaddle.solve(
            backend, c, y, outputs, network.hiddenLayers(), problem.options().gamma(), kappa);
    long raising = System.nanoTime();
    Map<String, Double> seconds = new LinkedHashMap<>();
    seconds.put("gram", gram);
    seconds.put("solve", (raising - start) * 1e-9);
    List<double[]> kernels = LinearSolution.kernels(network, later, saddle::kernel);
    seconds.put("kernels", (System.nanoTime() - raising) * 1e-9);
    LinearPredictor predictor =
        predictor(problem.trainInputs(), saddle.coefficients(), slope, offset, outputs);
    List<LinearSaddle.Root> roots = new ArrayList<>();
    for (LinearOutputsMinimum minimum : saddle.minima()) {
      double trace = 0;
      for (double t : minimum.t()) {
        trace += t;
      }
      roots.add(new LinearSaddle.Root(trace, minimum.action()));
    }
    return LinearSolution.of(
        backend,
        problem,
        saddle.best().residual(),
        kernels,
        saddle.dual(),
        predictor,
        roots,
        seconds);
  }

  /** f(x) = sum_i (slope x_i . x + offset) A_i. */
  private static LinearPredictor predictor(
      Inputs train, double[] coefficients, double slope, double offset, int outputs) {
    double[] weights = new double[train.dimension() * outputs];
    double[] intercepts = new double[outputs];
    for (int i = 0; i < train.rows(); i++) {
      for (int k = 0; k < outputs; k++) {
        double a = coefficients[i * outputs + k];
        intercepts[k] += offset * a;
        for (int d = 0; d < train.dimension(); d++) {
          weights[d * outputs + k] += slope * train.at(i, d) * a;
        }
      }
    }
    return new LinearPredictor(weights, intercepts);
  }
}
