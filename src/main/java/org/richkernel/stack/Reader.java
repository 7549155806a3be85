package org.richkernel.stack;

import org.richkernel.compute.Matrix;

/**
 * Consumer of the activations of a layer: a link to the layer above, or the readout. Panels are
 * those of the layer, in order.
 */
public interface Reader {
  /** Called before the first panel of a forward pass. */
  default void begin() {
    // most readers prepare nothing
  }

  /**
   * Takes the activations of a panel.
   *
   * @param phi a panel of rows
   */
  default void read(int panel, Matrix phi) {
    // most readers take the whole layer at the end
  }

  /** Called after the last panel; computes the results of phi of the whole layer. */
  default void end() {
    // some readers finish with the last panel
  }

  /** Called before the first panel of a pull-back, when dV/dh of the layer above is known. */
  default void beginPull() {
    // most readers prepare nothing
  }

  /**
   * Turns the derivative of the activation into the force on the preactivation.
   *
   * @param phi of the panel
   * @param slope f'(h) of the panel; becomes dV/dh = f'(h) o dV/dphi
   */
  void pull(int panel, Matrix phi, Matrix slope);

  /** Wall-clock time spent in Gram matrices so far. */
  default long gramNanos() {
    return 0;
  }

  /** Wall-clock time spent in factorizations so far. */
  default long solveNanos() {
    return 0;
  }
}
