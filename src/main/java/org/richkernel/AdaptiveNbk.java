package org.richkernel;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.richkernel.bayes.AdaptiveNbkSolution;
import org.richkernel.bayes.AdaptiveNbkSolver;
import org.richkernel.bayes.AdaptiveProblem;
import org.richkernel.bayes.SaddleOptions;
import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.data.Datasets;
import org.richkernel.network.NetworkSpec;
import org.richkernel.solver.RunControl;

/**
 * The adaptive neural Bayesian kernel (aNBK; Lauditi, Bordelon and Pehlevan, arXiv:2502.07998): the
 * feature kernel that a network of infinite width learns at richness gamma, and its predictor f(x)
 * = g k(x)^T (g Phi + kappa)^{-1} y. gamma = 0 is the NNGP. Immutable; every setter returns a
 * changed copy.
 */
public final class AdaptiveNbk {
  private final NetworkSpec network;
  private final SaddleOptions options;

  private AdaptiveNbk(NetworkSpec network, SaddleOptions options) {
    this.network = network;
    this.options = options;
  }

  /** gamma = 1, beta = 100, 2000 samples, tolerance 0.01, seed 0. */
  public static AdaptiveNbk of(NetworkSpec network) {
    return new AdaptiveNbk(network, SaddleOptions.of(1, 100));
  }

  /** Sets all options at once. */
  public AdaptiveNbk options(SaddleOptions all) {
    return new AdaptiveNbk(network, all);
  }

  /** Sets the richness, at least 0. */
  public AdaptiveNbk gamma(double gamma) {
    return options(options.withGamma(gamma));
  }

  /** Sets the inverse noise; kappa = 1 / beta. */
  public AdaptiveNbk beta(double beta) {
    return options(options.withBeta(beta));
  }

  /** Sets S, the larger number of samples of the extrapolation; a multiple of 4. */
  public AdaptiveNbk samples(int samples) {
    return options(options.withSamples(samples));
  }

  /** Sets the key of all random streams. */
  public AdaptiveNbk seed(long seed) {
    return options(options.withSeed(seed));
  }

  /** Sets the largest relative residual of the saddle equations. */
  public AdaptiveNbk tolerance(double tolerance) {
    return options(options.withTolerance(tolerance));
  }

  /** Sets the most sweeps per chain after burn-in. */
  public AdaptiveNbk maxSweeps(int sweeps) {
    return options(options.withMaxSweeps(sweeps));
  }

  /**
   * Weighs the determinant: 1 with {@code samples} = N is the posterior of a network of width N.
   */
  public AdaptiveNbk determinantWeight(double d) {
    return options(options.withDeterminantWeight(d));
  }

  /** What {@link #fit} will hold at once. */
  public MemoryPlan plan(Datasets data, Backend backend) {
    return new AdaptiveNbkSolver(backend, problem(Points.of(data))).plan();
  }

  /**
   * Fits the training set, predicts the test set, and fits the NNGP beside it.
   *
   * @throws org.richkernel.network.InvalidProblemException if the options do not fit the data
   * @throws org.richkernel.compute.OutOfDeviceMemoryException if memory would not suffice
   */
  public AdaptiveNbkFit fit(Datasets data, Backend backend) {
    return fit(data, backend, RunControl.silent())
        .orElseThrow(() -> new IllegalStateException("stopped without a stop signal"));
  }

  /**
   * The same with progress, a stop signal and checkpoints.
   *
   * @return empty if a stop was asked for; the checkpoint then holds the state
   */
  public Optional<AdaptiveNbkFit> fit(Datasets data, Backend backend, RunControl control) {
    long start = System.nanoTime();
    Points points = Points.of(data);
    AdaptiveNbkSolution solution = new AdaptiveNbkSolver(backend, problem(points)).solve(control);
    if (solution == null) {
      return Optional.empty();
    }
    LazyFit lazy = LazyRegression.of(network).kappa(options.kappa()).fit(data, backend);
    double seconds = (System.nanoTime() - start) * 1e-9;
    return Optional.of(
        new AdaptiveNbkFit(
            network,
            options,
            solution,
            lazy,
            points,
            data,
            backend.info(),
            backend.devices().stream().mapToLong(Backend::peakBytes).sum(),
            seconds));
  }

  private AdaptiveProblem problem(Points points) {
    return new AdaptiveProblem(
        network, options, points.trainInputs(), points.trainTargets(), points.testInputs());
  }

  /** The options by the names of the command line. */
  static Map<String, Object> describe(NetworkSpec network, SaddleOptions options) {
    Map<String, Object> all = new LinkedHashMap<>();
    ModelSettings.describe(network, all);
    all.put("gamma", options.gamma());
    all.put("beta", options.beta());
    all.put("samples", options.samples());
    all.put("determinant-weight", options.determinantWeight());
    all.put("seed", options.seed());
    all.put("tolerance", options.tolerance());
    all.put("max-sweeps", options.maxSweeps());
    return all;
  }
}
