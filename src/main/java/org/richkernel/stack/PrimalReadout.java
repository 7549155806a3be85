package org.richkernel.stack;

import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Workspace;

/**
 * Potential V and dual vector v of readout weights that are integrated out with a P x P kernel. The
 * kernel may come from any layer and readout. With A = g Phi + kappa, v = A^{-1} Y and
 *
 * <pre>  V = (S gamma^2 / 2) tr Y^T v + c ln det A.</pre>
 */
public final class PrimalReadout {
  private final Backend backend;
  private final PosteriorParameters parameters;
  private final Matrix targets; // Y, P x K
  private final Matrix cholesky; // factor of A
  private final Matrix dual; // v, P x K
  private final Matrix dualSingle;
  private final Matrix potential;
  private final Matrix failures;
  private Conditions conditions; // of the parameters, or others during annealing
  private long nanos;

  /**
   * @param memory with the matrices of {@link #plan}
   * @param y targets, row-major P x K
   * @param potential receives V, 1 x 1, float64
   * @param failures counter of failed factorizations, 1 x 1, float64
   */
  public PrimalReadout(
      Backend backend,
      Workspace memory,
      PosteriorParameters parameters,
      double[] y,
      Matrix potential,
      Matrix failures) {
    this.backend = backend;
    this.parameters = parameters;
    this.potential = potential;
    this.failures = failures;
    conditions = parameters.conditions();
    targets = memory.get("Y");
    cholesky = memory.get("Cholesky factor");
    dual = memory.get("dual");
    dualSingle = memory.get("dual, single");
    backend.upload(y, targets);
  }

  /** Adds the matrices of the readout to a plan. */
  public static void plan(MemoryPlan plan, int points, int outputs) {
    plan.add("Y", Precision.FLOAT64, points, outputs)
        .add("Cholesky factor", Precision.FLOAT64, points, points)
        .add("dual", Precision.FLOAT64, points, outputs)
        .add("dual, single", Precision.FLOAT32, points, outputs);
  }

  /**
   * Sets the richness and the noise of the next solves.
   *
   * @return whether they changed
   */
  public boolean setConditions(Conditions next) {
    boolean changed = !next.equals(conditions);
    conditions = next;
    return changed;
  }

  /**
   * Solves for v and writes V into the matrix of the potential.
   *
   * @param kernel g Phi, P x P, float64
   * @param samples S
   */
  public void solve(Matrix kernel, int samples) {
    long start = System.nanoTime();
    backend.copy(kernel, cholesky);
    backend.addDiagonal(conditions.kappa(), cholesky);
    backend.cholesky(cholesky, failures);
    backend.copy(targets, dual);
    backend.solveCholesky(cholesky, dual);
    double gamma = conditions.gamma();
    backend.dot(0.5 * samples * gamma * gamma, targets, dual, 0, potential);
    if (parameters.hasDeterminant()) {
      backend.logDeterminant(parameters.determinant(samples), cholesky, 1, potential);
    }
    nanos += System.nanoTime() - start;
  }

  /** Richness and noise at present. */
  public Conditions conditions() {
    return conditions;
  }

  /** Y, P x K, float64. */
  public Matrix targets() {
    return targets;
  }

  /** v of the last solve, P x K, float64. */
  public Matrix dual() {
    return dual;
  }

  /** The present {@link #dual()}, rounded to float32. */
  public Matrix dualSingle() {
    backend.copy(dual, dualSingle);
    return dualSingle;
  }

  /** -gamma^2 g, the factor of (phi v) v^T in the derivative dV/dphi of the data term. */
  public double pullScale() {
    return -conditions.gamma() * conditions.gamma() * parameters.readoutVariance();
  }

  /** target = scale A^{-1}, P x P, float64. */
  public void inverse(double scale, Matrix target) {
    backend.invertCholesky(scale, cholesky, target);
  }

  /** Wall-clock time spent in factorizations so far. */
  public long nanos() {
    return nanos;
  }
}
