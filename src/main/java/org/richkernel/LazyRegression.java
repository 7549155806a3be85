package org.richkernel;

import java.util.LinkedHashMap;
import java.util.Map;
import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.data.Datasets;
import org.richkernel.lazy.KernelKind;
import org.richkernel.lazy.LazyProblem;
import org.richkernel.lazy.LazySolution;
import org.richkernel.lazy.LazySolver;
import org.richkernel.network.NetworkSpec;
import org.richkernel.solver.RunControl;

/**
 * Kernel ridge regression with the kernel of a network at initialisation: NNGP (the Gaussian
 * process of an infinitely wide network; Lee et al., arXiv:1711.00165) or NTK (Jacot et al.,
 * arXiv:1806.07572). Immutable; every setter returns a changed copy.
 */
public final class LazyRegression {
  private final NetworkSpec network;
  private final KernelKind kernel;
  private final double kappa;

  private LazyRegression(NetworkSpec network, KernelKind kernel, double kappa) {
    this.network = network;
    this.kernel = kernel;
    this.kappa = kappa;
  }

  /** NNGP regression with kappa = 0.01. */
  public static LazyRegression of(NetworkSpec network) {
    network.requireDense("lazy", "leave it out");
    return new LazyRegression(network, KernelKind.NNGP, 0.01);
  }

  /** Chooses NNGP or NTK. */
  public LazyRegression kernel(KernelKind kind) {
    return new LazyRegression(network, kind, kappa);
  }

  /** Sets the ridge, the noise variance of the Gaussian process; at least 0. */
  public LazyRegression kappa(double ridge) {
    return new LazyRegression(network, kernel, ridge);
  }

  /** What {@link #fit} will hold at once. */
  public MemoryPlan plan(Datasets data, Backend backend) {
    return new LazySolver(backend, problem(Points.of(data))).plan();
  }

  /**
   * Fits the training set and predicts the test set.
   *
   * @throws org.richkernel.compute.OutOfDeviceMemoryException if memory would not suffice
   * @throws org.richkernel.compute.NotPositiveDefiniteException if the kernel is indefinite
   */
  public LazyFit fit(Datasets data, Backend backend) {
    long start = System.nanoTime();
    Points points = Points.of(data);
    LazySolution solution = new LazySolver(backend, problem(points)).solve();
    return new LazyFit(
        solution, points, data, FitCost.of(backend, start, RunControl.silent()), options());
  }

  private LazyProblem problem(Points points) {
    return LazyProblem.of(network, kernel, kappa, points.trainInputs(), points.trainTargets())
        .withTestInputs(points.testInputs());
  }

  private Map<String, Object> options() {
    Map<String, Object> options = new LinkedHashMap<>();
    ModelSettings.describe(network, options);
    options.put("kernel", kernel.name().toLowerCase(java.util.Locale.ROOT));
    options.put("kappa", kappa);
    return options;
  }
}
