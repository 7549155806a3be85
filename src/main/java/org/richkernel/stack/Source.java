package org.richkernel.stack;

import org.richkernel.compute.Matrix;

/**
 * Source of the preactivations of a layer, computed from parameters x of standard normal prior: the
 * inputs, or a link to the layer below. Panels are those of the layer, in order.
 */
public interface Source {
  /**
   * h at the present parameters.
   *
   * @param panel index
   * @param h receives the preactivations, a panel of rows
   */
  void forward(int panel, Matrix h);

  /**
   * Computes dV/dx from dV/dh and adds it to the gradient of the parameters.
   *
   * @param panel index; the first one begins a new gradient
   * @param force dV/dh, a panel of rows
   */
  void pull(int panel, Matrix force);
}
