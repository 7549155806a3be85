package org.richkernel.stack;

import org.richkernel.option.Words;

/**
 * Parametrization of the layers above the first. All give the same law of the preactivations at
 * every S and differ in the algebra.
 */
public enum FieldForm {
  /** The form with fewer operations. */
  AUTO,
  /** By whitened fields and the Cholesky factor of g Phi + g_b, P x P. */
  WHITENED,
  /** By the weights themselves, S x S; nothing is factorized. */
  WEIGHTS;

  /** Its name on the command line. */
  public String id() {
    return Words.of(this);
  }
}
