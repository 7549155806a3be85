package org.richkernel.compute.cuda;

import static jcuda.jcublas.cublasDiagType.CUBLAS_DIAG_NON_UNIT;
import static jcuda.jcublas.cublasFillMode.CUBLAS_FILL_MODE_UPPER;
import static jcuda.jcublas.cublasOperation.CUBLAS_OP_N;
import static jcuda.jcublas.cublasOperation.CUBLAS_OP_T;
import static jcuda.jcublas.cublasSideMode.CUBLAS_SIDE_LEFT;
import static jcuda.jcublas.cublasSideMode.CUBLAS_SIDE_RIGHT;

import jcuda.Pointer;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasHandle;
import jcuda.jcublas.cublasMath;
import jcuda.jcublas.cublasStatus;
import jcuda.runtime.cudaStream_t;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Side;
import org.richkernel.compute.Transpose;

/**
 * Calls of cuBLAS on the stream of a session, for matrices by rows. cuBLAS stores them by columns:
 * the memory of a row-major matrix, read by columns, is its transpose, so C = A B is computed as
 * C^T = B^T A^T, with exchanged operands of the same transposition.
 */
final class Blas implements AutoCloseable {
  private final CudaSession session;
  private final BlasScalars scalars;
  private final cublasHandle handle = new cublasHandle();
  private int mode = cublasMath.CUBLAS_DEFAULT_MATH; // of the handle

  Blas(CudaSession session, BlasScalars scalars) {
    this.session = session;
    this.scalars = scalars;
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

  /** Lets tensor cores round the factors of the next float32 products, or not. */
  void round(boolean factorsAreRounded) {
    int wanted =
        factorsAreRounded ? cublasMath.CUBLAS_TF32_TENSOR_OP_MATH : cublasMath.CUBLAS_DEFAULT_MATH;
    if (wanted != mode) {
      session.checkBlas(JCublas2.cublasSetMathMode(handle, wanted), "cublasSetMathMode");
      mode = wanted;
    }
  }

  /** cublasSgemm and cublasDgemm. */
  @FunctionalInterface
  private interface Gemm {
    int call(
        cublasHandle handle,
        int transposeA,
        int transposeB,
        int m,
        int n,
        int k,
        Pointer alpha,
        Pointer a,
        int leadingA,
        Pointer b,
        int leadingB,
        Pointer beta,
        Pointer c,
        int leadingC);
  }

  /** C = alpha op(A) op(B) + beta C, m x n. */
  void gemm(
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
    boolean single = kind == Precision.FLOAT32;
    Gemm gemm = single ? JCublas2::cublasSgemm : JCublas2::cublasDgemm;
    session.checkBlas(
        gemm.call(
            handle,
            operation(tb),
            operation(ta),
            n,
            m,
            k,
            scalars.alpha(alpha, kind),
            b.at(),
            b.leading(),
            a.at(),
            a.leading(),
            scalars.beta(beta, kind),
            c.at(),
            c.leading()),
        single ? "cublasSgemm" : "cublasDgemm");
  }

  /**
   * {@code count} dense float32 products A_p^T B_p, m x n each, one after the other.
   *
   * @param stepA elements from one A_p to the next
   * @param stepB elements from one B_p to the next
   */
  void panels(
      int m,
      int n,
      int length,
      Operand a,
      long stepA,
      Operand b,
      long stepB,
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
            b.at(),
            b.leading(),
            stepB,
            a.at(),
            a.leading(),
            stepA,
            scalars.beta(0, Precision.FLOAT32),
            result,
            n,
            (long) m * n,
            count),
        "cublasSgemmStridedBatched");
  }

  /** cublasSsyrk and cublasDsyrk. */
  @FunctionalInterface
  private interface Syrk {
    int call(
        cublasHandle handle,
        int triangle,
        int transpose,
        int n,
        int k,
        Pointer alpha,
        Pointer a,
        int leadingA,
        Pointer beta,
        Pointer c,
        int leadingC);
  }

  /**
   * The lower triangle of alpha A A^T + beta C, or of A^T A: by columns it is the upper one of the
   * same memory, and A A^T is the product of the transpose of that memory with itself.
   */
  void syrk(Transpose transpose, int k, double alpha, CudaMatrix a, double beta, CudaMatrix c) {
    Precision kind = c.precision();
    boolean single = c.isSingle();
    Syrk syrk = single ? JCublas2::cublasSsyrk : JCublas2::cublasDsyrk;
    session.checkBlas(
        syrk.call(
            handle,
            CUBLAS_FILL_MODE_UPPER,
            transpose == Transpose.YES ? CUBLAS_OP_N : CUBLAS_OP_T,
            c.rows(),
            k,
            scalars.alpha(alpha, kind),
            a.pointer(),
            a.leading(),
            scalars.beta(beta, kind),
            c.pointer(),
            c.leading()),
        single ? "cublasSsyrk" : "cublasDsyrk");
  }

  /**
   * X of op(L) X = alpha B or X op(L) = alpha B in place of B, float64. By columns, L is an upper
   * triangle U = L^T and B is B^T: op(L) X = alpha B becomes X^T op(L)^T = alpha B^T, with the side
   * changed and U^T for L, U for L^T.
   */
  void solve(Side side, Transpose transpose, double alpha, CudaMatrix l, CudaMatrix b) {
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
