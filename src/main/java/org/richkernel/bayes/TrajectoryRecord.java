package org.richkernel.bayes;

import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.NotPositiveDefiniteException;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Workspace;

/**
 * Record of the evaluations of a trajectory, kept on the backend and read once at the end: V of the
 * last evaluation, the number of failed factorizations, the sum of all V, which is not finite if
 * one of them is not, and the energies at both ends. No evaluation waits for the backend. After a
 * failure the later numbers are meaningless and are discarded with the trajectory.
 */
public final class TrajectoryRecord {
  private final Backend backend;
  private final Matrix values; // V, failures, sum of V, energies before and after
  private final Matrix potential;
  private final Matrix failures;
  private final Matrix sum;
  private final Matrix before;
  private final Matrix after;
  private final double[] read = new double[5];

  /**
   * @param memory with the matrices of {@link #plan}
   */
  public TrajectoryRecord(Backend backend, Workspace memory) {
    this.backend = backend;
    values = memory.get("trajectory");
    potential = values.view(0, 1, 0, 1);
    failures = values.view(0, 1, 1, 1);
    sum = values.view(0, 1, 2, 1);
    before = values.view(0, 1, 3, 1);
    after = values.view(0, 1, 4, 1);
  }

  /** Adds the record to a plan. */
  public static void plan(MemoryPlan plan) {
    plan.add("trajectory", Precision.FLOAT64, 1, 5);
  }

  /** Resets the record. */
  public void start() {
    backend.fill(0, values);
  }

  /** Receives V of an evaluation, 1 x 1, float64; call {@link #note} afterwards. */
  public Matrix potential() {
    return potential;
  }

  /** Counter of failed factorizations, 1 x 1, float64. */
  public Matrix failures() {
    return failures;
  }

  /** Records H = |x|^2/2 + |p|^2/2 + V at the start of the trajectory, with the noted V. */
  void noteStart(Matrix x, Matrix p) {
    energy(x, p, before);
  }

  /** Records H at the end of the trajectory, before V is read. */
  void noteEnd(Matrix x, Matrix p) {
    energy(x, p, after);
  }

  private void energy(Matrix x, Matrix p, Matrix out) {
    backend.dot(0.5, x, x, 0, out);
    backend.dot(0.5, p, p, 1, out);
    backend.axpy(1, potential, out);
  }

  /** H at the start, after V was read. */
  double energyAtStart() {
    return read[3];
  }

  /** H at the end, after V was read. */
  double energyAtEnd() {
    return read[4];
  }

  /** Ends an evaluation. */
  public void note() {
    backend.axpy(1, potential, sum);
  }

  /** Ends an evaluation with V on the host. */
  public void note(double v) {
    backend.fill(v, potential);
    note();
  }

  /**
   * V of the last evaluation; +infinity if since the start a factorization failed or V was not
   * finite.
   */
  public double read() {
    fetch();
    return read[1] > 0 || !Double.isFinite(read[2]) ? Double.POSITIVE_INFINITY : read[0];
  }

  /**
   * V of the last evaluation.
   *
   * @param mend advice after a failed factorization
   * @throws NotPositiveDefiniteException if since the start a factorization failed
   */
  double require(String mend) {
    fetch();
    if (read[1] > 0) {
      throw new NotPositiveDefiniteException("a kernel of the present fields", Double.NaN, mend);
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
