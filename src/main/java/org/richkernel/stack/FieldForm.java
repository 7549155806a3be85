package org.richkernel.stack;

import org.richkernel.option.Words;

/**
 * How the layers above the first are parametrized: the law of their preactivations is the same at
 * every S, the algebra differs.
 */
public enum FieldForm {
  /** The one of fewer operations. */
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
