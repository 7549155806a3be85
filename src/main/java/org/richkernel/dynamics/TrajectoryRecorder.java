package org.richkernel.dynamics;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import org.richkernel.network.BatchSchedule;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.Targets;
import org.richkernel.solver.SolverState;

/**
 * Host part of a run: centres the outputs, computes the pulls Delta of the next step, detects a
 * divergence, and records outputs, losses and kernels.
 */
public final class TrajectoryRecorder {
  /** A loss above this multiple of the first one is a divergence. */
  private static final double DIVERGED = 1e6;

  private final DynamicsProblem problem;
  private final BatchSchedule batches;
  private final int points;
  private final int trainPoints;
  private final int outputCount;
  private final double[] outputs; // f(t) - f(0), times x M x K
  private final double[] start; // f(0), M x K
  private final double[] pulls; // Delta, times x P x K, zero outside the batch
  private final double[] trainLoss;
  private final double[] testLoss;
  private final List<LayerKernels> kernels = new ArrayList<>();
  private int times;
  private int divergence = -1;

  /** An empty record of a problem. */
  public TrajectoryRecorder(DynamicsProblem problem) {
    this.problem = problem;
    batches = problem.batches();
    points = problem.points();
    trainPoints = problem.trainPoints();
    outputCount = problem.outputs();
    int most = problem.options().steps() + 1;
    outputs = new double[most * points * outputCount];
    pulls = new double[most * trainPoints * outputCount];
    start = new double[points * outputCount];
    trainLoss = new double[most];
    testLoss = new double[problem.testTargets().rows() == 0 ? 0 : most];
  }

  /**
   * Records the outputs of the next time.
   *
   * @param f outputs before centring, row-major M x K
   * @return false if the run diverged at this time, which is then not part of the trajectory
   * @throws InvalidProblemException if outputs before training are not finite
   */
  public boolean observe(double[] f) {
    if (times == 0) {
      requireFinite(problem, f);
      System.arraycopy(f, 0, start, 0, f.length);
    }
    boolean finite = true;
    double[] centred = new double[f.length];
    for (int i = 0; i < f.length; i++) {
      centred[i] = f[i] - start[i];
      finite &= Double.isFinite(centred[i]);
    }
    double loss = loss(problem.trainTargets(), centred);
    double first = times == 0 ? loss : trainLoss[0];
    // with zero targets the first loss is 0; the reference is then of order 1
    if (!finite || !(loss <= DIVERGED * Math.max(first, 1.0 / (trainPoints * outputCount)))) {
      divergence = times;
      return false;
    }
    System.arraycopy(centred, 0, outputs, times * f.length, f.length);
    trainLoss[times] = loss;
    if (testLoss.length > 0) {
      int test = trainPoints * outputCount;
      testLoss[times] =
          loss(problem.testTargets(), Arrays.copyOfRange(centred, test, centred.length));
    }
    recordPull(centred);
    times++;
    return true;
  }

  /**
   * Refuses inputs so large that the fields before training overflow.
   *
   * @param f outputs before training, row-major M x K
   */
  static void requireFinite(DynamicsProblem problem, double[] f) {
    for (int i = 0; i < f.length; i++) {
      if (!Double.isFinite(f[i])) {
        throw new InvalidProblemException(
            i < problem.trainPoints() * problem.outputs() ? "train-x" : "test-x",
            "too large for float32",
            "outputs overflow before training; standardize the inputs");
      }
    }
  }

  /** Records Delta of the present time. */
  private void recordPull(double[] centred) {
    double scale = problem.options().loss().pull(batches.size());
    for (int i = 0; i < trainPoints; i++) {
      for (int k = 0; k < outputCount && batches.drives(times, i); k++) {
        int at = i * outputCount + k;
        pulls[times * trainPoints * outputCount + at] =
            scale * (problem.trainTargets().at(i, k) - centred[at]);
      }
    }
  }

  /** Mean of (y - f)^2 over points and outputs; f is row-major and starts at the first target. */
  static double loss(Targets targets, double[] f) {
    double sum = 0;
    int outputs = targets.outputs();
    for (int i = 0; i < targets.rows(); i++) {
      for (int k = 0; k < outputs; k++) {
        double error = targets.at(i, k) - f[i * outputs + k];
        sum += error * error;
      }
    }
    return sum / (targets.rows() * (double) outputs);
  }

  /**
   * Delta of the last observed time, row-major P x K: the error y - f times the weight of the loss,
   * and zero for points outside the batch of that time.
   */
  public double[] pull() {
    return pull(times - 1);
  }

  /** Delta of an earlier time, row-major P x K. */
  public double[] pull(int time) {
    int width = trainPoints * outputCount;
    return Arrays.copyOfRange(pulls, time * width, (time + 1) * width);
  }

  /**
   * Weights of the earlier training points at a time: eta gamma rho^{t-1-s} Delta_{nu k}(s).
   *
   * @param time t
   * @param weights receives t P K numbers, ordered by time s, then point nu, then output k
   */
  void memoryWeights(int time, double[] weights) {
    DynamicsOptions options = problem.options();
    double factor = options.stepSize() * options.gamma();
    int width = trainPoints * outputCount;
    for (int s = time - 1; s >= 0; s--) {
      for (int i = s * width; i < (s + 1) * width; i++) {
        weights[i] = factor * pulls[i];
      }
      factor *= options.retention();
    }
  }

  /** Whether to keep the kernels of a time. */
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

  /** The record so far. */
  public Trajectory trajectory() {
    return trajectory(KernelCourse.of(kernels, problem));
  }

  private Trajectory trajectory(KernelCourse course) {
    return new Trajectory(
        points,
        outputCount,
        Arrays.copyOf(outputs, times * points * outputCount),
        Arrays.copyOf(trainLoss, times),
        Arrays.copyOf(testLoss, Math.min(times, testLoss.length)),
        kernels,
        course);
  }

  /** Number of observed times. */
  public int times() {
    return times;
  }

  /** Adds this to a checkpoint. */
  public void save(SolverState state) {
    state.put("recorder_start", start);
    // the scalars of the kernels follow from the kernels
    trajectory(KernelCourse.none()).save(state, "recorder");
  }

  /** Restores a saved state into an empty record. */
  public void restore(SolverState state) {
    System.arraycopy(state.doubles("recorder_start"), 0, start, 0, start.length);
    Trajectory saved = Trajectory.restore(state, "recorder", problem);
    System.arraycopy(saved.outputs(), 0, outputs, 0, saved.outputs().length);
    System.arraycopy(saved.trainLoss(), 0, trainLoss, 0, saved.trainLoss().length);
    System.arraycopy(saved.testLoss(), 0, testLoss, 0, saved.testLoss().length);
    kernels.addAll(saved.kernels());
    int width = points * outputCount;
    for (times = 0; times < saved.times(); times++) {
      recordPull(Arrays.copyOfRange(outputs, times * width, (times + 1) * width));
    }
  }
}
