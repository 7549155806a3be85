package org.richkernel.dynamics;

import java.util.List;
import org.richkernel.sampling.IndependentEstimates;
import org.richkernel.sampling.LossError;

/**
 * Estimate from one population of S samples and B independent parts of s samples each, drawn from
 * the same random numbers. A population makes kernels too large by O(1/S), so X(s) - X(S) is S / s
 * - 1 times the bias of X(S).
 *
 * @param mean X(S) - bias
 * @param standardError from the spread of the parts, with Student's factor; for a loss, the error
 *     of the loss of {@code mean}, see {@link LossError}
 * @param bias (mean X(s) - X(S)) / (S / s - 1)
 */
record PopulationEstimate(Trajectory mean, Trajectory standardError, Trajectory bias) {
  /**
   * Margin on the number of samples. The error that determines it is uncertain by a fifth, and so
   * is that of the next run; a factor of 1.4 in the error covers both in nine of ten runs.
   */
  private static final double MARGIN = 2;

  /**
   * The estimate from the parts and the whole.
   *
   * @param populations the B parts, then the whole
   * @param ratio S / s, above 1
   */
  static PopulationEstimate of(
      DynamicsProblem problem, List<Trajectory> populations, double ratio) {
    int parts = populations.size() - 1;
    Trajectory mean =
        Trajectory.combine(populations, values -> values[parts] - bias(values, ratio));
    return new PopulationEstimate(
        mean,
        errors(problem, mean, populations.subList(0, parts)),
        Trajectory.combine(populations, values -> bias(values, ratio)));
  }

  /** The mean of independent populations, without a correction of the bias. */
  static PopulationEstimate ofMean(DynamicsProblem problem, List<Trajectory> populations) {
    Trajectory mean = Trajectory.combine(populations, IndependentEstimates::mean);
    return new PopulationEstimate(
        mean, errors(problem, mean, populations), Trajectory.combine(populations, values -> 0));
  }

  /** Standard errors of a mean from independent parts of it. */
  private static Trajectory errors(
      DynamicsProblem problem, Trajectory mean, List<Trajectory> parts) {
    Trajectory spread = Trajectory.combine(parts, IndependentEstimates::standardError);
    List<double[]> outputs = parts.stream().map(Trajectory::outputs).toList();
    int width = problem.points() * problem.outputs();
    int train = problem.trainPoints() * problem.outputs();
    double[] y = problem.trainTargets().toArray();
    double[] other = problem.testTargets().toArray();
    return spread.withLosses(
        LossError.alongTime(y, mean.outputs(), outputs, 0, width),
        other.length == 0
            ? new double[0]
            : LossError.alongTime(other, mean.outputs(), outputs, train, width));
  }

  private static double bias(double[] values, double ratio) {
    int parts = values.length - 1;
    double sum = 0;
    for (int b = 0; b < parts; b++) {
      sum += values[b];
    }
    return (sum / parts - values[parts]) / (ratio - 1);
  }

  /**
   * Number of samples that brings bias and standard error below a tolerance, extrapolated from S:
   * the bias falls like 1/S, the error like 1/sqrt(S).
   */
  long samplesFor(double tolerance, int samples) {
    double error = relative(standardError) / tolerance;
    double factor = Math.max(relative(bias) / tolerance, error * error);
    double needed = MARGIN * factor * samples;
    double unit = Math.pow(10, Math.floor(Math.log10(needed)) - 1);
    return Double.isFinite(needed) ? (long) (Math.ceil(needed / unit) * unit) : 0;
  }

  /**
   * The larger of bias and standard error, relative to the mean: the largest norm over the outputs
   * and each recorded kernel.
   */
  double relativeError() {
    return Math.max(relative(bias), relative(standardError));
  }

  private double relative(Trajectory part) {
    double largest = ratio(part.outputs(), mean.outputs());
    for (int k = 0; k < part.kernels().size(); k++) {
      LayerKernels some = part.kernels().get(k);
      LayerKernels all = mean.kernels().get(k);
      for (int l = 0; l < some.feature().size(); l++) {
        largest = Math.max(largest, ratio(some.feature().get(l), all.feature().get(l)));
      }
      for (int l = 0; l < some.gradient().size(); l++) {
        largest = Math.max(largest, ratio(some.gradient().get(l), all.gradient().get(l)));
      }
    }
    return largest;
  }

  private static double ratio(double[] part, double[] whole) {
    double squares = 0;
    double total = 0;
    for (int i = 0; i < part.length; i++) {
      squares += part[i] * part[i];
      total += whole[i] * whole[i];
    }
    return total == 0 ? 0 : Math.sqrt(squares / total);
  }
}
