package org.richkernel.stack;

import org.richkernel.compute.Matrix;

/**
 * Reader of the last layer, from which the readout weights are integrated out: {@link #end} leaves
 * the potential V and the dual vector v = (g Phi + kappa)^{-1} Y.
 */
public interface Readout extends Reader {
  /** Kernel of the activations: g Phi (P x P), or G = phi phi^T (S x S). */
  Matrix kernel();
}
