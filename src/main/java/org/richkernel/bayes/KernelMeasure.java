package org.richkernel.bayes;

import org.richkernel.compute.Matrix;

/** Scalars of a layer's kernel of each sweep, without the kernel itself. */
interface KernelMeasure {
  /**
   * Adds the population after a sweep, for which the posterior was {@link
   * MarginalPosterior#complete}.
   *
   * @param layer index l of these scalars
   * @param targets Y, P x K
   * @param unit I of the size of the population's kernel
   */
  void measure(FieldPopulation population, int layer, Matrix targets, Matrix unit);

  /** The measured scalars. */
  KernelScalars scalars();
}
