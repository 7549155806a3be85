package org.richkernel.stack;

/**
 * The passage from one layer to the next: reads the activations of the layer below, makes the
 * preactivations of the layer above. Given the layer below, the rows h_s of the layer above are
 * independent N(0, g Phi + g_b), whichever way they are made.
 */
public interface Link extends Reader, Source {
  /** Restores what links of other sizes on the same scratch have overwritten. */
  default void prepare() {
    // most share nothing that stays
  }
}
