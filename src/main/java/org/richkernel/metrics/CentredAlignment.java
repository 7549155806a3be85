package org.richkernel.metrics;

import org.richkernel.network.Targets;

/**
 * How much of a kernel is that of the targets once means are taken out: tr(A B) / (|A|_F |B|_F)
 * with A = H Phi H and B = H Y Y^T H, H = 1 - 1 1^T / P (Cortes, Mohri and Rostamizadeh 2012,
 * "Algorithms for learning kernels based on centered alignment", definition 4).
 */
public final class CentredAlignment {
  private CentredAlignment() {}

  /**
   * The alignment, between -1 and 1, and 0 where the kernel or the targets are constant.
   *
   * @param kernel P x P, row-major, symmetric
   * @param targets P x K
   */
  public static double of(double[] kernel, Targets targets) {
    int points = targets.rows();
    double[] label = new double[points * points];
    for (int i = 0; i < points; i++) {
      for (int j = 0; j < points; j++) {
        for (int k = 0; k < targets.outputs(); k++) {
          label[i * points + j] += targets.at(i, k) * targets.at(j, k);
        }
      }
    }
    double[] a = centred(kernel, points);
    double[] b = centred(label, points);
    double product = 0;
    double squaresA = 0;
    double squaresB = 0;
    for (int i = 0; i < a.length; i++) {
      product += a[i] * b[i];
      squaresA += a[i] * a[i];
      squaresB += b[i] * b[i];
    }
    double scale = Math.sqrt(squaresA * squaresB);
    return scale == 0 ? 0 : product / scale;
  }

  private static double[] centred(double[] kernel, int points) {
    double[] means = new double[points];
    double mean = 0;
    for (int i = 0; i < points; i++) {
      for (int j = 0; j < points; j++) {
        means[i] += kernel[i * points + j] / points;
      }
      mean += means[i] / points;
    }
    double[] centred = new double[kernel.length];
    for (int i = 0; i < kernel.length; i++) {
      centred[i] = kernel[i] - means[i / points] - means[i % points] + mean;
    }
    return centred;
  }
}
