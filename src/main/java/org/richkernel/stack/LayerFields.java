package org.richkernel.stack;

import java.util.List;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;

/**
 * Activations phi and their derivatives of one layer, with a row for each sample (S x P) or for
 * each point (P x S), taken in panels of rows that stay in fast memory.
 */
public final class LayerFields {
  private final Backend backend;
  private final Activation activation;
  private final Panels panels;
  private final Matrix phi;
  private final Matrix slope;
  private final List<Matrix> phiPanels;
  private final List<Matrix> slopePanels;

  /**
   * @param phi scratch, float32
   * @param slope scratch of the same shape
   * @param panelRows most rows of a panel
   */
  public LayerFields(
      Backend backend, Activation activation, Matrix phi, Matrix slope, int panelRows) {
    this.backend = backend;
    this.activation = activation;
    this.phi = phi;
    this.slope = slope;
    panels = new Panels(phi.rows(), panelRows);
    phiPanels = panels.of(phi);
    slopePanels = panels.of(slope);
  }

  /** Panels of the rows. */
  public Panels panels() {
    return panels;
  }

  /** Panels of {@link #phi()}. */
  public List<Matrix> phiPanels() {
    return phiPanels;
  }

  /** phi after a forward pass. */
  public Matrix phi() {
    return phi;
  }

  /** f'(h) after a forward pass, dV/dh after a pull-back. */
  public Matrix slope() {
    return slope;
  }

  /** phi = f(h) and slope = f'(h) of the preactivations h of a source. */
  public void forward(Source below) {
    for (int i = 0; i < phiPanels.size(); i++) {
      forward(below, i);
    }
  }

  /** The same; the reader takes each panel of phi once it is computed. */
  public void forward(Source below, Reader above) {
    above.begin();
    for (int i = 0; i < phiPanels.size(); i++) {
      forward(below, i);
      above.read(i, phiPanels.get(i));
    }
    above.end();
  }

  private void forward(Source below, int panel) {
    Matrix h = phiPanels.get(panel);
    below.forward(panel, h);
    backend.activateWithDerivative(activation, h, h, slopePanels.get(panel));
  }

  /** Computes the gradient of the source's parameters; slope becomes dV/dh. */
  public void pull(Reader above, Source below) {
    above.beginPull();
    for (int i = 0; i < phiPanels.size(); i++) {
      Matrix force = slopePanels.get(i);
      above.pull(i, phiPanels.get(i), force);
      below.pull(i, force);
    }
  }
}
