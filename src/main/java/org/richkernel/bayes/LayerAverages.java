package org.richkernel.bayes;

import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Workspace;
import org.richkernel.sampling.MonteCarloSeries;
import org.richkernel.solver.SolverState;
import org.richkernel.stack.ConvolutionShape;

/**
 * Running averages of one layer's kernel along a Markov chain, and its equilibrium identity. In the
 * dual form only scalars of the kernel are averaged.
 */
final class LayerAverages implements AutoCloseable {
  private final Workspace memory;
  private final @Nullable KernelSeries kernels; // of the primal form
  private final @Nullable KernelMeasure numbers; // of the dual form
  private final KernelScalars scalars;
  private final EquilibriumIdentity equilibrium;

  /**
   * @param width columns of the layer's fields
   * @param blockRows rows of the largest block
   */
  LayerAverages(Backend backend, int width, int points, int outputs, int blockRows) {
    this(backend, width, points, outputs, blockRows, false);
  }

  /**
   * @param width columns of the layer's fields
   * @param blockRows rows of the largest block
   * @param weights whether the fields are weights of the layer below
   */
  LayerAverages(
      Backend backend, int width, int points, int outputs, int blockRows, boolean weights) {
    equilibrium = new EquilibriumIdentity(backend, width, weights ? points : 0, outputs, blockRows);
    MemoryPlan plan = new MemoryPlan();
    planAverages(plan, "", points, outputs);
    memory = workspace(backend, plan);
    kernels =
        new KernelSeries(backend, memory.get("sum of kernels"), memory.get("kernel times targets"));
    numbers = null;
    scalars = kernels.scalars();
  }

  private LayerAverages(
      Backend backend,
      EquilibriumIdentity equilibrium,
      MemoryPlan plan,
      Function<Workspace, KernelMeasure> measure) {
    this.equilibrium = equilibrium;
    memory = workspace(backend, plan);
    kernels = null;
    numbers = measure.apply(memory);
    scalars = numbers.scalars();
  }

  /**
   * Averages of a population in the dual form.
   *
   * @param width columns of the layer's fields
   * @param points P if the fields are weights of the layer below, otherwise 0
   * @param variance g_l
   */
  static LayerAverages dual(
      Backend backend,
      int width,
      int points,
      int outputs,
      int samples,
      int blockRows,
      double variance) {
    MemoryPlan plan = new MemoryPlan();
    planGram(plan, "", samples);
    return new LayerAverages(
        backend,
        new EquilibriumIdentity(backend, width, points, outputs, blockRows),
        plan,
        memory -> new SampleGramSeries(backend, memory.get("diagonal of the Gram"), variance));
  }

  /**
   * Averages of a population of channels in the dual form.
   *
   * @param layer index l of these averages
   * @param samples S
   */
  static LayerAverages channels(
      Backend backend, DualConvolutionPosterior posterior, int layer, int samples) {
    ConvolutionShape shape = posterior.shape();
    MemoryPlan plan = new MemoryPlan();
    SiteGramSeries.plan(plan, "", shape, layer, samples, posterior.outputs());
    int width = shape.widths(samples)[layer - 1];
    return new LayerAverages(
        backend,
        new EquilibriumIdentity(backend, width, posterior.outputs(), samples),
        plan,
        memory -> new SiteGramSeries(backend, memory, posterior, samples));
  }

  private Workspace workspace(Backend backend, MemoryPlan plan) {
    try {
      return new Workspace(backend, plan);
    } catch (RuntimeException e) {
      equilibrium.close();
      throw e;
    }
  }

  /** Adds the memory of averages to a plan. */
  static void plan(
      MemoryPlan plan,
      String prefix,
      int width,
      int points,
      int outputs,
      int blockRows,
      boolean weights) {
    planAverages(plan, prefix, points, outputs);
    EquilibriumIdentity.plan(plan, prefix, width, weights ? points : 0, outputs, blockRows);
  }

  /** The same in the dual form. */
  static void planDual(
      MemoryPlan plan,
      String prefix,
      int width,
      int points,
      int outputs,
      int samples,
      int blockRows) {
    planGram(plan, prefix, samples);
    EquilibriumIdentity.plan(plan, prefix, width, points, outputs, blockRows);
  }

  /** The same of channels in the dual form. */
  static void planChannels(
      MemoryPlan plan, String prefix, ConvolutionShape shape, int layer, int samples, int outputs) {
    SiteGramSeries.plan(plan, prefix, shape, layer, samples, outputs);
    int width = shape.widths(samples)[layer - 1];
    EquilibriumIdentity.plan(plan, prefix, width, 0, outputs, samples);
  }

  private static void planAverages(MemoryPlan plan, String prefix, int points, int outputs) {
    plan.add(prefix + "sum of kernels", Precision.FLOAT64, points, points)
        .add(prefix + "kernel times targets", Precision.FLOAT64, points, outputs);
  }

  private static void planGram(MemoryPlan plan, String prefix, int samples) {
    plan.add(prefix + "diagonal of the Gram", Precision.FLOAT64, samples, 1);
  }

  /**
   * Adds the population after a sweep.
   *
   * @param layer index l of these averages
   * @param targets Y, P x K
   * @param unit I of the size of the population's kernel
   */
  void measure(FieldPopulation population, int layer, Matrix targets, Matrix unit) {
    if (kernels != null) {
      kernels.measure(population.kernel(layer), targets, unit);
    }
    if (numbers != null) {
      numbers.measure(population, layer, targets, unit);
    }
    equilibrium.endSweep();
  }

  /** tr Y^T (g Phi) Y, one value per sweep. */
  MonteCarloSeries fit() {
    return scalars.fit();
  }

  /** tr g Phi. */
  MonteCarloSeries trace() {
    return scalars.trace();
  }

  /** |g Phi|_F. */
  MonteCarloSeries frobenius() {
    return scalars.frobenius();
  }

  /** tr Y^T Phi Y / (|Phi|_F |Y|^2) of each sweep's own kernel. */
  MonteCarloSeries alignment() {
    return scalars.alignment();
  }

  /** The test that the samples follow the density. */
  EquilibriumIdentity equilibrium() {
    return equilibrium;
  }

  /** Clears all measurements. */
  void clear() {
    if (kernels != null) {
      kernels.clear();
    }
    scalars.clear();
    equilibrium.clear();
  }

  /** Whether there is a {@link #meanKernel}. */
  boolean hasMeanKernel() {
    return kernels != null;
  }

  /**
   * Mean of g Phi over the sweeps, row-major P x P.
   *
   * @throws IllegalStateException in the dual form
   */
  double[] meanKernel() {
    if (kernels == null) {
      throw new IllegalStateException("the dual form holds no kernel");
    }
    return kernels.mean(1);
  }

  /**
   * That mean times u.
   *
   * @param u row-major P x K
   * @throws IllegalStateException in the dual form
   */
  double[] meanKernelImage(double[] u) {
    if (kernels == null) {
      throw new IllegalStateException("the dual form holds no kernel");
    }
    return kernels.meanImage(u);
  }

  /** Adds all measurements to a checkpoint. */
  void save(SolverState state, String name) {
    if (kernels != null) {
      kernels.save(state, name);
    } else {
      scalars.save(state, name);
    }
    state.put(name + "_directions", equilibrium.directions());
    state.put(name + "_mismatch", equilibrium.mismatch().values());
    state.put(name + "_spread", equilibrium.spread().values());
  }

  /** Restores a saved state. */
  void restore(SolverState state, String name) {
    if (kernels != null) {
      kernels.restore(state, name);
    } else {
      scalars.restore(state, name);
    }
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
