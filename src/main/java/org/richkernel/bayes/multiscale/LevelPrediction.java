package org.richkernel.bayes.multiscale;

/**
 * Mean outputs at one level of approximation; arrays are not copied.
 *
 * @param train f on the training points
 * @param trainError its standard error, empty where there is none
 * @param test f on the test points
 * @param testError its standard error, empty where there is none
 */
@SuppressWarnings("ArrayRecordComponent")
public record LevelPrediction(
    double[] train, double[] trainError, double[] test, double[] testError) {

  static LevelPrediction exact(double[] train, double[] test) {
    return new LevelPrediction(train, new double[0], test, new double[0]);
  }

  /** mean over the training points of y (y - f). */
  public double trainDiscrepancy(double[] y) {
    return Level.discrepancy(y, train);
  }

  /** mean over the test points of y (y - f); NaN without test points. */
  public double testDiscrepancy(double[] y) {
    return Level.discrepancy(y, test);
  }

  /** Standard error of the training discrepancy as if all points erred together. */
  public double trainDiscrepancyError(double[] y) {
    return error(y, trainError);
  }

  /** Standard error of the test discrepancy as if all points erred together. */
  public double testDiscrepancyError(double[] y) {
    return error(y, testError);
  }

  private static double error(double[] y, double[] spread) {
    double sum = 0;
    for (int i = 0; i < spread.length; i++) {
      sum += Math.abs(y[i]) * spread[i] / y.length;
    }
    return sum;
  }
}
