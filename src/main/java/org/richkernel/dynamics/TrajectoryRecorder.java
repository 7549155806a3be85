package org.richkernel.dynamics;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;

/**
 * The part of a run that lives on the host: centres the outputs, turns them into the pulls Delta of
 * the next step, sees a divergence, and keeps what is to be kept.
 */
public final class TrajectoryRecorder {
  /** A loss above this multiple of the first one is a divergence, not a detour. */
  private static final double DIVERGED = 1e6;

  private final DynamicsProblem problem;
  private final int points;
  private final int trainPoints;
  private final double[] outputs;
  private final double[] start;
  private final double[] pulls; // Delta, times x P
  private final List<LayerKernels> kernels = new ArrayList<>();
  private double firstLoss;
  private int times;
  private int divergence = -1;

  /** An empty record of a problem. */
  public TrajectoryRecorder(DynamicsProblem problem) {
    this.problem = problem;
    points = problem.points();
    trainPoints = problem.trainPoints();
    int most = problem.options().steps() + 1;
    outputs = new double[most * points];
    pulls = new double[most * trainPoints];
    start = new double[points];
  }

  /**
   * Takes the outputs of the next time.
   *
   * @param f outputs before centring, M numbers
   * @return whether the run may go on; false when it has diverged at this time, which is then not
   *     part of the trajectory
   */
  public boolean observe(double[] f) {
    if (times == 0) {
      System.arraycopy(f, 0, start, 0, points);
    }
    double loss = 0;
    boolean finite = true;
    for (int i = 0; i < points; i++) {
      double centred = f[i] - start[i];
      finite &= Double.isFinite(centred);
      outputs[times * points + i] = centred;
      if (i < trainPoints) {
        double error = problem.trainTargets().at(i, 0) - centred;
        pulls[times * trainPoints + i] = error * problem.options().loss().pull(trainPoints);
        loss += error * error;
      }
    }
    if (times == 0) {
      firstLoss = loss;
    }
    // targets of zero have no loss to begin with: any loss of order 1 is measured against 1
    if (!finite || !(loss <= DIVERGED * Math.max(firstLoss, 1))) {
      divergence = times;
      return false;
    }
    times++;
    return true;
  }

  /** Delta of the time observed last, P numbers. */
  public double[] pull() {
    return Arrays.copyOfRange(pulls, (times - 1) * trainPoints, times * trainPoints);
  }

  /**
   * What earlier training points weigh at a time: eta gamma rho^{t-1-s} Delta_nu(s).
   *
   * @param time t
   * @param weights receives t P numbers, ordered by time s, then point nu
   */
  void memoryWeights(int time, double[] weights) {
    DynamicsOptions options = problem.options();
    double factor = options.stepSize() * options.gamma();
    for (int s = time - 1; s >= 0; s--) {
      for (int i = s * trainPoints; i < (s + 1) * trainPoints; i++) {
        weights[i] = factor * pulls[i];
      }
      factor *= options.retention();
    }
  }

  /** Whether the kernels of a time are to be kept. */
  public boolean keepsKernels(int time) {
    int every = problem.options().recordEvery();
    return time == 0 || time == problem.options().steps() || (every > 0 && time % every == 0);
  }

  /** Keeps the kernels of a time. */
  public void keep(LayerKernels snapshot) {
    kernels.add(snapshot);
  }

  /** The time at which the run diverged. */
  public OptionalInt divergence() {
    return divergence < 0 ? OptionalInt.empty() : OptionalInt.of(divergence);
  }

  /** What was kept. */
  public Trajectory trajectory() {
    return new Trajectory(points, Arrays.copyOf(outputs, times * points), kernels);
  }
}
