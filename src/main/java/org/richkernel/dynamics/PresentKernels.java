package org.richkernel.dynamics;

import java.util.ArrayList;
import java.util.List;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Workspace;
import org.richkernel.network.NetworkSites;
import org.richkernel.network.SiteReadout;

/**
 * Measures the equal-time kernels of points, x^T x / S of fields of S samples: with sites the mean
 * or the sum over equal sites (flattened readout) or over all pairs of sites (pooled readout).
 */
final class PresentKernels {
  private static final String KERNEL = "kernel";

  private final Backend backend;
  private final NetworkSites sites;
  private final SiteColumns columns;
  private final int samples;
  private final int points;
  private final Matrix kernel; // M x M

  static void plan(MemoryPlan plan, int points) {
    plan.add(KERNEL, Precision.FLOAT64, points, points);
  }

  PresentKernels(
      Backend backend, Workspace memory, NetworkSites sites, SiteColumns columns, int samples) {
    this.backend = backend;
    this.sites = sites;
    this.columns = columns;
    this.samples = samples;
    kernel = memory.get(KERNEL);
    points = kernel.rows();
  }

  /**
   * The feature kernel of each layer, the mean over sites.
   *
   * @param fields S x (M s) each, l = 1 .. L; the first is not used
   * @param order index of each point in the order of the problem
   * @return row-major M x M in the order of the problem
   */
  List<double[]> means(Matrix[] fields, int[] order) {
    List<double[]> kernels = new ArrayList<>();
    for (int l = 1; l < fields.length; l++) {
      kernels.add(of(1.0 / (samples * sites.pairs(l)), sites.sites(l), fields[l], order));
    }
    return kernels;
  }

  /** The gradient kernel of each layer, the sum over sites; arguments as for {@link #means}. */
  List<double[]> sums(Matrix[] fields, int[] order) {
    List<double[]> kernels = new ArrayList<>();
    for (int l = 1; l < fields.length; l++) {
      kernels.add(of(1.0 / samples, sites.sites(l), fields[l], order));
    }
    return kernels;
  }

  private double[] of(double scale, int s, Matrix x, int[] order) {
    if (sites.readout() == SiteReadout.GAP) {
      backend.gram(scale, columns.sum(s, x), 0, kernel);
    } else {
      for (int a = 0; a < s; a++) {
        backend.gram(scale, columns.at(a, s, x), a == 0 ? 0 : 1, kernel);
      }
    }
    double[] ordered = new double[points * points];
    backend.download(kernel, ordered);
    double[] values = new double[ordered.length];
    for (int i = 0; i < points; i++) {
      for (int j = 0; j < points; j++) {
        values[order[i] * points + order[j]] = ordered[i * points + j];
      }
    }
    return values;
  }

  /** Adds the kernels of one output, divided by the number of outputs, to the mean. */
  static void addShare(List<double[]> one, int outputs, List<double[]> mean) {
    for (int l = 0; l < mean.size(); l++) {
      double[] sum = mean.get(l);
      for (int i = 0; i < sum.length; i++) {
        sum[i] += one.get(l)[i] / outputs;
      }
    }
  }
}
