package org.richkernel.finite;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Workspace;
import org.richkernel.dynamics.DynamicsProblem;
import org.richkernel.dynamics.DynamicsSolution;
import org.richkernel.dynamics.Trajectory;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.NetworkSites;
import org.richkernel.solver.Progress;
import org.richkernel.solver.RunControl;
import org.richkernel.solver.SolverState;
import org.richkernel.solver.StopReason;

/**
 * Networks of finite width trained by gradient descent with weight decay, on all points or on
 * batches taken in turn, several with independent weights: mean and standard error of their outputs
 * and kernels.
 *
 * <p>h^1 = W^0 x / sqrt(D), h^{l+1} = W^l phi(h^l) / sqrt(N), f_k = w_k . phi(h^L) / (gamma N), all
 * weights N(0, 1) at the start, theta &lt;- (1 - eta lambda) theta - eta N gamma^2 dLoss/dtheta, on
 * outputs centred by f(0) (the parametrization of Bordelon and Pehlevan, arXiv:2205.09653). Batches
 * are those of {@link org.richkernel.network.BatchSchedule}. Gradient kernels are means over the
 * outputs. The number of samples of the problem is not used.
 *
 * <p>With convolutions W^l acts on patches, h^{l+1}_a = W^l cols(phi^l)_a / sqrt(k N), and f_k =
 * sum_a w_ka . phi_a / (gamma N sqrt(s)), or with a pooled readout w_k . mean_a phi_a / (gamma N).
 * Feature kernels are means over pairs of equal sites, or of all; gradient kernels are sums over
 * them.
 *
 * <p>Cost of a step: 2 N^2 (M + 2 P) flops for each hidden layer after the first and 2 N D (M + P)
 * for the first, with M points in all, P of them for training, and k s times as much in a
 * convolution. Checkpoints are taken between steps; a resumed run gives the bits of the
 * uninterrupted run.
 */
public final class GradientDescentNetwork {
  /** Most floats of the networks kept for predictions. */
  private static final long MOST_KEPT = 16_000_000;

  private final int width;
  private final int repeats;

  /**
   * Result of a run.
   *
   * @param solution means and standard errors over the networks
   * @param predictor mean of the kept networks, each minus its outputs at the start; empty if the
   *     run was stopped or diverged
   */
  public record Outcome(DynamicsSolution solution, Optional<NetworkEnsemble> predictor) {}

  /**
   * @param width N, neurons of each hidden layer
   * @param repeats R, independent networks
   * @throws InvalidProblemException if one of them is not positive
   */
  public GradientDescentNetwork(int width, int repeats) {
    if (width < 1) {
      throw new InvalidProblemException("width", width, "use at least 1 neuron");
    }
    if (repeats < 1 || repeats > 0xffff) {
      throw new InvalidProblemException("repeats", repeats, "use 1 to 65535");
    }
    this.width = width;
    this.repeats = repeats;
  }

  /** Peak memory of a run. */
  public MemoryPlan plan(DynamicsProblem problem) {
    NetworkSites sites = NetworkSites.of(problem.network(), problem.trainInputs().shape());
    PointFields.requireFit("width", width, sites, width, problem.points());
    MemoryPlan plan = new MemoryPlan();
    NetworkTraining.plan(plan, problem, width);
    long points = problem.points();
    long times = problem.options().steps() + 1L;
    int every = problem.options().recordEvery();
    long snapshots = 2 + (every == 0 ? 0 : times / every);
    long kernels = snapshots * 2 * problem.network().hiddenLayers() * points * points;
    // means, squares and their copies in a checkpoint, and two copies of the present run
    long records = 6 * (times * points * problem.outputs() + kernels);
    // kept networks, and the present one in a checkpoint
    long weights = weights(problem);
    return plan.addHost(
        Double.BYTES * records + Float.BYTES * weights * (2L * mostKept(weights) + 1));
  }

  /** Number of weights of a network without the readout. */
  private long weights(DynamicsProblem problem) {
    NetworkSites sites = NetworkSites.of(problem.network(), problem.trainInputs().shape());
    long floats = 0;
    for (int l = 1; l <= sites.layers(); l++) {
      floats += (long) width * DescentWeights.fanIn(sites, l, width);
    }
    return floats;
  }

  /** Number of kept networks; each takes the memory of two: trained, and at the start. */
  private int mostKept(long weights) {
    return (int) Math.max(1, Math.min(repeats, MOST_KEPT / (2 * weights)));
  }

  /**
   * Trains the networks one after the other; a divergence ends the run.
   *
   * @throws org.richkernel.compute.OutOfDeviceMemoryException before any work, if it would not fit
   */
  public DynamicsSolution solve(DynamicsProblem problem, Backend backend, RunControl control) {
    return train(problem, backend, control).solution();
  }

  /**
   * The same, and the networks for predictions at new inputs.
   *
   * @throws org.richkernel.compute.OutOfDeviceMemoryException before any work, if it would not fit
   */
  public Outcome train(DynamicsProblem problem, Backend backend, RunControl control) {
    MemoryPlan plan = plan(problem);
    plan.requireFits(backend, "lower the width, the number of points or of recorded times");
    try (Workspace memory = new Workspace(backend, plan)) {
      return new Repeats(problem, backend, memory, control).run();
    }
  }

  /** The networks of one call, one after the other. */
  private final class Repeats {
    private final DynamicsProblem problem;
    private final Backend backend;
    private final Workspace memory;
    private final RunControl control;
    private final TrajectoryMoments moments = new TrajectoryMoments();
    private final List<NetworkEnsemble.Member> kept = new ArrayList<>();
    private final int mostKept;
    private OptionalInt divergence = OptionalInt.empty();
    private Optional<SolverState> resumed;

    Repeats(DynamicsProblem problem, Backend backend, Workspace memory, RunControl control) {
      this.problem = problem;
      this.backend = backend;
      this.memory = memory;
      this.control = control;
      mostKept = mostKept(weights(problem));
      resumed = control.checkpoints().load();
    }

    Outcome run() {
      if (resumed.isPresent()) {
        moments.restore(resumed.get());
        restoreMembers(resumed.get());
      }
      while (moments.count() < repeats && divergence.isEmpty()) {
        NetworkTraining training =
            new NetworkTraining(problem, backend, memory, width, moments.count());
        resumed.ifPresent(training::restore);
        resumed = Optional.empty();
        if (!trainOne(training)) {
          return stopped(training);
        }
      }
      return outcome(divergence.isPresent() ? StopReason.DIVERGED : StopReason.CONVERGED);
    }

    /** Trains to the end or to a divergence; false after a stop. */
    private boolean trainOne(NetworkTraining training) {
      int steps = problem.options().steps();
      boolean goesOn = true;
      while (goesOn) {
        if (control.stop().isRaised()) {
          control.checkpoints().save(iteration(training), state(training));
          return false;
        }
        goesOn = training.advance();
        control.listener().progress(progress(training));
        if (goesOn && control.checkpoints().due()) {
          control.checkpoints().save(iteration(training), state(training));
        }
      }
      divergence = training.recorder().divergence();
      moments.add(training.recorder().trajectory());
      if (training.times() == steps + 1 && kept.size() < 2 * mostKept) {
        kept.add(training.member(1.0 / mostKept));
        training.drawWeights();
        kept.add(training.member(-1.0 / mostKept));
      }
      return true;
    }

    private long iteration(NetworkTraining training) {
      return moments.count() * (problem.options().steps() + 1L) + training.times();
    }

    private Progress progress(NetworkTraining training) {
      return new Progress(
          "network " + (moments.count() + 1) + " of " + repeats,
          problem.options().gamma(),
          iteration(training),
          repeats * (problem.options().steps() + 1L),
          Double.NaN,
          Double.NaN);
    }

    private SolverState state(NetworkTraining training) {
      SolverState state = new SolverState();
      moments.save(state);
      training.save(state);
      state.put("members", (double) kept.size());
      for (int m = 0; m < kept.size(); m++) {
        for (int l = 0; l < kept.get(m).layers().size(); l++) {
          state.put("member_" + m + "_" + l, kept.get(m).layers().get(l));
        }
        state.put("member_" + m + "_readout", kept.get(m).readout());
      }
      return state;
    }

    private void restoreMembers(SolverState state) {
      for (int m = 0; m < (int) state.number("members"); m++) {
        List<float[]> layers = new ArrayList<>();
        for (int l = 0; l < problem.network().hiddenLayers(); l++) {
          layers.add(state.floats("member_" + m + "_" + l));
        }
        kept.add(new NetworkEnsemble.Member(layers, state.floats("member_" + m + "_readout")));
      }
    }

    /**
     * Result after a stop: the networks trained to the end, or the present one if there is none.
     */
    private Outcome stopped(NetworkTraining training) {
      if (moments.count() == 0) {
        moments.add(training.recorder().trajectory());
      }
      return outcome(StopReason.INTERRUPTED);
    }

    private Outcome outcome(StopReason reason) {
      Trajectory mean = moments.mean();
      DynamicsSolution solution =
          new DynamicsSolution(
              problem, reason, divergence, mean, moments.standardError(), moments.zero(), 0);
      return new Outcome(
          solution, reason == StopReason.CONVERGED ? Optional.of(ensemble()) : Optional.empty());
    }

    private NetworkEnsemble ensemble() {
      return new NetworkEnsemble(
          problem.network(),
          problem.trainInputs().shape(),
          width,
          problem.outputs(),
          new double[0],
          kept);
    }
  }
}
