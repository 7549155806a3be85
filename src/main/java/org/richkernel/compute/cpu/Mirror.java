package org.richkernel.compute.cpu;

import static org.bytedeco.openblas.global.openblas_full.CblasRowMajor;
import static org.bytedeco.openblas.global.openblas_full.CblasTrans;
import static org.bytedeco.openblas.global.openblas_full.LAPACKE_dlacpy_work;
import static org.bytedeco.openblas.global.openblas_full.LAPACKE_slacpy_work;
import static org.bytedeco.openblas.global.openblas_full.LAPACK_COL_MAJOR;
import static org.bytedeco.openblas.global.openblas_full.cblas_domatcopy;
import static org.bytedeco.openblas.global.openblas_full.cblas_somatcopy;

import java.util.Arrays;
import org.richkernel.compute.Precision;

/**
 * Moves the two triangles of a square matrix. The upper one is filled by OpenBLAS's transposition;
 * operations in place use blocks on the Java heap that fit a cache and are wide enough that the
 * calls to copy their rows cost little.
 */
final class Mirror {
  private static final int SMALL_EDGE = Worker.SQUARE / 2;

  private static final int LARGE_EDGE = Worker.SQUARE;

  /** From this size on large blocks leave enough pieces to share out. */
  private static final int LARGE = 512;

  /** Blocks of this many rows and columns are transposed aside. */
  private static final int LEAF = 64;

  /** Distance of their rows, no power of two. */
  private static final int LEAF_STRIDE = LEAF + 16;

  private static final byte WHOLE = (byte) 'A';
  private static final byte LOWER = (byte) 'L';

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
    prepare();
    toUpper.over(team, a);
  }

  /** Reserves the scratch of {@link #stripeToUpper}; call it before the workers start. */
  void prepare() {
    if (scratch == null) {
      scratch =
          memory.reserve(
              Precision.FLOAT64,
              (long) team.threads() * LEAF * LEAF_STRIDE,
              "scratch of transpositions");
    }
  }

  /**
   * A_ji = A_ij for i &gt; j and i in a stripe of rows; touches nothing of the lower triangle, so
   * other stripes may be at work.
   */
  void stripeToUpper(Worker w, CpuMatrix a, int row, int rows) {
    for (int from = row; from < row + rows; from += LEAF) {
      int count = Math.min(LEAF, row + rows - from);
      besideDiagonal(w, a, from, count);
      onDiagonal(w, a, from, count);
    }
  }

  /**
   * Float32 goes straight to its place. OpenBLAS transposes float64 entry by entry down the columns
   * of the target, which fall into few sets of a cache where rows lie a power of two apart: by way
   * of a block with another distance between rows it takes a quarter of the time.
   */
  private void besideDiagonal(Worker w, CpuMatrix a, int row, int rows) {
    if (a.isSingle()) {
      if (row > 0) {
        flip(w, a, row, rows, 0, row, a.address(0, row), a.leading());
      }
      return;
    }
    for (int column = 0; column < row; column += LEAF) {
      int columns = Math.min(LEAF, row - column);
      flip(w, a, row, rows, column, columns, scratch(w), LEAF_STRIDE);
      copy(w, WHOLE, rows, columns, a, column, row);
    }
  }

  private void onDiagonal(Worker w, CpuMatrix a, int row, int rows) {
    flip(w, a, row, rows, row, rows, scratch(w), LEAF_STRIDE);
    copy(w, LOWER, rows, rows, a, row, row);
  }

  private long scratch(Worker w) {
    return scratch.address() + (long) w.index * LEAF * LEAF_STRIDE * Double.BYTES;
  }

  /** Writes the transpose of a block of A to an address. */
  private static void flip(
      Worker w, CpuMatrix a, int row, int rows, int column, int columns, long target, int leading) {
    if (a.isSingle()) {
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
    } else {
      cblas_domatcopy(
          CblasRowMajor,
          CblasTrans,
          rows,
          columns,
          1,
          w.da.at(a, row, column),
          a.leading(),
          w.db.at(target),
          leading);
    }
  }

  /**
   * Copies a part of the scratch block to A, from element (row, column) on. LAPACK counts by
   * columns: its m is the length of a row here, and its lower triangle is the upper one.
   */
  private void copy(Worker w, byte part, int m, int n, CpuMatrix a, int row, int column) {
    long block = scratch(w);
    int order = LAPACK_COL_MAJOR;
    int info =
        a.isSingle()
            ? LAPACKE_slacpy_work(
                order, part, m, n, w.b.at(block), LEAF_STRIDE, w.a.at(a, row, column), a.leading())
            : LAPACKE_dlacpy_work(
                order,
                part,
                m,
                n,
                w.db.at(block),
                LEAF_STRIDE,
                w.da.at(a, row, column),
                a.leading());
    if (info != 0) {
      throw new IllegalStateException(
          "lacpy refused argument " + -info + " while mirroring " + a.describe());
    }
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

  /** Work on one stripe of {@link #edge} rows. */
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
  }

  /** A stripe block by block, up to the diagonal. */
  private abstract static class Blocks extends Stripes {
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
    public void run(int piece, Worker w) {
      int row = piece * edge;
      stripeToUpper(w, a, row, Math.min(edge, a.rows() - row));
    }
  }

  /** Float64 only: eigenvectors. */
  private static final class Transposition extends Blocks {
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
  private static final class ZeroUpper extends Blocks {
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
