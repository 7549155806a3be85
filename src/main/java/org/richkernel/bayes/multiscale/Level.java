package org.richkernel.bayes.multiscale;

/**
 * The mean predictor at one level of approximation: f(x) = C(x, X) a.
 *
 * @param coefficients a, P numbers
 * @param train f on the training points, P numbers
 * @param scale readout scale q: that of the saddle, or its posterior mean
 */
@SuppressWarnings("ArrayRecordComponent")
public record Level(double[] coefficients, double[] train, double scale) {

  /** mean over points of y (y - f), the discrepancy. */
  public static double discrepancy(double[] y, double[] f) {
    double sum = 0;
    for (int i = 0; i < y.length; i++) {
      sum += y[i] * (y[i] - f[i]);
    }
    return y.length == 0 ? Double.NaN : sum / y.length;
  }

  /** C(x, X) a at other points. */
  public double[] predict(double[] cross, int count) {
    int points = coefficients.length;
    double[] f = new double[count];
    for (int x = 0; x < count; x++) {
      for (int i = 0; i < points; i++) {
        f[x] += cross[x * points + i] * coefficients[i];
      }
    }
    return f;
  }
}
