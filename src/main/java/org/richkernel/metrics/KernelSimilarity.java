package org.richkernel.metrics;

/**
 * How alike two kernels on the same points are.
 *
 * @param cosine tr A B / (|A|_F |B|_F), 1 when they are equal up to a factor
 * @param frobeniusRatio |A|_F / |B|_F
 * @param relativeError |A - B|_F / |B|_F
 */
public record KernelSimilarity(double cosine, double frobeniusRatio, double relativeError) {

  /**
   * Compares two kernels.
   *
   * @param a P x P
   * @param b P x P; NaN and infinite numbers come out where it is zero
   * @throws IllegalArgumentException if they have different sizes
   */
  public static KernelSimilarity of(double[] a, double[] b) {
    if (a.length != b.length) {
      throw new IllegalArgumentException(
          "kernels of " + a.length + " and " + b.length + " entries cannot be compared");
    }
    double product = 0;
    double squaresA = 0;
    double squaresB = 0;
    double difference = 0;
    for (int i = 0; i < a.length; i++) {
      product += a[i] * b[i];
      squaresA += a[i] * a[i];
      squaresB += b[i] * b[i];
      difference += (a[i] - b[i]) * (a[i] - b[i]);
    }
    return new KernelSimilarity(
        product / Math.sqrt(squaresA * squaresB),
        Math.sqrt(squaresA / squaresB),
        Math.sqrt(difference / squaresB));
  }
}
