package org.richkernel;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.richkernel.bayes.SaddleOptions;
import org.richkernel.bayes.multiscale.LinearScaleSolver;
import org.richkernel.bayes.multiscale.MultiScaleProblem;
import org.richkernel.bayes.multiscale.SampledScaleSolver;
import org.richkernel.bayes.multiscale.ScaleSolution;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.data.Datasets;
import org.richkernel.fit.BesideLazy;
import org.richkernel.fit.FitCost;
import org.richkernel.fit.LazyFit;
import org.richkernel.fit.MultiScaleFit;
import org.richkernel.fit.Points;
import org.richkernel.model.ModelSettings;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.NetworkSpec;
import org.richkernel.solver.InterruptedRunException;
import org.richkernel.solver.RunControl;

/**
 * The posterior of a network with one hidden layer of finite width N between standard (chi = 1) and
 * mean-field (chi = N) scaling: tree level, one loop and kernel rescaling, and the exact posterior
 * where the network is linear (multi-scale adaptive theory; Rubin et al., arXiv:2502.03210).
 * Immutable; every setter returns a changed copy.
 */
public final class MultiScaleNbk {
  /** Largest chi; the forces at larger ones overflow float32. */
  private static final double LARGEST_CHI = 1e24;

  private final NetworkSpec network;
  private final int width;
  private final double[] chis;
  private final Order order;
  private final SaddleOptions options;

  /** Level of the theory whose predictions are scored and saved. */
  public enum Order {
    /** The saddle point. */
    TREE,
    /** The saddle point with Gaussian fluctuations around it. */
    ONE_LOOP;

    /** Name of the level. */
    String level() {
      return this == TREE ? ScaleSolution.TREE : ScaleSolution.ONE_LOOP;
    }
  }

  private MultiScaleNbk(
      NetworkSpec network, int width, double[] chis, Order order, SaddleOptions options) {
    this.network = network;
    this.width = width;
    this.chis = chis;
    this.order = order;
    this.options = options;
  }

  /** Width N at chi = 1 to one loop, beta = 100. */
  public static MultiScaleNbk of(NetworkSpec network, int width) {
    network.requireDense("bayes at finite --width", "use lazy or finite");
    return new MultiScaleNbk(
        network, width, new double[] {1}, Order.ONE_LOOP, SaddleOptions.of(1, 100));
  }

  /**
   * Sets the scales to solve at, chi = gamma^2 N each; the last is the one that is scored and
   * saved. Each is solved from the solution of the one before, the first from the Gaussian process:
   * the saddle point of one hidden layer is the only one, so no metastable branch is inherited.
   */
  public MultiScaleNbk chi(double... scales) {
    if (scales.length == 0) {
      throw new InvalidProblemException("chi", "empty", "give at least one scale");
    }
    for (double chi : scales) {
      if (!(chi > 0 && chi <= LARGEST_CHI)) {
        throw new InvalidProblemException(
            "chi", chi, "use a positive number of at most " + LARGEST_CHI);
      }
    }
    return new MultiScaleNbk(network, width, scales.clone(), order, options);
  }

  /** Sets the level that is scored and saved. */
  public MultiScaleNbk order(Order level) {
    return new MultiScaleNbk(network, width, chis, level, options);
  }

  /** Sets the inverse noise; kappa = 1 / beta. */
  public MultiScaleNbk beta(double inverseNoise) {
    return options(options.withBeta(inverseNoise));
  }

  /** Sets samples, seed and stopping of a nonlinear network; its gamma is not used. */
  public MultiScaleNbk options(SaddleOptions all) {
    return new MultiScaleNbk(network, width, chis, order, all);
  }

  private MultiScaleProblem problem(Points points) {
    return new MultiScaleProblem(
        network,
        width,
        options.kappa(),
        points.trainInputs(),
        points.trainTargets(),
        points.testInputs());
  }

  private boolean linear() {
    return network.activation().equals(Activation.LINEAR);
  }

  /** Peak memory of {@link #fit}. */
  public MemoryPlan plan(Datasets data, Backend backend) {
    MultiScaleProblem problem = problem(Points.of(data));
    return linear()
        ? LinearScaleSolver.plan(problem)
        : new SampledScaleSolver(backend, problem, options).plan();
  }

  /**
   * The fit without progress and signals.
   *
   * @throws InterruptedRunException if the thread is interrupted
   */
  public MultiScaleFit fit(Datasets data, Backend backend) {
    return fit(data, backend, RunControl.silent()).orElseThrow(InterruptedRunException::new);
  }

  /**
   * Solves at every scale and fits the NNGP for comparison.
   *
   * @return empty if a stop was requested
   * @throws InvalidProblemException if the options do not fit the data
   */
  public Optional<MultiScaleFit> fit(Datasets data, Backend backend, RunControl control) {
    long start = System.nanoTime();
    Points points = Points.of(data);
    MultiScaleProblem problem = problem(points);
    long solving = System.nanoTime();
    Optional<List<ScaleSolution>> path =
        linear()
            ? Optional.of(new LinearScaleSolver(backend, problem).sweep(chis, points.testTargets()))
            : new SampledScaleSolver(backend, problem, options).sweep(chis, control);
    if (path.isEmpty()) {
      return Optional.empty();
    }
    double solved = (System.nanoTime() - solving) * 1e-9;
    LazyFit lazy = LazyRegression.of(network).kappa(options.kappa()).fit(data, backend);
    FitCost cost = FitCost.of(backend, start, control).solving("solve", solved);
    return Optional.of(
        new MultiScaleFit(
            order.level(),
            options,
            path.get(),
            new BesideLazy(points, lazy, cost),
            data,
            describe()));
  }

  private Map<String, Object> describe() {
    Map<String, Object> all = ModelSettings.describe(network);
    all.putAll(options.describe());
    all.remove("gamma");
    Map<String, Object> described = new LinkedHashMap<>(all);
    described.put("order", order.level());
    described.put("width", width);
    described.put("chi", Arrays.stream(chis).boxed().toList());
    return described;
  }
}
