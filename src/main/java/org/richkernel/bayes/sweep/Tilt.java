package org.richkernel.bayes.sweep;

import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.Transpose;

/** A tilt E = phi^T T phi / 2 of the fields of one layer, T symmetric. */
interface Tilt {
  /**
   * pull = phi T.
   *
   * @param phi n x (columns of the fields), float32, without gaps between rows
   * @param pull the same
   */
  void pull(Matrix phi, Matrix pull);

  /**
   * Any T.
   *
   * @param matrix T, P x P, float32
   */
  static Tilt of(Backend backend, Matrix matrix) {
    return (phi, pull) -> backend.gemm(Transpose.NO, Transpose.NO, 1, phi, matrix, 0, pull);
  }
}
