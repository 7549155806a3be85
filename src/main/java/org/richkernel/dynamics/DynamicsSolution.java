package org.richkernel.dynamics;

import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalInt;
import org.richkernel.network.Targets;
import org.richkernel.solver.StopReason;

/**
 * Outputs and kernels along a training, with their errors.
 *
 * @param problem solved problem
 * @param reason converged, budget (the last step was taken but the certificate is above tolerance,
 *     or passes were used up), diverged or interrupted; each solver defines its certificate
 * @param divergence first time of a diverged loss, because the step size is too large; empty if
 *     none
 * @param mean best estimate; holds the times before a divergence or interruption
 * @param standardError standard error of each number of {@code mean}: over independent populations
 *     or networks; 0 without sampling, NaN for a single network
 * @param sampleBias bias of each number at S samples, estimated from two population sizes and
 *     already subtracted in {@code mean}; 0 without sampling, NaN if unknown
 * @param jitter largest relative jitter of a factorized covariance, or largest relative variance
 *     dropped from one; 0 for none
 * @param wantedSamples approximate number of samples that would meet the tolerance; 0 if the
 *     tolerance is met, or if the number is unknown
 * @param history two-time kernels; empty unless the options ask for them
 */
public record DynamicsSolution(
    DynamicsProblem problem,
    StopReason reason,
    OptionalInt divergence,
    Trajectory mean,
    Trajectory standardError,
    Trajectory sampleBias,
    double jitter,
    long wantedSamples,
    Optional<KernelHistory> history) {

  /** Largest dropped fraction of a variance of a converged solution. */
  static final double LARGEST_LEFT_OUT = 1.001e-2;

  /** Relative error above which a large step size is a possible cause. */
  private static final double LARGEST_NOISE = 0.2;

  /** A solution without two-time kernels. */
  public DynamicsSolution(
      DynamicsProblem problem,
      StopReason reason,
      OptionalInt divergence,
      Trajectory mean,
      Trajectory standardError,
      Trajectory sampleBias,
      double jitter) {
    this(problem, reason, divergence, mean, standardError, sampleBias, jitter, 0, Optional.empty());
  }

  /** Number of times reached, the start included. */
  public int times() {
    return mean.times();
  }

  /** f of the training points at a time, row-major P x K. */
  public double[] trainOutputs(int time) {
    return outputs(time, 0, problem.trainPoints());
  }

  /** f of the test points at a time, row-major Q x K. */
  public double[] testOutputs(int time) {
    return outputs(time, problem.trainPoints(), problem.testPoints());
  }

  private double[] outputs(int time, int first, int count) {
    int start = (time * problem.points() + first) * problem.outputs();
    return Arrays.copyOfRange(mean.outputs(), start, start + count * problem.outputs());
  }

  /** Mean over the training points and outputs of (y - f)^2 of the best estimate, at each time. */
  public double[] trainLoss() {
    return loss(problem.trainTargets(), 0);
  }

  /**
   * Mean over the test points and outputs of (y - f)^2 of the best estimate, at each time; empty
   * without test targets.
   */
  public double[] testLoss() {
    return problem.testTargets().rows() == 0
        ? new double[0]
        : loss(problem.testTargets(), problem.trainPoints());
  }

  /** Standard error of {@link #trainLoss()}, correlations between the points included. */
  public double[] trainLossStandardError() {
    return standardError.trainLoss().clone();
  }

  /** Standard error of {@link #testLoss()}. */
  public double[] testLossStandardError() {
    return standardError.testLoss().clone();
  }

  private double[] loss(Targets targets, int first) {
    double[] losses = new double[times()];
    for (int t = 0; t < losses.length; t++) {
      losses[t] = TrajectoryRecorder.loss(targets, outputs(t, first, targets.rows()));
    }
    return losses;
  }

  /**
   * Kernels at the last recorded time.
   *
   * @throws IllegalStateException if the run was stopped before its first time
   */
  public LayerKernels lastKernels() {
    if (mean.kernels().isEmpty()) {
      throw new IllegalStateException("no kernels were recorded: " + outcome());
    }
    return mean.kernels().get(mean.kernels().size() - 1);
  }

  /** Tangent kernel at the last recorded time, row-major M x M, training points first. */
  public double[] lastTangentKernel() {
    return problem.tangentKernel(lastKernels());
  }

  /**
   * The larger of the bias of finite S and the standard error, relative to the mean: the largest
   * norm over the outputs and each recorded kernel; 0 without sampling, NaN if unknown.
   */
  public double relativeError() {
    return new PopulationEstimate(mean, standardError, sampleBias).relativeError();
  }

  /** The reason for the end of the run and its time, in one line. */
  public String outcome() {
    String text =
        switch (reason) {
          case CONVERGED -> "done after " + problem.options().steps() + " steps";
          case BUDGET ->
              jitter > LARGEST_LEFT_OUT
                  ? "done, but too few directions of the past were kept; allow more"
                  : "done, but the samples are too few for the tolerance; use " + moreSamples();
          case INTERRUPTED -> "stopped after " + Math.max(0, times() - 1) + " steps";
          case DIVERGED ->
              "diverged at step "
                  + (divergence.isPresent() ? divergence.getAsInt() : times())
                  + "; use a step-size below "
                  + problem.options().stepSize();
        };
    return text;
  }

  /** Advice against large errors; for very large ones smaller steps come first. */
  private String moreSamples() {
    if (wantedSamples == 0) {
      return "more samples";
    }
    String more = "about --samples " + wantedSamples;
    return relativeError() < LARGEST_NOISE
        ? more
        : "a --step-size below "
            + problem.options().stepSize()
            + ", at which steps may amplify what the samples differ in, or "
            + more;
  }
}
