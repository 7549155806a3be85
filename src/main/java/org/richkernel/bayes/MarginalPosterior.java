package org.richkernel.bayes;

import org.richkernel.compute.Matrix;
import org.richkernel.stack.Conditions;

/**
 * Posterior of the preactivation samples of a network from which all weights are integrated out, in
 * whitened fields; several populations may share its scratch memory.
 */
interface MarginalPosterior extends HmcTarget, AutoCloseable {
  /** L, the number of hidden layers. */
  int layers();

  /** A population whose fields are still to be set; {@link #refresh} must follow. */
  FieldPopulation newPopulation(int samples, int blocks);

  /** Chooses the population that the following moves act on; it must have been refreshed. */
  void use(FieldPopulation next);

  /** Computes kernels, dual vector and potential of a population whose fields were just set. */
  void refresh(FieldPopulation next);

  /**
   * Sets the richness and the noise that the following moves feel, while they are annealed;
   * populations must be refreshed.
   */
  void setConditions(Conditions next);

  /**
   * Largest share that a single sample has in tr Y^T Phi^L Y. It is of order 1/S at the saddle;
   * near 1 the population has condensed: one sample of norm sqrt(S) carries the fit, a metastable
   * state at the boundary of the saddle's domain.
   */
  double largestShare(FieldPopulation of);

  /** Sets the vectors u of {@link #kernelImage}, row-major P x K. */
  void setReference(double[] u);

  /** g Phi u of a population that was refreshed, row-major P x K. */
  double[] kernelImage(FieldPopulation of);

  /**
   * tr g Phi (g Phi + kappa)^{-1} of a population's kernel, at most its {@link #readoutFeatures}
   * and at most P.
   */
  double effectiveDimension(FieldPopulation of);

  /**
   * Features that the readout weighs: S, or S for each site where sites have weights of their own.
   */
  int readoutFeatures(int samples);

  /** F of the first layer, P x r, float32. */
  Matrix inputFactor();

  /**
   * F_l^T v of the population that was refreshed last, up to a factor: directions in the space of a
   * layer's fields.
   *
   * @param v P x K, row-major
   * @return row-major, (columns of the layer's fields) x K
   */
  double[] directions(int layer, double[] v);

  /**
   * The same on the backend as the layer below is, where layers have weights.
   *
   * @param v P x K, float32
   * @param directions (columns of the layer's fields) x K, float32
   */
  default void project(int layer, Matrix v, Matrix directions) {
    throw new IllegalStateException("directions of layer " + layer + " are fixed");
  }

  /**
   * Brings everything that is measured of a population up to date with its fields; moves may leave
   * what belongs to layers below the last as it was.
   */
  void complete(FieldPopulation of);

  /** The moving block's fields of one layer, columns of {@link #position()}. */
  Matrix position(int layer);

  /** The part of {@link #gradient()} that belongs to one layer. */
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
