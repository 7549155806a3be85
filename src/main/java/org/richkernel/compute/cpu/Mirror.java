package org.richkernel.compute.cpu;

import static org.bytedeco.openblas.global.openblas_full.CblasRowMajor;
import static org.bytedeco.openblas.global.openblas_full.CblasTrans;
import static org.bytedeco.openblas.global.openblas_full.LAPACKE_slacpy_work;
import static org.bytedeco.openblas.global.openblas_full.LAPACK_COL_MAJOR;
import static org.bytedeco.openblas.global.openblas_full.cblas_somatcopy;

import java.util.Arrays;
import org.richkernel.compute.Precision;

/**
 * Moves the two triangles of a square matrix, in blocks that fit a cache and are wide enough that
 * the calls which copy their rows cost little. float32 goes through OpenBLAS's transposition, eight
 * times as fast as a loop over Java arrays; in float64 the loop is twice as fast as OpenBLAS.
 */
final class Mirror {
  private static final int SMALL_EDGE = Worker.SQUARE / 2;

  private static final int LARGE_EDGE = Worker.SQUARE;

  /** From this size on large blocks leave enough pieces to share out. */
  private static final int LARGE = 512;

  /** Rows of a block lie this far apart, or its columns would compete for a few cache lines. */
  private static final int STRIDE = Worker.SQUARE_STRIDE;

  private final WorkerTeam team;
  private final CpuMemory memory;
  private NativeBlock scratch;
  private final ToUpper toUpper = new ToUpper();
  private final Transposition transposition = new Transposition();
  private final ZeroUpper zeroUpper = new ZeroUpper();

  Mirror(WorkerTeam team, CpuMemory memory) {
    this.team = team;
    this.memory = memory;
  }

  /** A_ji = A_ij for i &gt; j. */
  void lowerToUpper(CpuMatrix a) {
    if (a.isSingle() && scratch == null) {
      scratch =
          memory.reserve(
              Precision.FLOAT32,
              (long) team.threads() * LARGE_EDGE * LARGE_EDGE,
              "scratch of symmetric products");
    }
    toUpper.over(team, a);
  }

  void close() {
    if (scratch != null) {
      memory.release(scratch);
    }
  }

  /** A = A^T in place. */
  void transpose(CpuMatrix a) {
    transposition.over(team, a);
  }

  /** A_ij = 0 for j &gt; i. */
  void clearUpper(CpuMatrix a) {
    zeroUpper.over(team, a);
  }

  private static void load(CpuMatrix a, int row, int rows, int column, int n, double[] tile) {
    for (int i = 0; i < rows; i++) {
      a.read(a.at(row + i, column), tile, i * STRIDE, n);
    }
  }

  private static void store(CpuMatrix a, int row, int rows, int column, int n, double[] tile) {
    for (int i = 0; i < rows; i++) {
      a.write(a.at(row + i, column), tile, i * STRIDE, n);
    }
  }

  /** y = x^T for x of rows x columns. */
  private static void flip(double[] x, double[] y, int rows, int columns) {
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        y[j * STRIDE + i] = x[i * STRIDE + j];
      }
    }
  }

  /** Overwrites the upper triangle of a diagonal block with its lower triangle. */
  private static void reflect(double[] x, int rows) {
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < i; j++) {
        x[j * STRIDE + i] = x[i * STRIDE + j];
      }
    }
  }

  /** Work on one stripe of {@link #edge} rows below the diagonal. */
  private abstract static class Stripes implements Task {
    CpuMatrix a;
    int edge;

    final void over(WorkerTeam team, CpuMatrix matrix) {
      a = matrix;
      edge = matrix.rows() >= LARGE ? LARGE_EDGE : SMALL_EDGE;
      team.run(this);
    }

    @Override
    public final int pieces() {
      return (a.rows() + edge - 1) / edge;
    }

    @Override
    public final void run(int piece, Worker w) {
      int row = piece * edge;
      int rows = Math.min(edge, a.rows() - row);
      for (int column = 0; column < row; column += edge) {
        offDiagonal(w, row, rows, column);
      }
      diagonal(w, row, rows);
    }

    abstract void offDiagonal(Worker w, int row, int rows, int column);

    abstract void diagonal(Worker w, int row, int rows);
  }

  private final class ToUpper extends Stripes {
    @Override
    void offDiagonal(Worker w, int row, int rows, int column) {
      if (a.isSingle()) {
        flip(w, row, rows, column, edge, a.address(column, row), a.leading());
      } else {
        load(a, row, rows, column, edge, w.square0);
        Mirror.flip(w.square0, w.square1, rows, edge);
        store(a, column, edge, row, rows, w.square1);
      }
    }

    @Override
    void diagonal(Worker w, int row, int rows) {
      if (a.isSingle()) {
        long flipped = scratch.address() + (long) w.index * LARGE_EDGE * LARGE_EDGE * Float.BYTES;
        flip(w, row, rows, row, rows, flipped, LARGE_EDGE);
        copyUpper(w, flipped, row, rows);
      } else {
        load(a, row, rows, row, rows, w.square0);
        reflect(w.square0, rows);
        store(a, row, rows, row, rows, w.square0);
      }
    }

    /** Writes the transpose of a block of A to an address. */
    private void flip(
        Worker w, int row, int rows, int column, int columns, long target, int leading) {
      cblas_somatcopy(
          CblasRowMajor,
          CblasTrans,
          rows,
          columns,
          1f,
          w.a.at(a, row, column),
          a.leading(),
          w.b.at(target),
          leading);
    }

    /** Copies the upper triangle of a block, which by columns is a lower one, to the diagonal. */
    private void copyUpper(Worker w, long block, int row, int rows) {
      int info =
          LAPACKE_slacpy_work(
              LAPACK_COL_MAJOR,
              (byte) 'L',
              rows,
              rows,
              w.b.at(block),
              LARGE_EDGE,
              w.a.at(a, row, row),
              a.leading());
      if (info != 0) {
        throw new IllegalStateException(
            "slacpy refused argument " + -info + " while mirroring " + a.describe());
      }
    }
  }

  /** Float64 only: eigenvectors. */
  private static final class Transposition extends Stripes {
    @Override
    void offDiagonal(Worker w, int row, int rows, int column) {
      load(a, row, rows, column, edge, w.square0);
      flip(w.square0, w.square1, rows, edge);
      load(a, column, edge, row, rows, w.square0);
      store(a, column, edge, row, rows, w.square1);
      flip(w.square0, w.square1, edge, rows);
      store(a, row, rows, column, edge, w.square1);
    }

    @Override
    void diagonal(Worker w, int row, int rows) {
      load(a, row, rows, row, rows, w.square0);
      flip(w.square0, w.square1, rows, rows);
      store(a, row, rows, row, rows, w.square1);
    }
  }

  /** Float64 only: the factor of a Cholesky decomposition. */
  private static final class ZeroUpper extends Stripes {
    @Override
    void offDiagonal(Worker w, int row, int rows, int column) {
      Arrays.fill(w.square0, 0.0);
      store(a, column, edge, row, rows, w.square0);
    }

    @Override
    void diagonal(Worker w, int row, int rows) {
      load(a, row, rows, row, rows, w.square0);
      for (int i = 0; i < rows; i++) {
        Arrays.fill(w.square0, i * STRIDE + i + 1, i * STRIDE + edge, 0.0);
      }
      store(a, row, rows, row, rows, w.square0);
    }
  }
}
