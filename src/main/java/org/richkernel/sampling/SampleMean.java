package org.richkernel.sampling;

/**
 * A mean of draws before it is printed: its variance, and how well that is known.
 *
 * @param value the mean
 * @param variance of the mean, without Student's factor
 * @param degreesOfFreedom of the variance
 * @param effectiveSamples independent draws behind the mean
 * @param rHat rank-normalised split R-hat of the chains, 1 for independent draws
 */
public record SampleMean(
    double value, double variance, double degreesOfFreedom, double effectiveSamples, double rHat) {
  /** The mean times a constant. */
  public SampleMean times(double factor) {
    return new SampleMean(
        factor * value, factor * factor * variance, degreesOfFreedom, effectiveSamples, rHat);
  }

  /**
   * Sum with an independent mean; the degrees of freedom are those of Welch and Satterthwaite. The
   * sum is worth the draws of the term that dominates its variance.
   */
  public SampleMean plus(SampleMean other) {
    double sum = variance + other.variance;
    double freedom =
        sum == 0
            ? Math.min(degreesOfFreedom, other.degreesOfFreedom)
            : sum
                * sum
                / (variance * variance / degreesOfFreedom
                    + other.variance * other.variance / other.degreesOfFreedom);
    return new SampleMean(
        value + other.value,
        sum,
        freedom,
        Math.min(effectiveSamples, other.effectiveSamples),
        Math.max(rHat, other.rHat));
  }

  /** Standard error with Student's factor. */
  public double standardError() {
    return variance == 0 ? 0 : Math.sqrt(variance) * Student.widening(degreesOfFreedom);
  }

  /** The number in the printed form. */
  public Estimate estimate() {
    return new Estimate(value, standardError(), effectiveSamples, rHat);
  }
}
