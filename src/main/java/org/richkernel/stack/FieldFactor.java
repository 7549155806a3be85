package org.richkernel.stack;

import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.Transpose;

/** The factor F of a layer's covariance F F^T, float32, and its action on the rows of fields. */
public sealed interface FieldFactor {
  /** F, P x r. */
  Matrix matrix();

  /**
   * h = xi F^T.
   *
   * @param xi whitened fields, n x r
   * @param h n x P
   */
  void colour(Matrix xi, Matrix h);

  /**
   * gradient = force F: a derivative by h becomes one by xi.
   *
   * @param force n x P
   * @param gradient n x r
   */
  void pullBack(Matrix force, Matrix gradient);

  /** Any F. */
  record General(Backend backend, Matrix matrix) implements FieldFactor {
    @Override
    public void colour(Matrix xi, Matrix h) {
      backend.gemm(Transpose.NO, Transpose.YES, 1, xi, matrix, 0, h);
    }

    @Override
    public void pullBack(Matrix force, Matrix gradient) {
      backend.gemm(Transpose.NO, Transpose.NO, 1, force, matrix, 0, gradient);
    }
  }

  /** A Cholesky factor, lower triangular. */
  record Triangular(Backend backend, Matrix matrix) implements FieldFactor {
    @Override
    public void colour(Matrix xi, Matrix h) {
      backend.multiplyTriangular(Transpose.YES, 1, xi, matrix, h);
    }

    @Override
    public void pullBack(Matrix force, Matrix gradient) {
      backend.multiplyTriangular(Transpose.NO, 1, force, matrix, gradient);
    }
  }
}
