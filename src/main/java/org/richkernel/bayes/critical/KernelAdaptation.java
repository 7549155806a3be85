package org.richkernel.bayes.critical;

import java.util.List;

/**
 * Kernels at finite width beside those at infinite width, l = 0 .. L in every list; arrays are
 * row-major P x P and not copied.
 *
 * @param prior C^l without data
 * @param change what the data add to C^l; zero for l = 0
 * @param changeError Frobenius norm of the standard error of the change
 * @param conjugate Ct^l, the pull of the data at C^l; an empty array for l = 0
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

  /** The mean of independent estimates. */
  static double[] mean(List<double[]> estimates) {
    double[] mean = new double[estimates.get(0).length];
    for (double[] estimate : estimates) {
      for (int i = 0; i < mean.length; i++) {
        mean[i] += estimate[i] / estimates.size();
      }
    }
    return mean;
  }

  /** Standard error of the mean of independent estimates, component by component. */
  static double[] standardError(List<double[]> estimates) {
    double[] mean = mean(estimates);
    double[] error = new double[mean.length];
    int count = estimates.size();
    for (int i = 0; i < error.length; i++) {
      double sum = 0;
      for (double[] estimate : estimates) {
        sum += (estimate[i] - mean[i]) * (estimate[i] - mean[i]);
      }
      error[i] = Math.sqrt(sum / (count * (count - 1.0)));
    }
    return error;
  }
}
