package org.richkernel.compute;

/**
 * C = L^{-T} C L^{-1} for a symmetric C, with half the work of two triangular solves: the part
 * below a block of the diagonal is solved once and mirrored. From the last block to the first, with
 * 1 for the block, 2 for all later ones and W for the finished part,
 *
 * <pre>  B = L22^{-T} C21,   W21 = (B - W22 L21) L11^{-1},
 *   W11 = L11^{-T} (C11 - L21^T B' - B'^T L21) L11^{-1},   B' = B - W22 L21 / 2.</pre>
 *
 * <p>About P^3 flops where two solves need 2 P^3; for P points up to the width of a block it is
 * these two solves. Dongarra et al., "Reduction of the generalized symmetric-definite problem"
 * (LAPACK's sygst) with the other side of L.
 */
public final class TwoSidedSolve {
  /** More blocks gain little: the terms of second order in the width fall below an eighth. */
  private static final int MOST_BLOCKS = 16;

  private static final int WIDEST = 1024;

  private final Backend backend;
  private final int width;
  private final Matrix unit;
  private final Matrix product;

  /**
   * @param memory with the matrices of {@link #plan}
   */
  public TwoSidedSolve(Backend backend, Workspace memory, int points) {
    this.backend = backend;
    width = width(backend, points);
    unit = memory.get("unit matrix of a block");
    product = memory.get("products of a block");
    backend.fill(0, unit);
    backend.addDiagonal(1, unit);
  }

  /** Adds scratch to a plan. */
  public static void plan(Backend backend, MemoryPlan plan, int points) {
    int width = width(backend, points);
    plan.add("unit matrix of a block", Precision.FLOAT64, width, width)
        .add("products of a block", Precision.FLOAT64, (points - 1) / width * width, width);
  }

  /** As wide as products fill the backend, and as the bound on the number of blocks asks for. */
  private static int width(Backend backend, int points) {
    int least = Math.min(WIDEST, backend.panelRows(points));
    return Math.min(points, Math.max(least, (points + MOST_BLOCKS - 1) / MOST_BLOCKS));
  }

  /**
   * Solves.
   *
   * @param l lower triangular, P x P, float64
   * @param c symmetric, P x P, float64
   */
  public void solve(Matrix l, Matrix c) {
    int points = l.rows();
    for (int end = points; end > 0; end -= Math.min(width, end)) {
      int first = Math.max(0, end - width);
      block(l, c, first, end - first, points - end);
    }
  }

  private void block(Matrix l, Matrix c, int first, int size, int behind) {
    int next = first + size;
    Matrix l11 = l.view(first, size, first, size);
    Matrix c11 = c.view(first, size, first, size);
    if (behind > 0) {
      Matrix l21 = l.view(next, behind, first, size);
      Matrix c21 = c.view(next, behind, first, size);
      Matrix w22 = c.view(next, behind, next, behind);
      Matrix moved = product.view(0, behind, 0, size);
      backend.solveTriangular(Side.LEFT, Transpose.YES, 1, l.view(next, behind, next, behind), c21);
      backend.gemm(Transpose.NO, Transpose.NO, 1, w22, l21, 0, moved);
      backend.axpy(-0.5, moved, c21);
      backend.gemm(Transpose.YES, Transpose.NO, -1, l21, c21, 1, c11);
      backend.gemm(Transpose.YES, Transpose.NO, -1, c21, l21, 1, c11);
      backend.axpy(-0.5, moved, c21);
      backend.solveTriangular(Side.RIGHT, Transpose.NO, 1, l11, c21);
      // W12 = W21^T
      backend.gemm(
          Transpose.NO,
          Transpose.YES,
          1,
          unit.view(0, size, 0, size),
          c21,
          0,
          c.view(first, size, next, behind));
    }
    backend.solveTriangular(Side.LEFT, Transpose.YES, 1, l11, c11);
    backend.solveTriangular(Side.RIGHT, Transpose.NO, 1, l11, c11);
  }
}
