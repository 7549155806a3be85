package org.richkernel.dynamics;

import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Workspace;
import org.richkernel.network.SiteReadout;
import org.richkernel.stack.SitePool;

/**
 * Contribution of the weights of a convolution to the tangent kernel between points, sum_{ab}
 * &lt;g_{mu a} g_{nu b}&gt; x_{mu a} . x_{nu b} / (k C): the Gram matrix of the gradients sum_a
 * g_{mu a} x_{mu a} / sqrt(k C) of all neurons, computed one component of the patches after the
 * other. No (P s) x (P s) matrix is formed; a panel of n neurons takes n P (P + 3 s) flops for a
 * component.
 */
final class PatchGradients {
  private final Backend backend;
  private final int points;
  private final int sites;
  private final Matrix[] components; // of the patches, 1 x (P s) each
  private final Matrix scaled;
  private final Matrix means;

  /**
   * Adds the memory to a plan.
   *
   * @param name of its matrices
   * @param count of components
   * @param panel largest number of neurons at a time
   */
  static void plan(
      MemoryPlan plan, String name, DynamicsProblem problem, int points, int count, int panel) {
    int fields = RankSpace.fields(problem, points);
    plan.add(name + ": components", Precision.FLOAT32, count, fields)
        .add(name + ": gradient", Precision.FLOAT32, panel, fields)
        .add(name + ": gradient of points", Precision.FLOAT32, panel, points);
  }

  /**
   * @param name of the matrices
   * @param patches row-major (P s) x count, rows ordered (site, point)
   */
  PatchGradients(Backend backend, Workspace memory, String name, double[] patches) {
    this.backend = backend;
    scaled = memory.get(name + ": gradient");
    means = memory.get(name + ": gradient of points");
    Matrix whole = memory.get(name + ": components");
    points = means.columns();
    sites = scaled.columns() / points;
    int fields = scaled.columns();
    int count = patches.length / fields;
    double[] transposed = new double[patches.length];
    for (int i = 0; i < patches.length; i++) {
      transposed[i % count * fields + i / count] = patches[i];
    }
    components = new Matrix[count];
    Matrix used = whole.rowRange(0, count);
    backend.upload(transposed, used);
    for (int j = 0; j < count; j++) {
      components[j] = used.rowRange(j, 1);
    }
  }

  /**
   * kernel = alpha times the sum over some neurons + beta kernel.
   *
   * @param g rows x (P s)
   * @param kernel P x P
   */
  void add(double alpha, Matrix g, double beta, Matrix kernel) {
    Matrix room = scaled.rowRange(0, g.rows());
    Matrix mean = means.rowRange(0, g.rows());
    SitePool pool = new SitePool(backend, room, points, SiteReadout.GAP, mean);
    double factor = alpha * sites * sites;
    for (int j = 0; j < components.length; j++) {
      backend.copy(g, room);
      backend.scaleColumns(components[j], room);
      backend.gram(factor, pool.pool(0), j == 0 ? beta : 1, kernel);
    }
  }
}
