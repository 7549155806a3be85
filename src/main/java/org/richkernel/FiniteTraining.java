package org.richkernel;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.data.Datasets;
import org.richkernel.dynamics.DynamicsOptions;
import org.richkernel.dynamics.DynamicsProblem;
import org.richkernel.dynamics.Loss;
import org.richkernel.finite.GradientDescentNetwork;
import org.richkernel.fit.FiniteTrainingFit;
import org.richkernel.fit.FitCost;
import org.richkernel.fit.Points;
import org.richkernel.fit.UsualDescent;
import org.richkernel.model.ModelSettings;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Targets;
import org.richkernel.solver.InterruptedRunException;
import org.richkernel.solver.RunControl;
import org.richkernel.solver.StopReason;

/**
 * Gradient descent of networks of finite width, several with independent initial weights.
 * Immutable; every setter returns a changed copy.
 */
public final class FiniteTraining {
  /** Step of convolutional networks, whose lazy limit may cost more than their training. */
  private static final double CONVOLUTIONAL = 0.1;

  private final NetworkSpec network;
  private final GradientDescentNetwork networks;
  private final int width;
  private final int repeats;
  private final DynamicsOptions options;
  private final boolean stepOpen;
  private final boolean recordsOpen;

  private FiniteTraining(
      NetworkSpec network,
      GradientDescentNetwork networks,
      int width,
      int repeats,
      DynamicsOptions options,
      boolean stepOpen,
      boolean recordsOpen) {
    this.network = network;
    this.networks = networks;
    this.width = width;
    this.repeats = repeats;
    this.options = options;
    this.stepOpen = stepOpen;
    this.recordsOpen = recordsOpen;
  }

  static FiniteTraining of(
      NetworkSpec network, GradientDescentNetwork networks, int width, int repeats) {
    DynamicsOptions usual = DynamicsOptions.of(1, UsualDescent.STEPS, UsualDescent.UNSET);
    return new FiniteTraining(network, networks, width, repeats, usual, true, true);
  }

  /** Sets all options at once; the number of samples is not used. */
  public FiniteTraining options(DynamicsOptions all) {
    return with(all, false, false);
  }

  /**
   * Sets some of gamma, steps, weight-decay, loss, batch-size and seed by their names on the
   * command line.
   */
  public FiniteTraining options(Map<String, ?> named) {
    return with(options.with(named));
  }

  private FiniteTraining with(DynamicsOptions changed) {
    return with(changed, stepOpen, recordsOpen);
  }

  private FiniteTraining with(DynamicsOptions changed, boolean step, boolean records) {
    return new FiniteTraining(network, networks, width, repeats, changed, step, records);
  }

  /** Sets the richness, above 0. */
  public FiniteTraining gamma(double gamma) {
    return with(options.withGamma(gamma));
  }

  /** Sets T, the number of steps. */
  public FiniteTraining steps(int steps) {
    return with(options.withSteps(steps));
  }

  /** Sets eta. */
  public FiniteTraining stepSize(double eta) {
    return with(options.withStepSize(eta), false, recordsOpen);
  }

  /** Sets lambda. */
  public FiniteTraining weightDecay(double lambda) {
    return with(options.withWeightDecay(lambda));
  }

  /** Chooses between the sum and the mean of the squared errors. */
  public FiniteTraining loss(Loss kind) {
    return with(options.withLoss(kind));
  }

  /** Sets the points of a batch, taken in turn; 0 for all of them. */
  public FiniteTraining batchSize(int points) {
    return with(options.withBatchSize(points));
  }

  /** Sets k: kernels are kept at every k-th step; 0 for the first and the last alone. */
  public FiniteTraining recordEvery(int steps) {
    return with(options.withRecordEvery(steps), stepOpen, false);
  }

  /** Sets the key of all random streams. */
  public FiniteTraining seed(long seed) {
    return with(options.withSeed(seed));
  }

  /**
   * The same with the options that are not set chosen for the given data, as {@link Dynamics} does:
   * a step size of a quarter of the largest one at which the lazy limit is stable, rounded down to
   * one digit (0.1 for convolutional networks), and ten records of the kernels up to 400 points.
   *
   * @throws org.richkernel.network.InvalidProblemException if the options do not fit the data
   */
  public FiniteTraining resolved(Datasets data, Backend backend) {
    return resolved(Points.of(data), backend);
  }

  private FiniteTraining resolved(Points points, Backend backend) {
    DynamicsOptions chosen = options;
    if (stepOpen) {
      chosen = chosen.withStepSize(stepSize(points, backend));
    }
    if (recordsOpen) {
      chosen = chosen.withRecordEvery(UsualDescent.recordEvery(points, options.steps()));
    }
    return with(chosen, false, false);
  }

  private double stepSize(Points points, Backend backend) {
    DynamicsProblem problem = problem(points);
    return problem.network().convolutions().isPresent()
        ? CONVOLUTIONAL
        : UsualDescent.stepSize(problem, backend);
  }

  /** Peak memory of {@link #fit}. */
  public MemoryPlan plan(Datasets data) {
    Points points = Points.of(data);
    int every =
        recordsOpen ? UsualDescent.recordEvery(points, options.steps()) : options.recordEvery();
    return networks.plan(with(options.withRecordEvery(every)).problem(points));
  }

  /**
   * Trains the networks on the training set and follows their outputs on the test set.
   *
   * @throws org.richkernel.network.InvalidProblemException if the options do not fit the data
   * @throws org.richkernel.compute.OutOfDeviceMemoryException if memory would not suffice
   * @throws InterruptedRunException if the thread is interrupted
   */
  public FiniteTrainingFit fit(Datasets data, Backend backend) {
    return fit(data, backend, RunControl.silent()).orElseThrow(InterruptedRunException::new);
  }

  /**
   * The same with progress, a stop signal and checkpoints.
   *
   * @return empty if a stop was requested; the checkpoint then holds the state
   */
  public Optional<FiniteTrainingFit> fit(Datasets data, Backend backend, RunControl control) {
    long start = System.nanoTime();
    Points points = Points.of(data);
    FiniteTraining chosen = resolved(points, backend);
    long training = System.nanoTime();
    GradientDescentNetwork.Outcome outcome =
        networks.train(chosen.problem(points), backend, control);
    if (outcome.solution().reason() == StopReason.INTERRUPTED) {
      return Optional.empty();
    }
    double trained = (System.nanoTime() - training) * 1e-9;
    FitCost cost = FitCost.of(backend, start, control).solving("training", trained);
    return Optional.of(new FiniteTrainingFit(chosen.describe(), outcome, points, data, cost));
  }

  private DynamicsProblem problem(Points points) {
    int outputs = points.trainTargets().outputs();
    return new DynamicsProblem(
        network,
        options,
        points.trainInputs(),
        points.trainTargets(),
        points.testInputs(),
        points.testTargets().orElseGet(() -> Targets.of(new double[0], 0, outputs)));
  }

  /** The options by the names of the command line. */
  public Map<String, Object> describe() {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("method", "gd");
    all.putAll(ModelSettings.describe(network));
    all.put("width", width);
    all.put("repeats", repeats);
    all.putAll(options.describe());
    all.keySet().removeAll(Set.of("samples", "save-history")); // of the theory alone
    return all;
  }
}
