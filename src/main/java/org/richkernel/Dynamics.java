package org.richkernel;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.data.Datasets;
import org.richkernel.dynamics.Approximation;
import org.richkernel.dynamics.DynamicsOptions;
import org.richkernel.dynamics.Loss;
import org.richkernel.dynamics.SolverKind;
import org.richkernel.fit.DynamicsFit;
import org.richkernel.fit.DynamicsSettings;
import org.richkernel.fit.DynamicsSolve;
import org.richkernel.fit.FitCost;
import org.richkernel.fit.Points;
import org.richkernel.network.NetworkSpec;
import org.richkernel.solver.InterruptedRunException;
import org.richkernel.solver.RunControl;

/**
 * The dynamical mean-field theory of gradient descent (Bordelon and Pehlevan, arXiv:2205.09653):
 * outputs and kernels of a network of infinite width while it learns features at richness gamma,
 * and the adaptive NTK predictor at the end (arXiv:2502.07998). Immutable; every setter returns a
 * changed copy.
 *
 * <p>Options that are not set are chosen from the data: a step size of a quarter of the largest one
 * at which the lazy limit is stable, rounded down to one digit; 100 steps, or, for one hidden
 * layer, a gradient flow to its fixed point ({@link SolverKind#AUTO}).
 */
public final class Dynamics {
  private final DynamicsSettings settings;

  private Dynamics(DynamicsSettings settings) {
    this.settings = settings;
  }

  /** gamma 1, no weight decay, summed loss, full batches, 10000 samples, seed 0. */
  public static Dynamics of(NetworkSpec network) {
    return new Dynamics(DynamicsSettings.of(network));
  }

  private Dynamics options(DynamicsOptions options) {
    return new Dynamics(settings.withOptions(options));
  }

  private Dynamics with(String component, Object value) {
    return new Dynamics(settings.with(component, value));
  }

  /**
   * Sets some of gamma, weight-decay, loss, batch-size, save-history, samples and seed by their
   * names on the command line.
   */
  public Dynamics options(Map<String, ?> named) {
    return options(settings.options().with(named));
  }

  /** Sets the richness, positive. */
  public Dynamics gamma(double gamma) {
    return options(settings.options().withGamma(gamma));
  }

  /** Sets T, the number of steps of gradient descent. */
  public Dynamics steps(int steps) {
    Dynamics checked = options(settings.options().withSteps(steps));
    return checked.with("steps", OptionalInt.of(steps));
  }

  /** Sets eta, positive. */
  public Dynamics stepSize(double eta) {
    Dynamics checked = options(settings.options().withStepSize(eta));
    return checked.with("stepSize", OptionalDouble.of(eta));
  }

  /** Sets lambda, at least 0. */
  public Dynamics weightDecay(double lambda) {
    return options(settings.options().withWeightDecay(lambda));
  }

  /** Sets whether squared errors are summed or averaged over the training points. */
  public Dynamics loss(Loss loss) {
    return options(settings.options().withLoss(loss));
  }

  /** Sets S, the neurons that a sampled theory draws in each layer. */
  public Dynamics samples(int samples) {
    return options(settings.options().withSamples(samples));
  }

  /** Sets the key of all random streams. */
  public Dynamics seed(long seed) {
    return options(settings.options().withSeed(seed));
  }

  /** Sets B, the points that drive each step; 0 for all of them. */
  public Dynamics batchSize(int points) {
    return options(settings.options().withBatchSize(points));
  }

  /** Sets k: kernels are kept at every k-th step; 0 for the first and the last alone. */
  public Dynamics recordEvery(int steps) {
    Dynamics checked = options(settings.options().withRecordEvery(steps));
    return checked.with("recordEvery", OptionalInt.of(steps));
  }

  /** Sets whether the kernels between all pairs of times are kept, (P T) x (P T) each. */
  public Dynamics saveHistory(boolean save) {
    return options(settings.options().withSaveHistory(save));
  }

  /** Chooses the solver of the full theory. */
  public Dynamics solver(SolverKind solver) {
    return with("solver", solver);
  }

  /** Chooses the approximation of the theory. */
  public Dynamics approximation(Approximation approximation) {
    return with("approximation", approximation);
  }

  /**
   * Sets whether every applicable approximation is solved too, for comparison with the full theory.
   */
  public Dynamics compare(boolean compare) {
    return with("compare", compare);
  }

  /**
   * Sets the convergence tolerance: for sampled solvers the largest relative bias of finite S, for
   * the gradient flow the relative residual of the fixed point, for the alternating solver the
   * largest relative change.
   */
  public Dynamics tolerance(double tolerance) {
    return with("tolerance", OptionalDouble.of(tolerance));
  }

  /**
   * The same with the options that are not set chosen for the given data.
   *
   * @throws org.richkernel.network.InvalidProblemException if the options do not fit the data
   */
  public Dynamics resolved(Datasets data, Backend backend) {
    return new Dynamics(settings.resolved(Points.of(data), backend));
  }

  /** Peak memory of {@link #fit}, one plan for each of its stages. */
  public List<MemoryPlan> plans(Datasets data, Backend backend) {
    Points points = Points.of(data);
    return new DynamicsSolve(settings.resolved(points, backend), points, backend).plans();
  }

  /** Advice in one line if another solver gives the same result at lower cost. */
  public Optional<String> cheaper(Datasets data, Backend backend) {
    Points points = Points.of(data);
    return new DynamicsSolve(settings.resolved(points, backend), points, backend).cheaper();
  }

  /** The options by the names of the command line. */
  public Map<String, Object> describe() {
    return settings.describe();
  }

  /**
   * Solves the theory for the training points and the test points.
   *
   * @throws org.richkernel.network.InvalidProblemException if the options do not fit the data
   * @throws org.richkernel.compute.OutOfDeviceMemoryException if memory would not suffice
   * @throws InterruptedRunException if the thread is interrupted
   */
  public DynamicsFit fit(Datasets data, Backend backend) {
    return fit(data, backend, RunControl.silent()).orElseThrow(InterruptedRunException::new);
  }

  /**
   * The same with progress, a stop signal and checkpoints.
   *
   * @return empty if a stop was requested; the checkpoint then holds the state
   */
  public Optional<DynamicsFit> fit(Datasets data, Backend backend, RunControl control) {
    long start = System.nanoTime();
    Points points = Points.of(data);
    DynamicsSettings resolved = settings.resolved(points, backend);
    long solving = System.nanoTime();
    return new DynamicsSolve(resolved, points, backend)
        .solve(control)
        .map(
            solved -> {
              double seconds = (System.nanoTime() - solving) * 1e-9;
              FitCost cost = FitCost.of(backend, start, control).solving("solve", seconds);
              return new DynamicsFit(resolved, solved, points, data, cost);
            });
  }
}
