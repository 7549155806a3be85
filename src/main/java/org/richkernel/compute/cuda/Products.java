package org.richkernel.compute.cuda;

import org.richkernel.compute.FieldPrecision;
import org.richkernel.compute.Operands;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Side;
import org.richkernel.compute.Transpose;

/**
 * Products and triangular solves by cuBLAS, in the precision that float32 products are wanted in.
 */
final class Products {
  /** Elements of a result that keep all multiprocessors busy: some 128 tiles of 128 x 128. */
  private static final long LEAST_BLOCK = 1L << 21;

  /** Fewer columns at once would make thin products. */
  private static final int LEAST_COLUMNS = 256;

  private final Blas blas;
  private final KernelLauncher launcher;
  private final Elementwise elementwise;
  private final SplitFactors factors;
  private FieldPrecision precision;

  Products(
      Blas blas,
      KernelLauncher launcher,
      Elementwise elementwise,
      Scratch scratch,
      FieldPrecision precision) {
    this.blas = blas;
    this.launcher = launcher;
    this.elementwise = elementwise;
    this.precision = precision;
    factors = new SplitFactors(launcher, scratch);
  }

  /** Does work with all float32 products in plain float32. */
  void exactly(Runnable work) {
    FieldPrecision chosen = precision;
    precision = FieldPrecision.FP32;
    try {
      work.run();
    } finally {
      precision = chosen;
    }
  }

  private boolean splits(long m, long n, long k) {
    return precision == FieldPrecision.TF32X3 && SplitFactors.gains(m, n, k);
  }

  /** Lets tensor cores round the factors of whole float32 products where that is wanted. */
  private void round() {
    blas.round(precision == FieldPrecision.TF32);
  }

  void gemm(
      Transpose ta,
      Transpose tb,
      double alpha,
      CudaMatrix a,
      CudaMatrix b,
      double beta,
      CudaMatrix c) {
    int k = Operands.product(ta, tb, a, b, c);
    int m = c.rows();
    int n = c.columns();
    if (c.isEmpty()) {
      return;
    }
    if (k == 0) {
      elementwise.scaleOld(beta, c);
      return;
    }
    product(c.precision(), ta, tb, m, n, k, alpha, a.operand(), b.operand(), beta, c.operand());
  }

  /**
   * Columns of the result in blocks, each of which needs only a part of L. Blocks are wide enough
   * that each fills the device by itself.
   */
  void multiplyTriangular(
      Transpose transpose, double alpha, CudaMatrix b, CudaMatrix l, CudaMatrix c) {
    Operands.triangularProduct(b, l, c);
    if (c.isEmpty()) {
      return;
    }
    int n = c.columns();
    int width = columnsAtOnce(c);
    for (int j = 0; j < n; j += width) {
      int columns = Math.min(width, n - j);
      boolean above = transpose == Transpose.YES;
      // row i of L holds columns 0 to i: op(L)[from .., j ..] is all that is not zero
      int from = above ? 0 : j;
      product(
          c.precision(),
          Transpose.NO,
          transpose,
          c.rows(),
          columns,
          above ? j + columns : n - j,
          alpha,
          b.operand(0, from),
          l.operand(j, from),
          0,
          c.operand(0, j));
    }
  }

  /** Equal blocks of columns, of {@link #LEAST_BLOCK} elements each at least. */
  private static int columnsAtOnce(CudaMatrix c) {
    long blocks = Math.max(1, Math.min(c.columns() / LEAST_COLUMNS, c.size() / LEAST_BLOCK));
    return (int) KernelLauncher.ceil(c.columns(), blocks);
  }

  /** Dense float32 products: (rows x k) (k x columns). */
  void dense(Transpose tb, int rows, int columns, int k, Operand a, Operand b, Operand c) {
    product(Precision.FLOAT32, Transpose.NO, tb, rows, columns, k, 1, a, b, 0, c);
  }

  /** C = alpha op(A) op(B) + beta C, m x n. */
  private void product(
      Precision kind,
      Transpose ta,
      Transpose tb,
      int m,
      int n,
      int k,
      double alpha,
      Operand a,
      Operand b,
      double beta,
      Operand c) {
    if (kind == Precision.FLOAT32 && splits(m, n, k)) {
      productOfParts(ta, tb, m, n, k, alpha, a, b, beta, c);
      return;
    }
    if (kind == Precision.FLOAT32) {
      round();
    }
    blas.gemm(kind, ta, tb, m, n, k, alpha, a, b, beta, c);
  }

  /** The same with factors in two parts, a block of the result and of the inner side at a time. */
  private void productOfParts(
      Transpose ta,
      Transpose tb,
      int m,
      int n,
      int k,
      double alpha,
      Operand a,
      Operand b,
      double beta,
      Operand c) {
    blas.round(true);
    boolean across = SplitFactors.leftIsAcross(ta);
    boolean acrossRight = SplitFactors.rightIsAcross(tb);
    int longest = Math.min(k, SplitFactors.MOST_LENGTH);
    int most = SplitFactors.most(longest);
    for (int from = 0; from < k; from += longest) {
      int length = Math.min(longest, k - from);
      int inner = SplitFactors.PARTS * length;
      double keep = from == 0 ? beta : 1;
      for (int j = 0; j < n; j += most) {
        int columns = Math.min(most, n - j);
        Operand right =
            factors.of(SplitFactors.Factor.RIGHT, columns, length, b, j, from, acrossRight);
        for (int i = 0; i < m; i += most) {
          int rows = Math.min(most, m - i);
          Operand left = factors.of(SplitFactors.Factor.LEFT, rows, length, a, i, from, across);
          blas.gemm(
              Precision.FLOAT32,
              ta,
              tb,
              rows,
              columns,
              inner,
              alpha,
              left,
              right,
              keep,
              c.from(i, j));
        }
      }
    }
  }

  /** Both triangles of C = alpha A A^T + beta C, or of A^T A. */
  void syrk(Transpose transpose, double alpha, CudaMatrix a, double beta, CudaMatrix c) {
    int k = Operands.symmetricProduct(transpose, a, c);
    if (c.isEmpty()) {
      return;
    }
    if (k == 0) {
      elementwise.scaleOld(beta, c);
      return;
    }
    if (c.isSingle()) {
      round();
    }
    blas.syrk(transpose, k, alpha, a, beta, c);
    mirror(c);
  }

  /** Copies the lower triangle to the upper one. */
  void mirror(CudaMatrix c) {
    launcher.arguments().add((long) c.rows()).add(c);
    launcher.overTiles(Kernel.MIRROR, c.precision(), c.rows(), c.columns());
  }

  /**
   * Panels of A^T B in float32: panel b is the dense product over the rows from first + b length of
   * the columns i .. i + m - 1 of A and j .. j + n - 1 of B.
   */
  void panels(
      CudaMatrix a,
      int i,
      int m,
      CudaMatrix b,
      int j,
      int n,
      long first,
      int length,
      int count,
      DevicePointer result) {
    if (splits(m, n, (long) length * count)) {
      panelsOfParts(a, i, m, b, j, n, first, length, count, result);
      return;
    }
    round();
    blas.panels(
        m,
        n,
        length,
        a.operand(first, i),
        (long) length * a.stride(),
        b.operand(first, j),
        (long) length * b.stride(),
        result,
        count);
  }

  private void panelsOfParts(
      CudaMatrix a,
      int i,
      int m,
      CudaMatrix b,
      int j,
      int n,
      long first,
      int length,
      int count,
      DevicePointer result) {
    blas.round(true);
    int most = SplitFactors.most((long) length * Math.max(m, n));
    for (int panel = 0; panel < count; panel += most) {
      int panels = Math.min(most, count - panel);
      long row = first + (long) panel * length;
      int inner = SplitFactors.PARTS * length;
      Operand right =
          factors.ofPanels(SplitFactors.Factor.RIGHT, panels, length, n, b.operand(row, j));
      Operand left =
          factors.ofPanels(SplitFactors.Factor.LEFT, panels, length, m, a.operand(row, i));
      blas.panels(
          m,
          n,
          inner,
          left,
          (long) inner * m,
          right,
          (long) inner * n,
          result.plus((long) panel * m * n * Float.BYTES),
          panels);
    }
  }

  void solveTriangular(Side side, Transpose transpose, double alpha, CudaMatrix l, CudaMatrix b) {
    Operands.square("solveTriangular", l);
    Operands.precision("solveTriangular", Precision.FLOAT64, l);
    Operands.precision("solveTriangular", Precision.FLOAT64, b);
    if (l.rows() != (side == Side.LEFT ? b.rows() : b.columns())) {
      throw Operands.mismatch("solveTriangular", l, b);
    }
    if (!b.isEmpty()) {
      blas.solve(side, transpose, alpha, l, b);
    }
  }
}
