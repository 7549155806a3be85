package org.richkernel.bayes;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.lazy.InputCovariance;
import org.richkernel.network.Inputs;
import org.richkernel.network.NetworkSpec;

/**
 * Linear networks of any depth: the closed form of {@link LinearSaddle}, or of {@link
 * LinearOutputsSaddle} for several outputs, with weight variances folded into the kernel of the
 * inputs.
 */
final class LinearSaddleSolver {
  private LinearSaddleSolver() {}

  static MemoryPlan plan(AdaptiveProblem problem) {
    int points = problem.trainInputs().rows();
    return MemoryPlan.largest(
            InputCovariance.plan(points, problem.trainInputs().dimension()),
            KernelModes.plan(points))
        .addHost(8L * points * points * (3 + problem.network().hiddenLayers()));
  }

  static AdaptiveNbkSolution solve(Backend backend, AdaptiveProblem problem) {
    NetworkSpec network = problem.network();
    Inputs train = problem.trainInputs();
    int points = train.rows();
    int depth = network.hiddenLayers();
    double[] y = problem.trainTargets().toArray();

    // A network of unit variances on the kernel C = (g_1 ... g_L) Sigma^1 has the same outputs.
    double later = 1;
    for (int l = 1; l <= depth; l++) {
      later *= network.weightVariance(l);
    }
    double slope = later * network.weightVariance(0) / train.dimension();
    double offset = later * network.biasVariance();
    long start = System.nanoTime();
    double[] c = InputCovariance.of(backend, network, train.toArray(), points, train.dimension());
    for (int i = 0; i < c.length; i++) {
      c[i] *= later;
    }
    long solving = System.nanoTime();
    double gram = (solving - start) * 1e-9;
    if (problem.trainTargets().outputs() > 1) {
      return LinearOutputsSolver.solve(backend, problem, c, slope, offset, later, gram);
    }
    LinearSaddle saddle =
        LinearSaddle.solve(
            backend, c, y, depth, problem.options().gamma(), problem.options().kappa());
    Map<String, Double> seconds = new LinkedHashMap<>();
    seconds.put("gram", gram);
    long raising = System.nanoTime();
    seconds.put("solve", (raising - solving) * 1e-9);

    List<double[]> kernels = LinearSolution.kernels(network, later, saddle::kernel);
    seconds.put("kernels", (System.nanoTime() - raising) * 1e-9);

    // f(x) = m k_0(x)^T v = w . x + b
    double[] v = saddle.dual();
    double m = saddle.rescaling();
    double[] weights = new double[train.dimension()];
    double intercept = 0;
    for (int i = 0; i < points; i++) {
      intercept += m * offset * v[i];
      for (int k = 0; k < weights.length; k++) {
        weights[k] += m * slope * train.at(i, k) * v[i];
      }
    }
    LinearPredictor predictor = new LinearPredictor(weights, intercept);
    return LinearSolution.of(
        backend, problem, saddle.residual(), kernels, v, predictor, saddle.roots(), seconds);
  }
}
