package org.richkernel.dynamics;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.NotPositiveDefiniteException;
import org.richkernel.compute.Workspace;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.sampling.IndependentEstimates;
import org.richkernel.solver.Progress;
import org.richkernel.solver.RunControl;
import org.richkernel.solver.SolverState;
import org.richkernel.solver.StopReason;

/**
 * Dynamical theory of any depth and activation in one pass over time, without fixed-point
 * iteration: everything at time t follows from earlier times, so a population of S samples of each
 * layer's process (Bordelon and Pehlevan, arXiv:2205.09653, in discrete time) is marched once,
 * while the covariances it is drawn from are measured on it.
 *
 * <p>Several outputs: f_k = &lt;z_k phi^L&gt; / gamma with one readout field z_k(t) = rho^t w_k +
 * eta gamma sum_{s&lt;t} rho^{t-1-s} sum_nu Delta_{nu k}(s) phi^L_nu(s) per output, w_k independent
 * standard normals. Gradient descent needs the backward fields summed with the errors, sum_k
 * Delta_{mu k} g_{mu k}, and backpropagation is linear; so one field per point is followed down the
 * layers, g^L_mu = phi'(h^L_mu) sum_k c_{mu k} z_k along the direction c_mu(t) = Delta_mu /
 * |Delta_mu|, and |Delta_mu| takes the place of Delta in the sums over the past. Kernels G of a
 * solution are means over the outputs, 1/K sum_k &lt;g_k g_k&gt;, measured at the recorded times.
 *
 * <p>Mini-batches: Delta is zero outside the batch of a step; only driving points leave a past, and
 * all training points at the start.
 *
 * <p>Outputs are averages divided by gamma. Their noise for training points is of order 1 / sqrt(S)
 * all the same, since fields start as they go on and responses are measured on what fields have
 * beyond {@link StartingFields their start}. At test points it may reach 1 / (gamma sqrt(S)), and
 * with weight decay the share of f(0) that has decayed brings that much of its own.
 *
 * <p>The population makes kernels too large by O(1/S). So it is solved for S samples X(S) and, on
 * the same random numbers, for B independent parts of s = S/B, rounded down: the estimate is X(S) +
 * (X(S) - mean X(s)) / (S/s - 1), which cancels the 1/S term, and the spread of the parts gives
 * standard errors, with Student's factor. Fields are float32, kernels and factors float64. Cost: 16
 * S r M flops per time and pair of layers, r being the directions that the past spans (see {@link
 * FieldHistory}), twice over; at worst r = B T.
 *
 * <p>The state between two times is all there is to a checkpoint; a run that is stopped and resumed
 * gives the bits of the uninterrupted one at the same number of threads.
 */
public final class CausalSolver {
  private static final double RAISE = 10;

  /** Largest side of a square array. */
  private static final int LARGEST_KERNEL = 46340;

  private final CausalOptions causal;
  private final CausalRun.Maker maker;

  /** A solver with the usual settings. */
  public CausalSolver() {
    this(CausalOptions.defaults());
  }

  /** A solver with other settings. */
  public CausalSolver(CausalOptions causal) {
    this(causal, CausalRun::new);
  }

  /** A solver that marches populations of another theory. */
  CausalSolver(CausalOptions causal, CausalRun.Maker maker) {
    this.causal = causal;
    this.maker = maker;
  }

  /**
   * What a solve will allocate, a checkpoint of it included, for the case that the past spans as
   * many directions as it may. Pages that are never written cost a processor's memory nothing.
   *
   * @throws InvalidProblemException if there are fewer samples than populations, or if a network
   *     tells the same at far less work
   */
  public MemoryPlan plan(DynamicsProblem problem) {
    problem.options().requireParts(causal.populations());
    requireIndexable(problem);
    new NetworkComparison(problem, causal).requireWorth();
    return matrices(problem).addAll("", InputFields.plan(problem));
  }

  private MemoryPlan matrices(DynamicsProblem problem) {
    DynamicsOptions options = problem.options();
    MemoryPlan plan = new MemoryPlan();
    CausalPlan.add(plan, problem, causal, options.samples());
    if (options.saveHistory()) {
      HistoryKeeper.plan(plan, problem, options.samples());
    }
    // the populations, the one under way twice, and the estimate with its error and bias
    return plan.addHost(Trajectory.bytes(problem) * (causal.populations() + 5L));
  }

  /** Kernels of all points at all sites must fit into an array. */
  private static void requireIndexable(DynamicsProblem problem) {
    long fields = (long) problem.points() * problem.sites().mostSites();
    if (problem.network().convolutions().isPresent() && fields > LARGEST_KERNEL) {
      throw new InvalidProblemException(
          "image-shape",
          problem.trainInputs().shape(),
          "with "
              + problem.points()
              + " points the layers have "
              + fields
              + " sites of points, and the theory at most "
              + LARGEST_KERNEL
              + "; use fewer points, --pool-input or strides, or "
              + NetworkComparison.command(problem.network().convolutions().get()));
    }
  }

  /**
   * Solves the problem.
   *
   * @throws InvalidProblemException if there are fewer samples than populations
   * @throws org.richkernel.compute.OutOfDeviceMemoryException before any work, if it would not fit
   * @throws org.richkernel.compute.NotPositiveDefiniteException if a covariance is indefinite
   *     beyond rounding
   */
  public DynamicsSolution solve(DynamicsProblem problem, Backend backend, RunControl control) {
    plan(problem).requireFits(backend, NetworkComparison.lessMemory(problem));
    try (Workspace memory = new Workspace(backend, matrices(problem))) {
      return new Solve(problem, backend, memory, control).run();
    }
  }

  /** The populations of one solve, one after the other. */
  private final class Solve {
    private final DynamicsProblem problem;
    private final Backend backend;
    private final Workspace memory;
    private final RunControl control;
    private final int steps;
    private final int parts = causal.populations();
    private final List<Trajectory> finished = new ArrayList<>();
    private CausalOptions settings = causal;
    private double cut;
    private TrajectoryRecorder recorder;
    private CausalRun march;
    private @Nullable HistoryKeeper keeper;

    Solve(DynamicsProblem problem, Backend backend, Workspace memory, RunControl control) {
      this.problem = problem;
      this.backend = backend;
      this.memory = memory;
      this.control = control;
      steps = problem.options().steps();
      recorder = new TrajectoryRecorder(problem);
      march = population();
    }

    DynamicsSolution run() {
      control.checkpoints().load().ifPresent(this::restore);
      while (finished.size() <= parts) {
        if (control.stop().isRaised()) {
          control.checkpoints().save(done(), state());
          return ended(StopReason.INTERRUPTED);
        }
        if (march.time() > steps) {
          next();
        } else if (!step()) {
          return ended(StopReason.DIVERGED);
        }
      }
      return solution();
    }

    /** The whole population comes last: a step size that is too large shows early and cheaply. */
    private CausalRun population() {
      int b = finished.size();
      int samples = problem.options().samples();
      int size = b < parts ? samples / parts : samples;
      long first = b < parts ? (long) b * size : 0;
      if (b == parts && problem.options().saveHistory()) {
        keeper = new HistoryKeeper(backend, problem, memory, size);
      }
      return maker.make(problem, settings, backend, memory, recorder, keeper, first, size);
    }

    private void next() {
      cut = Math.max(cut, march.cut());
      finished.add(recorder.trajectory());
      if (finished.size() <= parts) {
        startPopulation();
      }
    }

    private void startPopulation() {
      recorder = new TrajectoryRecorder(problem);
      march = population();
    }

    /** One time of the present population; false when it diverged. */
    private boolean step() {
      try {
        if (!march.advance()) {
          return false;
        }
      } catch (NotPositiveDefiniteException e) {
        if (settings.leftOut() * RAISE > DynamicsSolution.LARGEST_LEFT_OUT) {
          throw e;
        }
        settings = settings.withLeftOut(settings.leftOut() * RAISE);
        startPopulation();
        return true;
      }
      control.listener().progress(progress());
      if (control.checkpoints().due()) {
        control.checkpoints().save(done(), state());
      }
      return true;
    }

    private long done() {
      return (long) finished.size() * (steps + 1) + (finished.size() > parts ? 0 : march.time());
    }

    private Progress progress() {
      String phase =
          finished.size() < parts
              ? "population " + (finished.size() + 1) + " of " + parts
              : "whole population";
      return new Progress(
          phase,
          problem.options().gamma(),
          done(),
          (parts + 1L) * (steps + 1),
          Double.NaN,
          Double.NaN);
    }

    private SolverState state() {
      SolverState state = new SolverState();
      state.put("finished", finished.size()).put("left_out", settings.leftOut(), cut);
      for (int b = 0; b < finished.size(); b++) {
        finished.get(b).save(state, "population_" + b);
      }
      recorder.save(state);
      march.save(state);
      return state;
    }

    private void restore(SolverState state) {
      int count = (int) state.number("finished");
      for (int b = 0; b < count; b++) {
        finished.add(Trajectory.restore(state, "population_" + b, problem));
      }
      settings = settings.withLeftOut(state.number("left_out"));
      cut = state.doubles("left_out")[1];
      startPopulation();
      recorder.restore(state);
      march.restore(state);
    }

    /** What there is, as it is, with nothing to extrapolate from. */
    private DynamicsSolution ended(StopReason reason) {
      OptionalInt divergence = recorder.divergence();
      List<Trajectory> populations = new ArrayList<>(finished);
      // a population that was merely stopped would cut the others short
      if (populations.isEmpty() || reason == StopReason.DIVERGED) {
        populations.add(recorder.trajectory());
      }
      return new DynamicsSolution(
          problem,
          reason,
          divergence,
          Trajectory.combine(populations, IndependentEstimates::mean),
          Trajectory.combine(populations, IndependentEstimates::standardError),
          Trajectory.combine(populations, values -> Double.NaN),
          Math.max(cut, settings.leftOut()),
          0,
          Optional.empty());
    }

    private DynamicsSolution solution() {
      int samples = problem.options().samples();
      double ratio = samples / (double) (samples / parts);
      PopulationEstimate estimate = PopulationEstimate.of(problem, finished, ratio);
      boolean enough = estimate.relativeError() <= causal.tolerance();
      boolean resolved = enough && cut <= DynamicsSolution.LARGEST_LEFT_OUT;
      return new DynamicsSolution(
          problem,
          resolved ? StopReason.CONVERGED : StopReason.BUDGET,
          OptionalInt.empty(),
          estimate.mean(),
          estimate.standardError(),
          estimate.bias(),
          Math.max(cut, settings.leftOut()),
          enough ? 0 : estimate.samplesFor(causal.tolerance(), samples),
          Optional.ofNullable(keeper).map(kept -> kept.history(steps + 1)));
    }
  }
}
