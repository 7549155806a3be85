package org.richkernel.dynamics;

import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Workspace;
import org.richkernel.network.NetworkSites;
import org.richkernel.network.SiteMap;

/**
 * Contribution of the weights below the readout to the tangent kernel between points. With several
 * sites it does not follow from kernels between points:
 *
 * <pre>  sum_l sum_{a b} (F Phi^{l-1})_{mu a, nu b} G^l_{mu a, nu b}.</pre>
 */
final class SiteTangents {
  private static final String KERNEL = "kernel of sites";

  private final Backend backend;
  private final NetworkSites sites;
  private final int points;
  private final int samples;
  private final double[] inputKernel; // F Phi^0 in the order of the problem
  private final Matrix kernel; // (M s) x (M s)

  /**
   * Adds a kernel of sites to a plan.
   *
   * @param fields largest M s
   */
  static void plan(MemoryPlan plan, int fields) {
    plan.add(KERNEL, Precision.FLOAT64, fields, fields).addHost(24L * fields * fields);
  }

  /**
   * @param inputKernel F Phi^0, row-major (M s_1) x (M s_1) in the order of the problem
   */
  SiteTangents(
      Backend backend,
      DynamicsProblem problem,
      Workspace memory,
      double[] inputKernel,
      int samples) {
    this.backend = backend;
    this.inputKernel = inputKernel;
    this.samples = samples;
    sites = problem.sites();
    points = problem.points();
    kernel = memory.get(KERNEL);
  }

  /**
   * Adds a multiple of the contribution of gradients of one output.
   *
   * @param phi phi^l of all points, l = 1 .. L
   * @param g g^l of all points
   * @param order index of each point in the order of the problem
   * @param tangent row-major M x M in the order of the problem
   */
  void addTo(double scale, Matrix[] phi, Matrix[] g, int[] order, double[] tangent) {
    for (int l = 1; l <= sites.layers(); l++) {
      int s = sites.sites(l);
      int fields = points * s;
      double[] gradients = gram(g[l], fields);
      double[] patches = l == 1 ? inputs(order) : patches(phi[l - 1], l);
      for (int i = 0; i < fields; i++) {
        int row = order[i / s] * points;
        for (int j = 0; j < fields; j++) {
          int at = i * fields + j;
          tangent[row + order[j / s]] += scale * patches[at] * gradients[at];
        }
      }
    }
  }

  /** F Phi^0 in the present order. */
  private double[] inputs(int[] order) {
    int[] columns = SiteColumns.of(order, sites.sites(1));
    int fields = columns.length;
    double[] ordered = new double[fields * fields];
    for (int i = 0; i < fields; i++) {
      for (int j = 0; j < fields; j++) {
        ordered[i * fields + j] = inputKernel[columns[i] * fields + columns[j]];
      }
    }
    return ordered;
  }

  /** F Phi^{l-1}. */
  private double[] patches(Matrix phi, int layer) {
    SiteMap map = sites.map(layer);
    int fields = points * map.outputSites();
    double[] covariance = new double[fields * fields];
    map.covariance(gram(phi, points * map.inputSites()), points, points, covariance);
    return covariance;
  }

  private double[] gram(Matrix field, int fields) {
    Matrix own = kernel.view(0, fields, 0, fields);
    backend.gram(1.0 / samples, field, 0, own);
    double[] values = new double[fields * fields];
    backend.download(own, values);
    return values;
  }
}
