package org.richkernel.compute.cuda;

import static jcuda.jcublas.cublasDiagType.CUBLAS_DIAG_NON_UNIT;
import static jcuda.jcublas.cublasFillMode.CUBLAS_FILL_MODE_UPPER;
import static jcuda.jcublas.cublasOperation.CUBLAS_OP_N;
import static jcuda.jcublas.cublasOperation.CUBLAS_OP_T;
import static jcuda.jcublas.cublasSideMode.CUBLAS_SIDE_LEFT;
import static jcuda.jcublas.cublasSideMode.CUBLAS_SIDE_RIGHT;

import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasHandle;
import jcuda.jcublas.cublasMath;
import jcuda.jcublas.cublasStatus;
import jcuda.runtime.cudaStream_t;
import org.richkernel.compute.FieldPrecision;
import org.richkernel.compute.Operands;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Side;
import org.richkernel.compute.Transpose;

/**
 * Products and triangular solves by cuBLAS, which stores matrices by columns. The memory of a
 * row-major matrix, read by columns, is its transpose, so C = A B is asked for as C^T = B^T A^T:
 * the operands change places and keep their transposition.
 */
final class Products implements AutoCloseable {
  /** Elements of a result that keep all multiprocessors busy: some 128 tiles of 128 x 128. */
  private static final long LEAST_BLOCK = 1L << 21;

  /** Fewer columns at once would make thin products. */
  private static final int LEAST_COLUMNS = 256;

  private final CudaSession session;
  private final KernelLauncher launcher;
  private final Elementwise elementwise;
  private final SplitFactors factors;
  private final cublasHandle handle = new cublasHandle();
  private final BlasScalars scalars;
  private FieldPrecision precision;
  private int mode = cublasMath.CUBLAS_DEFAULT_MATH; // of the handle

  Products(
      CudaSession session,
      KernelLauncher launcher,
      Elementwise elementwise,
      BlasScalars scalars,
      Scratch scratch,
      FieldPrecision precision) {
    this.session = session;
    this.launcher = launcher;
    this.elementwise = elementwise;
    this.scalars = scalars;
    this.precision = precision;
    factors = new SplitFactors(launcher, scratch);
    session.checkCreation(
        JCublas2.cublasCreate(handle),
        cublasStatus.CUBLAS_STATUS_NOT_INITIALIZED,
        CudaResults::blas,
        "cublasCreate");
    try {
      session.checkBlas(
          JCublas2.cublasSetStream(handle, new cudaStream_t(session.compute())), "cublasSetStream");
      session.checkBlas(JCublas2.cublasSetMathMode(handle, mode), "cublasSetMathMode");
    } catch (RuntimeException e) {
      JCublas2.cublasDestroy(handle);
      throw e;
    }
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

  /** Lets tensor cores round the factors of the next products, or not. */
  private void round(boolean factorsAreRounded) {
    int wanted =
        factorsAreRounded ? cublasMath.CUBLAS_TF32_TENSOR_OP_MATH : cublasMath.CUBLAS_DEFAULT_MATH;
    if (wanted != mode) {
      session.checkBlas(JCublas2.cublasSetMathMode(handle, wanted), "cublasSetMathMode");
      mode = wanted;
    }
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
      scaleOld(beta, c);
      return;
    }
    product(
        c.precision(),
        ta,
        tb,
        m,
        n,
        k,
        alpha,
        a.pointer(),
        a.leading(),
        b.pointer(),
        b.leading(),
        beta,
        c.pointer(),
        c.leading());
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
          b.pointer(0, from),
          b.leading(),
          l.pointer(j, from),
          l.leading(),
          0,
          c.pointer(0, j),
          c.leading());
    }
  }

  /** Equal blocks of columns, of {@link #LEAST_BLOCK} elements each at least. */
  private static int columnsAtOnce(CudaMatrix c) {
    long blocks = Math.max(1, Math.min(c.columns() / LEAST_COLUMNS, c.size() / LEAST_BLOCK));
    return (int) KernelLauncher.ceil(c.columns(), blocks);
  }

  /** C = alpha op(A) op(B) + beta C, m x n, with operands given by address and stride. */
  private void product(
      Precision kind,
      Transpose ta,
      Transpose tb,
      int m,
      int n,
      int k,
      double alpha,
      DevicePointer a,
      int strideA,
      DevicePointer b,
      int strideB,
      double beta,
      DevicePointer c,
      int strideC) {
    if (kind == Precision.FLOAT32 && splits(m, n, k)) {
      productOfParts(ta, tb, m, n, k, alpha, a, strideA, b, strideB, beta, c, strideC);
      return;
    }
    if (kind == Precision.FLOAT32) {
      round(precision == FieldPrecision.TF32);
    }
    call(kind, ta, tb, m, n, k, alpha, a, strideA, b, strideB, beta, c, strideC);
  }

  /** The same with factors in two parts, a block of the result and of the inner side at a time. */
  private void productOfParts(
      Transpose ta,
      Transpose tb,
      int m,
      int n,
      int k,
      double alpha,
      DevicePointer a,
      int strideA,
      DevicePointer b,
      int strideB,
      double beta,
      DevicePointer c,
      int strideC) {
    round(true);
    boolean across = SplitFactors.leftIsAcross(ta);
    boolean acrossRight = SplitFactors.rightIsAcross(tb);
    int longest = Math.min(k, SplitFactors.MOST_LENGTH);
    int most = SplitFactors.most(longest);
    for (int from = 0; from < k; from += longest) {
      int length = Math.min(longest, k - from);
      double keep = from == 0 ? beta : 1;
      for (int j = 0; j < n; j += most) {
        int columns = Math.min(most, n - j);
        DevicePointer right =
            factors.of(
                SplitFactors.Factor.RIGHT,
                acrossRight ? columns : length,
                acrossRight ? length : columns,
                element(b, acrossRight ? j : from, acrossRight ? from : j, strideB),
                strideB,
                acrossRight);
        for (int i = 0; i < m; i += most) {
          int rows = Math.min(most, m - i);
          DevicePointer left =
              factors.of(
                  SplitFactors.Factor.LEFT,
                  across ? rows : length,
                  across ? length : rows,
                  element(a, across ? i : from, across ? from : i, strideA),
                  strideA,
                  across);
          call(
              Precision.FLOAT32,
              ta,
              tb,
              rows,
              columns,
              SplitFactors.PARTS * length,
              alpha,
              left,
              SplitFactors.leading(across ? length : rows, across),
              right,
              SplitFactors.leading(acrossRight ? length : columns, acrossRight),
              keep,
              element(c, i, j, strideC),
              strideC);
        }
      }
    }
  }

  private static DevicePointer element(DevicePointer matrix, long row, long column, int stride) {
    return matrix.plus((row * stride + column) * Float.BYTES);
  }

  private void call(
      Precision kind,
      Transpose ta,
      Transpose tb,
      int m,
      int n,
      int k,
      double alpha,
      DevicePointer a,
      int strideA,
      DevicePointer b,
      int strideB,
      double beta,
      DevicePointer c,
      int strideC) {
    if (kind == Precision.FLOAT32) {
      session.checkBlas(
          JCublas2.cublasSgemm(
              handle,
              operation(tb),
              operation(ta),
              n,
              m,
              k,
              scalars.alpha(alpha, kind),
              b,
              strideB,
              a,
              strideA,
              scalars.beta(beta, kind),
              c,
              strideC),
          "cublasSgemm");
    } else {
      session.checkBlas(
          JCublas2.cublasDgemm(
              handle,
              operation(tb),
              operation(ta),
              n,
              m,
              k,
              scalars.alpha(alpha, kind),
              b,
              strideB,
              a,
              strideA,
              scalars.beta(beta, kind),
              c,
              strideC),
          "cublasDgemm");
    }
  }

  /**
   * The lower triangle of a row-major matrix is the upper one of the same memory by columns; A A^T
   * is the product of the transpose of that memory with itself.
   */
  void syrk(Transpose transpose, double alpha, CudaMatrix a, double beta, CudaMatrix c) {
    int k = Operands.symmetricProduct(transpose, a, c);
    int n = c.rows();
    if (c.isEmpty()) {
      return;
    }
    if (k == 0) {
      scaleOld(beta, c);
      return;
    }
    Precision kind = c.precision();
    int operation = transpose == Transpose.YES ? CUBLAS_OP_N : CUBLAS_OP_T;
    if (c.isSingle()) {
      round(precision == FieldPrecision.TF32);
      session.checkBlas(
          JCublas2.cublasSsyrk(
              handle,
              CUBLAS_FILL_MODE_UPPER,
              operation,
              n,
              k,
              scalars.alpha(alpha, kind),
              a.pointer(),
              a.leading(),
              scalars.beta(beta, kind),
              c.pointer(),
              c.leading()),
          "cublasSsyrk");
    } else {
      session.checkBlas(
          JCublas2.cublasDsyrk(
              handle,
              CUBLAS_FILL_MODE_UPPER,
              operation,
              n,
              k,
              scalars.alpha(alpha, kind),
              a.pointer(),
              a.leading(),
              scalars.beta(beta, kind),
              c.pointer(),
              c.leading()),
          "cublasDsyrk");
    }
    mirror(c);
  }

  /** Copies the lower triangle to the upper one. */
  void mirror(CudaMatrix c) {
    launcher.arguments().add((long) c.rows()).add(c);
    launcher.overTiles(Kernel.MIRROR, c.precision(), c.rows(), c.columns());
  }

  /** C = beta C; with beta = 0 the old C is not read. */
  private void scaleOld(double beta, CudaMatrix c) {
    if (beta == 0) {
      elementwise.fill(0, c);
    } else {
      elementwise.scale(beta, c);
    }
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
    round(precision == FieldPrecision.TF32);
    panels(
        m,
        n,
        length,
        b.pointer(first, j),
        b.leading(),
        (long) length * b.stride(),
        a.pointer(first, i),
        a.leading(),
        (long) length * a.stride(),
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
    round(true);
    int most = SplitFactors.most((long) length * Math.max(m, n));
    for (int panel = 0; panel < count; panel += most) {
      int panels = Math.min(most, count - panel);
      long row = first + (long) panel * length;
      int inner = SplitFactors.PARTS * length;
      panels(
          m,
          n,
          inner,
          factors.ofPanels(
              SplitFactors.Factor.RIGHT, panels, length, n, b.pointer(row, j), b.stride()),
          n,
          (long) inner * n,
          factors.ofPanels(
              SplitFactors.Factor.LEFT, panels, length, m, a.pointer(row, i), a.stride()),
          m,
          (long) inner * m,
          result.plus((long) panel * m * n * Float.BYTES),
          panels);
    }
  }

  /** Dense products B_p^T A_p by columns, of which there are {@code count}. */
  private void panels(
      int m,
      int n,
      int length,
      DevicePointer b,
      int leadingB,
      long stepB,
      DevicePointer a,
      int leadingA,
      long stepA,
      DevicePointer result,
      int count) {
    session.checkBlas(
        JCublas2.cublasSgemmStridedBatched(
            handle,
            CUBLAS_OP_N,
            CUBLAS_OP_T,
            n,
            m,
            length,
            scalars.alpha(1, Precision.FLOAT32),
            b,
            leadingB,
            stepB,
            a,
            leadingA,
            stepA,
            scalars.beta(0, Precision.FLOAT32),
            result,
            n,
            (long) m * n,
            count),
        "cublasSgemmStridedBatched");
  }

  /** Dense float32 products: (rows x k) (k x columns), both given by address and stride. */
  void dense(
      Transpose tb,
      int rows,
      int columns,
      int k,
      DevicePointer a,
      int strideA,
      DevicePointer b,
      int strideB,
      DevicePointer c,
      int strideC) {
    product(
        Precision.FLOAT32,
        Transpose.NO,
        tb,
        rows,
        columns,
        k,
        1,
        a,
        strideA,
        b,
        strideB,
        0,
        c,
        strideC);
  }

  /**
   * By columns, L is an upper triangle U = L^T and B is B^T: op(L) X = alpha B becomes X^T op(L)^T
   * = alpha B^T, with the side changed and U^T for L, U for L^T.
   */
  void solveTriangular(Side side, Transpose transpose, double alpha, CudaMatrix l, CudaMatrix b) {
    Operands.square("solveTriangular", l);
    Operands.precision("solveTriangular", Precision.FLOAT64, l);
    Operands.precision("solveTriangular", Precision.FLOAT64, b);
    if (l.rows() != (side == Side.LEFT ? b.rows() : b.columns())) {
      throw Operands.mismatch("solveTriangular", l, b);
    }
    solve(side, transpose, alpha, l, b);
  }

  private void solve(Side side, Transpose transpose, double alpha, CudaMatrix l, CudaMatrix b) {
    if (b.isEmpty()) {
      return;
    }
    session.checkBlas(
        JCublas2.cublasDtrsm(
            handle,
            side == Side.LEFT ? CUBLAS_SIDE_RIGHT : CUBLAS_SIDE_LEFT,
            CUBLAS_FILL_MODE_UPPER,
            operation(transpose),
            CUBLAS_DIAG_NON_UNIT,
            b.columns(),
            b.rows(),
            scalars.alpha(alpha, Precision.FLOAT64),
            l.pointer(),
            l.leading(),
            b.pointer(),
            b.leading()),
        "cublasDtrsm");
  }

  private static int operation(Transpose transpose) {
    return transpose == Transpose.YES ? CUBLAS_OP_T : CUBLAS_OP_N;
  }

  @Override
  public void close() {
    int status = JCublas2.cublasDestroy(handle);
    if (!session.isLost()) {
      session.checkBlas(status, "cublasDestroy");
    }
  }
}
