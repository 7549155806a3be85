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
  private final cublasHandle handle = new cublasHandle();
  private final BlasScalars scalars;

  Products(
      CudaSession session,
      KernelLauncher launcher,
      Elementwise elementwise,
      BlasScalars scalars,
      FieldPrecision precision) {
    this.session = session;
    this.launcher = launcher;
    this.elementwise = elementwise;
    this.scalars = scalars;
    session.checkCreation(
        JCublas2.cublasCreate(handle),
        cublasStatus.CUBLAS_STATUS_NOT_INITIALIZED,
        CudaResults::blas,
        "cublasCreate");
    try {
      session.checkBlas(
          JCublas2.cublasSetStream(handle, new cudaStream_t(session.compute())), "cublasSetStream");
      session.checkBlas(
          JCublas2.cublasSetMathMode(
              handle,
              precision == FieldPrecision.TF32
                  ? cublasMath.CUBLAS_TF32_TENSOR_OP_MATH
                  : cublasMath.CUBLAS_DEFAULT_MATH),
          "cublasSetMathMode");
    } catch (RuntimeException e) {
      JCublas2.cublasDestroy(handle);
      throw e;
    }
  }

  /** How cuBLAS takes float32 products, a constant of {@link cublasMath}. */
  int mathMode() {
    int[] mode = new int[1];
    session.checkBlas(JCublas2.cublasGetMathMode(handle, mode), "cublasGetMathMode");
    return mode[0];
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
      Precision precision,
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
    if (precision == Precision.FLOAT32) {
      session.checkBlas(
          JCublas2.cublasSgemm(
              handle,
              operation(tb),
              operation(ta),
              n,
              m,
              k,
              scalars.alpha(alpha, precision),
              b,
              strideB,
              a,
              strideA,
              scalars.beta(beta, precision),
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
              scalars.alpha(alpha, precision),
              b,
              strideB,
              a,
              strideA,
              scalars.beta(beta, precision),
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
    Precision precision = c.precision();
    int operation = transpose == Transpose.YES ? CUBLAS_OP_N : CUBLAS_OP_T;
    if (c.isSingle()) {
      session.checkBlas(
          JCublas2.cublasSsyrk(
              handle,
              CUBLAS_FILL_MODE_UPPER,
              operation,
              n,
              k,
              scalars.alpha(alpha, precision),
              a.pointer(),
              a.leading(),
              scalars.beta(beta, precision),
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
              scalars.alpha(alpha, precision),
              a.pointer(),
              a.leading(),
              scalars.beta(beta, precision),
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
    session.checkBlas(
        JCublas2.cublasSgemmStridedBatched(
            handle,
            CUBLAS_OP_N,
            CUBLAS_OP_T,
            n,
            m,
            length,
            scalars.alpha(1, Precision.FLOAT32),
            b.pointer(first, j),
            b.leading(),
            (long) length * b.stride(),
            a.pointer(first, i),
            a.leading(),
            (long) length * a.stride(),
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
