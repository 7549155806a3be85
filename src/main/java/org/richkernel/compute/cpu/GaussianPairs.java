package org.richkernel.compute.cpu;

import org.richkernel.compute.Activation;
import org.richkernel.compute.Operands;
import org.richkernel.compute.Precision;

/** Closed-form expectations of activations over Gaussian pairs. */
final class GaussianPairs extends TiledTask {
  private final WorkerTeam team;
  private Activation f;
  private CpuMatrix covariance;
  private CpuMatrix rowVariance;
  private CpuMatrix columnVariance;
  private CpuMatrix value;
  private CpuMatrix slope;

  GaussianPairs(WorkerTeam team) {
    this.team = team;
  }

  void run(
      Activation activation,
      CpuMatrix c,
      CpuMatrix rowVariances,
      CpuMatrix columnVariances,
      CpuMatrix values,
      CpuMatrix slopes) {
    if (activation == Activation.TANH) {
      throw new IllegalArgumentException("dualActivation: tanh has no closed form; use dualSeries");
    }
    Operands.precision("dualActivation", Precision.FLOAT64, c);
    Operands.alike("dualActivation", c, values);
    Operands.alike("dualActivation", c, slopes);
    Operands.samePrecision("dualActivation", c, rowVariances);
    Operands.samePrecision("dualActivation", c, columnVariances);
    Operands.shape("dualActivation", rowVariances, c.rows(), 1);
    Operands.shape("dualActivation", columnVariances, c.columns(), 1);
    f = activation;
    covariance = c;
    rowVariance = rowVariances;
    columnVariance = columnVariances;
    value = values;
    slope = slopes;
    byRows(c);
    team.run(this);
  }

  @Override
  void tile(Worker w, int piece, int row, long column, int n) {
    rowVariance.read(rowVariance.at(row, 0), w.d1, 1);
    double a = w.d1[0];
    covariance.read(covariance.at(row, column), w.d0, n);
    readColumnVariances((int) column, n, w.d2);
    switch (f) {
      case RELU -> relu(a, w.d2, w.d0, w.d1, n);
      case ERF -> erf(a, w.d2, w.d0, w.d1, n);
      default -> java.util.Arrays.fill(w.d1, 0, n, 1.0);
    }
    value.write(value.at(row, column), w.d0, n);
    slope.write(slope.at(row, column), w.d1, n);
  }

  private void readColumnVariances(int first, int n, double[] target) {
    if (columnVariance.stride() == 1) {
      columnVariance.read(first, target, n);
      return;
    }
    for (int j = 0; j < n; j++) {
      columnVariance.read(columnVariance.at(first + j, 0), target, j, 1);
    }
  }

  /**
   * Arc-cosine kernels (Cho and Saul 2009): with s = sqrt(ab), cos t = c / s, value = (s sin t + c
   * (pi - t)) / (2 pi), slope = (pi - t) / (2 pi); s sin t = sqrt((s - c) (s + c)) keeps its digits
   * where c is near s.
   */
  private static void relu(double a, double[] b, double[] cov, double[] slope, int n) {
    for (int j = 0; j < n; j++) {
      double s = Math.sqrt(a * b[j]);
      double c = Math.max(-s, Math.min(s, cov[j]));
      double height = Math.sqrt((s - c) * (s + c));
      double rest = Math.PI - Math.atan2(height, c);
      cov[j] = (height + c * rest) / (2 * Math.PI);
      // phi'(0) = 0, so a variance of zero has no slope
      slope[j] = s == 0 ? 0 : rest / (2 * Math.PI);
    }
  }

  /**
   * Arc-sine kernels (Williams 1997) for erf(h): value = 2/pi asin(2c / d) with d^2 = (1 + 2a)(1 +
   * 2b), slope = 4/pi / sqrt(d^2 - 4c^2), where d^2 - 4c^2 = 1 + 2(a + b) + 4 (ab - c^2) is a sum
   * of terms that are not negative.
   */
  private static void erf(double a, double[] b, double[] cov, double[] slope, int n) {
    for (int j = 0; j < n; j++) {
      double s = Math.sqrt(a * b[j]);
      double c = Math.max(-s, Math.min(s, cov[j]));
      double rest = Math.sqrt(1 + 2 * (a + b[j]) + 4 * ((s - c) * (s + c)));
      cov[j] = 2 / Math.PI * Math.atan2(2 * c, rest);
      slope[j] = 4 / Math.PI / rest;
    }
  }
}
