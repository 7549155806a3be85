package org.richkernel.dynamics;

import java.util.Arrays;
import java.util.OptionalInt;
import org.richkernel.network.Targets;
import org.richkernel.solver.StopReason;

/**
 * Outputs and kernels along a training, with their errors.
 *
 * @param problem what was solved
 * @param reason converged, budget (all steps were taken but the certificate is above tolerance),
 *     diverged or interrupted
 * @param divergence first time at which the loss left all bounds, empty if none; with it the step
 *     size is too large
 * @param mean best estimate; holds the times before a divergence or interruption
 * @param standardError standard error of each number of {@code mean}: over independent populations
 *     or networks; 0 where nothing is sampled, NaN for a single network
 * @param sampleBias what the finite number of samples adds to a number at S samples, as far as two
 *     population sizes tell; already taken out of {@code mean}; 0 where nothing is sampled
 * @param jitter largest relative jitter that a covariance needed to be factorized; 0 where none
 */
public record DynamicsSolution(
    DynamicsProblem problem,
    StopReason reason,
    OptionalInt divergence,
    Trajectory mean,
    Trajectory standardError,
    Trajectory sampleBias,
    double jitter) {

  /** Number of times that were reached, the start included. */
  public int times() {
    return mean.times();
  }

  /** f of the training points at a time, P numbers. */
  public double[] trainOutputs(int time) {
    int start = time * problem.points();
    return Arrays.copyOfRange(mean.outputs(), start, start + problem.trainPoints());
  }

  /** f of the test points at a time, Q numbers. */
  public double[] testOutputs(int time) {
    int start = time * problem.points() + problem.trainPoints();
    return Arrays.copyOfRange(mean.outputs(), start, start + problem.testPoints());
  }

  /** Mean over the training points of (y - f)^2, at each time. */
  public double[] trainLoss() {
    return loss(problem.trainTargets(), 0);
  }

  /** Mean over the test points of (y - f)^2, at each time; empty without test targets. */
  public double[] testLoss() {
    return problem.testTargets().rows() == 0
        ? new double[0]
        : loss(problem.testTargets(), problem.trainPoints());
  }

  private double[] loss(Targets targets, int first) {
    double[] losses = new double[times()];
    for (int t = 0; t < losses.length; t++) {
      for (int i = 0; i < targets.rows(); i++) {
        double error = targets.at(i, 0) - mean.outputs()[t * problem.points() + first + i];
        losses[t] += error * error / targets.rows();
      }
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
    return lastKernels().tangentKernel(problem.inputKernel());
  }

  /** One line for a person: what ended the run, and at which time. */
  public String outcome() {
    String text =
        switch (reason) {
          case CONVERGED -> "done after " + problem.options().steps() + " steps";
          case BUDGET -> "done, but the samples are too few for the tolerance; use more samples";
          case INTERRUPTED -> "stopped after " + Math.max(0, times() - 1) + " steps";
          case DIVERGED ->
              "diverged at step "
                  + (divergence.isPresent() ? divergence.getAsInt() : times())
                  + "; use a step-size below "
                  + problem.options().stepSize();
        };
    return text;
  }
}
