package org.richkernel.dynamics;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Workspace;
import org.richkernel.network.NetworkSites;
import org.richkernel.network.SiteReadout;
import org.richkernel.solver.SolverState;

/**
 * Keeps phi^l and g^l of the training points at all times, for their two-time kernels: at all sites
 * of a flattened readout, and summed over the sites of a pooled one.
 */
final class HistoryKeeper {
  private final Backend backend;
  private final NetworkSites sites;
  private final SiteColumns columns;
  private final int samples;
  private final int layers;
  private final int trainPoints;
  private final int side; // P (T + 1)
  private final Matrix[] phi; // S x (sites P (T + 1)), l = 1 .. L
  private final Matrix[] g;
  private final Matrix kernel; // P (T + 1) square

  /** Adds the fields to a plan, their copies in a checkpoint and their kernels. */
  static void plan(MemoryPlan plan, DynamicsProblem problem, int samples) {
    int side = problem.trainPoints() * (problem.options().steps() + 1);
    NetworkSites sites = problem.sites();
    for (int l = 1; l <= sites.layers(); l++) {
      int all = Math.multiplyExact(side, kept(sites, l));
      plan.add("saved phi " + l, Precision.FLOAT32, samples, all)
          .add("saved g " + l, Precision.FLOAT32, samples, all)
          .addHost(2L * side * side * Float.BYTES)
          .addHost(2L * samples * all * Float.BYTES);
    }
    plan.add("saved kernel", Precision.FLOAT64, side, side);
  }

  /** Number of sites of a layer that are kept separately. */
  private static int kept(NetworkSites sites, int layer) {
    return sites.readout() == SiteReadout.GAP ? 1 : sites.sites(layer);
  }

  HistoryKeeper(Backend backend, DynamicsProblem problem, Workspace memory, int samples) {
    this.backend = backend;
    this.samples = samples;
    sites = problem.sites();
    columns = new SiteColumns(backend, memory, samples);
    layers = sites.layers();
    trainPoints = problem.trainPoints();
    phi = new Matrix[layers + 1];
    g = new Matrix[layers + 1];
    for (int l = 1; l <= layers; l++) {
      phi[l] = memory.get("saved phi " + l).rowRange(0, samples);
      g[l] = memory.get("saved g " + l).rowRange(0, samples);
    }
    kernel = memory.get("saved kernel");
    side = kernel.rows();
  }

  /**
   * Keeps the fields of one time, whose first P points are the training points in some order.
   *
   * @param phiNow S x (M s), l = 1 .. L
   */
  void keep(int time, int[] order, Matrix[] phiNow, Matrix[] gNow) {
    int[] train = Arrays.copyOf(order, trainPoints);
    for (int l = 1; l <= layers; l++) {
      keep(time, train, l, phiNow[l], phi[l]);
      keep(time, train, l, gNow[l], g[l]);
    }
  }

  private void keep(int time, int[] train, int layer, Matrix now, Matrix saved) {
    int s = sites.sites(layer);
    Matrix own = now.view(0, samples, 0, trainPoints * s);
    int kept = kept(sites, layer);
    for (int a = 0; a < kept; a++) {
      Matrix field = kept == 1 ? columns.sum(s, own) : columns.at(a, s, own);
      int first = a * side + time * trainPoints;
      backend.scatterColumns(field, train, saved.view(0, samples, first, trainPoints));
    }
  }

  /** Kernels between the first times. */
  KernelHistory history(int times) {
    List<float[]> feature = new ArrayList<>();
    List<float[]> gradient = new ArrayList<>();
    for (int l = 1; l <= layers; l++) {
      feature.add(gram(1.0 / (samples * sites.pairs(l)), l, phi[l], times));
      gradient.add(gram(1.0 / samples, l, g[l], times));
    }
    return new KernelHistory(times * trainPoints, feature, gradient);
  }

  private float[] gram(double scale, int layer, Matrix fields, int times) {
    int size = times * trainPoints;
    Matrix k = kernel.view(0, size, 0, size);
    for (int a = 0; a < kept(sites, layer); a++) {
      backend.gram(scale, until(fields, a, times), a == 0 ? 0 : 1, k);
    }
    float[] values = new float[size * size];
    backend.download(k, values);
    return values;
  }

  void save(SolverState state, int times) {
    for (int l = 1; l <= layers; l++) {
      for (int a = 0; a < kept(sites, l); a++) {
        SavedMatrix.save(backend, state, key("phi", l, a), until(phi[l], a, times));
        SavedMatrix.save(backend, state, key("g", l, a), until(g[l], a, times));
      }
    }
  }

  private static String key(String field, int layer, int site) {
    return "saved_" + field + "_" + layer + (site == 0 ? "" : "_site_" + site);
  }

  private Matrix until(Matrix fields, int site, int times) {
    return fields.view(0, samples, site * side, times * trainPoints);
  }

  void restore(SolverState state, int times) {
    for (int l = 1; l <= layers; l++) {
      for (int a = 0; a < kept(sites, l); a++) {
        SavedMatrix.restore(backend, state, key("phi", l, a), until(phi[l], a, times));
        SavedMatrix.restore(backend, state, key("g", l, a), until(g[l], a, times));
      }
    }
  }
}
