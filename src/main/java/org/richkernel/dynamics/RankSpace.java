package org.richkernel.dynamics;

import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.Precision;

/**
 * Coordinates of all points in the r = min(P, D) dimensions that the training points span.
 *
 * @param train F, P x r, F F^T = X X^T / D
 * @param test coordinates of the test points, Q x r
 * @param testDeviation what remains of each test point, |x|^2 / D = |coordinates|^2 + deviation^2
 */
@SuppressWarnings("ArrayRecordComponent")
record RankSpace(double[] train, double[] test, double[] testDeviation) {
  /** Directions whose eigenvalue is below this fraction of the largest carry nothing. */
  private static final double RANK_TOLERANCE = 1e-12;

  static RankSpace of(DynamicsProblem problem, Backend backend) {
    int p = problem.trainPoints();
    int q = problem.testPoints();
    int d = problem.dimension();
    if (d <= p) {
      double scale = 1 / Math.sqrt(d);
      return new RankSpace(
          scaled(problem.trainInputs().toArray(), scale),
          scaled(problem.testInputs().toArray(), scale),
          new double[q]);
    }
    int all = p + q;
    double[] kernel = problem.inputKernel();
    double[] train = new double[p * p];
    for (int i = 0; i < p; i++) {
      System.arraycopy(kernel, i * all, train, i * p, p);
    }
    double[] lambda = new double[p];
    try (Matrix vectors = backend.allocate(Precision.FLOAT64, p, p, "input kernel");
        Matrix values = backend.allocate(Precision.FLOAT64, 1, p, "input eigenvalues")) {
      backend.upload(train, vectors);
      backend.eigenSymmetric(vectors, values);
      backend.download(vectors, train);
      backend.download(values, lambda);
    }
    // test coordinates = Phi^0(x, X) U Lambda^{-1/2}, F = U Lambda^{1/2}
    double[] test = new double[q * p];
    double[] deviation = new double[q];
    double threshold = RANK_TOLERANCE * Math.max(0, lambda[p - 1]);
    for (int i = 0; i < q; i++) {
      double rest = kernel[(p + i) * all + p + i];
      for (int k = 0; k < p; k++) {
        double sum = 0;
        for (int j = 0; j < p && lambda[k] > threshold; j++) {
          sum += kernel[(p + i) * all + j] * train[j * p + k];
        }
        test[i * p + k] = lambda[k] > threshold ? sum / Math.sqrt(lambda[k]) : 0;
        rest -= test[i * p + k] * test[i * p + k];
      }
      // rounding may leave a point of the training span slightly negative
      deviation[i] = Math.sqrt(Math.max(0, rest));
    }
    for (int i = 0; i < train.length; i++) {
      train[i] *= lambda[i % p] > threshold ? Math.sqrt(lambda[i % p]) : 0;
    }
    return new RankSpace(train, test, deviation);
  }

  private static double[] scaled(double[] values, double scale) {
    for (int i = 0; i < values.length; i++) {
      values[i] *= scale;
    }
    return values;
  }
}
