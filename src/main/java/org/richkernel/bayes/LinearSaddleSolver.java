package org.richkernel.bayes;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.lazy.InputCovariance;
import org.richkernel.metrics.KernelMetrics;
import org.richkernel.network.Inputs;
import org.richkernel.network.NetworkSpec;
import org.richkernel.sampling.Estimate;
import org.richkernel.sampling.SampledVector;
import org.richkernel.solver.StopReason;

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

    List<double[]> kernels = new ArrayList<>();
    List<AdaptiveNbkSolution.Layer> layers = new ArrayList<>();
    double variance = 1 / later;
    for (int l = 1; l <= depth; l++) {
      double[] kernel = saddle.kernel(l);
      for (int i = 0; i < kernel.length; i++) {
        kernel[i] *= variance;
      }
      kernels.add(kernel);
      layers.add(AdaptiveNbkSolution.Layer.exact(KernelMetrics.of(kernel, problem.trainTargets())));
      variance *= network.weightVariance(l);
    }

    long predicting = System.nanoTime();
    seconds.put("kernels", (predicting - raising) * 1e-9);

    // f(x) = m k_0(x)^T v = w . x + b
    double[] v = saddle.dual();
    double m = saddle.rescaling();
    double[] weights = new double[train.dimension()];
    double intercept = 0;
    double[] fitted = y.clone();
    for (int i = 0; i < points; i++) {
      fitted[i] -= problem.options().kappa() * v[i];
      intercept += m * offset * v[i];
      for (int k = 0; k < weights.length; k++) {
        weights[k] += m * slope * train.at(i, k) * v[i];
      }
    }
    LinearPredictor predictor = new LinearPredictor(weights, intercept);
    double[] tested =
        problem.testInputs().rows() == 0
            ? new double[0]
            : predictor.predict(backend, problem.testInputs());
    seconds.put("predict", (System.nanoTime() - predicting) * 1e-9);
    return new AdaptiveNbkSolution(
        stop(saddle.residual(), problem.options().tolerance()),
        "closed-form",
        0,
        Certificate.exact(saddle.residual()),
        kernels,
        layers,
        v,
        Estimate.ofProduct(y, v),
        SampledVector.exact(fitted),
        SampledVector.exact(tested),
        predictor,
        List.of(),
        Map.of(),
        saddle.roots(),
        seconds);
  }

  /** A minimisation may end above the tolerance, a residual that is not a number included. */
  static StopReason stop(double residual, double tolerance) {
    return residual <= tolerance ? StopReason.CONVERGED : StopReason.BUDGET;
  }
}
