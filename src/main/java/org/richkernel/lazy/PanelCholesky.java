package org.richkernel.lazy;

import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.NotPositiveDefiniteException;
import org.richkernel.compute.Side;
import org.richkernel.compute.Transpose;
import org.richkernel.solver.StopSignal;

/**
 * Cholesky factor in place, left-looking in panels of columns, with a stop before each of their
 * square blocks:
 *
 * <pre>
 *   L_ij = (A_ij - sum_{k<j} L_ik L_jk^T) L_jj^{-T},   L_jj L_jj^T = A_jj - sum_{k<j} L_jk L_jk^T
 * </pre>
 *
 * <p>A matrix of one panel is left to the backend. A block takes 2 B^2 P flops at most.
 */
final class PanelCholesky {
  /** Columns of a panel. */
  static final int PANEL = 1024;

  private final Backend backend;
  private final StopSignal stop;
  private final int panel;

  /**
   * @param stop is asked before every block
   * @param panel B, columns of a panel
   */
  PanelCholesky(Backend backend, StopSignal stop, int panel) {
    this.backend = backend;
    this.stop = stop;
    this.panel = panel;
  }

  /**
   * The lower triangle of A becomes L, and the strict upper triangle zero.
   *
   * @param a P x P, FLOAT64; only the lower triangle is read
   * @throws NotPositiveDefiniteException if a pivot is not positive; A is then undefined
   * @throws org.richkernel.solver.InterruptedRunException for a stop; A is then undefined
   */
  void factor(Matrix a) {
    int points = a.rows();
    for (int first = 0; first < points; first += panel) {
      int width = Math.min(panel, points - first);
      int end = first + width;
      try (Matrix diagonal = a.view(first, width, first, width);
          Matrix left = a.view(first, width, 0, first);
          Matrix above = a.view(first, width, end, points - end)) {
        stop.check();
        subtract(left, left, diagonal);
        backend.cholesky(diagonal);
        backend.fill(0, above);
        for (int row = end; row < points; row += panel) {
          stop.check();
          below(a, row, Math.min(panel, points - row), left, diagonal);
        }
      }
    }
  }

  private void below(Matrix a, int row, int rows, Matrix left, Matrix diagonal) {
    int first = left.columns();
    try (Matrix target = a.view(row, rows, first, diagonal.columns());
        Matrix own = a.view(row, rows, 0, first)) {
      subtract(own, left, target);
      backend.solveTriangular(Side.RIGHT, Transpose.YES, 1, diagonal, target);
    }
  }

  /** target = target - rows columns^T. */
  private void subtract(Matrix rows, Matrix columns, Matrix target) {
    if (rows.columns() > 0) {
      backend.gemm(Transpose.NO, Transpose.YES, -1, rows, columns, 1, target);
    }
  }
}
