package org.richkernel.compute;

/**
 * Dense linear algebra on one device: the operations of {@link Backend} without networks. Its rules
 * for operands, shapes and waiting apply here.
 */
public interface LinearAlgebra {

  // ---- elementwise -------------------------------------------------------------------------

  /** Every element of target = value. */
  void fill(double value, Matrix target);

  /** y = alpha x + y. */
  void axpy(double alpha, Matrix x, Matrix y);

  /** x = alpha x. */
  void scale(double alpha, Matrix x);

  /** y = x o y, elementwise. */
  void multiply(Matrix x, Matrix y);

  /** A = A + value I for square A. */
  void addDiagonal(double value, Matrix a);

  /**
   * A = A + factor value I for square A, with a number that was left on the backend.
   *
   * @param value 1 x 1, FLOAT64
   * @param a FLOAT64
   */
  default void addDiagonal(double factor, Matrix value, Matrix a) {
    Operands.number("addDiagonal", value);
    Operands.precision("addDiagonal", Precision.FLOAT64, a);
    addDiagonal(factor * sum(value), a);
  }

  /** A_ij = w_i A_ij; w is rows x 1. */
  void scaleRows(Matrix w, Matrix a);

  /** A_ij = w_j A_ij; w is 1 x columns. */
  void scaleColumns(Matrix w, Matrix a);

  /** out_i = sum_j a_ij b_ij; out is rows x 1. */
  void rowDot(Matrix a, Matrix b, Matrix out);

  // ---- products ----------------------------------------------------------------------------

  /** C = alpha op(A) op(B) + beta C. With beta = 0 the old C is not read. */
  void gemm(
      Transpose transposeA,
      Transpose transposeB,
      double alpha,
      Matrix a,
      Matrix b,
      double beta,
      Matrix c);

  /**
   * C = alpha A A^T + beta C (n x n from n x k), or A^T A for {@link Transpose#YES} (A is k x n).
   * Both triangles of C are written; the old C must be symmetric where beta != 0.
   */
  void syrk(Transpose transpose, double alpha, Matrix a, double beta, Matrix c);

  /**
   * Gram matrix of a field: C = alpha A^T A + beta C with A an S x P field in FLOAT32 and C a P x P
   * FLOAT64 matrix. Products are taken in float32 over short panels of rows and the panels are
   * added in float64 in a fixed order. Both triangles are written.
   */
  void gram(double alpha, Matrix a, double beta, Matrix c);

  /**
   * Cross Gram matrix of two fields: C = alpha A^T B + beta C with A (S x P) and B (S x Q) in
   * FLOAT32 and C (P x Q) in FLOAT64, accumulated as in {@link #gram}.
   */
  void crossGram(double alpha, Matrix a, Matrix b, double beta, Matrix c);

  /**
   * Lower triangle of a cross Gram matrix, mirrored: C_ij = C_ji = alpha (A^T B)_ij + beta C_ij for
   * i &gt;= j, with A and B (S x P) in FLOAT32 and C (P x P) in FLOAT64, accumulated as in {@link
   * #gram}. Only the lower triangle of the old C is read.
   */
  void mirroredCrossGram(double alpha, Matrix a, Matrix b, double beta, Matrix c);

  /**
   * Product with a triangle: C = alpha B op(L) with B and C (m x n) and a lower triangular L (n x
   * n), about half the work of {@link #gemm}.
   *
   * @param l holds zeros above its diagonal
   */
  void multiplyTriangular(Transpose transpose, double alpha, Matrix b, Matrix l, Matrix c);

  /** Runs work with float32 products in plain float32 at any {@link FieldPrecision}. */
  default void exactly(Runnable work) {
    work.run();
  }

  /**
   * Bytes of scratch memory that one factor of a float32 product takes, at most; they are kept from
   * then on.
   *
   * @param elements of the factor
   */
  default long factorScratchBytes(long elements) {
    return 0;
  }

  // ---- factorizations (FLOAT64) ------------------------------------------------------------

  /**
   * A = L L^T in place: the lower triangle (with diagonal) becomes L, the strict upper triangle
   * becomes zero. Only the lower triangle is read.
   *
   * @throws NotPositiveDefiniteException if a pivot is not positive; A is then undefined
   */
  void cholesky(Matrix a);

  /**
   * The same without waiting: a pivot that is not positive is counted.
   *
   * @param failures 1 x 1, FLOAT64; does not change if A is positive definite, grows by at least 1
   *     if not (A is then undefined), and becomes NaN if a library refuses its arguments
   */
  default void cholesky(Matrix a, Matrix failures) {
    Operands.number("cholesky", failures);
    try {
      cholesky(a);
    } catch (NotPositiveDefiniteException e) {
      addDiagonal(1, failures);
    }
  }

  /** Solves op(L) X = alpha B or X op(L) = alpha B for lower-triangular L; X replaces B. */
  void solveTriangular(Side side, Transpose transpose, double alpha, Matrix l, Matrix b);

  /** Solves L L^T X = B; X (n x k) replaces B. */
  void solveCholesky(Matrix l, Matrix b);

  /**
   * target = scale (L L^T)^{-1}, both triangles.
   *
   * @param l n x n, lower triangular
   * @param target n x n
   */
  default void invertCholesky(double scale, Matrix l, Matrix target) {
    fill(0, target);
    addDiagonal(scale, target);
    solveCholesky(l, target);
  }

  /**
   * Eigendecomposition of a symmetric matrix, A = Q diag(values) Q^T with ascending values. Q
   * (eigenvectors in columns) replaces A.
   *
   * @param values 1 x n
   * @throws ArithmeticException if the iteration does not converge, or A holds NaN
   */
  void eigenSymmetric(Matrix a, Matrix values);

  /** ln det(L L^T) = 2 sum_i ln L_ii. */
  double logDeterminant(Matrix l);

  /**
   * out = alpha ln det(L L^T) + beta out, without waiting for it.
   *
   * @param out 1 x 1, FLOAT64; not read if beta is zero
   */
  default void logDeterminant(double alpha, Matrix l, double beta, Matrix out) {
    Operands.number("logDeterminant", out);
    put(alpha * logDeterminant(l), beta, out);
  }

  // ---- reductions (accumulated in float64 in a fixed order) ----------------------------------

  /** sum_ij a_ij. */
  double sum(Matrix a);

  /** sum_ij a_ij b_ij. */
  double dot(Matrix a, Matrix b);

  /**
   * out = alpha sum_ij a_ij b_ij + beta out, without waiting for it.
   *
   * @param out 1 x 1, FLOAT64; not read if beta is zero
   */
  default void dot(double alpha, Matrix a, Matrix b, double beta, Matrix out) {
    Operands.number("dot", out);
    put(alpha * dot(a, b), beta, out);
  }

  private void put(double value, double beta, Matrix out) {
    if (beta == 0) {
      fill(value, out);
    } else {
      scale(beta, out);
      addDiagonal(value, out);
    }
  }
}
