package org.richkernel.bayes;

import org.richkernel.compute.Matrix;
import org.richkernel.stack.Conditions;

/**
 * Marginal posterior of the preactivation samples of a network, with parameters of standard normal
 * prior: whitened fields, or weights between layers. Several populations may share its scratch
 * memory.
 */
interface MarginalPosterior extends HmcTarget, AutoCloseable {
  /** L, the number of hidden layers. */
  int layers();

  /** A new population without fields; set them, then call {@link #refresh}. */
  FieldPopulation newPopulation(int samples, int blocks);

  /** Selects the population of the following moves, after a {@link #refresh}. */
  void use(FieldPopulation next);

  /** Computes kernels, dual vector and potential of a population after its fields were set. */
  void refresh(FieldPopulation next);

  /**
   * Sets the richness and the noise of the following moves during annealing; populations need a
   * {@link #refresh} then.
   */
  void setConditions(Conditions next);

  /**
   * Largest share of a single sample in tr Y^T Phi^L Y. It is of order 1/S at the saddle. Near 1
   * the population has condensed: one sample of norm sqrt(S) carries the fit, a metastable state at
   * the boundary of the saddle's domain.
   */
  double largestShare(FieldPopulation of);

  /** Sets the vectors u of {@link #kernelImage}, row-major P x K. */
  void setReference(double[] u);

  /** g Phi u of a refreshed population, row-major P x K. */
  double[] kernelImage(FieldPopulation of);

  /**
   * tr g Phi (g Phi + kappa)^{-1} of a population's kernel, at most its {@link #readoutFeatures}
   * and at most P.
   */
  double effectiveDimension(FieldPopulation of);

  /**
   * Number of readout weights per output: S, or S for each site if sites have their own weights.
   */
  default int readoutFeatures(int samples) {
    return samples;
  }

  /** F of the first layer, P x r, float32. */
  Matrix inputFactor();

  /**
   * F_l^T v of the last refreshed population, up to a factor: directions in the space of a layer's
   * fields.
   *
   * @param v P x K, row-major
   * @return row-major, (columns of the layer's fields) x K
   */
  double[] directions(int layer, double[] v);

  /**
   * The same on the backend with the present layer below, for layers with weights.
   *
   * @param v P x K, float32
   * @param directions (columns of the layer's fields) x K, float32
   */
  default void project(int layer, Matrix v, Matrix directions) {
    throw new IllegalStateException("directions of layer " + layer + " are fixed");
  }

  /**
   * Updates all measured kernels of a population to its fields; moves may leave those of layers
   * below the last outdated.
   */
  void complete(FieldPopulation of);

  /** The moving block's fields of one layer, columns of {@link #position()}. */
  Matrix position(int layer);

  /** Columns of {@link #gradient()} of one layer. */
  Matrix gradient(int layer);

  /**
   * I, whose inner product with the {@link FieldPopulation#kernel()} in use is its trace: P x P, or
   * S x S in the dual form.
   */
  Matrix unitMatrix();

  /** Wall-clock time spent in Gram matrices so far. */
  long gramNanos();

  /** Wall-clock time spent in factorizations so far. */
  long solveNanos();

  /** Frees the scratch; populations are closed by their owners. */
  @Override
  void close();
}
