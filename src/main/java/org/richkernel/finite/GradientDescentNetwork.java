package org.richkernel.finite;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Workspace;
import org.richkernel.dynamics.DynamicsProblem;
import org.richkernel.dynamics.DynamicsSolution;
import org.richkernel.dynamics.Trajectory;
import org.richkernel.dynamics.TrajectoryRecorder;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.solver.Progress;
import org.richkernel.solver.RunControl;
import org.richkernel.solver.StopReason;

/**
 * Networks of finite width trained by full-batch gradient descent with weight decay, several with
 * independent weights: mean and standard error of what they do.
 *
 * <p>h^1 = W^0 x / sqrt(D), h^{l+1} = W^l phi(h^l) / sqrt(N), f = w . phi(h^L) / (gamma N), all
 * weights N(0, 1) at the start, theta &lt;- (1 - eta lambda) theta - eta N gamma^2 dLoss/dtheta, on
 * outputs centred by f(0) (the parametrization of Bordelon and Pehlevan, arXiv:2205.09653). The
 * number of samples of the problem is not used.
 */
public final class GradientDescentNetwork {
  private final int width;
  private final int repeats;

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

  /** What a run will allocate. */
  public MemoryPlan plan(DynamicsProblem problem) {
    int layers = problem.network().hiddenLayers();
    int points = problem.points();
    MemoryPlan plan = new MemoryPlan();
    plan.add("inputs", Precision.FLOAT32, problem.dimension(), points)
        .add("readout", Precision.FLOAT32, width, 1)
        .add("readout copied to points", Precision.FLOAT32, width, points)
        .add("ones", Precision.FLOAT32, 1, points)
        .add("pull", Precision.FLOAT32, 1, problem.trainPoints())
        .add("pulled gradient", Precision.FLOAT32, width, problem.trainPoints())
        .add("outputs", Precision.FLOAT64, points, 1)
        .add("kernel", Precision.FLOAT64, points, points);
    for (int l = 0; l < layers; l++) {
      plan.add(weights(l), Precision.FLOAT32, width, l == 0 ? problem.dimension() : width)
          .add(features(l + 1), Precision.FLOAT32, width, points)
          .add(gradients(l + 1), Precision.FLOAT32, width, points);
    }
    long times = problem.options().steps() + 1L;
    return plan.addHost(repeats * times * points * Double.BYTES);
  }

  static String weights(int layer) {
    return "weights " + layer;
  }

  static String features(int layer) {
    return "features " + layer;
  }

  static String gradients(int layer) {
    return "gradients " + layer;
  }

  /**
   * Trains the networks one after the other.
   *
   * @throws org.richkernel.compute.OutOfDeviceMemoryException before any work, if it would not fit
   */
  public DynamicsSolution solve(DynamicsProblem problem, Backend backend, RunControl control) {
    problem.requireOneOutput("a finite network");
    MemoryPlan plan = plan(problem);
    plan.requireFits(backend, "lower the width or the number of points");
    List<Trajectory> runs = new ArrayList<>();
    OptionalInt divergence = OptionalInt.empty();
    try (Workspace memory = new Workspace(backend, plan)) {
      for (int r = 0; r < repeats && !control.stop().isRaised(); r++) {
        TrajectoryRecorder recorder = new TrajectoryRecorder(problem);
        new NetworkTraining(problem, backend, memory, width, r).run(recorder, control.stop());
        runs.add(recorder.trajectory());
        divergence = earlier(divergence, recorder.divergence());
        control
            .listener()
            .progress(
                new Progress(
                    "networks of width " + width,
                    problem.options().gamma(),
                    r + 1,
                    repeats,
                    Double.NaN,
                    Double.NaN));
      }
    }
    StopReason reason =
        divergence.isPresent()
            ? StopReason.DIVERGED
            : control.stop().isRaised() ? StopReason.INTERRUPTED : StopReason.CONVERGED;
    if (runs.isEmpty()) {
      runs.add(new TrajectoryRecorder(problem).trajectory());
    }
    return new DynamicsSolution(
        problem,
        reason,
        divergence,
        Trajectory.combine(runs, Trajectory::mean),
        Trajectory.combine(runs, Trajectory::standardError),
        Trajectory.combine(runs, values -> 0),
        0);
  }

  private static OptionalInt earlier(OptionalInt a, OptionalInt b) {
    if (a.isEmpty() || b.isEmpty()) {
      return a.isEmpty() ? b : a;
    }
    return a.getAsInt() <= b.getAsInt() ? a : b;
  }
}
