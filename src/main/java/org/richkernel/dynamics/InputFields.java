package org.richkernel.dynamics;

import org.richkernel.compute.Backend;

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
    return CovarianceFactor.of(problem.inputKernel(backend), points, backend);
  }
}
