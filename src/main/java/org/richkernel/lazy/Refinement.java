package org.richkernel.lazy;

import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.network.Targets;

/**
 * Iterative refinement of (K + kappa I) C = Y for a solution C that is kept in two float64 parts,
 * with residuals in twice the working precision (Wilkinson; Ogita, Rump and Oishi 2005, algorithm
 * Dot2, for the products). A factor of a matrix near K + kappa I gives the corrections.
 */
final class Refinement {
  private static final int PANEL_ENTRIES = 1 << 16;

  /** Half of the spacing of float64 numbers above 1. */
  private static final double UNIT = 0x1p-53;

  private final double kappa;
  private final int points;
  private final int outputs;
  private final double[] targets;
  private final double[] high;
  private final double[] low;
  private final double[] residual;
  private double rounding;

  /**
   * A refinement that starts from a solution.
   *
   * @param targets Y, P x K
   * @param start C, P x K, row-major
   */
  Refinement(Targets targets, double kappa, double[] start) {
    this.kappa = kappa;
    this.points = targets.rows();
    this.outputs = targets.outputs();
    this.targets = targets.toArray();
    this.high = start.clone();
    this.low = new double[high.length];
    this.residual = new double[high.length];
  }

  /** Bytes on the host. */
  static long bytes(int points, int outputs) {
    return 8L * (5L * points * outputs + (long) panel(points) * points);
  }

  private static int panel(int points) {
    return Math.max(1, Math.min(points, PANEL_ENTRIES / points));
  }

  /**
   * Computes R = Y - (K + kappa I) C.
   *
   * @param kernel K, P x P, FLOAT64
   * @return |R|_F
   */
  double residual(Backend backend, Matrix kernel) {
    int panel = panel(points);
    double[] rows = new double[panel * points];
    double roundingSquare = 0;
    for (int first = 0; first < points; first += panel) {
      int count = Math.min(panel, points - first);
      double[] block = count == panel ? rows : new double[count * points];
      try (Matrix view = kernel.rowRange(first, count)) {
        backend.download(view, block);
      }
      for (int i = 0; i < count; i++) {
        roundingSquare += row(first + i, block, i * points);
      }
    }
    rounding = UNIT * Math.sqrt(roundingSquare);
    return norm(residual);
  }

  private static double norm(double[] values) {
    double square = 0;
    for (double value : values) {
      square += value * value;
    }
    return Math.sqrt(square);
  }

  /** One row of the residual; returns sum_jk (K_ij C_jk)^2. */
  private double row(int i, double[] kernel, int offset) {
    double squares = 0;
    for (int k = 0; k < outputs; k++) {
      double sum = targets[i * outputs + k];
      double rest = 0;
      for (int j = -1; j < points; j++) {
        // the ridge is a further entry of the row
        int at = (j < 0 ? i : j) * outputs + k;
        double factor = j < 0 ? -kappa : -kernel[offset + j];
        double product = factor * high[at];
        double next = sum + product;
        double part = next - sum;
        rest +=
            ((sum - (next - part)) + (product - part))
                + (Math.fma(factor, high[at], -product) + factor * low[at]);
        sum = next;
        squares += j < 0 ? 0 : product * product;
      }
      residual[i * outputs + k] = sum + rest;
    }
    return squares;
  }

  /** R of the last call, P x K, row-major; not a copy. */
  double[] residual() {
    return residual;
  }

  /**
   * Adds a correction to C.
   *
   * @param correction P x K, row-major
   */
  void correct(double[] correction) {
    for (int i = 0; i < high.length; i++) {
      double addend = correction[i] + low[i];
      double sum = high[i] + addend;
      double part = sum - high[i];
      low[i] = (high[i] - (sum - part)) + (addend - part);
      high[i] = sum;
    }
  }

  /** |C|_F. */
  double norm() {
    return norm(high);
  }

  /** C rounded to float64, P x K, row-major; not a copy. */
  double[] solution() {
    return high;
  }

  /**
   * How much the rounding of every entry of K to float64 moves K C, if the roundings are
   * independent: 2^-53 (sum_ijk K_ij^2 C_jk^2)^{1/2}. No solver gets below it.
   */
  double rounding() {
    return rounding;
  }
}
