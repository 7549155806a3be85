package org.richkernel.limit;

/**
 * Least-squares line through the logarithms of values as a function of log n.
 *
 * @param slope the exponent
 * @param slopeStandardError its standard error, times sqrt(chi^2 / dof) if that is above 1
 * @param intercept log value at n = 1
 * @param curvature slope between the two largest widths less that between the two smallest; NaN for
 *     two widths
 * @param curvatureStandardError its error
 */
public record PowerLaw(
    double slope,
    double slopeStandardError,
    double intercept,
    double curvature,
    double curvatureStandardError) {

  /**
   * The weighted least-squares line.
   *
   * @param widths n, increasing, at least 2
   * @param logs log of the values
   * @param errors their standard errors, positive
   */
  static PowerLaw fit(double[] widths, double[] logs, double[] errors) {
    int count = widths.length;
    double weights = 0;
    double meanX = 0;
    double meanY = 0;
    for (int i = 0; i < count; i++) {
      double w = 1 / (errors[i] * errors[i]);
      weights += w;
      meanX += w * Math.log(widths[i]);
      meanY += w * logs[i];
    }
    meanX /= weights;
    meanY /= weights;
    double spread = 0;
    double product = 0;
    for (int i = 0; i < count; i++) {
      double w = 1 / (errors[i] * errors[i]);
      double x = Math.log(widths[i]) - meanX;
      spread += w * x * x;
      product += w * x * (logs[i] - meanY);
    }
    double slope = product / spread;
    double chiSquare = 0;
    for (int i = 0; i < count; i++) {
      double off = logs[i] - meanY - slope * (Math.log(widths[i]) - meanX);
      chiSquare += off * off / (errors[i] * errors[i]);
    }
    double inflation = count > 2 ? Math.sqrt(Math.max(1, chiSquare / (count - 2))) : 1;
    double curvature = Double.NaN;
    double curvatureError = Double.NaN;
    if (count > 2) {
      // with three widths the first and the last local slope share a point
      double first = Math.log(widths[1] / widths[0]);
      double last = Math.log(widths[count - 1] / widths[count - 2]);
      double[] share = new double[count];
      share[0] += 1 / first;
      share[1] -= 1 / first;
      share[count - 1] += 1 / last;
      share[count - 2] -= 1 / last;
      curvature = 0;
      double variance = 0;
      for (int i = 0; i < count; i++) {
        curvature += share[i] * logs[i];
        variance += share[i] * share[i] * errors[i] * errors[i];
      }
      curvatureError = Math.sqrt(variance);
    }
    return new PowerLaw(
        slope, inflation / Math.sqrt(spread), meanY - slope * meanX, curvature, curvatureError);
  }
}
