package org.richkernel.compute.cpu;

import static org.bytedeco.openblas.global.openblas_full.CblasLower;
import static org.bytedeco.openblas.global.openblas_full.CblasNoTrans;
import static org.bytedeco.openblas.global.openblas_full.CblasRowMajor;
import static org.bytedeco.openblas.global.openblas_full.CblasTrans;
import static org.bytedeco.openblas.global.openblas_full.LAPACKE_dpotrf_work;
import static org.bytedeco.openblas.global.openblas_full.LAPACKE_dpotri_work;
import static org.bytedeco.openblas.global.openblas_full.LAPACK_COL_MAJOR;
import static org.bytedeco.openblas.global.openblas_full.cblas_dgemm;
import static org.bytedeco.openblas.global.openblas_full.cblas_dsyrk;

import org.richkernel.compute.NotPositiveDefiniteException;
import org.richkernel.compute.Operands;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Side;
import org.richkernel.compute.Transpose;

/**
 * Cholesky decomposition, right-looking in blocks of columns: factor the diagonal block, solve the
 * blocks below it, update the rest of the lower triangle. The last two are split over the team.
 */
final class CholeskyFactorization {
  private static final int BLOCK = 64;
  private static final int LARGEST_UNBLOCKED = 96;
  private static final int SOLVE_ROWS = 64;
  private static final int TILE = 256;

  private final WorkerTeam team;
  private final Mirror mirror;
  private final SolveBelow solveBelow = new SolveBelow();
  private final UpdateRest updateRest = new UpdateRest();
  private final double[] pivot = new double[1];

  CholeskyFactorization(WorkerTeam team, Mirror mirror) {
    this.team = team;
    this.mirror = mirror;
  }

  void factor(CpuMatrix a) {
    Operands.square("cholesky", a);
    Operands.precision("cholesky", Precision.FLOAT64, a);
    int n = a.rows();
    if (n <= LARGEST_UNBLOCKED || team.threads() == 1) {
      factorDiagonal(a, 0, n);
    } else {
      for (int k = 0; k < n; k += BLOCK) {
        int width = Math.min(BLOCK, n - k);
        factorDiagonal(a, k, width);
        if (k + width < n) {
          solveBelow.start(a, k, width);
          team.run(solveBelow);
          updateRest.start(a, k, width);
          team.run(updateRest);
        }
      }
    }
    mirror.clearUpper(a);
  }

  /** The inverse of L L^T replaces L; a third of the work of solving for the unit matrix. */
  void invert(CpuMatrix l) {
    if (!l.isEmpty()) {
      int info =
          LAPACKE_dpotri_work(
              LAPACK_COL_MAJOR, (byte) 'U', l.rows(), team.caller().da.at(l, 0, 0), l.leading());
      if (info < 0) {
        throw new IllegalStateException(
            "dpotri refused its argument " + -info + " for " + l.describe());
      }
      mirror.lowerToUpper(l);
    }
  }

  private void factorDiagonal(CpuMatrix a, int k, int width) {
    if (width == 0) {
      return;
    }
    // the lower triangle of a row-major matrix is the upper one of the same memory column by column
    int info =
        LAPACKE_dpotrf_work(
            LAPACK_COL_MAJOR, (byte) 'U', width, team.caller().da.at(a, k, k), a.leading());
    if (info < 0) {
      throw new IllegalStateException(
          "dpotrf refused its argument " + -info + " for " + a.describe());
    }
    boolean positive = info == 0;
    for (int i = k; i < k + width && positive; i++) {
      a.read(a.at(i, i), pivot, 1);
      positive = pivot[0] > 0;
    }
    if (!positive) {
      throw new NotPositiveDefiniteException(
          a.describe(), Double.NaN, NotPositiveDefiniteException.SCALE_INPUTS);
    }
  }

  /** A[below, block] = A[below, block] L^-T, split by rows. */
  private static final class SolveBelow implements Task {
    private CpuMatrix a;
    private int block;
    private int width;
    private int firstRow;

    void start(CpuMatrix matrix, int k, int columns) {
      a = matrix;
      block = k;
      width = columns;
      firstRow = k + columns;
    }

    @Override
    public int pieces() {
      return (a.rows() - firstRow + SOLVE_ROWS - 1) / SOLVE_ROWS;
    }

    @Override
    public void run(int piece, Worker w) {
      int row = firstRow + piece * SOLVE_ROWS;
      int rows = Math.min(SOLVE_ROWS, a.rows() - row);
      Blas.trsm(
          w,
          Side.RIGHT,
          Transpose.YES,
          rows,
          width,
          1,
          a.address(block, block),
          a.leading(),
          a.address(row, block),
          a.leading());
    }
  }

  /** A[i, j] -= A[i, block] A[j, block]^T for tiles of the lower triangle after the block. */
  private static final class UpdateRest implements Task {
    private CpuMatrix a;
    private int block;
    private int width;
    private int first;

    void start(CpuMatrix matrix, int k, int columns) {
      a = matrix;
      block = k;
      width = columns;
      first = k + columns;
    }

    private int tiles() {
      return (a.rows() - first + TILE - 1) / TILE;
    }

    @Override
    public int pieces() {
      return tiles() * (tiles() + 1) / 2;
    }

    @Override
    public void run(int piece, Worker w) {
      // pieces count the tiles row by row: piece = i (i + 1) / 2 + j with j <= i
      int i = (int) ((Math.sqrt(8.0 * piece + 1) - 1) / 2);
      int j = piece - i * (i + 1) / 2;
      int row = first + i * TILE;
      int rows = Math.min(TILE, a.rows() - row);
      int column = first + j * TILE;
      if (i == j) {
        syrk(w, row, rows);
      } else {
        gemm(w, row, rows, column);
      }
    }

    private void syrk(Worker w, int row, int rows) {
      cblas_dsyrk(
          CblasRowMajor,
          CblasLower,
          CblasNoTrans,
          rows,
          width,
          -1,
          w.da.at(a, row, block),
          a.leading(),
          1,
          w.dc.at(a, row, row),
          a.leading());
    }

    private void gemm(Worker w, int row, int rows, int column) {
      cblas_dgemm(
          CblasRowMajor,
          CblasNoTrans,
          CblasTrans,
          rows,
          TILE,
          width,
          -1,
          w.da.at(a, row, block),
          a.leading(),
          w.db.at(a, column, block),
          a.leading(),
          1,
          w.dc.at(a, row, column),
          a.leading());
    }
  }
}
