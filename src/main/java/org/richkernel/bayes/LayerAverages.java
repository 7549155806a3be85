package org.richkernel.bayes;

import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Workspace;
import org.richkernel.sampling.MonteCarloSeries;
import org.richkernel.solver.SolverState;

/** Running averages of one layer's kernel along a Markov chain, and its equilibrium identity. */
final class LayerAverages implements AutoCloseable {
  private final Workspace memory;
  private final KernelSeries series;
  private final EquilibriumIdentity equilibrium;

  /**
   * @param width columns of the layer's fields
   * @param blockRows rows of the largest block
   */
  LayerAverages(Backend backend, int width, int points, int outputs, int blockRows) {
    equilibrium = new EquilibriumIdentity(backend, width, outputs, blockRows);
    MemoryPlan plan = new MemoryPlan();
    planAverages(plan, "", points, outputs);
    try {
      memory = new Workspace(backend, plan);
    } catch (RuntimeException e) {
      equilibrium.close();
      throw e;
    }
    series =
        new KernelSeries(backend, memory.get("sum of kernels"), memory.get("kernel times targets"));
  }

  static void plan(
      MemoryPlan plan, String prefix, int width, int points, int outputs, int blockRows) {
    planAverages(plan, prefix, points, outputs);
    EquilibriumIdentity.plan(plan, prefix, width, outputs, blockRows);
  }

  private static void planAverages(MemoryPlan plan, String prefix, int points, int outputs) {
    plan.add(prefix + "sum of kernels", Precision.FLOAT64, points, points)
        .add(prefix + "kernel times targets", Precision.FLOAT64, points, outputs);
  }

  /**
   * Takes the kernel after a sweep.
   *
   * @param kernel g Phi, P x P
   * @param targets Y, P x K
   * @param unit I, P x P
   */
  void measure(Matrix kernel, Matrix targets, Matrix unit) {
    series.measure(kernel, targets, unit);
    equilibrium.endSweep();
  }

  /** tr Y^T (g Phi) Y, one value per sweep. */
  MonteCarloSeries fit() {
    return series.fit();
  }

  /** tr g Phi. */
  MonteCarloSeries trace() {
    return series.trace();
  }

  /** |g Phi|_F. */
  MonteCarloSeries frobenius() {
    return series.frobenius();
  }

  /** tr Y^T Phi Y / (|Phi|_F |Y|^2) of each sweep's own kernel. */
  MonteCarloSeries alignment() {
    return series.alignment();
  }

  /** The test that the samples follow the density. */
  EquilibriumIdentity equilibrium() {
    return equilibrium;
  }

  /** Forgets everything measured so far. */
  void clear() {
    series.clear();
    equilibrium.clear();
  }

  /** Mean of g Phi over the sweeps, row-major P x P. */
  double[] meanKernel() {
    return series.mean(1);
  }

  /** Adds everything measured so far to a checkpoint. */
  void save(SolverState state, String name) {
    series.save(state, name);
    state.put(name + "_directions", equilibrium.directions());
    state.put(name + "_mismatch", equilibrium.mismatch().values());
    state.put(name + "_spread", equilibrium.spread().values());
  }

  /** Takes up a saved state. */
  void restore(SolverState state, String name) {
    series.restore(state, name);
    equilibrium.restore(
        state.doubles(name + "_directions"),
        state.doubles(name + "_mismatch"),
        state.doubles(name + "_spread"));
  }

  @Override
  public void close() {
    memory.close();
    equilibrium.close();
  }
}
