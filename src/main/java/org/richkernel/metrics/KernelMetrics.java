package org.richkernel.metrics;

import org.richkernel.network.Targets;

/**
 * Summary numbers of a P x P kernel against its targets.
 *
 * @param alignment y^T Phi y / (|Phi|_F |y|^2), for K outputs sum_k y_k^T Phi y_k / (|Phi|_F
 *     |Y|_F^2); between -1 and 1, and 0 where the kernel or the targets vanish
 * @param trace Tr(Phi) / P, 0 for P = 0
 * @param frobenius |Phi|_F
 */
public record KernelMetrics(double alignment, double trace, double frobenius) {

  /**
   * The metrics of a kernel (Cristianini et al. 2001, "On kernel-target alignment").
   *
   * @param kernel P x P, row-major, symmetric
   * @param targets P x K
   * @throws IllegalArgumentException if the shapes do not fit
   */
  public static KernelMetrics of(double[] kernel, Targets targets) {
    int points = targets.rows();
    if (kernel.length != Math.multiplyExact(points, points)) {
      throw new IllegalArgumentException(
          "a kernel of " + kernel.length + " entries does not fit " + points + " targets");
    }
    double[] y = targets.toArray();
    int outputs = targets.outputs();
    double squares = 0;
    double trace = 0;
    double quadratic = 0;
    double[] row = new double[outputs];
    for (int i = 0; i < points; i++) {
      java.util.Arrays.fill(row, 0);
      double rowSquares = 0;
      for (int j = 0; j < points; j++) {
        double entry = kernel[i * points + j];
        rowSquares += entry * entry;
        for (int k = 0; k < outputs; k++) {
          row[k] += entry * y[j * outputs + k];
        }
      }
      squares += rowSquares;
      trace += kernel[i * points + i];
      for (int k = 0; k < outputs; k++) {
        quadratic += y[i * outputs + k] * row[k];
      }
    }
    double targetSquares = 0;
    for (double value : y) {
      targetSquares += value * value;
    }
    double frobenius = Math.sqrt(squares);
    double scale = frobenius * targetSquares;
    return new KernelMetrics(
        scale == 0 ? 0 : quadratic / scale, points == 0 ? 0 : trace / points, frobenius);
  }
}
