package org.richkernel.dynamics;

import java.util.List;
import org.richkernel.sampling.IndependentEstimates;

/**
 * What one whole population of S samples and B independent parts of S/B, drawn from the same random
 * numbers, tell together. A population makes kernels too large by O(1/S), so X(S/B) - X(S) is B - 1
 * times the bias of X(S).
 *
 * @param mean X(S) - bias
 * @param standardError from the spread of the parts
 * @param bias (mean X(S/B) - X(S)) / (B - 1)
 */
record PopulationEstimate(Trajectory mean, Trajectory standardError, Trajectory bias) {

  /**
   * The estimate.
   *
   * @param populations the B parts, then the whole
   */
  static PopulationEstimate of(List<Trajectory> populations) {
    int parts = populations.size() - 1;
    return new PopulationEstimate(
        Trajectory.combine(populations, values -> values[parts] - bias(values)),
        Trajectory.combine(populations.subList(0, parts), IndependentEstimates::standardError),
        Trajectory.combine(populations, PopulationEstimate::bias));
  }

  private static double bias(double[] values) {
    int parts = values.length - 1;
    double sum = 0;
    for (int b = 0; b < parts; b++) {
      sum += values[b];
    }
    return (sum / parts - values[parts]) / (parts - 1);
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
