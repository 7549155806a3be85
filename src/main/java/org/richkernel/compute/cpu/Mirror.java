package org.richkernel.compute.cpu;

/** Moves the two triangles of a square matrix, in blocks of 32 x 32 that fit a cache. */
final class Mirror {
  private static final int EDGE = 32;

  private final WorkerTeam team;
  private final ToUpper toUpper = new ToUpper();
  private final Transposition transposition = new Transposition();
  private final ZeroUpper zeroUpper = new ZeroUpper();

  Mirror(WorkerTeam team) {
    this.team = team;
  }

  /** A_ji = A_ij for i &gt; j. */
  void lowerToUpper(CpuMatrix a) {
    toUpper.a = a;
    team.run(toUpper);
  }

  /** A = A^T in place. */
  void transpose(CpuMatrix a) {
    transposition.a = a;
    team.run(transposition);
  }

  /** A_ij = 0 for j &gt; i. */
  void clearUpper(CpuMatrix a) {
    zeroUpper.a = a;
    team.run(zeroUpper);
  }

  private static void load(CpuMatrix a, int row, int rows, int column, int n, float[] tile) {
    for (int i = 0; i < rows; i++) {
      a.read(a.at(row + i, column), tile, i * EDGE, n);
    }
  }

  private static void load(CpuMatrix a, int row, int rows, int column, int n, double[] tile) {
    for (int i = 0; i < rows; i++) {
      a.read(a.at(row + i, column), tile, i * EDGE, n);
    }
  }

  private static void store(CpuMatrix a, int row, int rows, int column, int n, float[] tile) {
    for (int i = 0; i < rows; i++) {
      a.write(a.at(row + i, column), tile, i * EDGE, n);
    }
  }

  private static void store(CpuMatrix a, int row, int rows, int column, int n, double[] tile) {
    for (int i = 0; i < rows; i++) {
      a.write(a.at(row + i, column), tile, i * EDGE, n);
    }
  }

  private static void flip(float[] x, float[] y) {
    for (int i = 0; i < EDGE; i++) {
      for (int j = 0; j < EDGE; j++) {
        y[j * EDGE + i] = x[i * EDGE + j];
      }
    }
  }

  private static void flip(double[] x, double[] y) {
    for (int i = 0; i < EDGE; i++) {
      for (int j = 0; j < EDGE; j++) {
        y[j * EDGE + i] = x[i * EDGE + j];
      }
    }
  }

  /** Overwrites the upper triangle of a diagonal block with its lower triangle. */
  private static void reflect(float[] x) {
    for (int i = 0; i < EDGE; i++) {
      for (int j = 0; j < i; j++) {
        x[j * EDGE + i] = x[i * EDGE + j];
      }
    }
  }

  private static void reflect(double[] x) {
    for (int i = 0; i < EDGE; i++) {
      for (int j = 0; j < i; j++) {
        x[j * EDGE + i] = x[i * EDGE + j];
      }
    }
  }

  /** Work on one stripe of {@link #EDGE} rows below the diagonal. */
  private abstract static class Stripes implements Task {
    CpuMatrix a;

    @Override
    public final int pieces() {
      return (a.rows() + EDGE - 1) / EDGE;
    }

    @Override
    public final void run(int piece, Worker w) {
      int row = piece * EDGE;
      int rows = Math.min(EDGE, a.rows() - row);
      for (int column = 0; column < row; column += EDGE) {
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
        load(a, row, rows, column, EDGE, w.f0);
        flip(w.f0, w.f1);
        store(a, column, EDGE, row, rows, w.f1);
      } else {
        load(a, row, rows, column, EDGE, w.d0);
        flip(w.d0, w.d1);
        store(a, column, EDGE, row, rows, w.d1);
      }
    }

    @Override
    void diagonal(Worker w, int row, int rows) {
      if (a.isSingle()) {
        load(a, row, rows, row, rows, w.f0);
        reflect(w.f0);
        store(a, row, rows, row, rows, w.f0);
      } else {
        load(a, row, rows, row, rows, w.d0);
        reflect(w.d0);
        store(a, row, rows, row, rows, w.d0);
      }
    }
  }

  /** Float64 only: eigenvectors. */
  private static final class Transposition extends Stripes {
    @Override
    void offDiagonal(Worker w, int row, int rows, int column) {
      load(a, row, rows, column, EDGE, w.d0);
      flip(w.d0, w.d1);
      load(a, column, EDGE, row, rows, w.d0);
      store(a, column, EDGE, row, rows, w.d1);
      flip(w.d0, w.d1);
      store(a, row, rows, column, EDGE, w.d1);
    }

    @Override
    void diagonal(Worker w, int row, int rows) {
      load(a, row, rows, row, rows, w.d0);
      flip(w.d0, w.d1);
      store(a, row, rows, row, rows, w.d1);
    }
  }

  /** Float64 only: the factor of a Cholesky decomposition. */
  private static final class ZeroUpper extends Stripes {
    @Override
    void offDiagonal(Worker w, int row, int rows, int column) {
      java.util.Arrays.fill(w.d0, 0, EDGE * EDGE, 0.0);
      store(a, column, EDGE, row, rows, w.d0);
    }

    @Override
    void diagonal(Worker w, int row, int rows) {
      load(a, row, rows, row, rows, w.d0);
      for (int i = 0; i < rows; i++) {
        java.util.Arrays.fill(w.d0, i * EDGE + i + 1, i * EDGE + EDGE, 0.0);
      }
      store(a, row, rows, row, rows, w.d0);
    }
  }
}
