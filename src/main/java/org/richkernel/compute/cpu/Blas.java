package org.richkernel.compute.cpu;

import static org.bytedeco.openblas.global.openblas_full.CblasLeft;
import static org.bytedeco.openblas.global.openblas_full.CblasLower;
import static org.bytedeco.openblas.global.openblas_full.CblasNoTrans;
import static org.bytedeco.openblas.global.openblas_full.CblasNonUnit;
import static org.bytedeco.openblas.global.openblas_full.CblasRight;
import static org.bytedeco.openblas.global.openblas_full.CblasRowMajor;
import static org.bytedeco.openblas.global.openblas_full.CblasTrans;
import static org.bytedeco.openblas.global.openblas_full.LAPACKE_dlacpy_work;
import static org.bytedeco.openblas.global.openblas_full.LAPACKE_slacpy_work;
import static org.bytedeco.openblas.global.openblas_full.LAPACK_COL_MAJOR;
import static org.bytedeco.openblas.global.openblas_full.cblas_dgemm;
import static org.bytedeco.openblas.global.openblas_full.cblas_dsyrk;
import static org.bytedeco.openblas.global.openblas_full.cblas_dtrmm;
import static org.bytedeco.openblas.global.openblas_full.cblas_dtrsm;
import static org.bytedeco.openblas.global.openblas_full.cblas_dtrsv;
import static org.bytedeco.openblas.global.openblas_full.cblas_sgemm;
import static org.bytedeco.openblas.global.openblas_full.cblas_ssyrk;
import static org.bytedeco.openblas.global.openblas_full.cblas_strmm;

import org.richkernel.compute.Side;
import org.richkernel.compute.Transpose;

/**
 * Single-threaded BLAS calls on windows of matrices. Row-major calls cost nothing: OpenBLAS swaps
 * the operands.
 */
final class Blas {
  private Blas() {}

  private static int flag(Transpose transpose) {
    return transpose == Transpose.YES ? CblasTrans : CblasNoTrans;
  }

  /** Address of element (i, j) of op(A). */
  static long address(Transpose transpose, CpuMatrix a, int i, int j) {
    return transpose == Transpose.YES ? a.address(j, i) : a.address(i, j);
  }

  /** C[i.., j..] (m x n) = alpha op(A)[i.., :] op(B)[:, j..] + beta C. */
  static void gemm(
      Worker w,
      Transpose ta,
      Transpose tb,
      int i,
      int m,
      int j,
      int n,
      int k,
      double alpha,
      CpuMatrix a,
      CpuMatrix b,
      double beta,
      CpuMatrix c) {
    long startA = address(ta, a, i, 0);
    long startB = address(tb, b, 0, j);
    if (c.isSingle()) {
      cblas_sgemm(
          CblasRowMajor,
          flag(ta),
          flag(tb),
          m,
          n,
          k,
          (float) alpha,
          w.a.at(startA),
          a.leading(),
          w.b.at(startB),
          b.leading(),
          (float) beta,
          w.c.at(c, i, j),
          c.leading());
    } else {
      cblas_dgemm(
          CblasRowMajor,
          flag(ta),
          flag(tb),
          m,
          n,
          k,
          alpha,
          w.da.at(startA),
          a.leading(),
          w.db.at(startB),
          b.leading(),
          beta,
          w.dc.at(c, i, j),
          c.leading());
    }
  }

  /** Lower triangle of C[i.., i..] (n x n) = alpha op(A)[i.., :] op(A)[i.., :]^T + beta C. */
  static void syrkLower(
      Worker w,
      Transpose transpose,
      int i,
      int n,
      int k,
      double alpha,
      CpuMatrix a,
      double beta,
      CpuMatrix c) {
    long startA = address(transpose, a, i, 0);
    if (c.isSingle()) {
      cblas_ssyrk(
          CblasRowMajor,
          CblasLower,
          flag(transpose),
          n,
          k,
          (float) alpha,
          w.a.at(startA),
          a.leading(),
          (float) beta,
          w.c.at(c, i, i),
          c.leading());
    } else {
      cblas_dsyrk(
          CblasRowMajor,
          CblasLower,
          flag(transpose),
          n,
          k,
          alpha,
          w.da.at(startA),
          a.leading(),
          beta,
          w.dc.at(c, i, i),
          c.leading());
    }
  }

  /** C[i.., :] (m x n) = B[i.., :]. */
  static void copy(Worker w, int i, int m, CpuMatrix b, CpuMatrix c) {
    // LAPACK counts by columns: its m is the length of a row here
    int info =
        c.isSingle()
            ? LAPACKE_slacpy_work(
                LAPACK_COL_MAJOR,
                (byte) 'A',
                c.columns(),
                m,
                w.a.at(b, i, 0),
                b.leading(),
                w.b.at(c, i, 0),
                c.leading())
            : LAPACKE_dlacpy_work(
                LAPACK_COL_MAJOR,
                (byte) 'A',
                c.columns(),
                m,
                w.da.at(b, i, 0),
                b.leading(),
                w.db.at(c, i, 0),
                c.leading());
    if (info != 0) {
      throw new IllegalStateException("lacpy refused argument " + -info + " for " + c.describe());
    }
  }

  /** C[i.., :] (m x n) = alpha C[i.., :] op(L) for a lower triangle L. */
  static void trmm(
      Worker w, Transpose transpose, int i, int m, double alpha, CpuMatrix l, CpuMatrix c) {
    if (c.isSingle()) {
      cblas_strmm(
          CblasRowMajor,
          CblasRight,
          CblasLower,
          flag(transpose),
          CblasNonUnit,
          m,
          c.columns(),
          (float) alpha,
          w.a.at(l, 0, 0),
          l.leading(),
          w.b.at(c, i, 0),
          c.leading());
    } else {
      cblas_dtrmm(
          CblasRowMajor,
          CblasRight,
          CblasLower,
          flag(transpose),
          CblasNonUnit,
          m,
          c.columns(),
          alpha,
          w.da.at(l, 0, 0),
          l.leading(),
          w.db.at(c, i, 0),
          c.leading());
    }
  }

  /** Column j of B = op(L)^{-1} of it, in float64. */
  static void trsv(Worker w, Transpose transpose, CpuMatrix l, CpuMatrix b, int j) {
    cblas_dtrsv(
        CblasRowMajor,
        CblasLower,
        flag(transpose),
        CblasNonUnit,
        l.rows(),
        w.da.at(l, 0, 0),
        l.leading(),
        w.db.at(b, 0, j),
        b.leading());
  }

  /** Triangular solve in float64 with the n x n lower triangle that starts at an address. */
  static void trsm(
      Worker w,
      Side side,
      Transpose transpose,
      int m,
      int n,
      double alpha,
      long triangle,
      int leadingTriangle,
      long target,
      int leadingTarget) {
    cblas_dtrsm(
        CblasRowMajor,
        side == Side.LEFT ? CblasLeft : CblasRight,
        CblasLower,
        flag(transpose),
        CblasNonUnit,
        m,
        n,
        alpha,
        w.da.at(triangle),
        leadingTriangle,
        w.db.at(target),
        leadingTarget);
  }
}
