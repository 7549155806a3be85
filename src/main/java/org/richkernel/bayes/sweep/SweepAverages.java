package org.richkernel.bayes.sweep;

import java.util.List;
import org.richkernel.bayes.AdaptiveNbkSolution;
import org.richkernel.bayes.AdaptiveNbkSolution.Estimate;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;
import org.richkernel.solver.MonteCarloSeries;

/** Running averages of one layer's kernel over sweeps, with their Monte Carlo errors. */
final class SweepAverages {
  private final Backend backend;
  private final double variance; // g_l
  private final Matrix sum; // of g_l Phi^l
  private final Matrix image; // Phi Y
  private final MonteCarloSeries fit = new MonteCarloSeries();
  private final MonteCarloSeries trace = new MonteCarloSeries();
  private final MonteCarloSeries frobenius = new MonteCarloSeries();
  private final MonteCarloSeries alignment = new MonteCarloSeries();
  private double squares; // sum of |g_l Phi^l|^2

  /**
   * @param memory holds what {@link #plan} planned
   * @param variance g_l, by which kernels are divided at the end
   */
  SweepAverages(Backend backend, Workspace memory, int layer, double variance) {
    this.backend = backend;
    this.variance = variance;
    sum = memory.get("sum of kernels of layer " + layer);
    image = memory.get("kernel times targets");
  }

  /** Adds the averages of all layers to a plan. */
  static void plan(MemoryPlan plan, int depth, int points, int outputs) {
    plan.add("kernel times targets", Precision.FLOAT64, points, outputs);
    for (int l = 1; l <= depth; l++) {
      plan.add("sum of kernels of layer " + l, Precision.FLOAT64, points, points);
    }
  }

  /**
   * Takes the kernel after a sweep.
   *
   * @param kernel g_l Phi^l, P x P
   * @param targets Y, P x K
   * @param unit I, P x P
   */
  void measure(Matrix kernel, Matrix targets, Matrix unit) {
    backend.axpy(1, kernel, sum);
    backend.gemm(Transpose.NO, Transpose.NO, 1, kernel, targets, 0, image);
    double quadratic = backend.dot(targets, image);
    double square = backend.dot(kernel, kernel);
    squares += square;
    fit.add(quadratic);
    trace.add(backend.dot(unit, kernel));
    frobenius.add(Math.sqrt(square));
    alignment.add(quadratic / (Math.sqrt(square) * backend.dot(targets, targets)));
  }

  /** Sweeps measured so far. */
  int count() {
    return fit.size();
  }

  /**
   * Sweeps for each independent one: the largest ratio of a scalar's squared standard error to what
   * it would be if sweeps were independent.
   */
  double correlation() {
    double largest = 1;
    for (MonteCarloSeries series : List.of(fit, trace, frobenius)) {
      double independent = series.variance() / series.size();
      if (independent > 0) {
        largest = Math.max(largest, Math.pow(series.standardError(), 2) / independent);
      }
    }
    return largest;
  }

  /** Standard error of the mean kernel as a matrix, in Frobenius norm, in units of its norm. */
  double relativeError() {
    double n = count();
    double mean = backend.dot(sum, sum) / (n * n);
    // scatter of single kernels around their mean: <|Phi|^2> - |<Phi>|^2
    double scatter = Math.max(0, squares / n - mean) * n / (n - 1);
    return Math.sqrt(scatter * correlation() / n / mean);
  }

  /**
   * Difference between the first and the second half of the sweeps, the larger of fit and trace, in
   * standard errors of the difference.
   */
  double drift() {
    return Math.max(drift(fit), drift(trace));
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
    double[] mean = new double[Math.toIntExact(sum.size())];
    backend.download(sum, mean);
    for (int i = 0; i < mean.length; i++) {
      mean[i] /= variance * count();
    }
    return mean;
  }

  /** Numbers of the mean kernel. */
  AdaptiveNbkSolution.Layer layer(double targetSquare) {
    int points = sum.rows();
    double norm = Math.sqrt(backend.dot(sum, sum)) / count();
    return new AdaptiveNbkSolution.Layer(
        new Estimate(fit.mean() / (norm * targetSquare), alignment.standardError()),
        new Estimate(
            trace.mean() / (variance * points), trace.standardError() / (variance * points)),
        new Estimate(norm / variance, frobenius.standardError() / variance),
        relativeError() * norm / variance);
  }
}
