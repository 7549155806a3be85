package org.richkernel.dynamics;

import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;
import org.richkernel.solver.SolverState;

/**
 * Factor of the covariance F K of weights shared by sites, for a kernel K = R R^T. With the patches
 * of rows of R side by side,
 *
 * <pre>
 *   R_c[(mu, a), (j, d)] = R[(mu, nb(a, d)), j] / sqrt(k),   F K = R_c R_c^T,
 * </pre>
 *
 * and a Gaussian field of that covariance is omega R_c^T: one white omega for each offset and
 * direction, as the weights of each offset are independent. Few of these k r directions matter: R_c
 * = R' V^T with orthonormal V ({@link PastDirections} of the rows of R_c^T), and omega needs only
 * r' columns.
 */
final class PatchFactor {
  private static final String ROWS = "rows of patches";
  private static final String TRANSPOSED = "rows turned";
  private static final String NARROW = "rows turned, single";
  private static final String SUM = "sums of rows turned, single";
  private static final String RESPONSE = "response of patches";
  private static final String COVARIANCE = "covariance of patches";

  private final Backend backend;
  private final HistoryScratch scratch;
  private final PatchMap map;
  private final PastDirections directions; // V, (k r) x r'
  private final Matrix patches; // (k r) x (M to) in one row
  private final Matrix turned; // r x (M from)
  private final Matrix narrow; // r x (M from), float32
  private final Matrix sum; // r x (M from), float32
  private final Matrix response; // (M to) x r'
  private final Matrix covariance; // (M to) x (M to)

  /**
   * Adds the directions of one history to a plan, and their copy in a checkpoint.
   *
   * @param offsets k
   * @param columns largest r
   * @param ownColumns largest r'
   * @param fields M to
   */
  static void plan(
      MemoryPlan plan, String name, int offsets, int columns, int ownColumns, int fields) {
    int height = Math.multiplyExact(offsets, columns);
    PastDirections.plan(plan, patchesOf(name), height, ownColumns, fields);
  }

  /**
   * Adds the scratch of all histories.
   *
   * @param patches largest number of patches of rows, k r M s
   * @param columns largest r or r'
   * @param fields largest M s
   */
  static void planScratch(MemoryPlan plan, int patches, int columns, int fields) {
    plan.add(ROWS, Precision.FLOAT32, 1, patches)
        .add(TRANSPOSED, Precision.FLOAT64, columns, fields)
        .add(NARROW, Precision.FLOAT32, columns, fields)
        .add(SUM, Precision.FLOAT32, columns, fields)
        .add(RESPONSE, Precision.FLOAT64, fields, columns)
        .add(COVARIANCE, Precision.FLOAT64, fields, fields);
  }

  private static String patchesOf(String name) {
    return "patches of " + name;
  }

  /**
   * @param name of the history
   * @param failures counter of failed factorizations, 1 x 1
   */
  PatchFactor(
      Backend backend,
      CausalOptions causal,
      Workspace memory,
      HistoryScratch scratch,
      PatchMap map,
      String name,
      Matrix failures) {
    this.backend = backend;
    this.scratch = scratch;
    this.map = map;
    directions = PastDirections.ofRows(backend, causal, memory, scratch, patchesOf(name), failures);
    patches = memory.get(ROWS);
    turned = memory.get(TRANSPOSED);
    narrow = memory.get(NARROW);
    sum = memory.get(SUM);
    response = memory.get(RESPONSE);
    covariance = memory.get(COVARIANCE);
  }

  /** V and R'. */
  PastDirections directions() {
    return directions;
  }

  /**
   * Adds the rows of the present time.
   *
   * @param rows R(now), (m from) x r
   * @param keep number of the first columns of the Gaussian field that leave a past
   * @return mean variance of these columns; 0 for none
   */
  double extend(Matrix rows, int keep) {
    int rank = rows.columns();
    int m = rows.rows();
    Matrix wide = turned.view(0, rank, 0, m);
    Matrix single = narrow.view(0, rank, 0, m);
    backend.gemm(Transpose.YES, Transpose.NO, scale(), rows, scratch.unit(m), 0, wide);
    backend.copy(wide, single);
    int fields = m / map.from() * map.to();
    map.spread(single, sideBySide(rank, fields));
    Matrix now = stacked(rank, fields);
    directions.grow(now.rows());
    directions.observe(now);
    if (keep == 0) {
      return 0;
    }
    Matrix kernel = covariance.view(0, keep, 0, keep);
    backend.gram(1, now.view(0, now.rows(), 0, keep), 0, kernel);
    return directions.keep(now, kernel);
  }

  /** F K of all present points; valid until the next call. */
  Matrix covariance(Matrix kernel) {
    int fields = kernel.rows() / map.from() * map.to();
    Matrix own = covariance.view(0, fields, 0, fields);
    map.covariance(kernel, own);
    return own;
  }

  private double scale() {
    return 1 / Math.sqrt(map.offsets());
  }

  /** The patches of each direction in a row, r x (k fields). */
  private Matrix sideBySide(int rank, int fields) {
    return window(rank, fields).reshaped(rank, map.offsets() * fields);
  }

  /** The same numbers with a row for each direction and offset, (k r) x fields. */
  private Matrix stacked(int rank, int fields) {
    return window(rank, fields).reshaped(map.offsets() * rank, fields);
  }

  private Matrix window(int rank, int fields) {
    return patches.view(0, 1, 0, map.offsets() * rank * fields);
  }

  /** Scratch for coefficients of responses in the directions of omega, n x r'. */
  Matrix response(int fields) {
    return response.view(0, fields, 0, directions.rank());
  }

  /**
   * Transforms coefficients in the directions of omega to coefficients on the columns of R: the
   * transpose of the patches of rows.
   *
   * @param own (m to) x r'
   * @param result (m from) x r
   */
  void collect(Matrix own, Matrix result) {
    int rank = result.columns();
    int m = result.rows();
    int fields = own.rows();
    scratch.addColumns(scale(), directions.fields(), own, 0, stacked(rank, fields));
    Matrix single = sum.view(0, rank, 0, m);
    Matrix wide = turned.view(0, rank, 0, m);
    map.collect(sideBySide(rank, fields), narrow.view(0, rank, 0, m), single);
    backend.copy(single, wide);
    backend.gemm(Transpose.NO, Transpose.YES, 1, scratch.unit(m), wide, 0, result);
  }

  /** Adds the state between two times to a checkpoint. */
  void save(SolverState state) {
    directions.save(state);
  }

  /**
   * Restores a saved state.
   *
   * @param rank r
   */
  void restore(SolverState state, int rank) {
    directions.grow(map.offsets() * rank);
    directions.restore(state);
  }
}
