package org.richkernel.bayes;

import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;

/**
 * Scalars of the kernel Phi = phi^T phi / S of each sweep, from G = phi phi^T (S x S) and b = phi Y
 * alone:
 *
 * <pre>  tr Y^T Phi Y = |b|^2 / S,   tr Phi = tr G / S,
 *   |Phi|_F^2 = (|G|_F^2 - sum_s G_ss^2) / (S (S - 1)).</pre>
 *
 * <p>The norm is the U-statistic: pairs of different samples only. |G|_F^2 / S^2 would be too large
 * by about (tr Phi)^2 / S.
 */
final class SampleGramSeries implements KernelMeasure {
  private final Backend backend;
  private final double readoutVariance;
  private final Matrix diagonal; // of G, S x 1
  private final KernelScalars scalars = new KernelScalars();

  /**
   * @param diagonal scratch, S x 1, float64
   * @param readoutVariance g
   */
  SampleGramSeries(Backend backend, Matrix diagonal, double readoutVariance) {
    this.backend = backend;
    this.diagonal = diagonal;
    this.readoutVariance = readoutVariance;
  }

  @Override
  public void measure(FieldPopulation population, int layer, Matrix targets, Matrix unit) {
    Matrix gram = population.kernel(layer);
    Matrix image = population.image(layer);
    double samples = gram.rows();
    backend.rowDot(gram, unit, diagonal);
    double pairs = backend.dot(gram, gram) - backend.dot(diagonal, diagonal);
    double norm = Math.sqrt(Math.max(0, pairs) / (samples * (samples - 1)));
    scalars.add(
        readoutVariance * backend.dot(image, image) / samples,
        readoutVariance * backend.sum(diagonal) / samples,
        readoutVariance * norm,
        backend.dot(targets, targets));
  }

  @Override
  public KernelScalars scalars() {
    return scalars;
  }
}
