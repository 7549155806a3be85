package org.richkernel.compute.cpu;

import java.util.Arrays;
import org.richkernel.compute.Operands;
import org.richkernel.compute.Precision;

/**
 * Expectations over Gaussian pairs from Hermite coefficients, by Horner's rule in the correlation.
 */
final class HermiteSeries implements Task {
  private static final int COLUMNS = 256;
  private static final int ROWS = 64;

  private final WorkerTeam team;
  private final double[][] coefficients;
  private CpuMatrix rowCoefficients;
  private CpuMatrix columnCoefficients;
  private CpuMatrix correlation;
  private CpuMatrix value;
  private CpuMatrix slope;
  private int across;

  HermiteSeries(WorkerTeam team) {
    this.team = team;
    this.coefficients = new double[team.threads()][0];
  }

  void run(CpuMatrix a, CpuMatrix b, CpuMatrix rho, CpuMatrix values, CpuMatrix slopes) {
    Operands.precision("dualSeries", Precision.FLOAT64, rho);
    Operands.alike("dualSeries", rho, values);
    Operands.alike("dualSeries", rho, slopes);
    Operands.samePrecision("dualSeries", rho, a);
    Operands.samePrecision("dualSeries", rho, b);
    Operands.shape("dualSeries", a, rho.rows(), a.columns());
    Operands.shape("dualSeries", b, rho.columns(), a.columns());
    rowCoefficients = a;
    columnCoefficients = b;
    correlation = rho;
    value = values;
    slope = slopes;
    across = (rho.columns() + COLUMNS - 1) / COLUMNS;
    int needed = (a.columns() + 1) * COLUMNS + a.columns();
    for (int i = 0; i < coefficients.length; i++) {
      if (coefficients[i].length < needed) {
        coefficients[i] = new double[needed];
      }
    }
    team.run(this);
  }

  @Override
  public int pieces() {
    return across * ((correlation.rows() + ROWS - 1) / ROWS);
  }

  @Override
  public void run(int piece, Worker w) {
    int firstColumn = piece % across * COLUMNS;
    int n = Math.min(COLUMNS, correlation.columns() - firstColumn);
    int firstRow = piece / across * ROWS;
    int lastRow = Math.min(correlation.rows(), firstRow + ROWS);
    int terms = rowCoefficients.columns();
    double[] table = coefficients[w.index];
    transposeCoefficients(firstColumn, n, terms, table);
    int own = (terms + 1) * COLUMNS;
    for (int row = firstRow; row < lastRow; row++) {
      rowCoefficients.read(rowCoefficients.at(row, 0), table, own, terms);
      correlation.read(correlation.at(row, firstColumn), w.d0, n);
      Arrays.fill(w.d1, 0, n, 0.0);
      Arrays.fill(w.d2, 0, n, 0.0);
      for (int k = terms - 1; k >= 1; k--) {
        step(table, k * COLUMNS, table[own + k], w.d0, w.d1, n);
        step(table, k * COLUMNS, k * table[own + k], w.d0, w.d2, n);
      }
      if (terms > 0) {
        step(table, 0, table[own], w.d0, w.d1, n);
      }
      value.write(value.at(row, firstColumn), w.d1, n);
      slope.write(slope.at(row, firstColumn), w.d2, n);
    }
  }

  /** Coefficient k of column j goes to k COLUMNS + j. */
  private void transposeCoefficients(int firstColumn, int n, int terms, double[] table) {
    int row = (terms + 1) * COLUMNS;
    for (int j = 0; j < n; j++) {
      columnCoefficients.read(columnCoefficients.at(firstColumn + j, 0), table, row, terms);
      for (int k = 0; k < terms; k++) {
        table[k * COLUMNS + j] = table[row + k];
      }
    }
  }

  /** y = y rho + factor b. */
  private static void step(double[] b, int at, double factor, double[] rho, double[] y, int n) {
    for (int j = 0; j < n; j++) {
      y[j] = Math.fma(y[j], rho[j], factor * b[at + j]);
    }
  }
}
