package org.richkernel.stack;

import java.util.ArrayList;
import java.util.List;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.network.SiteReadout;

/**
 * Activations of the last layer in the rows that the readout weighs. Columns are ordered (site,
 * image). A flattened layer has a weight for every channel and site, so each of these is a row of P
 * numbers; an average over sites leaves a row for each channel. The kernel is the Gram matrix of
 * the rows, divided by their number.
 */
public final class SitePool {
  private final Backend backend;
  private final boolean averages;
  private final int sites;
  private final Panels panels;
  private final List<Matrix> pooled;
  private final List<Matrix> forces;
  private final List<List<Matrix>> phi; // by panel and site, of averages
  private final List<List<Matrix>> slopes;

  /**
   * @param layer S x (P s), without gaps between rows
   * @param points P
   * @param readout of the network
   * @param mean scratch for averages over sites, S x P, float32; not used by a flattened layer
   * @param force scratch likewise
   */
  public SitePool(
      Backend backend,
      LayerFields layer,
      int points,
      SiteReadout readout,
      Matrix mean,
      Matrix force) {
    this(backend, layer.panels(), layer.phi(), layer.slope(), points, readout, mean, force);
  }

  /**
   * Fields that are only read, in one panel.
   *
   * @param phi S x (P s), without gaps between rows
   * @param mean scratch for averages over sites, S x P, float32; not used by a flattened layer
   */
  public SitePool(Backend backend, Matrix phi, int points, SiteReadout readout, Matrix mean) {
    this(backend, new Panels(phi.rows(), phi.rows()), phi, phi, points, readout, mean, mean);
  }

  private SitePool(
      Backend backend,
      Panels layerPanels,
      Matrix fields,
      Matrix slope,
      int points,
      SiteReadout readout,
      Matrix mean,
      Matrix force) {
    this.backend = backend;
    averages = readout == SiteReadout.GAP;
    sites = fields.columns() / points;
    if (averages) {
      panels = layerPanels;
      pooled = panels.of(mean);
      forces = panels.of(force);
      phi = bySite(panels.of(fields), points);
      slopes = bySite(panels.of(slope), points);
    } else {
      panels = new Panels(layerPanels.rows() * sites, layerPanels.most() * sites);
      pooled = panels.of(fields.reshaped(panels.rows(), points));
      forces = panels.of(slope.reshaped(panels.rows(), points));
      phi = List.of();
      slopes = List.of();
    }
  }

  private static List<List<Matrix>> bySite(List<Matrix> panels, int points) {
    List<List<Matrix>> all = new ArrayList<>();
    for (Matrix panel : panels) {
      List<Matrix> views = new ArrayList<>();
      for (int first = 0; first < panel.columns(); first += points) {
        views.add(panel.view(0, panel.rows(), first, points));
      }
      all.add(List.copyOf(views));
    }
    return List.copyOf(all);
  }

  /** Panels of the pooled rows, as many as the layer has. */
  public Panels panels() {
    return panels;
  }

  /** Pools the present activations of a panel. */
  public Matrix pool(int panel) {
    Matrix target = pooled.get(panel);
    if (averages) {
      List<Matrix> from = phi.get(panel);
      backend.copy(from.get(0), target);
      for (int a = 1; a < sites; a++) {
        backend.axpy(1, from.get(a), target);
      }
      backend.scale(1.0 / sites, target);
    }
    return target;
  }

  /** Rows that were pooled last. */
  public Matrix pooled(int panel) {
    return pooled.get(panel);
  }

  /** Copies the pooled row of a channel to all its sites. */
  public void broadcast(int panel) {
    if (averages) {
      for (Matrix site : phi.get(panel)) {
        backend.copy(pooled.get(panel), site);
      }
    }
  }

  /** Derivative of a pooled row by its fields, before {@link #spread}. */
  Matrix force(int panel) {
    Matrix target = forces.get(panel);
    if (averages) {
      backend.fill(1, target);
    }
    return target;
  }

  /** Completes the force of a panel on the fields of all sites. */
  void spread(int panel) {
    if (averages) {
      backend.scale(1.0 / sites, forces.get(panel));
      for (int a = 0; a < sites; a++) {
        backend.multiply(forces.get(panel), slopes.get(panel).get(a));
      }
    }
  }
}
