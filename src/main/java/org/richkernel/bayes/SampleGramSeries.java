package org.richkernel.bayes;

import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;

/**
 * Scalars of the kernel Phi = phi^T phi / S of each sweep, from G = phi phi^T (S x S) and b = phi Y
 * alone:
 *
 * <pre>  tr Y^T Phi Y = |b|^2 / S,   tr Phi = tr G / S,
 *   |Phi|_F = |G|_F / S.</pre>
 *
 * <p>The norm is that of the sweep's own kernel, too large by about (tr Phi)^2 / (2 S |Phi|), which
 * the extrapolation in S removes, or at finite width {@link KernelSpread}. Pairs of different
 * samples alone would not do: samples of one population are not independent. Where few ReLU neurons
 * carry what is learnt, their own squares are most of the norm, and without these it was 7 % too
 * small at S = 256 (bench/results/large-data.md).
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
    double norm = Math.sqrt(backend.dot(gram, gram)) / samples;
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
