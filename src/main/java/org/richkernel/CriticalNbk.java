package org.richkernel;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.richkernel.bayes.critical.FiniteWidthProblem;
import org.richkernel.bayes.critical.KernelAdaptation;
import org.richkernel.bayes.critical.LinearResponse;
import org.richkernel.bayes.critical.MapOptions;
import org.richkernel.bayes.critical.MapSolution;
import org.richkernel.bayes.critical.MapSolver;
import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.data.Datasets;
import org.richkernel.fit.BesideLazy;
import org.richkernel.fit.CriticalFit;
import org.richkernel.fit.FitCost;
import org.richkernel.fit.LazyFit;
import org.richkernel.fit.Points;
import org.richkernel.model.ModelSettings;
import org.richkernel.network.NetworkSpec;
import org.richkernel.solver.InterruptedRunException;
import org.richkernel.solver.RunControl;

/**
 * Kernels of maximum a posteriori of a deep network of finite width N (critical feature learning;
 * Fischer et al., arXiv:2405.10761), with their first-order response to the data for comparison.
 * Immutable; every setter returns a changed copy.
 */
public final class CriticalNbk {
  private final NetworkSpec network;
  private final int width;
  private final double chi;
  private final double beta;
  private final MapOptions options;

  private CriticalNbk(NetworkSpec network, int width, double chi, double beta, MapOptions options) {
    this.network = network;
    this.width = width;
    this.chi = chi;
    this.beta = beta;
    this.options = options;
  }

  /** Width N in standard scaling (chi = 1), beta = 100, and {@link MapOptions#defaults()}. */
  public static CriticalNbk of(NetworkSpec network, int width) {
    network.requireDense("--order map", "use lazy or finite");
    return new CriticalNbk(network, width, 1, 100, MapOptions.defaults());
  }

  /** Sets the scale of the readout, chi = gamma^2 N: 1 is standard, N mean-field scaling. */
  public CriticalNbk chi(double scale) {
    return new CriticalNbk(network, width, scale, beta, options);
  }

  /** Sets the inverse noise; kappa = 1 / beta. */
  public CriticalNbk beta(double inverseNoise) {
    return new CriticalNbk(network, width, chi, inverseNoise, options);
  }

  /** Sets samples, seed and stopping. */
  public CriticalNbk options(MapOptions all) {
    return new CriticalNbk(network, width, chi, beta, all);
  }

  private FiniteWidthProblem problem(Points points) {
    return FiniteWidthProblem.of(
        network, width, chi, 1 / beta, points.trainInputs(), points.trainTargets());
  }

  /** Peak memory of {@link #fit}. */
  public MemoryPlan plan(Datasets data) {
    Points points = Points.of(data);
    return MapSolver.plan(problem(points), options, points.testInputs().rows());
  }

  /**
   * The fit without progress and signals.
   *
   * @throws InterruptedRunException if the thread is interrupted
   */
  public CriticalFit fit(Datasets data, Backend backend) {
    return fit(data, backend, RunControl.silent()).orElseThrow(InterruptedRunException::new);
  }

  /**
   * Finds the kernels, predicts the test set, and fits the NNGP for comparison.
   *
   * @return empty if a stop was requested; the checkpoint then holds the state
   * @throws org.richkernel.network.InvalidProblemException if the options do not fit the data
   */
  public Optional<CriticalFit> fit(Datasets data, Backend backend, RunControl control) {
    long start = System.nanoTime();
    Points points = Points.of(data);
    FiniteWidthProblem problem = problem(points);
    long solving = System.nanoTime();
    Optional<MapSolution> solution =
        MapSolver.solve(
            backend, problem, network, points.trainInputs(), points.testInputs(), options, control);
    if (solution.isEmpty()) {
      return Optional.empty();
    }
    KernelAdaptation response =
        LinearResponse.solve(backend, problem, options.samples(), options.seed());
    double solved = (System.nanoTime() - solving) * 1e-9;
    LazyFit lazy = LazyRegression.of(network).kappa(1 / beta).fit(data, backend);
    FitCost cost = FitCost.of(backend, start, control).solving("solve", solved);
    return Optional.of(
        new CriticalFit(
            network,
            problem,
            options,
            solution.get(),
            response,
            new BesideLazy(points, lazy, cost),
            data,
            describe()));
  }

  private Map<String, Object> describe() {
    Map<String, Object> all = ModelSettings.describe(network);
    all.put("order", "map");
    all.put("width", width);
    all.put("chi", List.of(chi));
    all.put("beta", beta);
    all.put("samples", options.samples());
    all.put("seed", options.seed());
    all.put("tolerance", options.tolerance());
    all.put("max-sweeps", options.maxIterations());
    return all;
  }
}
