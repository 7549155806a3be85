package org.richkernel.sampling;

/**
 * A number with its Monte Carlo error in the printed form.
 *
 * @param value the estimate
 * @param error its standard error, Student's factor included, so that value +- 2 error hold 95 of
 *     100 repetitions; 0 where the value is exact, NaN where the error is unknown
 * @param effectiveSamples independent draws that the value is worth; infinite where it is exact
 * @param rHat rank-normalised split R-hat of the chains behind it, 1 where they agree
 */
public record Estimate(double value, double error, double effectiveSamples, double rHat) {
  /** A value with an unknown number of draws. */
  public Estimate(double value, double error) {
    this(value, error, Double.NaN, Double.NaN);
  }

  /** A value without Monte Carlo error. */
  public static Estimate exact(double value) {
    return new Estimate(value, 0, Double.POSITIVE_INFINITY, 1);
  }

  /** tr X^T Y of two matrices without Monte Carlo error. */
  public static Estimate ofProduct(double[] x, double[] y) {
    double sum = 0;
    for (int i = 0; i < x.length; i++) {
      sum += x[i] * y[i];
    }
    return exact(sum);
  }

  /** The same draws behind another value, whose error is given. */
  public Estimate of(double other, double otherError) {
    return new Estimate(other, otherError, effectiveSamples, rHat);
  }

  /** The estimate times a constant. */
  public Estimate times(double factor) {
    return of(factor * value, Math.abs(factor) * error);
  }
}
