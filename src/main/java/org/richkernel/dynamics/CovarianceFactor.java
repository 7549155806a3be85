package org.richkernel.dynamics;

import org.richkernel.compute.Backend;
import org.richkernel.compute.EigenvectorSigns;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Workspace;

/** A factor F of a covariance F F^T that may be singular. */
final class CovarianceFactor {
  private CovarianceFactor() {}

  /** Peak memory of {@link #of}. */
  static MemoryPlan plan(int size) {
    return new MemoryPlan()
        .addEigenproblem("covariance", "its eigenvalues", size)
        .addHost(Double.BYTES * (2L * size * size + 2L * size));
  }

  /**
   * F = U Lambda^{1/2} of the eigenvectors, row-major n x n, the same on all backends.
   *
   * @param covariance row-major n x n
   */
  static double[] of(double[] covariance, int size, Backend backend) {
    double[] vectors = new double[size * size];
    double[] lambda = new double[size];
    try (Workspace memory = new Workspace(backend, plan(size))) {
      Matrix kernel = memory.get("covariance");
      Matrix values = memory.get("its eigenvalues");
      backend.upload(covariance, kernel);
      backend.eigenSymmetric(kernel, values);
      backend.download(kernel, vectors);
      backend.download(values, lambda);
    }
    double[] signs = EigenvectorSigns.of(vectors, size);
    for (int i = 0; i < vectors.length; i++) {
      // rounding may leave an eigenvalue of 0 slightly negative
      vectors[i] *= signs[i % size] * Math.sqrt(Math.max(0, lambda[i % size]));
    }
    return vectors;
  }
}
