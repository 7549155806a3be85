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
    Operands.closedDual("dualActivation", activation);
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
    f.dual(a, w.d2, w.d0, w.d1, n);
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
}
