package org.richkernel.compute.cpu;

/**
 * An elementwise operation, cut into tiles. Native memory is not vectorised by the compiler of JDK
 * 17, so tiles are copied to Java arrays, worked on in plain loops and copied back. Operands
 * without gaps between rows are one long run; others are walked row by row.
 */
abstract class TiledTask implements Task {
  /** Elements of a piece; a piece takes some tens of microseconds. */
  static final int PIECE = 1 << 15;

  private int rows;
  private long columns;
  private int rowsPerPiece;

  /** Sets the frame to a shape whose rows must be walked one by one. */
  final void byRows(CpuMatrix x) {
    rows = x.isEmpty() ? 0 : x.rows();
    columns = x.columns();
    rowsPerPiece = (int) Math.max(1, PIECE / Math.max(1, columns));
  }

  /** Sets the frame to the shape of x, or to one run if that is possible. */
  final void frame(CpuMatrix x, boolean dense) {
    if (dense && !x.isEmpty()) {
      rows = 1;
      columns = x.size();
    } else {
      byRows(x);
    }
  }

  final void frame(CpuMatrix x) {
    frame(x, x.isDense());
  }

  final void frame(CpuMatrix x, CpuMatrix y) {
    frame(x, x.isDense() && y.isDense());
  }

  final void frame(CpuMatrix x, CpuMatrix y, CpuMatrix z) {
    frame(x, x.isDense() && y.isDense() && z.isDense());
  }

  @Override
  public final int pieces() {
    return rows == 1
        ? (int) ((columns + PIECE - 1) / PIECE)
        : (int) (((long) rows + rowsPerPiece - 1) / rowsPerPiece);
  }

  @Override
  public final void run(int piece, Worker worker) {
    if (rows == 1) {
      long from = (long) piece * PIECE;
      tiles(worker, piece, 0, from, Math.min(columns, from + PIECE));
      return;
    }
    int last = (int) Math.min(rows, ((long) piece + 1) * rowsPerPiece);
    for (int row = piece * rowsPerPiece; row < last; row++) {
      tiles(worker, piece, row, 0, columns);
    }
  }

  private void tiles(Worker worker, int piece, int row, long from, long to) {
    for (long column = from; column < to; column += Worker.TILE) {
      tile(worker, piece, row, column, (int) Math.min(Worker.TILE, to - column));
    }
  }

  /** Works on the elements (row, column) .. (row, column + count - 1). */
  abstract void tile(Worker worker, int piece, int row, long column, int count);
}
