package org.richkernel.bayes;

import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Workspace;

/**
 * What the readout weights leave behind when they are integrated out: with A = g Phi + kappa the
 * dual vector v = A^{-1} Y and the potential
 *
 * <pre>  V = (S gamma^2 / 2) tr Y^T v + c ln det A.</pre>
 */
final class ReadoutDual {
  private final Backend backend;
  private final PosteriorParameters parameters;
  private final Matrix targets; // Y, P x K
  private final Matrix cholesky; // factor of A
  private final Matrix dual; // v, P x K
  private final Matrix dualSingle;
  private final TrajectoryRecord record;
  private double richness; // gamma, or another while it is annealed
  private double noise; // kappa, likewise
  private long nanos;

  /**
   * @param memory holds what {@link #plan} planned
   * @param y targets, row-major P x K
   */
  ReadoutDual(Backend backend, Workspace memory, PosteriorParameters parameters, double[] y) {
    this.backend = backend;
    this.parameters = parameters;
    richness = parameters.gamma();
    noise = parameters.kappa();
    targets = memory.get("Y");
    cholesky = memory.get("Cholesky factor");
    dual = memory.get("dual");
    dualSingle = memory.get("dual, single");
    record = new TrajectoryRecord(backend, memory);
    backend.upload(y, targets);
  }

  /** Adds what the readout holds to a plan. */
  static void plan(MemoryPlan plan, int points, int outputs) {
    TrajectoryRecord.plan(plan);
    plan.add("Y", Precision.FLOAT64, points, outputs)
        .add("Cholesky factor", Precision.FLOAT64, points, points)
        .add("dual", Precision.FLOAT64, points, outputs)
        .add("dual, single", Precision.FLOAT32, points, outputs);
  }

  /**
   * Sets the richness and the noise that count from now on.
   *
   * @return whether they are others than before
   */
  boolean setConditions(double gamma, double kappa) {
    boolean changed = gamma != richness || kappa != noise;
    richness = gamma;
    noise = kappa;
    return changed;
  }

  /**
   * Solves for v.
   *
   * @param kernel g Phi, P x P, float64
   * @param samples S
   * @return V
   * @throws org.richkernel.compute.NotPositiveDefiniteException if the fields behind the kernel
   *     have overflowed
   */
  double potential(Matrix kernel, int samples) {
    record.start();
    solve(kernel, samples);
    return record.require();
  }

  /**
   * Solves for v and leaves V on the {@link #record()}, which the caller has started.
   *
   * @param kernel g Phi, P x P, float64
   * @param samples S
   */
  void solve(Matrix kernel, int samples) {
    long start = System.nanoTime();
    backend.copy(kernel, cholesky);
    backend.addDiagonal(noise, cholesky);
    backend.cholesky(cholesky, record.failures());
    backend.copy(targets, dual);
    backend.solveCholesky(cholesky, dual);
    backend.dot(0.5 * samples * richness * richness, targets, dual, 0, record.potential());
    if (parameters.hasDeterminant()) {
      backend.logDeterminant(parameters.determinant(samples), cholesky, 1, record.potential());
    }
    record.note();
    nanos += System.nanoTime() - start;
  }

  /** What the evaluations since its start say of V. */
  TrajectoryRecord record() {
    return record;
  }

  /** gamma at present. */
  double richness() {
    return richness;
  }

  /** Y, P x K, float64. */
  Matrix targets() {
    return targets;
  }

  /** v of the last solve, P x K, float64. */
  Matrix dual() {
    return dual;
  }

  /** v as it is in {@link #dual()} at present, in float32. */
  Matrix dualSingle() {
    backend.copy(dual, dualSingle);
    return dualSingle;
  }

  /** -gamma^2 g, by which (phi v) v^T is the pull of the targets on phi. */
  double pullScale() {
    return -richness * richness * parameters.readoutVariance();
  }

  /** target = scale A^{-1}, P x P, float64. */
  void inverse(double scale, Matrix target) {
    backend.invertCholesky(scale, cholesky, target);
  }

  /** Wall-clock time spent in factorizations so far. */
  long nanos() {
    return nanos;
  }
}
