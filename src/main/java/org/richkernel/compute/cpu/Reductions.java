package org.richkernel.compute.cpu;

import static org.bytedeco.openblas.global.openblas_full.cblas_ddot;
import static org.bytedeco.openblas.global.openblas_full.cblas_sdot;

import org.richkernel.compute.Operands;

/**
 * Sums in float64. The elements are cut into pieces by shape alone and the sums of the pieces are
 * added in order, so the result does not depend on the number of threads.
 */
final class Reductions {
  private final WorkerTeam team;
  private final Total total = new Total();
  private final RowDots rowDots = new RowDots();
  private final Finiteness finiteness = new Finiteness();
  private double[] partial = new double[64];

  Reductions(WorkerTeam team) {
    this.team = team;
  }

  double sum(CpuMatrix x) {
    total.frame(x);
    return total.of(x, null);
  }

  double dot(CpuMatrix x, CpuMatrix y) {
    Operands.alike("dot", x, y);
    total.frame(x, y);
    return total.of(x, y);
  }

  /** Whether no element is NaN or infinite: x times 0 is 0 for all others. */
  boolean allFinite(CpuMatrix x) {
    finiteness.x = x;
    finiteness.frame(x);
    finiteness.finite = true;
    team.run(finiteness);
    return finiteness.finite;
  }

  void rowDot(CpuMatrix x, CpuMatrix y, CpuMatrix out) {
    Operands.alike("rowDot", x, y);
    Operands.samePrecision("rowDot", x, out);
    Operands.shape("rowDot", out, x.rows(), 1);
    rowDots.x = x;
    rowDots.y = y;
    rowDots.out = out;
    team.run(rowDots);
  }

  /** 2 sum_i ln L_ii. */
  double logDeterminant(CpuMatrix l) {
    Operands.square("logDeterminant", l);
    Operands.precision("logDeterminant", org.richkernel.compute.Precision.FLOAT64, l);
    double[] element = team.caller().d0;
    double logs = 0;
    for (int i = 0; i < l.rows(); i++) {
      l.read(l.at(i, i), element, 1);
      logs += Math.log(element[0]);
    }
    return 2 * logs;
  }

  private final class Total extends TiledTask {
    private CpuMatrix x;
    private CpuMatrix y;

    double of(CpuMatrix first, CpuMatrix second) {
      x = first;
      y = second;
      int count = pieces();
      if (partial.length < count) {
        partial = new double[count];
      }
      java.util.Arrays.fill(partial, 0, count, 0);
      team.run(this);
      double sum = 0;
      for (int i = 0; i < count; i++) {
        sum += partial[i];
      }
      return sum;
    }

    @Override
    void tile(Worker w, int piece, int row, long column, int n) {
      if (x.isSingle()) {
        x.read(x.at(row, column), w.f0, n);
        if (y != null) {
          y.read(y.at(row, column), w.f1, n);
        }
        partial[piece] += y == null ? Loops.sum(w.f0, n) : Loops.dot(w.f0, w.f1, n);
      } else {
        x.read(x.at(row, column), w.d0, n);
        if (y != null) {
          y.read(y.at(row, column), w.d1, n);
        }
        partial[piece] += y == null ? Loops.sum(w.d0, n) : Loops.dot(w.d0, w.d1, n);
      }
    }
  }

  private static final class Finiteness extends TiledTask {
    private CpuMatrix x;
    private volatile boolean finite;

    @Override
    void tile(Worker w, int piece, int row, long column, int n) {
      boolean single = x.isSingle();
      if (single) {
        x.read(x.at(row, column), w.f0, n);
        Loops.scale(0f, w.f0, n);
      } else {
        x.read(x.at(row, column), w.d0, n);
        Loops.scale(0.0, w.d0, n);
      }
      double sum = single ? Loops.sum(w.f0, n) : Loops.sum(w.d0, n);
      if (sum != 0) {
        finite = false;
      }
    }
  }

  /** One BLAS dot product per row: it needs no copy of the row. */
  private static final class RowDots implements Task {
    private CpuMatrix x;
    private CpuMatrix y;
    private CpuMatrix out;

    private int rowsPerPiece() {
      return Math.max(1, TiledTask.PIECE / Math.max(1, x.columns()));
    }

    @Override
    public int pieces() {
      return (int) (((long) x.rows() + rowsPerPiece() - 1) / rowsPerPiece());
    }

    @Override
    public void run(int piece, Worker w) {
      int last = (int) Math.min(x.rows(), ((long) piece + 1) * rowsPerPiece());
      for (int row = piece * rowsPerPiece(); row < last; row++) {
        if (x.isSingle()) {
          w.f0[0] = cblas_sdot(x.columns(), w.a.at(x, row, 0), 1, w.b.at(y, row, 0), 1);
          out.write(out.at(row, 0), w.f0, 1);
        } else {
          w.d0[0] = cblas_ddot(x.columns(), w.da.at(x, row, 0), 1, w.db.at(y, row, 0), 1);
          out.write(out.at(row, 0), w.d0, 1);
        }
      }
    }
  }
}
