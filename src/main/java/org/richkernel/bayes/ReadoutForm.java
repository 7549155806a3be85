package org.richkernel.bayes;

import org.richkernel.option.Words;

/** How the readout is integrated out: the density is the same, the algebra differs. */
public enum ReadoutForm {
  /** The one of fewer operations. */
  AUTO,
  /** By the factor of g Phi + kappa, P x P. */
  PRIMAL,
  /** By the factor of phi phi^T + (S kappa / g) I, S x S; nothing of size P x P is held. */
  DUAL;

  /** Its name on the command line. */
  public String id() {
    return Words.of(this);
  }
}
