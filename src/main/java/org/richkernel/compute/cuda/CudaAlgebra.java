package org.richkernel.compute.cuda;

import org.richkernel.compute.FieldPrecision;
import org.richkernel.compute.LinearAlgebra;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.Side;
import org.richkernel.compute.Transpose;

/** Linear algebra on a lane: checks handles and hands each operation to the part that does it. */
abstract class CudaAlgebra implements LinearAlgebra {
  final CudaLane lane;
  private final FieldPrecision precision;

  CudaAlgebra(CudaLane lane, FieldPrecision precision) {
    this.lane = lane;
    this.precision = precision;
  }

  /** A matrix of this device, open. */
  final CudaMatrix use(Matrix matrix) {
    return lane.memory.use(matrix);
  }

  @Override
  public void fill(double value, Matrix target) {
    lane.session.begin("fill", target);
    lane.elementwise.fill(value, use(target));
  }

  @Override
  public void gemm(
      Transpose transposeA,
      Transpose transposeB,
      double alpha,
      Matrix a,
      Matrix b,
      double beta,
      Matrix c) {
    lane.session.begin("gemm", a, b, c);
    lane.products.gemm(transposeA, transposeB, alpha, use(a), use(b), beta, use(c));
  }

  @Override
  public void syrk(Transpose transpose, double alpha, Matrix a, double beta, Matrix c) {
    lane.session.begin("syrk", a, c);
    lane.products.syrk(transpose, alpha, use(a), beta, use(c));
  }

  @Override
  public void gram(double alpha, Matrix a, double beta, Matrix c) {
    lane.session.begin("gram", a, c);
    CudaMatrix field = use(a);
    lane.gramProducts.mirrored("gram", alpha, field, field, beta, use(c));
  }

  @Override
  public void crossGram(double alpha, Matrix a, Matrix b, double beta, Matrix c) {
    lane.session.begin("crossGram", a, b, c);
    lane.gramProducts.crossGram(alpha, use(a), use(b), beta, use(c));
  }

  @Override
  public void mirroredCrossGram(double alpha, Matrix a, Matrix b, double beta, Matrix c) {
    lane.session.begin("mirroredCrossGram", a, b, c);
    lane.gramProducts.mirrored("mirroredCrossGram", alpha, use(a), use(b), beta, use(c));
  }

  @Override
  public void multiplyTriangular(Transpose transpose, double alpha, Matrix b, Matrix l, Matrix c) {
    lane.session.begin("multiplyTriangular", b, l, c);
    lane.products.multiplyTriangular(transpose, alpha, use(b), use(l), use(c));
  }

  @Override
  public void cholesky(Matrix a) {
    lane.session.begin("cholesky", a);
    lane.factorizations.cholesky(use(a));
  }

  @Override
  public void cholesky(Matrix a, Matrix failures) {
    lane.session.begin("cholesky", a, failures);
    lane.factorizations.cholesky(use(a), use(failures));
  }

  @Override
  public void solveTriangular(Side side, Transpose transpose, double alpha, Matrix l, Matrix b) {
    lane.session.begin("solveTriangular", l, b);
    lane.products.solveTriangular(side, transpose, alpha, use(l), use(b));
  }

  @Override
  public void solveCholesky(Matrix l, Matrix b) {
    lane.session.begin("solveCholesky", l, b);
    lane.factorizations.solveCholesky(use(l), use(b));
  }

  @Override
  public void eigenSymmetric(Matrix a, Matrix values) {
    lane.session.begin("eigenSymmetric", a, values);
    lane.factorizations.eigenSymmetric(use(a), use(values));
  }

  @Override
  public double logDeterminant(Matrix l) {
    lane.session.begin("logDeterminant", l);
    return lane.reductions.logDeterminant(use(l));
  }

  @Override
  public void logDeterminant(double alpha, Matrix l, double beta, Matrix out) {
    lane.session.begin("logDeterminant", l, out);
    lane.reductions.logDeterminant(alpha, use(l), beta, use(out));
  }

  @Override
  public void axpy(double alpha, Matrix x, Matrix y) {
    lane.session.begin("axpy", x, y);
    lane.elementwise.axpy(alpha, use(x), use(y));
  }

  @Override
  public void scale(double alpha, Matrix x) {
    lane.session.begin("scale", x);
    lane.elementwise.scale(alpha, use(x));
  }

  @Override
  public void multiply(Matrix x, Matrix y) {
    lane.session.begin("multiply", x, y);
    lane.elementwise.multiply(use(x), use(y));
  }

  @Override
  public void addDiagonal(double value, Matrix a) {
    lane.session.begin("addDiagonal", a);
    lane.elementwise.addDiagonal(value, use(a));
  }

  @Override
  public void addDiagonal(double factor, Matrix value, Matrix a) {
    lane.session.begin("addDiagonal", value, a);
    lane.elementwise.addDiagonal(factor, use(value), use(a));
  }

  @Override
  public void scaleRows(Matrix w, Matrix a) {
    lane.session.begin("scaleRows", w, a);
    lane.elementwise.scaleRows(use(w), use(a));
  }

  @Override
  public void scaleColumns(Matrix w, Matrix a) {
    lane.session.begin("scaleColumns", w, a);
    lane.elementwise.scaleColumns(use(w), use(a));
  }

  @Override
  public void rowDot(Matrix a, Matrix b, Matrix out) {
    lane.session.begin("rowDot", a, b, out);
    lane.elementwise.rowDot(use(a), use(b), use(out));
  }

  @Override
  public void exactly(Runnable work) {
    lane.products.exactly(work);
  }

  @Override
  public long factorScratchBytes(long elements) {
    return precision == FieldPrecision.TF32X3 ? SplitFactors.scratchBytes(elements) : 0;
  }

  @Override
  public double sum(Matrix a) {
    lane.session.begin("sum", a);
    return lane.reductions.sum(use(a));
  }

  @Override
  public double dot(Matrix a, Matrix b) {
    lane.session.begin("dot", a, b);
    return lane.reductions.dot(use(a), use(b));
  }

  @Override
  public void dot(double alpha, Matrix a, Matrix b, double beta, Matrix out) {
    lane.session.begin("dot", a, b, out);
    lane.reductions.dot(alpha, use(a), use(b), beta, use(out));
  }
}
