package org.richkernel.bayes;

/**
 * Exact changes of the potential V = (S gamma^2 / 2) tr Y^T A^{-1} Y + c ln det A when neurons of a
 * block are exchanged for their proposals, one after the other.
 *
 * <p>Psi holds b old and b new neurons, scaled so that an exchange is A + Psi_I^T C Psi_I with I =
 * {i, b + i} and C = diag(-1, 1). With G = Psi A^{-1} Psi^T, al = Psi v and M = C + G_II,
 *
 * <pre>  V = V - (S gamma^2 / 2) tr al_I^T M^{-1} al_I + c ln(-det M),
 *   al = al - G_:I M^{-1} al_I,   G = G - G_:I M^{-1} G_I:</pre>
 *
 * <p>the last line after an exchange (Woodbury). Float64; 16 b^3 / 3 flops for a block.
 */
final class NeuronSwaps {
  private final int rows; // b
  private final int outputs;
  private final double[] gram; // G, 2b x 2b
  private final double[] fit; // al, 2b x K
  private final double halfStrength; // S gamma^2 / 2
  private final double determinant; // c

  private double a; // M^{-1} = ((a, b), (b, d))
  private double b;
  private double d;

  /**
   * Uses and overwrites G and al of a block.
   *
   * @param gram G, row-major 2b x 2b
   * @param fit al, row-major 2b x K
   * @param halfStrength S gamma^2 / 2
   * @param determinant c
   */
  NeuronSwaps(double[] gram, double[] fit, double halfStrength, double determinant) {
    this.gram = gram;
    this.fit = fit;
    this.halfStrength = halfStrength;
    this.determinant = determinant;
    rows = (int) Math.round(Math.sqrt(gram.length)) / 2;
    outputs = fit.length / (2 * rows);
  }

  /** Decrease of V by the exchange of neuron i; -infinity if A would be indefinite. */
  double gain(int i) {
    int j = rows + i;
    int n = 2 * rows;
    double old = gram[i * n + i] - 1;
    double mixed = gram[i * n + j];
    double fresh = gram[j * n + j] + 1;
    double volume = old * fresh - mixed * mixed;
    if (!(volume < 0)) {
      return Double.NEGATIVE_INFINITY;
    }
    a = fresh / volume;
    b = -mixed / volume;
    d = old / volume;
    double form = 0;
    for (int k = 0; k < outputs; k++) {
      double x = fit[i * outputs + k];
      double y = fit[j * outputs + k];
      form += a * x * x + 2 * b * x * y + d * y * y;
    }
    return halfStrength * form - determinant * Math.log(-volume);
  }

  /** Exchanges neuron i, after {@link #gain} of it; updates only later neurons. */
  void accept(int i) {
    int j = rows + i;
    int n = 2 * rows;
    double[] oldRow = new double[n];
    double[] newRow = new double[n];
    System.arraycopy(gram, i * n, oldRow, 0, n);
    System.arraycopy(gram, j * n, newRow, 0, n);
    double[] oldFit = new double[outputs];
    double[] newFit = new double[outputs];
    System.arraycopy(fit, i * outputs, oldFit, 0, outputs);
    System.arraycopy(fit, j * outputs, newFit, 0, outputs);
    for (int later = i + 1; later < rows; later++) {
      update(later, oldRow, newRow, oldFit, newFit);
      update(rows + later, oldRow, newRow, oldFit, newFit);
    }
  }

  private void update(int row, double[] oldRow, double[] newRow, double[] oldFit, double[] newFit) {
    int n = 2 * rows;
    double p = a * oldRow[row] + b * newRow[row];
    double q = b * oldRow[row] + d * newRow[row];
    for (int k = 0; k < outputs; k++) {
      fit[row * outputs + k] -= p * oldFit[k] + q * newFit[k];
    }
    for (int column = 0; column < n; column++) {
      gram[row * n + column] -= p * oldRow[column] + q * newRow[column];
    }
  }
}
