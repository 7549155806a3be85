package org.richkernel.compute.cpu;

import org.richkernel.compute.Operands;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Side;
import org.richkernel.compute.Transpose;

/** Solves with a lower triangle; the right-hand sides are split over the team. */
final class TriangularSolver {
  private static final long WORTH_SPLITTING = 1 << 18;
  private static final int ALIGN = 8;

  /** Right-hand sides that are solved one by one: OpenBLAS packs the triangle for more. */
  private static final int MOST_VECTORS = 2;

  private final WorkerTeam team;
  private final Solve solve = new Solve();

  TriangularSolver(WorkerTeam team) {
    this.team = team;
  }

  void solve(Side side, Transpose transpose, double alpha, CpuMatrix l, CpuMatrix b) {
    check("solveTriangular", l, b);
    int n = side == Side.LEFT ? b.rows() : b.columns();
    if (l.rows() != n) {
      throw Operands.mismatch("solveTriangular " + side, l, b);
    }
    run(side, transpose, alpha, l, b);
  }

  void solveCholesky(CpuMatrix l, CpuMatrix b) {
    check("solveCholesky", l, b);
    if (l.rows() != b.rows()) {
      throw Operands.mismatch("solveCholesky", l, b);
    }
    if (b.columns() <= MOST_VECTORS) {
      for (int j = 0; j < b.columns(); j++) {
        Blas.trsv(team.caller(), Transpose.NO, l, b, j);
        Blas.trsv(team.caller(), Transpose.YES, l, b, j);
      }
      return;
    }
    run(Side.LEFT, Transpose.NO, 1, l, b);
    run(Side.LEFT, Transpose.YES, 1, l, b);
  }

  private static void check(String operation, CpuMatrix l, CpuMatrix b) {
    Operands.square(operation, l);
    Operands.precision(operation, Precision.FLOAT64, l);
    Operands.precision(operation, Precision.FLOAT64, b);
  }

  private void run(Side side, Transpose transpose, double alpha, CpuMatrix l, CpuMatrix b) {
    if (b.isEmpty()) {
      return;
    }
    solve.side = side;
    solve.transpose = transpose;
    solve.alpha = alpha;
    solve.l = l;
    solve.b = b;
    int sides = side == Side.LEFT ? b.columns() : b.rows();
    boolean small = (long) sides * l.rows() * l.rows() < WORTH_SPLITTING;
    solve.width =
        small
            ? sides
            : Math.max(
                ALIGN, (sides + team.threads() * ALIGN - 1) / team.threads() / ALIGN * ALIGN);
    team.run(solve);
  }

  private static final class Solve implements Task {
    private Side side;
    private Transpose transpose;
    private double alpha;
    private CpuMatrix l;
    private CpuMatrix b;
    private int width;

    private int sides() {
      return side == Side.LEFT ? b.columns() : b.rows();
    }

    @Override
    public int pieces() {
      return (sides() + width - 1) / width;
    }

    @Override
    public void run(int piece, Worker w) {
      int start = piece * width;
      int count = Math.min(width, sides() - start);
      boolean left = side == Side.LEFT;
      Blas.trsm(
          w,
          side,
          transpose,
          left ? b.rows() : count,
          left ? count : b.columns(),
          alpha,
          l.address(0, 0),
          l.leading(),
          left ? b.address(0, start) : b.address(start, 0),
          b.leading());
    }
  }
}
