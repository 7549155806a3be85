package org.richkernel.bayes.sweep;

import java.util.List;
import org.richkernel.bayes.AdaptiveNbkSolution;
import org.richkernel.bayes.KernelSeries;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Workspace;
import org.richkernel.sampling.Estimate;
import org.richkernel.sampling.MonteCarloSeries;

/** Running averages of one layer's kernel over sweeps, with their Monte Carlo errors. */
final class SweepAverages {
  private final Backend backend;
  private final double variance; // g_l
  private final KernelSeries series;
  private double squares; // sum of |g_l Phi^l|^2

  /**
   * @param memory with the matrices of {@link #plan}
   * @param variance g_l, the divisor of the kernels at the end
   */
  SweepAverages(Backend backend, Workspace memory, int layer, double variance) {
    this.backend = backend;
    this.variance = variance;
    Matrix sum = memory.get("sum of kernels of layer " + layer);
    series = new KernelSeries(backend, sum, memory.get("kernel times targets"));
  }

  /** Adds the averages of all layers to a plan. */
  static void plan(MemoryPlan plan, int depth, int points, int outputs) {
    plan.add("kernel times targets", Precision.FLOAT64, points, outputs);
    for (int l = 1; l <= depth; l++) {
      plan.add("sum of kernels of layer " + l, Precision.FLOAT64, points, points);
    }
  }

  /**
   * Adds the kernel after a sweep.
   *
   * @param kernel g_l Phi^l, P x P
   * @param targets Y, P x K
   * @param unit I, P x P
   */
  void measure(Matrix kernel, Matrix targets, Matrix unit) {
    squares += series.measure(kernel, targets, unit);
  }

  /** Number of sweeps measured so far. */
  int count() {
    return series.count();
  }

  /**
   * Number of sweeps per independent one: the longest autocorrelation time of the scalars, at least
   * 1.
   */
  double correlation() {
    double largest = 1;
    for (MonteCarloSeries scalar : List.of(series.fit(), series.trace(), series.frobenius())) {
      largest = Math.max(largest, scalar.autocorrelationTime());
    }
    return largest;
  }

  /** Relative standard error of the mean kernel in the Frobenius norm. */
  double relativeError() {
    double n = count();
    double mean = backend.dot(series.sum(), series.sum()) / (n * n);
    // scatter of single kernels around their mean: <|Phi|^2> - |<Phi>|^2
    double scatter = Math.max(0, squares / n - mean) * n / (n - 1);
    return Math.sqrt(scatter * correlation() / n / mean);
  }

  /**
   * Difference between the first and the second half of the sweeps, the larger of fit and trace, in
   * standard errors of the difference.
   */
  double drift() {
    return Math.max(drift(series.fit()), drift(series.trace()));
  }

  private static double drift(MonteCarloSeries series) {
    double[] values = series.values();
    int half = values.length / 2;
    double difference = 0;
    for (int i = 0; i < half; i++) {
      difference += (values[values.length - 1 - i] - values[i]) / half;
    }
    // each half has twice the variance of the whole
    return difference == 0 ? 0 : Math.abs(difference) / (2 * series.standardError());
  }

  /** Mean of Phi over the sweeps, row-major P x P. */
  double[] kernel() {
    return series.mean(variance);
  }

  /** Scalars of the mean kernel. */
  AdaptiveNbkSolution.Layer layer(double targetSquare) {
    int points = series.sum().rows();
    double norm = Math.sqrt(backend.dot(series.sum(), series.sum())) / count();
    return new AdaptiveNbkSolution.Layer(
        new Estimate(
            series.fit().mean() / (norm * targetSquare), series.alignment().standardError()),
        new Estimate(
            series.trace().mean() / (variance * points),
            series.trace().standardError() / (variance * points)),
        new Estimate(norm / variance, series.frobenius().standardError() / variance),
        relativeError() * norm / variance);
  }
}
