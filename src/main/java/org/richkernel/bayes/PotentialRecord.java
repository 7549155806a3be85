package org.richkernel.bayes;

import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.NotPositiveDefiniteException;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Workspace;

/**
 * What the evaluations of a trajectory say of V, kept on the backend and read once at the end: V of
 * the last one, the factorizations that failed, and the sum of all V, which is not finite if one of
 * them was not. Nothing waits in between; after a failure the numbers that follow are without
 * meaning and are thrown away with the trajectory.
 */
final class PotentialRecord {
  private final Backend backend;
  private final Matrix values; // V, failures, sum of V
  private final Matrix potential;
  private final Matrix failures;
  private final Matrix sum;
  private final double[] read = new double[3];

  PotentialRecord(Backend backend, Workspace memory) {
    this.backend = backend;
    values = memory.get("potential");
    potential = values.view(0, 1, 0, 1);
    failures = values.view(0, 1, 1, 1);
    sum = values.view(0, 1, 2, 1);
  }

  static void plan(MemoryPlan plan) {
    plan.add("potential", Precision.FLOAT64, 1, 3);
  }

  /** Forgets what was noted. */
  void start() {
    backend.fill(0, values);
  }

  /** Where an evaluation leaves V, 1 x 1, float64; {@link #note} must follow. */
  Matrix potential() {
    return potential;
  }

  /** Where factorizations count their failures, 1 x 1, float64. */
  Matrix failures() {
    return failures;
  }

  /** Ends an evaluation. */
  void note() {
    backend.axpy(1, potential, sum);
  }

  /**
   * V of the last evaluation; +infinity if since the start a factorization failed or V was not
   * finite.
   */
  double read() {
    fetch();
    return read[1] > 0 || !Double.isFinite(read[2]) ? Double.POSITIVE_INFINITY : read[0];
  }

  /**
   * V of the last evaluation.
   *
   * @throws NotPositiveDefiniteException if since the start a factorization failed
   */
  double require() {
    fetch();
    if (read[1] > 0) {
      throw new NotPositiveDefiniteException(
          "a kernel of the present fields", Double.NaN, NotPositiveDefiniteException.SCALE_INPUTS);
    }
    return read[0];
  }

  private void fetch() {
    backend.download(values, read);
    if (Double.isNaN(read[1])) {
      throw new IllegalStateException("a factorization refused its arguments");
    }
  }
}
