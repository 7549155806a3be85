package org.richkernel.stack;

import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.TwoSidedSolve;
import org.richkernel.compute.Workspace;

/**
 * Derivative of a function of F with respect to Sigma = F F^T (Murray 2016, arXiv:1602.07527,
 * equation 10): with M = F^T dE/dF,
 *
 * <pre>  dE/dSigma = sym(F^{-T} tril_half(M) F^{-1}),</pre>
 *
 * <p>where tril_half keeps the lower triangle and half of the diagonal. For fields h = xi F^T, M is
 * G^T xi with G = dE/dxi, so dE/dF itself is not needed.
 */
public final class CholeskyAdjoint {
  private final Backend backend;
  private final Matrix unit;
  private final TwoSidedSolve solve;
  private final Matrix adjoint;
  private final Matrix adjointSingle;
  private final Matrix meanDiagonal;

  /**
   * @param memory holds what {@link #plan} planned, and the unit matrix
   */
  public CholeskyAdjoint(Backend backend, Workspace memory) {
    this.backend = backend;
    unit = memory.get("unit matrix");
    solve = new TwoSidedSolve(backend, memory, unit.rows());
    adjoint = memory.get("adjoint of the covariance");
    adjointSingle = memory.get("adjoint of the covariance, single");
    meanDiagonal = memory.get("mean diagonal of the adjoint");
  }

  /** Adds its scratch to a plan. */
  public static void plan(Backend backend, MemoryPlan plan, int points) {
    TwoSidedSolve.plan(backend, plan, points);
    plan.add("adjoint of the covariance", Precision.FLOAT64, points, points)
        .add("adjoint of the covariance, single", Precision.FLOAT32, points, points)
        .add("mean diagonal of the adjoint", Precision.FLOAT64, 1, 1);
  }

  /**
   * 2 dE/d(g Phi) in float32, for the covariance of {@link LayerCovariance}.
   *
   * @param gradient G, S x P, float32
   * @param xi S x P, float32
   * @param cholesky F
   * @param jitter of the covariance
   */
  public Matrix twice(Matrix gradient, Matrix xi, Matrix cholesky, double jitter) {
    int points = unit.rows();
    // Q = tril_half(M) + tril_half(M)^T for M = G^T xi is the lower triangle of M, mirrored
    backend.mirroredCrossGram(1, gradient, xi, 0, adjoint);
    // 2 dE/dSigma = F^{-T} Q F^{-1}
    solve.solve(cholesky, adjoint);
    // Sigma holds jitter tr / P on its diagonal
    backend.dot(1.0 / points, unit, adjoint, 0, meanDiagonal);
    backend.addDiagonal(jitter, meanDiagonal, adjoint);
    backend.copy(adjoint, adjointSingle);
    return adjointSingle;
  }
}
