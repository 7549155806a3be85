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
    Precision precision = c.precision();
    if (c.isSingle()) {
      session.checkBlas(
          JCublas2.cublasSgemm(
              handle,
              operation(tb),
              operation(ta),
              n,
              m,
              k,
              scalars.alpha(alpha, precision),
              b.pointer(),
              b.leading(),
              a.pointer(),
              a.leading(),
              scalars.beta(beta, precision),
              c.pointer(),
              c.leading()),
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
              b.pointer(),
              b.leading(),
              a.pointer(),
              a.leading(),
              scalars.beta(beta, precision),
              c.pointer(),
              c.leading()),
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
    session.checkBlas(
        JCublas2.cublasSgemm(
            handle,
            operation(tb),
            CUBLAS_OP_N,
            columns,
            rows,
            k,
            scalars.alpha(1, Precision.FLOAT32),
            b,
            strideB,
            a,
            strideA,
            scalars.beta(0, Precision.FLOAT32),
            c,
            strideC),
        "cublasSgemm");
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

  void solveCholesky(CudaMatrix l, CudaMatrix b) {
    Operands.square("solveCholesky", l);
    Operands.precision("solveCholesky", Precision.FLOAT64, l);
    Operands.precision("solveCholesky", Precision.FLOAT64, b);
    if (l.rows() != b.rows()) {
      throw Operands.mismatch("solveCholesky", l, b);
    }
    solve(Side.LEFT, Transpose.NO, 1, l, b);
    solve(Side.LEFT, Transpose.YES, 1, l, b);
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
