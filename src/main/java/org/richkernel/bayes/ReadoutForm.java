package org.richkernel.bayes;

import org.richkernel.option.Words;

/**
 * Form of the integration over the readout. All forms give the same density and differ in the
 * algebra.
 */
public enum ReadoutForm {
  /** The form with fewer operations. */
  AUTO,
  /** By the factor of g Phi + kappa, P x P. */
  PRIMAL,
  /** By the factor of phi phi^T + (S kappa / g) I, S x S; no P x P matrix is held. */
  DUAL;

  /** Its name on the command line. */
  public String id() {
    return Words.of(this);
  }
}
