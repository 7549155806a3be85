package org.richkernel.stack;

/**
 * Link from one layer to the next: reads the activations of the layer below, computes the
 * preactivations of the layer above. Given the layer below, the rows h_s of the layer above are
 * independent N(0, g Phi + g_b) in every parametrization.
 */
public interface Link extends Reader, Source {
  /** Restores values that links of other sizes have overwritten in shared scratch. */
  default void prepare() {
    // most links keep nothing in shared scratch
  }
}
