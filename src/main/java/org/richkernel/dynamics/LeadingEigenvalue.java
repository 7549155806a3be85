package org.richkernel.dynamics;

import java.util.Arrays;

/** The largest eigenvalue of a kernel that changes slowly, by power iteration from the last one. */
final class LeadingEigenvalue {
  private static final int ITERATIONS = 30;

  /** Size of a perturbation of the vector, in case the leading direction changes. */
  private static final double EVERYTHING = 1e-3;

  private final double[] vector;
  private double value;

  LeadingEigenvalue(int points) {
    vector = new double[points];
    Arrays.fill(vector, 1);
  }

  /** The value measured last, a close lower bound; 0 before the first. */
  double value() {
    return value;
  }

  /**
   * Measures the eigenvalue.
   *
   * @param kernel positive semi-definite, row-major P x P
   */
  void measure(double[] kernel) {
    int points = vector.length;
    double[] image = new double[points];
    for (int n = 0; n < ITERATIONS; n++) {
      for (int i = 0; i < points; i++) {
        image[i] = 0;
        for (int j = 0; j < points; j++) {
          image[i] += kernel[i * points + j] * vector[j];
        }
      }
      double length = norm(image);
      value = length / norm(vector);
      for (int i = 0; i < points && length > 0; i++) {
        vector[i] = image[i] / length + EVERYTHING / points;
      }
    }
  }

  private static double norm(double[] x) {
    return Math.sqrt(Arrays.stream(x).map(v -> v * v).sum());
  }

  /** Vector and value, for a checkpoint. */
  double[] numbers() {
    double[] numbers = Arrays.copyOf(vector, vector.length + 1);
    numbers[vector.length] = value;
    return numbers;
  }

  /** Restores saved numbers. */
  void restore(double[] numbers) {
    System.arraycopy(numbers, 0, vector, 0, vector.length);
    value = numbers[vector.length];
  }
}
