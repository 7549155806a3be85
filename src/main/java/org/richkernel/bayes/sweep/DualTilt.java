package org.richkernel.bayes.sweep;

import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;
import org.richkernel.network.SiteReadout;
import org.richkernel.stack.SitePool;

/**
 * The tilt of a layer by a readout with w proportional to the dual vector v, E = -sum_a |w^T
 * phi_a|^2 / 2 over the pooled rows phi_a of a sample: its sites, their mean, or the sample itself
 * without sites.
 *
 * <p>Cost: 4 n P K flops for each pooled row, in place of 2 n P^2 of a matrix T.
 */
final class DualTilt implements Tilt {
  private final Backend backend;
  private final SiteReadout readout;
  private final Matrix dual;
  private final Matrix outputs;
  private final Matrix mean;
  private final Matrix meanPull;

  /**
   * @param memory with the matrices of {@link #plan}
   * @param readout of the sites; flatten for a single one
   */
  DualTilt(Backend backend, Workspace memory, SiteReadout readout) {
    this.backend = backend;
    this.readout = readout;
    dual = memory.get("dual vector of the tilt");
    outputs = memory.get("panel: outputs");
    mean = memory.get("panel: mean over sites");
    meanPull = memory.get("panel: pull on the mean");
  }

  /**
   * Adds the scratch to a plan.
   *
   * @param rows of the largest panel
   */
  static void plan(
      MemoryPlan plan, SiteReadout readout, int rows, int sites, int points, int outputs) {
    boolean gap = readout == SiteReadout.GAP;
    int means = gap ? rows : 0;
    plan.add("dual vector of the tilt", Precision.FLOAT32, points, outputs)
        .add("panel: outputs", Precision.FLOAT32, gap ? rows : rows * sites, outputs)
        .add("panel: mean over sites", Precision.FLOAT32, means, points)
        .add("panel: pull on the mean", Precision.FLOAT32, means, points);
  }

  /** w, P x K, float32. */
  Matrix dual() {
    return dual;
  }

  @Override
  public void pull(Matrix phi, Matrix pull) {
    int points = dual.rows();
    int samples = phi.rows();
    int means = readout == SiteReadout.GAP ? samples : 0;
    SitePool from = new SitePool(backend, phi, points, readout, mean.rowRange(0, means));
    SitePool to = new SitePool(backend, pull, points, readout, meanPull.rowRange(0, means));
    Matrix rows = from.pool(0);
    Matrix a = outputs.rowRange(0, rows.rows());
    backend.gemm(Transpose.NO, Transpose.NO, 1, rows, dual, 0, a);
    // the derivative of a mean is shared by its sites
    double share = (double) samples * phi.columns() / rows.size();
    backend.gemm(Transpose.NO, Transpose.YES, -1 / share, a, dual, 0, to.pooled(0));
    to.broadcast(0);
  }
}
