package org.richkernel.compute.cpu;

import java.util.Arrays;

/**
 * Moves the two triangles of a square matrix, in blocks that fit a cache and are wide enough that
 * the calls which copy their rows cost little.
 */
final class Mirror {
  private static final int SMALL_EDGE = Worker.SQUARE / 2;

  private static final int LARGE_EDGE = Worker.SQUARE;

  /** From this size on large blocks leave enough pieces to share out. */
  private static final int LARGE = 512;

  /** Rows of a block lie this far apart, or its columns would compete for a few cache lines. */
  private static final int STRIDE = Worker.SQUARE_STRIDE;

  private final WorkerTeam team;
  private final ToUpper toUpper = new ToUpper();
  private final Transposition transposition = new Transposition();
  private final ZeroUpper zeroUpper = new ZeroUpper();

  Mirror(WorkerTeam team) {
    this.team = team;
  }

  /** A_ji = A_ij for i &gt; j. */
  void lowerToUpper(CpuMatrix a) {
    toUpper.over(team, a);
  }

  /** A = A^T in place. */
  void transpose(CpuMatrix a) {
    transposition.over(team, a);
  }

  /** A_ij = 0 for j &gt; i. */
  void clearUpper(CpuMatrix a) {
    zeroUpper.over(team, a);
  }

  private static void load(CpuMatrix a, int row, int rows, int column, int n, float[] tile) {
    for (int i = 0; i < rows; i++) {
      a.read(a.at(row + i, column), tile, i * STRIDE, n);
    }
  }

  private static void load(CpuMatrix a, int row, int rows, int column, int n, double[] tile) {
    for (int i = 0; i < rows; i++) {
      a.read(a.at(row + i, column), tile, i * STRIDE, n);
    }
  }

  private static void store(CpuMatrix a, int row, int rows, int column, int n, float[] tile) {
    for (int i = 0; i < rows; i++) {
      a.write(a.at(row + i, column), tile, i * STRIDE, n);
    }
  }

  private static void store(CpuMatrix a, int row, int rows, int column, int n, double[] tile) {
    for (int i = 0; i < rows; i++) {
      a.write(a.at(row + i, column), tile, i * STRIDE, n);
    }
  }

  /** y = x^T for x of rows x columns. */
  private static void flip(float[] x, float[] y, int rows, int columns) {
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        y[j * STRIDE + i] = x[i * STRIDE + j];
      }
    }
  }

  private static void flip(double[] x, double[] y, int rows, int columns) {
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        y[j * STRIDE + i] = x[i * STRIDE + j];
      }
    }
  }

  /** Overwrites the upper triangle of a diagonal block with its lower triangle. */
  private static void reflect(float[] x, int rows) {
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < i; j++) {
        x[j * STRIDE + i] = x[i * STRIDE + j];
      }
    }
  }

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

  private static final class ToUpper extends Stripes {
    @Override
    void offDiagonal(Worker w, int row, int rows, int column) {
      if (a.isSingle()) {
        load(a, row, rows, column, edge, w.fSquare0);
        flip(w.fSquare0, w.fSquare1, rows, edge);
        store(a, column, edge, row, rows, w.fSquare1);
      } else {
        load(a, row, rows, column, edge, w.dSquare0);
        flip(w.dSquare0, w.dSquare1, rows, edge);
        store(a, column, edge, row, rows, w.dSquare1);
      }
    }

    @Override
    void diagonal(Worker w, int row, int rows) {
      if (a.isSingle()) {
        load(a, row, rows, row, rows, w.fSquare0);
        reflect(w.fSquare0, rows);
        store(a, row, rows, row, rows, w.fSquare0);
      } else {
        load(a, row, rows, row, rows, w.dSquare0);
        reflect(w.dSquare0, rows);
        store(a, row, rows, row, rows, w.dSquare0);
      }
    }
  }

  /** Float64 only: eigenvectors. */
  private static final class Transposition extends Stripes {
    @Override
    void offDiagonal(Worker w, int row, int rows, int column) {
      load(a, row, rows, column, edge, w.dSquare0);
      flip(w.dSquare0, w.dSquare1, rows, edge);
      load(a, column, edge, row, rows, w.dSquare0);
      store(a, column, edge, row, rows, w.dSquare1);
      flip(w.dSquare0, w.dSquare1, edge, rows);
      store(a, row, rows, column, edge, w.dSquare1);
    }

    @Override
    void diagonal(Worker w, int row, int rows) {
      load(a, row, rows, row, rows, w.dSquare0);
      flip(w.dSquare0, w.dSquare1, rows, rows);
      store(a, row, rows, row, rows, w.dSquare1);
    }
  }

  /** Float64 only: the factor of a Cholesky decomposition. */
  private static final class ZeroUpper extends Stripes {
    @Override
    void offDiagonal(Worker w, int row, int rows, int column) {
      Arrays.fill(w.dSquare0, 0.0);
      store(a, column, edge, row, rows, w.dSquare0);
    }

    @Override
    void diagonal(Worker w, int row, int rows) {
      load(a, row, rows, row, rows, w.dSquare0);
      for (int i = 0; i < rows; i++) {
        Arrays.fill(w.dSquare0, i * STRIDE + i + 1, i * STRIDE + edge, 0.0);
      }
      store(a, row, rows, row, rows, w.dSquare0);
    }
  }
}
