package org.richkernel.dynamics;

import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.Precision;

/**
 * A factor F (M x r, r = min(M, D)) of the covariance of the first layer at the start, Phi^0 = X
 * X^T / D = F F^T, so that its fields are drawn in r dimensions and not in M.
 */
final class InputFields {
  private InputFields() {}

  /** r. */
  static int rank(DynamicsProblem problem) {
    return Math.min(problem.points(), problem.dimension());
  }

  /** F, row-major M x r: X / sqrt(D), or U Lambda^{1/2} of the eigenvectors of Phi^0. */
  static double[] factor(DynamicsProblem problem, Backend backend) {
    int points = problem.points();
    if (problem.dimension() <= points) {
      double[] x = problem.allInputs();
      double scale = 1 / Math.sqrt(problem.dimension());
      for (int i = 0; i < x.length; i++) {
        x[i] *= scale;
      }
      return x;
    }
    double[] lambda = new double[points];
    double[] vectors = new double[points * points];
    try (Matrix kernel = backend.allocate(Precision.FLOAT64, points, points, "input kernel");
        Matrix values = backend.allocate(Precision.FLOAT64, 1, points, "input eigenvalues")) {
      backend.upload(problem.inputKernel(), kernel);
      backend.eigenSymmetric(kernel, values);
      backend.download(kernel, vectors);
      backend.download(values, lambda);
    }
    for (int i = 0; i < vectors.length; i++) {
      // rounding may leave an eigenvalue of 0 slightly negative
      vectors[i] *= Math.sqrt(Math.max(0, lambda[i % points]));
    }
    return vectors;
  }
}
