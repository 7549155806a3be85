package org.richkernel.stack;

import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.NotPositiveDefiniteException;

/**
 * Covariance of the preactivations of a layer above the first, Sigma = g Phi + g_b + jitter tr(g
 * Phi + g_b) / P, as its Cholesky factor F in float64 and in float32.
 *
 * <p>Kernels of float32 fields carry a relative rounding of about 1e-7, which may exceed the
 * smallest eigenvalue where points nearly coincide; the jitter keeps such directions positive.
 */
public final class LayerCovariance {
  private final Backend backend;
  private final KernelMap map;
  private final double bias;
  private final Matrix unit;
  private final Matrix ones;
  private final Matrix cholesky;
  private final Matrix factor;

  /**
   * @param unit I, P x P, float64
   * @param ones P x P of ones, float64
   * @param cholesky receives F, P x P, float64
   * @param factor receives F in float32
   * @param bias g_b
   */
  public LayerCovariance(
      Backend backend, Matrix unit, Matrix ones, Matrix cholesky, Matrix factor, double bias) {
    this(backend, new KernelMap.Same(backend), unit, ones, cholesky, factor, bias);
  }

  /**
   * The same where the covariance is g F Phi + g_b.
   *
   * @param map F; every P x P matrix here has the size of F Phi
   */
  public LayerCovariance(
      Backend backend,
      KernelMap map,
      Matrix unit,
      Matrix ones,
      Matrix cholesky,
      Matrix factor,
      double bias) {
    this.backend = backend;
    this.map = map;
    this.bias = bias;
    this.unit = unit;
    this.ones = ones;
    this.cholesky = cholesky;
    this.factor = factor;
  }

  /**
   * Factorizes.
   *
   * @param kernel g Phi of the layer below, P x P, float64
   * @param jitter relative to the mean of the diagonal
   * @return the jitter that was added to the diagonal
   * @throws NotPositiveDefiniteException if rounding made the covariance indefinite
   */
  public double factorize(Matrix kernel, double jitter) {
    gather(kernel);
    double added = jitter * backend.dot(unit, cholesky) / cholesky.rows();
    backend.addDiagonal(added, cholesky);
    backend.cholesky(cholesky);
    backend.copy(cholesky, factor);
    return added;
  }

  /**
   * Factorizes without waiting for the result; a failure is counted and not thrown.
   *
   * @param kernel g Phi of the layer below, P x P, float64
   * @param jitter relative to the mean of the diagonal
   * @param added receives the jitter that was added to the diagonal, 1 x 1, float64
   * @param failures as in {@link Backend#cholesky(Matrix, Matrix)}
   */
  void factorize(Matrix kernel, double jitter, Matrix added, Matrix failures) {
    gather(kernel);
    backend.dot(jitter / cholesky.rows(), unit, cholesky, 0, added);
    backend.addDiagonal(1, added, cholesky);
    backend.cholesky(cholesky, failures);
    backend.copy(cholesky, factor);
  }

  private void gather(Matrix kernel) {
    map.apply(kernel, cholesky);
    if (bias > 0) {
      backend.axpy(bias, ones, cholesky);
    }
  }

  /** F, P x P, lower triangular, float64. */
  public Matrix cholesky() {
    return cholesky;
  }

  /** F in float32. */
  public Matrix factor() {
    return factor;
  }
}
