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
  private final KernelMap map;
  private final Matrix unit;
  private final TwoSidedSolve solve;
  private final Matrix adjoint;
  private final Matrix adjointSingle;
  private final Matrix meanDiagonal;

  /**
   * @param memory with the matrices of {@link #plan}, and the unit matrix
   */
  public CholeskyAdjoint(Backend backend, Workspace memory) {
    this(
        backend,
        memory,
        new KernelMap.Same(backend),
        memory.get("unit matrix"),
        memory.get("unit matrix").rows());
  }

  /**
   * The adjoint of one among several layers that share the scratch.
   *
   * @param memory with the matrices of {@link #plan} for the largest of them
   * @param map from the kernel below to the covariance
   * @param unit I of the size of the covariance
   * @param below rows of the kernel below
   */
  public CholeskyAdjoint(Backend backend, Workspace memory, KernelMap map, Matrix unit, int below) {
    this.backend = backend;
    this.map = map;
    this.unit = unit;
    int points = unit.rows();
    solve = new TwoSidedSolve(backend, memory, memory.get("adjoint of the covariance").rows());
    adjoint = memory.get("adjoint of the covariance").view(0, points, 0, points);
    adjointSingle = memory.get("adjoint of the covariance, single").view(0, below, 0, below);
    meanDiagonal = memory.get("mean diagonal of the adjoint");
  }

  /** Adds the scratch to a plan. */
  public static void plan(Backend backend, MemoryPlan plan, int points) {
    plan(backend, plan, points, points);
  }

  /**
   * The same for kernels of another size than the covariances that follow from them.
   *
   * @param points rows of the largest covariance
   * @param below rows of the largest kernel below one
   */
  public static void plan(Backend backend, MemoryPlan plan, int points, int below) {
    TwoSidedSolve.plan(backend, plan, points);
    plan.add("adjoint of the covariance", Precision.FLOAT64, points, points)
        .add("adjoint of the covariance, single", Precision.FLOAT32, below, below)
        .add("mean diagonal of the adjoint", Precision.FLOAT64, 1, 1);
  }

  /**
   * 2 dE/d(g Phi) in float32, for the covariance of {@link LayerCovariance}: F* of 2 dE/dSigma.
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
    backend.copy(map.pull(adjoint), adjointSingle);
    return adjointSingle;
  }
}
