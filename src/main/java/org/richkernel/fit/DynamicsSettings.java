package org.richkernel.fit;

import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.dynamics.Approximation;
import org.richkernel.dynamics.CausalOptions;
import org.richkernel.dynamics.DynamicsOptions;
import org.richkernel.dynamics.DynamicsProblem;
import org.richkernel.dynamics.SolverKind;
import org.richkernel.model.ModelSettings;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Targets;
import org.richkernel.option.Settings;

/**
 * Settings of the dynamics; options that are not set follow from the data.
 *
 * @param options everything that has a default of its own; its steps, step size and recordEvery are
 *     not used before they are resolved
 * @param tolerance empty for the solver's own
 */
public record DynamicsSettings(
    NetworkSpec network,
    DynamicsOptions options,
    OptionalInt steps,
    OptionalDouble stepSize,
    OptionalInt recordEvery,
    SolverKind solver,
    Approximation approximation,
    boolean compare,
    OptionalDouble tolerance) {
  private static final Settings<DynamicsSettings> COPIES = Settings.of(DynamicsSettings.class);

  /** Tolerance of the solvers that come to rest. */
  private static final double RESIDUAL = 1e-3;

  /** Longest gradient flow without weight decay, in units of 1 / lambda_max(K_0). */
  private static final double LONGEST_FLOW = 1e4;

  /** The same with weight decay, in units of 1 / lambda. */
  private static final double DECAY_TIMES = 150;

  /** Steps whose sum is the training time of a gradient flow. */
  private static final int FLOW_STEPS = 1500;

  public DynamicsSettings {
    if (compare && approximation != Approximation.NONE) {
      throw new InvalidProblemException(
          "compare", "on", "it runs every approximation; leave out --approximation");
    }
    if (approximation != Approximation.NONE && solver != SolverKind.AUTO) {
      throw new InvalidProblemException(
          "solver",
          solver.id(),
          "the approximation " + approximation.id() + " has its own; leave it out");
    }
    if (compare && solver == SolverKind.ONE_HIDDEN) {
      throw new InvalidProblemException(
          "solver",
          solver.id(),
          "the approximations take steps, a gradient flow does not; use causal with --compare");
    }
    if (solver == SolverKind.ALTERNATING || solver == SolverKind.LINEAR) {
      network.requireDense("solver " + solver.id(), "use --solver causal, or leave it out");
    }
    if (tolerance.isPresent() && !(tolerance.getAsDouble() > 0)) {
      throw new InvalidProblemException(
          "tolerance", tolerance.getAsDouble(), "use a positive number");
    }
  }

  /** One hidden layer, sampled with 10000 neurons, gamma 1, everything else left open. */
  public static DynamicsSettings of(NetworkSpec network) {
    return new DynamicsSettings(
        network,
        DynamicsOptions.of(1, UsualDescent.STEPS, UsualDescent.UNSET),
        OptionalInt.empty(),
        OptionalDouble.empty(),
        OptionalInt.empty(),
        SolverKind.AUTO,
        Approximation.NONE,
        false,
        OptionalDouble.empty());
  }

  /** The problem that these settings pose on some points. */
  DynamicsProblem problem(Points points) {
    return new DynamicsProblem(
        network,
        options,
        points.trainInputs(),
        points.trainTargets(),
        points.testInputs(),
        points
            .testTargets()
            .orElseGet(() -> Targets.of(new double[0], 0, points.trainTargets().outputs())));
  }

  /** The same with the solver chosen, and steps, step size and recording filled in. */
  public DynamicsSettings resolved(Points points, Backend backend) {
    points.trainInputs().requireSinglePrecision("train-x");
    points.testInputs().requireSinglePrecision("test-x");
    SolverKind chosen = chosenSolver(points.trainTargets().outputs());
    boolean endless = chosen == SolverKind.ONE_HIDDEN && steps.isEmpty();
    double eta =
        endless
            ? flowTime(UsualDescent.largestStableStep(problem(points), backend) / 2) / FLOW_STEPS
            : stepSize.isPresent()
                ? stepSize.getAsDouble()
                : UsualDescent.stepSize(problem(points), backend);
    int count = endless ? FLOW_STEPS : steps.orElse(UsualDescent.STEPS);
    int every = recordEvery.orElseGet(() -> UsualDescent.recordEvery(points, count));
    return withOptions(options.withSteps(count).withStepSize(eta).withRecordEvery(every))
        .with("steps", OptionalInt.of(count))
        .with("stepSize", OptionalDouble.of(eta))
        .with("recordEvery", OptionalInt.of(every))
        .with("solver", chosen);
  }

  /** The same with another value of a component. */
  public DynamicsSettings with(String component, Object value) {
    return COPIES.with(this, component, value);
  }

  /** The same with other options. */
  public DynamicsSettings withOptions(DynamicsOptions all) {
    return with("options", all);
  }

  private SolverKind chosenSolver(int outputs) {
    if (solver != SolverKind.AUTO || approximation != Approximation.NONE) {
      return solver;
    }
    boolean dense = network.convolutions().isEmpty();
    if (dense && network.activation().equals(Activation.LINEAR) && outputs == 1) {
      return SolverKind.LINEAR;
    }
    boolean flow =
        network.hiddenLayers() == 1
            && steps.isEmpty()
            && stepSize.isEmpty()
            && !compare
            && options.batchSize() == 0
            && !options.saveHistory();
    return flow ? SolverKind.ONE_HIDDEN : SolverKind.CAUSAL;
  }

  private double flowTime(double unit) {
    double lambda = options.weightDecay();
    return lambda > 0 ? DECAY_TIMES / lambda : LONGEST_FLOW * unit;
  }

  /** Whether anything is sampled. */
  boolean samples() {
    return switch (approximation) {
      case STATIC_NTK -> false;
      case GRADIENT_INDEPENDENCE, PERTURBATIVE -> true;
      case NONE -> solver != SolverKind.LINEAR;
    };
  }

  /** Criterion of the residual, empty without sampling. */
  OptionalDouble effectiveTolerance() {
    if (!samples()) {
      return OptionalDouble.empty();
    }
    boolean marched =
        approximation != Approximation.NONE
            || solver == SolverKind.CAUSAL
            || solver == SolverKind.AUTO;
    double own = marched ? CausalOptions.defaults().tolerance() : RESIDUAL;
    return OptionalDouble.of(tolerance.orElse(own));
  }

  /** The options by the names of the command line. */
  public Map<String, Object> describe() {
    Map<String, Object> all = ModelSettings.describe(network);
    all.putAll(options.describe());
    all.put("solver", solver.id());
    all.put("approximation", approximation.id());
    all.put("compare", compare);
    tolerance.ifPresent(value -> all.put("tolerance", value));
    return all;
  }
}
