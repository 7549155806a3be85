package org.richkernel.dynamics;

import java.util.Arrays;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.NotPositiveDefiniteException;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Side;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;
import org.richkernel.solver.SolverState;

/**
 * Basis of the past of one field x(t): orthonormal directions E (S x r, E^T E = S) with x(t) = E
 * R(t)^T, without directions of less than a small fraction of the variance. Averages are over
 * samples, or sums over the rows of a matrix that grows with time.
 */
final class PastDirections {
  private final Backend backend;
  private final HistoryScratch scratch;
  private final String name;
  private final double leftOut;
  private final double weight; // of a row in averages
  private final int capacity;
  private final Matrix fields; // E, S x r
  private final Matrix rows; // R(now), m x r
  private final Matrix failures; // failed factorizations since the last query, 1 x 1
  private double cut; // largest fraction of the variance dropped by the limit of r
  private int rank;
  private int known; // r before the present time
  private int height; // S

  /** Adds the matrices of one history to a plan, and their copies in a checkpoint. */
  static void plan(MemoryPlan plan, String name, int height, int columns, int points) {
    plan.add("past of " + name, Precision.FLOAT32, height, columns)
        .add("rows of " + name, Precision.FLOAT64, points, columns)
        .addHost((long) height * columns * Float.BYTES);
  }

  /** Directions of fields of the given number of samples. */
  static PastDirections ofSamples(
      Backend backend,
      CausalOptions causal,
      Workspace memory,
      HistoryScratch scratch,
      String name,
      Matrix failures,
      int samples) {
    PastDirections past =
        new PastDirections(backend, causal, memory, scratch, name, failures, 1.0 / samples);
    past.height = samples;
    return past;
  }

  /** Directions of the rows of a matrix without rows yet, see {@link #grow}. */
  static PastDirections ofRows(
      Backend backend,
      CausalOptions causal,
      Workspace memory,
      HistoryScratch scratch,
      String name,
      Matrix failures) {
    return new PastDirections(backend, causal, memory, scratch, name, failures, 1);
  }

  private PastDirections(
      Backend backend,
      CausalOptions causal,
      Workspace memory,
      HistoryScratch scratch,
      String name,
      Matrix failures,
      double weight) {
    this.backend = backend;
    this.failures = failures;
    this.scratch = scratch;
    this.name = name;
    this.weight = weight;
    leftOut = causal.leftOut();
    fields = memory.get("past of " + name);
    rows = memory.get("rows of " + name);
    capacity = fields.columns();
  }

  /** r, directions kept. */
  int rank() {
    return rank;
  }

  /** r before the present time. */
  int known() {
    return known;
  }

  /** Largest number of directions kept. */
  int capacity() {
    return capacity;
  }

  /** E, S x r. */
  Matrix fields() {
    return fields.view(0, height, 0, rank);
  }

  /** R(now) of some of the present points, count x r; valid until the next {@link #observe}. */
  Matrix rows(int first, int count) {
    return rows.view(first, count, 0, rank);
  }

  /** Extends the directions to the given number of rows; new rows are zero. */
  void grow(int rows) {
    backend.fill(0, fields.view(height, rows - height, 0, rank));
    height = rows;
  }

  /** Projects the field of the present time (S x m) on the directions of the past. */
  void observe(Matrix now) {
    known = rank;
    project(now, 0, known);
  }

  /** R(now) on the directions from .. to: &lt;now E&gt;. */
  private void project(Matrix now, int from, int to) {
    backend.crossGram(
        weight,
        now,
        fields.view(0, height, from, to - from),
        0,
        rows.view(0, now.columns(), from, to - from));
  }

  /**
   * Adds the new directions of the points that drive the step to E.
   *
   * @param now the field observed last, driving points first
   * @param kernel of the driving points, n x n
   * @return their mean variance
   */
  double keep(Matrix now, Matrix kernel) {
    int driving = kernel.rows();
    double[] kernelAndLeft = kernelAndLeft(kernel);
    double variance = meanDiagonal(kernelAndLeft, driving);
    double[] left = Arrays.copyOfRange(kernelAndLeft, driving * driving, kernelAndLeft.length);
    int[] chosen = PivotChoice.choose(left, driving, leftOut * variance, capacity - known);
    if (chosen.length > 0) {
      orthonormalize(now, chosen);
      rank += chosen.length;
      project(now, known, rank);
    }
    if (rank == capacity) {
      // at the largest number of directions the dropped variance may exceed the threshold
      kernelAndLeft = kernelAndLeft(kernel);
      for (int i = 0; i < driving; i++) {
        cut = Math.max(cut, kernelAndLeft[(driving + i) * driving + i] / variance);
      }
    }
    return variance;
  }

  /** The kernel of the first present points and its residual K - R R^T, n x n each. */
  private double[] kernelAndLeft(Matrix kernel) {
    int n = kernel.rows();
    Matrix pair = scratch.pair(n);
    Matrix residual = pair.rowRange(n, n);
    backend.copy(kernel, pair.rowRange(0, n));
    backend.copy(kernel, residual);
    Matrix r = rows(0, n);
    backend.gemm(Transpose.NO, Transpose.YES, -1, r, r, 1, residual);
    double[] both = new double[2 * n * n];
    backend.download(pair, both);
    return both;
  }

  private static double meanDiagonal(double[] matrix, int size) {
    double trace = 0;
    for (int i = 0; i < size; i++) {
      trace += matrix[i * size + i];
    }
    // a field that vanishes (dead neurons, points at the origin) is not an error
    return Math.max(trace / size, Float.MIN_NORMAL);
  }

  /** New directions from the chosen columns, by Gram-Schmidt, twice against rounding. */
  private void orthonormalize(Matrix now, int[] chosen) {
    int fresh = chosen.length;
    // a contiguous copy is faster than strided access to a few columns of the wide history
    Matrix e = scratch.panel(height, fresh);
    backend.gatherColumns(now, chosen, e);
    Matrix old = fields.view(0, height, 0, known);
    Matrix overlap = scratch.wide(fresh, known);
    backend.crossGram(weight, e, old, 0, overlap);
    scratch.addColumns(-1, old, overlap, 1, e);
    Matrix again = scratch.otherPanel(height, fresh);
    normalize(e, again);
    backend.crossGram(weight, again, old, 0, overlap);
    scratch.addColumns(-1, old, overlap, 1, again);
    normalize(again, fields.view(0, height, known, fresh));
  }

  /** target = e T^{-T} with T T^T = &lt;e e&gt;. */
  private void normalize(Matrix e, Matrix target) {
    int n = e.columns();
    Matrix gram = scratch.factor(n);
    backend.gram(weight, e, 0, gram);
    factorize(gram);
    Matrix inverse = scratch.small(n, n);
    backend.copy(scratch.unit(n), inverse);
    backend.solveTriangular(Side.LEFT, Transpose.NO, 1, gram, inverse);
    Matrix inverse32 = scratch.narrowSmall(n, n);
    backend.copy(inverse, inverse32);
    backend.gemm(Transpose.NO, Transpose.YES, 1, e, inverse32, 0, target);
  }

  /**
   * Replaces a covariance of this field by its Cholesky factor without waiting; {@link
   * #requireFactors} checks for failures.
   */
  void factorize(Matrix covariance) {
    backend.cholesky(covariance, failures);
  }

  /**
   * Checks the factorizations so far.
   *
   * @param failed number of failures counted by the backend
   * @throws NotPositiveDefiniteException naming the field, if rounding exceeded the dropped
   *     variance
   */
  void requireFactors(double failed) {
    if (failed != 0) {
      throw new NotPositiveDefiniteException(
          "covariance of " + name + " (" + known + " directions kept)",
          Double.NaN,
          "raise --samples or lower --step-size");
    }
  }

  /** Largest fraction of the mean variance dropped so far for lack of directions. */
  double cut() {
    return cut;
  }

  /** Adds the state between two times to a checkpoint. */
  void save(SolverState state) {
    state.put(key("rank"), rank).put(key("cut"), cut);
    SavedMatrix.save(backend, state, key("past"), fields());
  }

  private String key(String what) {
    return FieldHistory.key(what, name);
  }

  /** Restores a saved state. */
  void restore(SolverState state) {
    rank = (int) state.number(key("rank"));
    cut = state.number(key("cut"));
    SavedMatrix.restore(backend, state, key("past"), fields());
  }
}
