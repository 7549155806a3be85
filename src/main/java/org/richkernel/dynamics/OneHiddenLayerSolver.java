package org.richkernel.dynamics;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;
import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Workspace;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.solver.Progress;
import org.richkernel.solver.RunControl;
import org.richkernel.solver.SolverState;
import org.richkernel.solver.StopReason;

/**
 * Gradient flow of an infinitely wide network with one hidden layer, followed to its fixed point:
 * the adaptive kernels aNNGP and aNTK (Lauditi, Bordelon and Pehlevan, arXiv:2502.07998).
 *
 * <p>One hidden layer has no memory terms, so each sample is a neuron with input weights a in r =
 * rank X dimensions and K readouts z,
 *
 * <pre>
 *   da/dt = gamma sum_mu phi'(h_mu) (z . Delta_mu) F_mu - lambda a,   h = F a,  F F^T = X X^T / D,
 *  dz/dt = gamma sum_mu Delta_mu phi(h_mu) - lambda z,               f = &lt;z phi(h)&gt; / gamma,
 * </pre>
 *
 * drawn in pairs (a, z), (a, -z), so that f(0) = 0 exactly. At the fixed point the pairs reduce the
 * sampling error by more than an order of magnitude; before it they raise it by a third.
 *
 * <p>The flow is integrated by a stabilised Runge-Kutta-Chebyshev method of second order with steps
 * chosen by the error of f and of Phi y. Kinks of ReLU, along which neurons slide for ever, are
 * resolved by ramps as wide as the accuracy allows. The step size eta of the problem is the spacing
 * of the recorded times, and eta T the latest end of the flow. The flow ends earlier at rest: |f -
 * Phi Delta / lambda| and |df/dt| / (2 lambda), which vanish at the fixed point, are below the
 * tolerance, and so is the distance of outputs and kernels from the fixed point, estimated from
 * their slowest decay and from the neurons that linger on saddles. The standard errors are those of
 * the sampling at the stated time and do not contain this distance; {@link FixedPointSolution#rest}
 * adds both. Cost: 4 S P r flops per evaluation, of the order of 1000 evaluations, 24 of them to
 * detect saddles; test points cost 2 S Q r per step.
 *
 * <p>Standard errors come from B independent populations of S / B samples, rounded down to pairs,
 * followed to the same time, and the bias of finite S from their mean, as in {@link CausalSolver}.
 */
public final class OneHiddenLayerSolver {
  private static final double FINEST = 1e-5;
  private static final String ROOM = "at least 1e-5";
  private static final double DEFAULT_ACCURACY = 3e-3;
  private static final double DEFAULT_TOLERANCE = 1e-3;
  private static final int DEFAULT_POPULATIONS = 8;

  private final double accuracy;
  private final double tolerance;
  private final int populations;

  /**
   * A solver with accuracy 3e-3, below the sampling error of 10000 samples, tolerance 1e-3 and 8
   * populations.
   */
  public OneHiddenLayerSolver() {
    this(DEFAULT_ACCURACY, DEFAULT_TOLERANCE);
  }

  /** A solver with 8 populations. */
  public OneHiddenLayerSolver(double accuracy, double tolerance) {
    this(accuracy, tolerance, DEFAULT_POPULATIONS);
  }

  /**
   * @param accuracy target relative error of f and Phi of the integrator; the difference to fine
   *     Euler steps on the same 2048 or more neurons was at most twice this
   * @param tolerance residual of the fixed point, relative to |y|, and distance from it, relative
   *     to |y|, Phi and K, at which the flow ends; 0 to follow it for the whole time
   * @param populations B, independent populations for standard errors, at least 2; 0 for no errors
   */
  public OneHiddenLayerSolver(double accuracy, double tolerance, int populations) {
    if (!(accuracy >= FINEST)) {
      throw new InvalidProblemException("accuracy", accuracy, "fields are float32; use " + ROOM);
    }
    if (!(tolerance >= FINEST) && tolerance != 0) {
      throw new InvalidProblemException(
          "tolerance", tolerance, "fields are float32; use " + ROOM + ", or 0 not to stop");
    }
    if (populations < 0 || populations == 1) {
      throw new InvalidProblemException(
          "populations", populations, "use at least 2, or 0 for no standard errors");
    }
    this.accuracy = accuracy;
    this.tolerance = tolerance;
    this.populations = populations;
  }

  /**
   * Peak memory of a solve.
   *
   * @throws InvalidProblemException as for {@link #solve}
   */
  public MemoryPlan plan(DynamicsProblem problem) {
    requireSolvable(problem);
    return MemoryPlan.largest(RankSpace.plan(problem), matrices(problem));
  }

  private MemoryPlan matrices(DynamicsProblem problem) {
    MemoryPlan plan = new MemoryPlan();
    FlowRun.plan(plan, problem);
    // the whole, its parts, the present one twice, and the estimate with its error and bias
    return plan.addHost(FlowRecord.bytes(problem) * (populations + 8L))
        .addHost(RestDistance.bytes(problem));
  }

  /**
   * Follows the flow, from a checkpoint if there is one, with the bits of an uninterrupted run.
   *
   * @throws InvalidProblemException if the network has more than one hidden layer, the batches are
   *     not full, two-time kernels are requested, S is odd or below twice the populations, or the
   *     targets vanish
   * @throws org.richkernel.compute.OutOfDeviceMemoryException before any work, if it would not fit
   */
  public FixedPointSolution solve(DynamicsProblem problem, Backend backend, RunControl control) {
    plan(problem).requireFits(backend, "lower the samples, the steps or the number of points");
    RankSpace space = RankSpace.of(problem, backend);
    try (Workspace memory = new Workspace(backend, matrices(problem))) {
      return new Solve(problem, backend, memory, space, control).run();
    }
  }

  private void requireSolvable(DynamicsProblem problem) {
    int layers = problem.network().hiddenLayers();
    if (layers != 1) {
      throw new InvalidProblemException(
          "hidden-layers", layers, "this solver needs 1; use the causal solver for more");
    }
    problem.requireFullBatches("gradient flow");
    if (problem.options().saveHistory()) {
      throw new InvalidProblemException(
          "save-history", true, "gradient flow has no two-time kernels; use the causal solver");
    }
    int samples = problem.options().samples();
    if (samples % 2 != 0) {
      throw new InvalidProblemException(
          "samples", samples, "neurons come in pairs; use " + (samples + 1));
    }
    problem.options().requireParts(2 * populations);
    long width = FlowRun.width(problem);
    if (samples > Integer.MAX_VALUE / width) {
      throw new InvalidProblemException(
          "samples",
          samples,
          "samples times (directions of the inputs + readouts of a neuron) must stay below 2^31;"
              + " use at most "
              + Integer.MAX_VALUE / width);
    }
    boolean zero = true;
    for (double y : problem.trainTargets().toArray()) {
      zero &= y == 0;
    }
    if (zero) {
      throw new InvalidProblemException(
          "train-y", "zero everywhere", "there is nothing to learn; give other targets");
    }
  }

  /** Number of samples of a part, a multiple of 2. */
  private int partSamples(int samples) {
    return samples / (2 * populations) * 2;
  }

  /** Solves the whole population, which determines the end of the flow, and then its parts. */
  private final class Solve {
    private static final String WHOLE = "whole_weights_and_readouts";

    private final DynamicsProblem problem;
    private final Backend backend;
    private final Workspace memory;
    private final RunControl control;
    private final RankSpace space;
    private final List<FlowRecord> finished = new ArrayList<>();
    private FlowRun run;
    private final RestDistance distance;
    private Rest rest = new Rest(StopReason.BUDGET, 0, 0, Double.NaN, Double.NaN, Double.NaN);
    private float[] neurons = {}; // of the whole population at its end
    private int lastStep;

    /** End of the whole population. */
    private record Rest(
        StopReason reason,
        double time,
        int evaluations,
        double readout,
        double tangent,
        double distance) {
      static Rest of(StopReason reason, FlowRun run, RestDistance distance) {
        return new Rest(
            reason,
            run.time(),
            run.evaluations(),
            run.readoutResidual(),
            run.tangentResidual(),
            distance.relative());
      }

      Rest withReason(StopReason other) {
        return new Rest(other, time, evaluations, readout, tangent, distance);
      }
    }

    Solve(
        DynamicsProblem problem,
        Backend backend,
        Workspace memory,
        RankSpace space,
        RunControl control) {
      this.problem = problem;
      this.backend = backend;
      this.memory = memory;
      this.space = space;
      this.control = control;
      lastStep = problem.options().steps();
      distance = new RestDistance(problem);
      run = population(new FlowRecord(problem));
    }

    FixedPointSolution run() {
      var saved = control.checkpoints().load();
      if (saved.isPresent()) {
        restore(saved.get());
      } else {
        run.start();
      }
      while (finished.size() <= populations) {
        if (control.stop().isRaised()) {
          control.checkpoints().save(run.evaluations(), state());
          return cutShort(StopReason.INTERRUPTED);
        }
        if (!run.advance()) {
          return cutShort(StopReason.DIVERGED);
        }
        control.listener().progress(progress());
        if (finished.isEmpty()) {
          watch();
        }
        if (run.ended()) {
          next();
        }
        if (finished.size() <= populations && control.checkpoints().due()) {
          control.checkpoints().save(run.evaluations(), state());
        }
      }
      return solution(rest, finished.get(0));
    }

    /** Measures the distance from rest when it is due, and ends the run if it is small. */
    private void watch() {
      if (tolerance > 0 && distance.due(run.time())) {
        distance.take(run.time(), run.outputs(), run.kernels());
        if (atRest(run)) {
          run.endSoon();
        }
      }
    }

    private FlowRun population(FlowRecord record) {
      int part = finished.size() - 1;
      int samples = problem.options().samples();
      int size = part < 0 ? samples : partSamples(samples);
      long firstPair = part < 0 ? 0 : (long) part * (size / 2);
      return new FlowRun(
          problem, backend, memory, space, accuracy, record, size, firstPair, lastStep);
    }

    private void next() {
      if (finished.isEmpty()) {
        lastStep = run.lastStep();
        rest = Rest.of(atRest(run) ? StopReason.CONVERGED : StopReason.BUDGET, run, distance);
        neurons = run.neurons();
      }
      finished.add(run.record());
      if (finished.size() <= populations) {
        run = population(new FlowRecord(problem));
        run.start();
      }
    }

    private boolean atRest(FlowRun flow) {
      if (Math.max(flow.readoutResidual(), flow.tangentResidual()) > tolerance
          || distance.relative() > tolerance) {
        return false;
      }
      if (!distance.knowsLingering()) {
        distance.takeLingering(flow.lingeringShare());
      }
      return distance.relative() <= tolerance;
    }

    private Progress progress() {
      String phase =
          finished.isEmpty()
              ? "gradient flow"
              : "gradient flow, population " + finished.size() + " of " + populations;
      double horizon = lastStep * problem.options().stepSize();
      return new Progress(
          phase,
          problem.options().gamma(),
          Math.round(1000 * (finished.size() + run.time() / horizon)),
          1000L * (populations + 1),
          Double.NaN,
          Math.max(run.readoutResidual(), run.tangentResidual()));
    }

    private SolverState state() {
      SolverState state = new SolverState();
      state.put("finished", finished.size()).put("last_step", lastStep);
      state.put(
          "rest",
          rest.reason().ordinal(),
          rest.time(),
          rest.evaluations(),
          rest.readout(),
          rest.tangent(),
          rest.distance());
      distance.save(state);
      for (int b = 0; b < finished.size(); b++) {
        finished.get(b).save(state, "population_" + b);
      }
      state.put(WHOLE, neurons);
      run.save(state);
      return state;
    }

    private void restore(SolverState state) {
      int count = (int) state.number("finished");
      for (int b = 0; b < count; b++) {
        finished.add(FlowRecord.restore(state, "population_" + b, problem));
      }
      lastStep = (int) state.number("last_step");
      neurons = state.floats(WHOLE);
      double[] numbers = state.doubles("rest");
      rest =
          new Rest(
              StopReason.values()[(int) numbers[0]],
              numbers[1],
              (int) numbers[2],
              numbers[3],
              numbers[4],
              numbers[5]);
      distance.restore(state);
      run = population(FlowRecord.restore(state, "record", problem));
      run.restore(state);
    }

    /** Solution from the whole population alone, without errors. */
    private FixedPointSolution cutShort(StopReason reason) {
      if (!finished.isEmpty()) {
        FlowRecord whole = finished.get(0);
        finished.subList(1, finished.size()).clear();
        return solution(rest.withReason(reason), whole);
      }
      neurons = run.neurons();
      FlowRecord record = run.record();
      if (!run.ended() && run.time() > 0) {
        record.keep(run.kernels());
      }
      finished.add(record);
      return solution(Rest.of(reason, run, distance), record);
    }

    private FixedPointSolution solution(Rest end, FlowRecord whole) {
      double[] f = whole.latest();
      int train = problem.trainPoints() * problem.outputs();
      return new FixedPointSolution(
          problem,
          end.reason(),
          end.time(),
          end.evaluations(),
          end.readout(),
          end.tangent(),
          end.distance(),
          java.util.Arrays.copyOf(f, train),
          java.util.Arrays.copyOfRange(f, train, f.length),
          whole.lastKernels(),
          FlowNeurons.of(
              space,
              neurons,
              problem.sites().readoutSites() * problem.outputs(),
              Math.exp(-problem.options().weightDecay() * end.time())),
          course(end.reason()),
          distance.left(whole.trajectory(), Math.max(end.readout(), end.tangent())));
    }

    private DynamicsSolution course(StopReason reason) {
      List<Trajectory> all =
          new ArrayList<>(finished.stream().map(FlowRecord::trajectory).toList());
      if (all.size() == 1) {
        Trajectory unknown = Trajectory.combine(all, values -> Double.NaN);
        return new DynamicsSolution(
            problem, reason, OptionalInt.empty(), all.get(0), unknown, unknown, 0);
      }
      // the whole comes first, since it determines the end
      Collections.rotate(all, -1);
      int samples = problem.options().samples();
      PopulationEstimate estimate =
          PopulationEstimate.of(problem, all, samples / (double) partSamples(samples));
      return new DynamicsSolution(
          problem,
          reason,
          OptionalInt.empty(),
          estimate.mean(),
          estimate.standardError(),
          estimate.bias(),
          0);
    }
  }
}
