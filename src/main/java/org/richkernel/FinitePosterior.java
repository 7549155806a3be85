package org.richkernel;

import java.util.Map;
import java.util.Optional;
import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.data.Datasets;
import org.richkernel.finite.LangevinOptions;
import org.richkernel.finite.NetworkPosterior;
import org.richkernel.finite.PosteriorProblem;
import org.richkernel.finite.PosteriorSolution;
import org.richkernel.finite.Readout;
import org.richkernel.fit.BesideLazy;
import org.richkernel.fit.FinitePosteriorFit;
import org.richkernel.fit.FitCost;
import org.richkernel.fit.LazyFit;
import org.richkernel.fit.Points;
import org.richkernel.network.NetworkSpec;
import org.richkernel.solver.InterruptedRunException;
import org.richkernel.solver.RunControl;

/**
 * The posterior of a network of finite width, sampled in its weights by Hamiltonian Monte Carlo,
 * with the NNGP for comparison. Immutable; every setter returns a changed copy.
 */
public final class FinitePosterior {
  private final NetworkSpec network;
  private final LangevinOptions options;

  FinitePosterior(NetworkSpec network, LangevinOptions options) {
    this.network = network;
    this.options = options;
  }

  /** Sets all options at once. */
  public FinitePosterior options(LangevinOptions all) {
    return new FinitePosterior(network, all);
  }

  /** Sets options by their names on the command line, such as {@code max-sweeps}. */
  public FinitePosterior options(Map<String, ?> named) {
    return options(options.with(named));
  }

  /** Sets the richness, at least 0. */
  public FinitePosterior gamma(double gamma) {
    return options(options.withGamma(gamma));
  }

  /** Sets the inverse noise; kappa = 1 / beta. */
  public FinitePosterior beta(double beta) {
    return options(options.withBeta(beta));
  }

  /** Chooses whether the readout is integrated out or sampled. */
  public FinitePosterior readout(Readout treatment) {
    return options(options.withReadout(treatment));
  }

  /** Sets the key of all random streams. */
  public FinitePosterior seed(long seed) {
    return options(options.withSeed(seed));
  }

  /** Sets the largest relative standard error of the layer kernels. */
  public FinitePosterior tolerance(double tolerance) {
    return options(options.withTolerance(tolerance));
  }

  /** Sets the most trajectories per chain after burn-in. */
  public FinitePosterior maxSweeps(int sweeps) {
    return options(options.withMaxSweeps(sweeps));
  }

  /** Peak memory of {@link #fit}. */
  public MemoryPlan plan(Datasets data, Backend backend) {
    return new NetworkPosterior(backend, problem(Points.of(data))).plan();
  }

  /**
   * Samples the posterior on the training set and its outputs on the test set.
   *
   * @throws org.richkernel.network.InvalidProblemException if the options do not fit the data
   * @throws org.richkernel.compute.OutOfDeviceMemoryException if memory would not suffice
   * @throws InterruptedRunException if the thread is interrupted
   */
  public FinitePosteriorFit fit(Datasets data, Backend backend) {
    return fit(data, backend, RunControl.silent()).orElseThrow(InterruptedRunException::new);
  }

  /**
   * The same with progress, a stop signal and checkpoints.
   *
   * @return empty if a stop was requested; the checkpoint then holds the state
   */
  public Optional<FinitePosteriorFit> fit(Datasets data, Backend backend, RunControl control) {
    long start = System.nanoTime();
    Points points = Points.of(data);
    Optional<PosteriorSolution> solution =
        new NetworkPosterior(backend, problem(points)).solve(control);
    if (solution.isEmpty()) {
      return Optional.empty();
    }
    LazyFit lazy = LazyRegression.of(network).kappa(options.kappa()).fit(data, backend);
    FitCost cost = FitCost.of(backend, start, control);
    return Optional.of(
        new FinitePosteriorFit(
            network, options, solution.get(), new BesideLazy(points, lazy, cost), data));
  }

  private PosteriorProblem problem(Points points) {
    return new PosteriorProblem(
        network, options, points.trainInputs(), points.trainTargets(), points.testInputs());
  }
}
