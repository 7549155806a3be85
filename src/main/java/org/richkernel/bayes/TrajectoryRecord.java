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
 * them was not; with them the energies at both ends. Nothing waits in between; after a failure the
 * numbers that follow are without meaning and are thrown away with the trajectory.
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
   * @param memory holds what {@link #plan} planned
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

  /** Forgets what was noted. */
  public void start() {
    backend.fill(0, values);
  }

  /** Where an evaluation leaves V, 1 x 1, float64; {@link #note} must follow. */
  public Matrix potential() {
    return potential;
  }

  /** Where factorizations count their failures, 1 x 1, float64. */
  public Matrix failures() {
    return failures;
  }

  /** Leaves H = |x|^2/2 + |p|^2/2 + V at the start of the trajectory, with V as it is noted. */
  void noteStart(Matrix x, Matrix p) {
    energy(x, p, before);
  }

  /** Leaves the same at the end, before V is read. */
  void noteEnd(Matrix x, Matrix p) {
    energy(x, p, after);
  }

  private void energy(Matrix x, Matrix p, Matrix out) {
    backend.dot(0.5, x, x, 0, out);
    backend.dot(0.5, p, p, 1, out);
    backend.axpy(1, potential, out);
  }

  /** What {@link #noteStart} left, known since V was read. */
  double energyAtStart() {
    return read[3];
  }

  /** What {@link #noteEnd} left. */
  double energyAtEnd() {
    return read[4];
  }

  /** Ends an evaluation. */
  public void note() {
    backend.axpy(1, potential, sum);
  }

  /** Ends an evaluation that knows V on the host. */
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
   * @param mend what helps where a factorization failed
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
