package org.richkernel.lazy;

import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Side;
import org.richkernel.compute.TileFile;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;
import org.richkernel.solver.StopSignal;

/**
 * Cholesky factor of a P x P matrix that memory does not hold, a block of rows after the other:
 *
 * <pre>
 *   L_ij = (A_ij - sum_{k<j} L_ik L_jk^T) L_jj^{-T},   L_ii L_ii^T = A_ii - sum_{k<i} L_ik L_ik^T
 * </pre>
 *
 * <p>P^3 / 3 flops in products of T x T tiles; P^3 / (6 T) numbers are read. Memory holds one block
 * of rows and one tile. With tiles of float32 the products are float32, the triangular solves and
 * the factors on the diagonal float64, and the result is a factor of a matrix near A.
 */
final class TiledCholesky {
  private static final String TILE = "tile";
  private static final String ROWS = "factor rows";
  private static final String STORED = "tile float32";
  private static final String SQUARE = "tile square";

  private final Backend backend;
  private final Workspace workspace;
  private final TileFile tiles;
  private final Matrix scratch; // T x T, FLOAT64
  private final int points;
  private final int tile;
  private final boolean single;

  /**
   * @param tiles hold the factor
   * @param workspace of {@link #plan}
   * @param points P
   */
  TiledCholesky(Backend backend, TileFile tiles, Workspace workspace, int points) {
    this.backend = backend;
    this.workspace = workspace;
    this.tiles = tiles;
    this.scratch = workspace.get(TILE);
    this.points = points;
    this.tile = scratch.rows();
    this.single = workspace.holds(STORED);
  }

  /**
   * Adds the tiles at work.
   *
   * @param precision of the tiles in the file
   */
  static void plan(MemoryPlan plan, int points, int tile, Precision precision) {
    plan.add(TILE, Precision.FLOAT64, tile, tile);
    if (precision == Precision.FLOAT32) {
      plan.add(STORED, Precision.FLOAT32, tile, tile);
      plan.add(SQUARE, Precision.FLOAT64, tile, tile);
      plan.add(ROWS, Precision.FLOAT32, tile, points);
    }
  }

  /** Number of blocks of rows. */
  int blocks() {
    return (points + tile - 1) / tile;
  }

  /** First row of a block. */
  int first(int block) {
    return block * tile;
  }

  /** Rows of a block. */
  int rows(int block) {
    return Math.min(tile, points - first(block));
  }

  /** The tile at work, T x T, FLOAT64, free between two calls. */
  Matrix scratch() {
    return scratch;
  }

  /**
   * Turns a block of rows into those of the factor, and stores them. The blocks before it are
   * stored already.
   *
   * @param rows rows of A, at least up to the diagonal; overwritten
   * @return false if a stop was requested; the block is then undone
   * @throws org.richkernel.compute.NotPositiveDefiniteException if a pivot is not positive
   */
  boolean append(int block, Matrix rows, StopSignal stop) {
    int count = rows.rows();
    int start = first(block);
    if (!single) {
      return append(block, rows, scratch, stop);
    }
    try (Matrix source = rows.view(0, count, 0, start + count);
        Matrix own = workspace.get(ROWS).view(0, count, 0, start + count)) {
      backend.copy(source, own);
      return append(block, own, workspace.get(STORED), stop);
    }
  }

  /**
   * The same with rows and tiles of the precision of the file.
   *
   * @param stored T x T
   */
  private boolean append(int block, Matrix rows, Matrix stored, StopSignal stop) {
    int count = rows.rows();
    int start = first(block);
    for (int j = 0; j < block; j++) {
      if (stop.isRaised()) {
        return false;
      }
      try (Matrix target = rows.view(0, count, first(j), tile)) {
        for (int k = 0; k < j; k++) {
          tiles.read(backend, j, k, stored);
          try (Matrix left = rows.view(0, count, first(k), tile)) {
            backend.gemm(Transpose.NO, Transpose.YES, -1, left, stored, 1, target);
          }
        }
        tiles.read(backend, j, j, stored);
        divide(target, stored);
        tiles.write(backend, block, j, target);
      }
    }
    try (Matrix diagonal = stored.view(0, count, 0, count);
        Matrix source = rows.view(0, count, start, count);
        Matrix left = rows.view(0, count, 0, start)) {
      backend.copy(source, diagonal);
      if (start > 0) {
        backend.gemm(Transpose.NO, Transpose.YES, -1, left, left, 1, diagonal);
      }
      factorize(diagonal);
      tiles.write(backend, block, block, diagonal);
    }
    return true;
  }

  /** X = X L^{-T}. */
  private void divide(Matrix x, Matrix l) {
    if (!single) {
      backend.solveTriangular(Side.RIGHT, Transpose.YES, 1, l, x);
      return;
    }
    backend.copy(l, scratch);
    try (Matrix wide = workspace.get(SQUARE).rowRange(0, x.rows())) {
      backend.copy(x, wide);
      backend.solveTriangular(Side.RIGHT, Transpose.YES, 1, scratch, wide);
      backend.copy(wide, x);
    }
  }

  private void factorize(Matrix diagonal) {
    if (!single) {
      backend.cholesky(diagonal);
      return;
    }
    try (Matrix wide = scratch.view(0, diagonal.rows(), 0, diagonal.rows())) {
      backend.copy(diagonal, wide);
      backend.cholesky(wide);
      backend.copy(wide, diagonal);
    }
  }

  /**
   * Solves L L^T X = B.
   *
   * @param b P x K, becomes X
   */
  void solve(Matrix b) {
    for (int i = 0; i < blocks(); i++) {
      try (Matrix target = b.rowRange(first(i), rows(i))) {
        for (int k = 0; k <= i; k++) {
          try (Matrix factor = read(i, k);
              Matrix source = b.rowRange(first(k), rows(k))) {
            if (k < i) {
              backend.gemm(Transpose.NO, Transpose.NO, -1, factor, source, 1, target);
            } else {
              backend.solveTriangular(Side.LEFT, Transpose.NO, 1, factor, target);
            }
          }
        }
      }
    }
    for (int i = blocks() - 1; i >= 0; i--) {
      try (Matrix source = b.rowRange(first(i), rows(i))) {
        for (int k = i; k >= 0; k--) {
          try (Matrix factor = read(i, k);
              Matrix target = b.rowRange(first(k), rows(k))) {
            if (k == i) {
              backend.solveTriangular(Side.LEFT, Transpose.YES, 1, factor, source);
            } else {
              backend.gemm(Transpose.YES, Transpose.NO, -1, factor, source, 1, target);
            }
          }
        }
      }
    }
  }

  private Matrix read(int i, int k) {
    Matrix view = scratch.view(0, rows(i), 0, rows(k));
    if (!single) {
      tiles.read(backend, i, k, view);
      return view;
    }
    try (Matrix stored = workspace.get(STORED).view(0, rows(i), 0, rows(k))) {
      tiles.read(backend, i, k, stored);
      backend.copy(stored, view);
    }
    return view;
  }
}
