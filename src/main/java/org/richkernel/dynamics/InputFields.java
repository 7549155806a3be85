package org.richkernel.dynamics;

import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.lazy.InputCovariance;

/**
 * A factor F (M x r, r = min(M, D)) of the covariance of the first layer at the start, Phi^0 = X
 * X^T / D = F F^T, so that its fields are drawn in r dimensions and not in M. In a convolutional
 * network the rows of X are patches, (M s_1) x (k_1 C).
 */
final class InputFields {
  private InputFields() {}

  /** Rows of F. */
  static int fields(DynamicsProblem problem) {
    return Math.multiplyExact(problem.points(), problem.sites().sites(1));
  }

  /** r. */
  static int rank(DynamicsProblem problem) {
    return Math.min(fields(problem), problem.sites().inputs());
  }

  /** Peak memory of the kernel Phi^0 of the inputs. */
  static MemoryPlan kernelPlan(DynamicsProblem problem) {
    return InputCovariance.plan(fields(problem), problem.sites().inputs());
  }

  /** Peak memory of {@link #factor}. */
  static MemoryPlan plan(DynamicsProblem problem) {
    return problem.sites().inputs() <= fields(problem)
        ? kernelPlan(problem)
        : MemoryPlan.largest(kernelPlan(problem), CovarianceFactor.plan(fields(problem)));
  }

  /** F, row-major M x r: X / sqrt(D), or U Lambda^{1/2} of the eigenvectors of Phi^0. */
  static double[] factor(DynamicsProblem problem, Backend backend) {
    int fields = fields(problem);
    int dimension = problem.sites().inputs();
    if (dimension <= fields) {
      double[] x = problem.patches();
      double scale = 1 / Math.sqrt(dimension);
      for (int i = 0; i < x.length; i++) {
        x[i] *= scale;
      }
      return x;
    }
    return CovarianceFactor.of(problem.inputKernel(backend), fields, backend);
  }
}
