package org.richkernel.bayes;

import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;
import org.richkernel.solver.MonteCarloSeries;
import org.richkernel.solver.SolverState;

/** Running averages of one layer's kernel along a Markov chain, and its equilibrium identity. */
final class LayerAverages implements AutoCloseable {
  private final Backend backend;
  private final Workspace memory;
  private final Matrix kernelSum;
  private final Matrix image; // Phi Y
  private final EquilibriumIdentity equilibrium;
  private final MonteCarloSeries fit = new MonteCarloSeries();
  private final MonteCarloSeries trace = new MonteCarloSeries();
  private final MonteCarloSeries frobenius = new MonteCarloSeries();
  private final MonteCarloSeries alignment = new MonteCarloSeries();

  /**
   * @param width columns of the layer's fields
   * @param blockRows rows of the largest block
   */
  LayerAverages(Backend backend, int width, int points, int outputs, int blockRows) {
    this.backend = backend;
    equilibrium = new EquilibriumIdentity(backend, width, outputs, blockRows);
    MemoryPlan plan = new MemoryPlan();
    planAverages(plan, "", points, outputs);
    try {
      memory = new Workspace(backend, plan);
    } catch (RuntimeException e) {
      equilibrium.close();
      throw e;
    }
    kernelSum = memory.get("sum of kernels");
    image = memory.get("kernel times targets");
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
    backend.axpy(1, kernel, kernelSum);
    backend.gemm(Transpose.NO, Transpose.NO, 1, kernel, targets, 0, image);
    double quadratic = backend.dot(targets, image);
    double norm = Math.sqrt(backend.dot(kernel, kernel));
    fit.add(quadratic);
    trace.add(backend.dot(unit, kernel));
    frobenius.add(norm);
    alignment.add(norm == 0 ? 0 : quadratic / (norm * backend.dot(targets, targets)));
    equilibrium.endSweep();
  }

  /** tr Y^T (g Phi) Y, one value per sweep. */
  MonteCarloSeries fit() {
    return fit;
  }

  /** tr g Phi. */
  MonteCarloSeries trace() {
    return trace;
  }

  /** |g Phi|_F. */
  MonteCarloSeries frobenius() {
    return frobenius;
  }

  /** tr Y^T Phi Y / (|Phi|_F |Y|^2) of each sweep's own kernel. */
  MonteCarloSeries alignment() {
    return alignment;
  }

  /** The test that the samples follow the density. */
  EquilibriumIdentity equilibrium() {
    return equilibrium;
  }

  /** Longest integrated autocorrelation time of the layer's scalars, in sweeps. */
  double autocorrelationTime() {
    return Math.max(fit.autocorrelationTime(), trace.autocorrelationTime());
  }

  /** Mean of g Phi over the sweeps, row-major P x P. */
  double[] meanKernel() {
    double[] mean = new double[Math.toIntExact(kernelSum.size())];
    backend.download(kernelSum, mean);
    for (int i = 0; i < mean.length; i++) {
      mean[i] /= fit.size();
    }
    return mean;
  }

  /** Adds everything measured so far to a checkpoint. */
  void save(SolverState state, String name) {
    double[] sum = new double[Math.toIntExact(kernelSum.size())];
    backend.download(kernelSum, sum);
    state.put(name + "_kernel_sum", sum);
    state.put(name + "_directions", equilibrium.directions());
    state.put(name + "_mismatch", equilibrium.mismatch().values());
    state.put(name + "_spread", equilibrium.spread().values());
    state.put(name + "_fit", fit.values());
    state.put(name + "_trace", trace.values());
    state.put(name + "_frobenius", frobenius.values());
    state.put(name + "_alignment", alignment.values());
  }

  /** Takes up a saved state. */
  void restore(SolverState state, String name) {
    backend.upload(state.doubles(name + "_kernel_sum"), kernelSum);
    equilibrium.restore(
        state.doubles(name + "_directions"),
        state.doubles(name + "_mismatch"),
        state.doubles(name + "_spread"));
    fit.restore(state.doubles(name + "_fit"));
    trace.restore(state.doubles(name + "_trace"));
    frobenius.restore(state.doubles(name + "_frobenius"));
    alignment.restore(state.doubles(name + "_alignment"));
  }

  @Override
  public void close() {
    memory.close();
    equilibrium.close();
  }
}
