package org.richkernel.bayes.multiscale;

import java.util.Random;

/**
 * Linearly separable Ising task: y_i = +1 for even i and -1 for odd i, and every component of x_i
 * is y_i with probability 1/2 + dp, otherwise -y_i. C = X X^T / D.
 */
final class IsingTask {
  static final int TEST = 400;

  final int points;
  final double[] kernel;
  final double[] y;
  final double[] cross;
  final double[] own;
  final double[] testY;

  IsingTask(int dimension, int points, double dp, long seed) {
    this.points = points;
    Random random = new Random(seed);
    y = targets(points);
    testY = targets(TEST);
    double[] x = inputs(random, y, dimension, dp);
    double[] test = inputs(random, testY, dimension, dp);
    kernel = product(x, points, x, points, dimension);
    cross = product(test, TEST, x, points, dimension);
    own = new double[TEST];
    java.util.Arrays.fill(own, 1);
  }

  private static double[] targets(int points) {
    double[] y = new double[points];
    for (int i = 0; i < points; i++) {
      y[i] = i % 2 == 0 ? 1 : -1;
    }
    return y;
  }

  private static double[] inputs(Random random, double[] y, int dimension, double dp) {
    double[] x = new double[y.length * dimension];
    for (int i = 0; i < x.length; i++) {
      x[i] = (random.nextDouble() < 0.5 + dp ? 1 : -1) * y[i / dimension];
    }
    return x;
  }

  private static double[] product(double[] a, int rows, double[] b, int columns, int dimension) {
    double[] c = new double[rows * columns];
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        for (int k = 0; k < dimension; k++) {
          c[i * columns + j] += a[i * dimension + k] * b[j * dimension + k] / dimension;
        }
      }
    }
    return c;
  }
}
