package org.richkernel.bayes.critical;

import java.util.List;

/**
 * Kernels at infinite width with their changes at finite width, l = 0 .. L in every list; arrays
 * are row-major P x P and not copied.
 *
 * @param prior C^l without data
 * @param change of C^l by the data; zero for l = 0
 * @param changeError Frobenius norm of the standard error of the change
 * @param conjugate Ct^l, the conjugate kernel of C^l; an empty array for l = 0
 */
public record KernelAdaptation(
    List<double[]> prior,
    List<double[]> change,
    List<Double> changeError,
    List<double[]> conjugate) {

  /** C^l with the change. */
  public double[] covariance(int layer) {
    double[] sum = prior.get(layer).clone();
    double[] added = change.get(layer);
    for (int i = 0; i < sum.length; i++) {
      sum[i] += added[i];
    }
    return sum;
  }

  /** |change of C^l|_F. */
  public double changeNorm(int layer) {
    return norm(change.get(layer));
  }

  /** |change of C^l|_F / |C^l|_F. */
  public double relativeChange(int layer) {
    double size = norm(prior.get(layer));
    return size == 0 ? 0 : changeNorm(layer) / size;
  }

  static double norm(double[] a) {
    double sum = 0;
    for (double value : a) {
      sum += value * value;
    }
    return Math.sqrt(sum);
  }
}
