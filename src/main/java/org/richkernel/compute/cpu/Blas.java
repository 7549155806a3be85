package org.richkernel.compute.cpu;

import static org.bytedeco.openblas.global.openblas_full.CblasLeft;
import static org.bytedeco.openblas.global.openblas_full.CblasLower;
import static org.bytedeco.openblas.global.openblas_full.CblasNoTrans;
import static org.bytedeco.openblas.global.openblas_full.CblasNonUnit;
import static org.bytedeco.openblas.global.openblas_full.CblasRight;
import static org.bytedeco.openblas.global.openblas_full.CblasRowMajor;
import static org.bytedeco.openblas.global.openblas_full.CblasTrans;
import static org.bytedeco.openblas.global.openblas_full.cblas_dgemm;
import static org.bytedeco.openblas.global.openblas_full.cblas_dsyrk;
import static org.bytedeco.openblas.global.openblas_full.cblas_dtrsm;
import static org.bytedeco.openblas.global.openblas_full.cblas_sgemm;
import static org.bytedeco.openblas.global.openblas_full.cblas_ssyrk;

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
