package org.richkernel.stack;

import org.richkernel.compute.Matrix;

/**
 * What takes the activations of a layer: a link to the layer above, or the readout. Panels are
 * those of the layer, in order.
 */
public interface Reader {
  /** Before the first panel of a forward pass. */
  default void begin() {
    // most wait for nothing
  }

  /**
   * Takes the activations of a panel.
   *
   * @param phi a panel of rows
   */
  default void read(int panel, Matrix phi) {
    // most take the whole layer at the end
  }

  /** After the last panel: everything that follows from phi of the whole layer. */
  default void end() {
    // some have taken all
  }

  /** Before the first panel of a pull-back, when dV/dh of the layer above is known. */
  default void beginPull() {
    // most need nothing
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
