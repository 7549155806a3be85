package org.richkernel;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.LinkedHashMap;
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
import org.richkernel.dynamics.StaticKernelSolver;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Targets;
import org.richkernel.option.Settings;

/**
 * What {@link Dynamics} was asked for, and what the data make of the parts that were left open.
 *
 * @param options everything that has a default of its own; its steps, step size and recordEvery
 *     stand for nothing until they are resolved
 * @param tolerance empty for the solver's own
 */
record DynamicsSettings(
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

  private static final int DEFAULT_STEPS = 100;

  /** Stands for a step size that is not chosen yet, and fits with every weight decay. */
  private static final double UNSET = 1e-12;

  /** Share of the largest step at which the lazy limit is stable; learned kernels are larger. */
  private static final double STABLE_SHARE = 0.25;

  /** Tolerance of the solvers that come to rest. */
  private static final double RESIDUAL = 1e-3;

  /** Longest gradient flow without weight decay, in units of 1 / lambda_max(K_0). */
  private static final double LONGEST_FLOW = 1e4;

  /** The same with weight decay, in units of 1 / lambda. */
  private static final double DECAY_TIMES = 150;

  /** Steps whose sum is the training time of a gradient flow. */
  private static final int FLOW_STEPS = 1500;

  /** Records on the way when nothing else is asked for. */
  private static final int DEFAULT_RECORDS = 10;

  /** Most points whose kernels are recorded on the way unasked. */
  private static final int MOST_POINTS_RECORDED = 400;

  DynamicsSettings {
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
    if (tolerance.isPresent() && !(tolerance.getAsDouble() > 0)) {
      throw new InvalidProblemException(
          "tolerance", tolerance.getAsDouble(), "use a positive number");
    }
  }

  /** One hidden layer, sampled with 10000 neurons, gamma 1, everything else left open. */
  static DynamicsSettings of(NetworkSpec network) {
    return new DynamicsSettings(
        network,
        DynamicsOptions.of(1, DEFAULT_STEPS, UNSET),
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
  DynamicsSettings resolved(Points points, Backend backend) {
    points.trainInputs().requireSinglePrecision("train-x");
    points.testInputs().requireSinglePrecision("test-x");
    SolverKind chosen = chosenSolver(points.trainTargets().outputs());
    boolean endless = chosen == SolverKind.ONE_HIDDEN && steps.isEmpty();
    double eta = endless || stepSize.isEmpty() ? Double.NaN : stepSize.getAsDouble();
    if (Double.isNaN(eta)) {
      // 2 / lambda_max
      double limit = new StaticKernelSolver().largestStableStep(problem(points), backend);
      if (Double.isInfinite(limit)) {
        throw new InvalidProblemException(
            "train-x", "zero everywhere", "its kernel vanishes; give other inputs");
      }
      double decay = options.weightDecay() > 0 ? 1 / options.weightDecay() : limit;
      eta =
          endless
              ? flowTime(limit / 2) / FLOW_STEPS
              : rounded(STABLE_SHARE * Math.min(limit, decay));
    }
    int count = endless ? FLOW_STEPS : steps.orElse(DEFAULT_STEPS);
    int all = points.trainInputs().rows() + points.testInputs().rows();
    int unasked = all <= MOST_POINTS_RECORDED ? (count + DEFAULT_RECORDS - 1) / DEFAULT_RECORDS : 0;
    int every = recordEvery.orElse(unasked);
    return withOptions(options.withSteps(count).withStepSize(eta).withRecordEvery(every))
        .with("steps", OptionalInt.of(count))
        .with("stepSize", OptionalDouble.of(eta))
        .with("recordEvery", OptionalInt.of(every))
        .with("solver", chosen);
  }

  /** The same with another value of a component. */
  DynamicsSettings with(String component, Object value) {
    return COPIES.with(this, component, value);
  }

  /** The same with other options. */
  DynamicsSettings withOptions(DynamicsOptions all) {
    return with("options", all);
  }

  private SolverKind chosenSolver(int outputs) {
    if (solver != SolverKind.AUTO || approximation != Approximation.NONE) {
      return solver;
    }
    if (network.activation().equals(Activation.LINEAR) && outputs == 1) {
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

  /** Down to one digit, so that a person can say it. */
  private static double rounded(double step) {
    return new BigDecimal(step).round(new MathContext(1, RoundingMode.DOWN)).doubleValue();
  }

  /** Whether anything is sampled. */
  boolean samples() {
    return switch (approximation) {
      case STATIC_NTK -> false;
      case GRADIENT_INDEPENDENCE, PERTURBATIVE -> true;
      case NONE -> solver != SolverKind.LINEAR;
    };
  }

  /** What the residual is judged by, empty where nothing is sampled. */
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
  Map<String, Object> describe() {
    Map<String, Object> all = new LinkedHashMap<>();
    ModelSettings.describe(network, all);
    all.putAll(options.describe());
    all.put("solver", solver.id());
    all.put("approximation", approximation.id());
    all.put("compare", compare);
    tolerance.ifPresent(value -> all.put("tolerance", value));
    return all;
  }
}
