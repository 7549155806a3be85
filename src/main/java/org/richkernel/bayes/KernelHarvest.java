package org.richkernel.bayes;

import java.util.ArrayList;
import java.util.List;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Workspace;

/**
 * P x P kernels of a deep or convolutional network in the dual form, from the kept populations of
 * the chains, extrapolated in S. Few populations make them noisier than averages over all sweeps.
 */
final class KernelHarvest implements AutoCloseable {
  /** Number of points of a panel. */
  private static final int PANEL = 256;

  private final Backend backend;
  private final int depth;
  private final KernelProducts posterior;
  private final int points;
  private final Workspace memory;

  /** Allocates the scratch in advance, so the end of a solve needs no further memory. */
  KernelHarvest(Backend backend, int depth, KernelProducts posterior, int points) {
    this.backend = backend;
    this.depth = depth;
    this.posterior = posterior;
    this.points = points;
    MemoryPlan plan = new MemoryPlan();
    plan(plan, points);
    memory = new Workspace(backend, plan);
  }

  /** Adds the scratch to a plan. */
  static void plan(MemoryPlan plan, int points) {
    plan.add("panel of kept kernels", Precision.FLOAT32, Math.min(PANEL, points), points);
  }

  /** g_l Phi^l of the populations kept so far, row-major P x P each. */
  List<double[]> kernels(ChainEnsemble ensemble) {
    List<double[]> kernels = new ArrayList<>();
    for (int l = 1; l <= depth; l++) {
      kernels.add(new double[Math.multiplyExact(points, points)]);
    }
    ensemble.forEachKept(1, (snapshot, weight) -> add(snapshot, weight, kernels));
    return kernels;
  }

  private void add(SamplingChain.Snapshot snapshot, double weight, List<double[]> kernels) {
    posterior.holdFields(snapshot.xi());
    float[] values = new float[Math.min(PANEL, points) * points];
    for (int l = 1; l <= depth; l++) {
      double[] kernel = kernels.get(l - 1);
      for (int from = 0; from < points; from += PANEL) {
        int rows = Math.min(PANEL, points - from);
        try (Matrix product = memory.get("panel of kept kernels").rowRange(0, rows)) {
          posterior.kernelRows(weight, l, from, product);
          float[] part = rows * points == values.length ? values : new float[rows * points];
          backend.download(product, part);
          for (int i = 0; i < part.length; i++) {
            kernel[from * points + i] += part[i];
          }
        }
      }
    }
  }

  @Override
  public void close() {
    memory.close();
  }
}
