package org.richkernel.stack;

import java.util.ArrayList;
import java.util.List;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.OwnedResources;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Workspace;

/**
 * Overlaps of the kernels of two populations without P x P matrices: tr Phi_a Phi_b is |phi_a
 * phi_b^T|^2 / S^2, the sum over points of S x S products.
 */
public final class PhiOverlaps implements AutoCloseable {
  private static final String KEPT = "phi of another population";
  private static final String OVERLAP = "overlaps of two populations";

  private final PointSums sums;
  private final int samples;
  private final OwnedResources owned = new OwnedResources();
  private final List<Matrix> kept = new ArrayList<>(); // phi of a layer on each run, P x S
  private final Backend backend;
  private final Matrix overlap;
  private final PointSums.Total total;

  /**
   * Allocates the scratch in advance.
   *
   * @param sums over the points, with the activations
   * @param samples S of both populations
   */
  public PhiOverlaps(PointSums sums, int samples) {
    this.sums = sums;
    this.samples = samples;
    backend = sums.runs().get(0).backend();
    try {
      for (PointRun run : sums.runs()) {
        MemoryPlan plan = new MemoryPlan();
        planPoints(plan, run.extent(), samples);
        kept.add(owned.own(new Workspace(run.backend(), plan)).get(KEPT));
      }
      MemoryPlan plan = new MemoryPlan();
      planSums(plan, samples);
      overlap = owned.own(new Workspace(backend, plan)).get(OVERLAP);
    } catch (RuntimeException e) {
      throw owned.closedAfter(e);
    }
    total = sums.total(overlap);
  }

  /** Adds the scratch of a device to a plan. */
  public static void planPoints(MemoryPlan plan, PointRun.Extent extent, int samples) {
    plan.add(KEPT, Precision.FLOAT32, extent.points(), samples);
  }

  /** Adds the scratch of the first device alone to a plan. */
  public static void planSums(MemoryPlan plan, int samples) {
    plan.add(OVERLAP, Precision.FLOAT64, samples, samples);
  }

  /** Keeps the present activations of a layer as the first population. */
  public void keep(int layer) {
    for (int i = 0; i < kept.size(); i++) {
      PointRun run = sums.runs().get(i);
      run.backend().copy(run.rows().phi(layer, samples), kept.get(i));
    }
  }

  /** tr Phi_a Phi_b of the population that was kept and of the present activations of its layer. */
  public double withPresent(int layer) {
    total.sum(
        (run, block, into) -> {
          Matrix one = run.extent().of(kept.get(sums.runs().indexOf(run)), block);
          Matrix other = run.rows().phi(layer, samples, block);
          run.backend().crossGram(1, one, other, 0, into.get(0));
        });
    return backend.dot(overlap, overlap) / ((double) samples * samples);
  }

  @Override
  public void close() {
    owned.close();
  }
}
