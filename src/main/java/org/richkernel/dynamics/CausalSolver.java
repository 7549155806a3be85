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
 * layer's process (Bordelon and Pehlevan, arXiv:2205.09653, in discrete time) is followed once in
 * time. The covariances of its draws are measured on the same population.
 *
 * <p>Several outputs: f_k = &lt;z_k phi^L&gt; / gamma with one readout field z_k(t) = rho^t w_k +
 * eta gamma sum_{s&lt;t} rho^{t-1-s} sum_nu Delta_{nu k}(s) phi^L_nu(s) per output, w_k independent
 * standard normals. Gradient descent needs the backward fields summed with the errors, sum_k
 * Delta_{mu k} g_{mu k}, and backpropagation is linear; so one field per point is propagated down
 * the layers, g^L_mu = phi'(h^L_mu) sum_k c_{mu k} z_k along the direction c_mu(t) = Delta_mu /
 * |Delta_mu|, and |Delta_mu| takes the place of Delta in the sums over the past. Kernels G of a
 * solution are means over the outputs, 1/K sum_k &lt;g_k g_k&gt;, measured at the recorded times.
 *
 * <p>With mini-batches Delta is zero outside the batch of a step. Only driving points leave a past;
 * at the start all training points do.
 *
 * <p>Outputs are averages divided by gamma. Their noise at training points is nevertheless of order
 * 1 / sqrt(S): the fields keep their initial random numbers, and responses are measured on the
 * difference between fields and {@link StartingFields their start}. At test points the noise may
 * reach 1 / (gamma sqrt(S)); with weight decay the decayed fraction of f(0) adds noise of this
 * size.
 *
 * <p>The population makes kernels too large by O(1/S). So the solver computes X(S) with S samples
 * and, from the same random numbers, X(s) with each of B independent parts of s = S/B samples,
 * rounded down. The estimate is X(S) + (X(S) - mean X(s)) / (S/s - 1), which cancels the 1/S term,
 * and the spread of the parts gives standard errors, with Student's factor. Fields are float32,
 * kernels and factors float64. Cost: 16 S r M flops per time and pair of layers, r being the
 * dimension of the past (see {@link FieldHistory}), once for the whole and once for the parts; at
 * worst r = B T.
 *
 * <p>A checkpoint holds the state between two times. A resumed run gives the bits of the
 * uninterrupted one at the same number of threads.
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

  /** A solver with the populations of another theory. */
  CausalSolver(CausalOptions causal, CausalRun.Maker maker) {
    this.causal = causal;
    this.maker = maker;
  }

  /**
   * Peak memory of a solve, a checkpoint included, for the largest number of directions. Pages that
   * are never written take no memory of a CPU.
   *
   * @throws InvalidProblemException if there are fewer samples than populations, if a kernel
   *     between all sites of all points does not fit an array, or if training a finite network
   *     gives the same result at far less cost
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
    // the populations, the present one twice, and the estimate with its error and bias
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
   * @throws InvalidProblemException as for {@link #plan}
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

    /**
     * The next population. The whole one comes last, so a step size that is too large shows early
     * and cheaply.
     */
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

    /** Advances the present population by one time; false after a divergence. */
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

    /** Solution from the populations so far, without extrapolation. */
    private DynamicsSolution ended(StopReason reason) {
      OptionalInt divergence = recorder.divergence();
      List<Trajectory> populations = new ArrayList<>(finished);
      // an incomplete population would shorten the others
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
