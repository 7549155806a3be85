package org.richkernel.dynamics;

import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Workspace;

/**
 * Columns of fields, ordered (point, site): the columns of one site, and sums over sites. A layer
 * with one site needs no copy.
 */
final class SiteColumns {
  private static final String PANEL = "one site";
  private static final String SUM = "sum over sites";

  private final Backend backend;
  private final int samples;
  private final Matrix panel; // S x M
  private final Matrix sum; // S x M

  /**
   * Adds two fields of one site to a plan.
   *
   * @param sites largest number of sites of a layer
   */
  static void plan(MemoryPlan plan, int samples, int points, int sites) {
    int columns = sites == 1 ? 0 : points;
    plan.add(PANEL, Precision.FLOAT32, samples, columns)
        .add(SUM, Precision.FLOAT32, samples, columns);
  }

  SiteColumns(Backend backend, Workspace memory, int samples) {
    this.backend = backend;
    this.samples = samples;
    panel = memory.get(PANEL);
    sum = memory.get(SUM);
  }

  /** Columns of some points at all sites, from their order. */
  static int[] of(int[] order, int sites) {
    if (sites == 1) {
      return order;
    }
    int[] columns = new int[order.length * sites];
    for (int i = 0; i < columns.length; i++) {
      columns[i] = order[i / sites] * sites + i % sites;
    }
    return columns;
  }

  /** Columns of the first points at one site. */
  static int[] ofSite(int site, int sites, int points) {
    int[] columns = new int[points];
    for (int i = 0; i < points; i++) {
      columns[i] = i * sites + site;
    }
    return columns;
  }

  /**
   * The field at one site, S x m; valid until the next call.
   *
   * @param field S x (m sites)
   */
  Matrix at(int site, int sites, Matrix field) {
    if (sites == 1) {
      return field;
    }
    int points = field.columns() / sites;
    Matrix target = panel.view(0, samples, 0, points);
    backend.gatherColumns(field, ofSite(site, sites, points), target);
    return target;
  }

  /**
   * The sum over sites, S x m; valid until the next call.
   *
   * @param field S x (m sites)
   */
  Matrix sum(int sites, Matrix field) {
    if (sites == 1) {
      return field;
    }
    Matrix total = sum.view(0, samples, 0, field.columns() / sites);
    backend.fill(0, total);
    for (int a = 0; a < sites; a++) {
      backend.axpy(1, at(a, sites, field), total);
    }
    return total;
  }
}
