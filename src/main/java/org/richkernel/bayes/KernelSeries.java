package org.richkernel.bayes;

import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;
import org.richkernel.sampling.MonteCarloSeries;
import org.richkernel.solver.SolverState;

/** The sum of a layer's kernel over sweeps, and scalars of the kernel of each sweep. */
public final class KernelSeries {
  private final Backend backend;
  private final Matrix sum;
  private final Matrix image; // Phi Y
  private final KernelScalars scalars = new KernelScalars();

  /**
   * @param sum of the kernels, P x P, float64, zero at the start
   * @param image scratch, P x K, float64
   */
  public KernelSeries(Backend backend, Matrix sum, Matrix image) {
    this.backend = backend;
    this.sum = sum;
    this.image = image;
  }

  /**
   * Adds the kernel after a sweep.
   *
   * @param kernel g Phi, P x P
   * @param targets Y, P x K
   * @param unit I, P x P
   * @return |g Phi|_F^2
   */
  public double measure(Matrix kernel, Matrix targets, Matrix unit) {
    backend.axpy(1, kernel, sum);
    backend.gemm(Transpose.NO, Transpose.NO, 1, kernel, targets, 0, image);
    double quadratic = backend.dot(targets, image);
    double square = backend.dot(kernel, kernel);
    scalars.add(
        quadratic, backend.dot(unit, kernel), Math.sqrt(square), backend.dot(targets, targets));
    return square;
  }

  /** Clears all measurements. */
  void clear() {
    backend.fill(0, sum);
    scalars.clear();
  }

  /** Scalars of the kernel of each sweep. */
  KernelScalars scalars() {
    return scalars;
  }

  /** Number of sweeps measured so far. */
  public int count() {
    return scalars.fit().size();
  }

  /** Sum of g Phi over the sweeps, P x P, float64. */
  public Matrix sum() {
    return sum;
  }

  /** tr Y^T (g Phi) Y, one value per sweep. */
  public MonteCarloSeries fit() {
    return scalars.fit();
  }

  /** tr g Phi. */
  public MonteCarloSeries trace() {
    return scalars.trace();
  }

  /** |g Phi|_F. */
  public MonteCarloSeries frobenius() {
    return scalars.frobenius();
  }

  /** tr Y^T Phi Y / (|Phi|_F |Y|^2) of each sweep's own kernel, 0 for a zero kernel. */
  public MonteCarloSeries alignment() {
    return scalars.alignment();
  }

  /**
   * Mean over the sweeps, row-major P x P.
   *
   * @param variance divisor of the mean: g for Phi, 1 for g Phi
   */
  public double[] mean(double variance) {
    double[] mean = new double[Math.toIntExact(sum.size())];
    backend.download(sum, mean);
    for (int i = 0; i < mean.length; i++) {
      mean[i] /= variance * count();
    }
    return mean;
  }

  /**
   * The mean of g Phi over the sweeps times u.
   *
   * @param u row-major P x K
   * @return row-major P x K
   */
  double[] meanImage(double[] u) {
    double[] product = new double[u.length];
    MemoryPlan plan =
        new MemoryPlan().add("vectors", Precision.FLOAT64, image.rows(), image.columns());
    try (Workspace scratch = new Workspace(backend, plan)) {
      Matrix vectors = scratch.get("vectors");
      backend.upload(u, vectors);
      backend.gemm(Transpose.NO, Transpose.NO, 1.0 / count(), sum, vectors, 0, image);
      backend.download(image, product);
    }
    return product;
  }

  /** Adds all measurements to a checkpoint. */
  void save(SolverState state, String name) {
    double[] kernels = new double[Math.toIntExact(sum.size())];
    backend.download(sum, kernels);
    state.put(name + "_kernel_sum", kernels);
    scalars.save(state, name);
  }

  /** Restores a saved state. */
  void restore(SolverState state, String name) {
    backend.upload(state.doubles(name + "_kernel_sum"), sum);
    scalars.restore(state, name);
  }
}
