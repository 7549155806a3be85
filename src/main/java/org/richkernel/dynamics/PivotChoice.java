package org.richkernel.dynamics;

import java.util.Arrays;

/**
 * Choice of the columns of a field that carry its variance, by a greedy pivoted Cholesky
 * factorization.
 */
final class PivotChoice {
  private PivotChoice() {}

  /**
   * Chooses columns until the residual variance of every other column is at most a threshold.
   *
   * @param covariance row-major n x n, not changed
   * @param threshold largest residual variance
   * @param most largest number of columns to choose
   * @return indices, ascending
   */
  static int[] choose(double[] covariance, int n, double threshold, int most) {
    double[] left = new double[n];
    for (int i = 0; i < n; i++) {
      left[i] = covariance[i * n + i];
    }
    double[][] factor = new double[n][]; // columns, in the order of choice
    int[] chosen = new int[n];
    int count = 0;
    while (count < Math.min(n, most)) {
      int pivot = 0;
      for (int i = 1; i < n; i++) {
        pivot = left[i] > left[pivot] ? i : pivot;
      }
      if (!(left[pivot] > threshold)) {
        break;
      }
      double[] column = new double[n];
      double scale = 1 / Math.sqrt(left[pivot]);
      for (int i = 0; i < n; i++) {
        double sum = covariance[i * n + pivot];
        for (int c = 0; c < count; c++) {
          sum -= factor[c][i] * factor[c][pivot];
        }
        column[i] = sum * scale;
        left[i] -= column[i] * column[i];
      }
      left[pivot] = Double.NEGATIVE_INFINITY;
      factor[count] = column;
      chosen[count++] = pivot;
    }
    int[] ascending = Arrays.copyOf(chosen, count);
    Arrays.sort(ascending);
    return ascending;
  }
}
