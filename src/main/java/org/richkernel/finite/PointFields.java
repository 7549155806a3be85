package org.richkernel.finite;

import java.util.ArrayList;
import java.util.List;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Workspace;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.NetworkSites;

/** The fields of some points in all layers of a network, neurons x (group, site, point). */
final class PointFields {
  private final Backend backend;
  private final NetworkSites sites;
  private final SiteFields readers;
  private final List<Matrix> phi = new ArrayList<>(); // X^T or its patches, phi^1 .. phi^L
  private final List<Matrix> slopes = new ArrayList<>(); // phi'(h^1) .. phi'(h^L)
  private final Matrix[] pulled; // backward fields of two neighbouring layers

  /**
   * @param prefix of the labels in the memory
   * @param groups points of each group; the first trains
   */
  PointFields(
      Backend backend,
      Workspace memory,
      String prefix,
      NetworkSites sites,
      int width,
      int... groups) {
    this.backend = backend;
    this.sites = sites;
    readers = new SiteFields(backend, memory, prefix, sites, width, new double[0], groups);
    phi.add(memory.get(prefix + "inputs"));
    for (int l = 1; l <= sites.layers(); l++) {
      phi.add(memory.get(prefix + "features " + l));
      slopes.add(memory.get(prefix + "slopes " + l));
    }
    pulled =
        new Matrix[] {memory.get(prefix + "pulled"), memory.get(prefix + "pulled, layer below")};
  }

  /**
   * Refuses fields of 2^31 numbers or more.
   *
   * @param option that could be lowered, for the message
   * @throws InvalidProblemException if features, patches or weights of a layer are too many
   */
  static void requireFit(String option, Object value, NetworkSites sites, long width, long points) {
    long most = Math.max((long) sites.inputs() * points * sites.sites(1), width * sites.inputs());
    for (int l = 1; l <= sites.layers(); l++) {
      long seen = l == 1 ? 1 : sites.offsets(l);
      long columns = points * sites.sites(l);
      // a patch is a concatenation of feature rows
      most = Math.max(most, width * seen * Math.max(columns, l == 1 ? 1 : width));
    }
    if (most > Integer.MAX_VALUE) {
      throw new InvalidProblemException(
          option,
          value,
          String.format(
              java.util.Locale.ROOT,
              "a layer would have %.1e weights, features or patches of them, at most 2^31; use fewer"
                  + " neurons or points%s",
              (double) most,
              sites.mostSites() > 1 ? ", --pool-input or strides" : ""));
    }
  }

  /** Adds the fields of the given number of points to a plan. */
  static void plan(MemoryPlan plan, String prefix, NetworkSites sites, int width, int points) {
    int most = points * sites.mostSites();
    SiteFields.plan(plan, prefix, sites, width, false, points);
    plan.add(prefix + "inputs", Precision.FLOAT32, sites.inputs(), points * sites.sites(1))
        .add(prefix + "pulled", Precision.FLOAT32, width, most)
        .add(prefix + "pulled, layer below", Precision.FLOAT32, width, most);
    for (int l = 1; l <= sites.layers(); l++) {
      int columns = points * sites.sites(l);
      plan.add(prefix + "features " + l, Precision.FLOAT32, width, columns)
          .add(prefix + "slopes " + l, Precision.FLOAT32, width, columns);
    }
  }

  /**
   * Uploads the points.
   *
   * @param patches of each group one after the other, rows as {@link NetworkSites#patches} has them
   */
  void upload(double[]... patches) {
    int rows = sites.inputs();
    int columns = phi.get(0).columns();
    double[] all = new double[rows * columns];
    int column = 0;
    for (double[] group : patches) {
      for (int at = 0; at < group.length; at++) {
        all[at % rows * columns + column + at / rows] = group[at];
      }
      column += group.length / rows;
    }
    backend.upload(all, phi.get(0));
  }

  /** Fields in the form that layers and readout read. */
  SiteFields readers() {
    return readers;
  }

  /** phi^l, l from 0. */
  Matrix phi(int layer) {
    return phi.get(layer);
  }

  /** phi'(h^l), l from 1. */
  Matrix slopes(int layer) {
    return slopes.get(layer - 1);
  }

  /** Features that the weights into layer l = 1 to L act on: phi^{l-1}, or its patches. */
  Matrix read(int layer, Matrix below) {
    return layer == 1 ? below : readers.read(layer, below);
  }

  /** The field of the first group. */
  Matrix first(Matrix field, int layer) {
    return readers.firstGroup(field, Math.max(1, layer));
  }

  /** One of two backward fields in a layer, of all groups. */
  Matrix pulled(int which, int layer) {
    return pulled[which % 2].view(0, pulled[0].rows(), 0, readers.points() * sites.sites(layer));
  }
}
