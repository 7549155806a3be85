package org.richkernel.report;

import java.util.Arrays;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.EigenDecomposition;
import org.richkernel.data.Table;

/**
 * Eigenvalues of a kernel, and cumulative power of the targets in its first eigenvectors.
 *
 * @param eigenvalues decreasing, divided by the number of rows; without those within rounding
 * @param power C(k) = sum over i up to k of |u_i^T Y|^2 / |Y|^2 (cumulative power,
 *     arXiv:2006.13198); empty without targets
 */
record KernelModes(double[] eigenvalues, double[] power) {
  /** Largest matrix that is decomposed for a picture; of a larger one, rows are taken evenly. */
  static final int MOST_ROWS = 400;

  /** Eigenvalues below this part of the largest are rounding. */
  private static final double ROUNDING = 1e-13;

  private static final KernelModes NONE = new KernelModes(new double[0], new double[0]);

  /**
   * Decomposes a kernel, or evenly taken rows of it.
   *
   * @param targets of the kernel's points, P x K
   */
  static KernelModes of(Table kernel, Optional<Table> targets) {
    int n = Math.min(kernel.rows(), MOST_ROWS);
    int[] rows = IntStream.range(0, n).map(i -> (int) ((long) i * kernel.rows() / n)).toArray();
    double[][] sample = new double[n][n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        // the mean of both halves, as rounding may have left them apart
        sample[i][j] = (kernel.get(rows[i], rows[j]) + kernel.get(rows[j], rows[i])) / 2;
        if (!Double.isFinite(sample[i][j])) {
          return NONE;
        }
      }
    }
    EigenDecomposition modes = new EigenDecomposition(new Array2DRowRealMatrix(sample, false));
    double[] values = modes.getRealEigenvalues();
    int[] order =
        IntStream.range(0, n)
            .boxed()
            .sorted(Comparator.comparingDouble(k -> -values[k]))
            .mapToInt(Integer::intValue)
            .toArray();
    return new KernelModes(
        perPoint(values, n),
        targets
            .filter(y -> y.rows() == kernel.rows())
            .map(y -> power(modes, order, rows, y))
            .orElse(new double[0]));
  }

  private static double[] power(EigenDecomposition modes, int[] order, int[] rows, Table y) {
    double[] power = new double[order.length];
    double total = 0;
    for (int row : rows) {
      for (int c = 0; c < y.columns(); c++) {
        total += y.get(row, c) * y.get(row, c);
      }
    }
    double sum = 0;
    for (int k = 0; k < power.length; k++) {
      for (int c = 0; c < y.columns(); c++) {
        double overlap = 0;
        for (int i = 0; i < rows.length; i++) {
          overlap += modes.getV().getEntry(i, order[k]) * y.get(rows[i], c);
        }
        sum += overlap * overlap;
      }
      power[k] = sum / total;
    }
    return total > 0 ? power : new double[0];
  }

  /** Eigenvalues decreasing and divided by the number of points, without those of rounding. */
  static double[] perPoint(double[] eigenvalues, int points) {
    double[] sorted = Arrays.stream(eigenvalues).map(x -> x / points).sorted().toArray();
    double largest = sorted.length == 0 ? 0 : sorted[sorted.length - 1];
    return IntStream.range(0, sorted.length)
        .mapToDouble(i -> sorted[sorted.length - 1 - i])
        .takeWhile(value -> value > ROUNDING * largest)
        .toArray();
  }
}
