package org.richkernel.fit;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import org.richkernel.compute.Backend;
import org.richkernel.dynamics.DynamicsProblem;
import org.richkernel.dynamics.StaticKernelSolver;
import org.richkernel.network.InvalidProblemException;

/** Defaults of gradient descent, for the theory and for finite networks. */
public final class UsualDescent {
  /** Steps of gradient descent. */
  public static final int STEPS = 100;

  /** Stands for a step size that is not chosen yet, and fits with every weight decay. */
  public static final double UNSET = 1e-12;

  /** Share of the largest step at which the lazy limit is stable; learned kernels are larger. */
  private static final double STABLE_SHARE = 0.25;

  /** Default number of records on the way. */
  private static final int RECORDS = 10;

  /** Most points whose kernels are recorded on the way unasked. */
  private static final int MOST_POINTS_RECORDED = 400;

  private UsualDescent() {}

  /**
   * The largest step at which the lazy limit is stable, 2 / lambda_max.
   *
   * @throws InvalidProblemException if the kernel of the inputs vanishes
   */
  static double largestStableStep(DynamicsProblem problem, Backend backend) {
    double limit = new StaticKernelSolver().largestStableStep(problem, backend);
    if (Double.isInfinite(limit)) {
      throw new InvalidProblemException(
          "train-x", "zero everywhere", "its kernel vanishes; give other inputs");
    }
    return limit;
  }

  /** The step size for some points. */
  public static double stepSize(DynamicsProblem problem, Backend backend) {
    double limit = largestStableStep(problem, backend);
    double lambda = problem.options().weightDecay();
    return rounded(STABLE_SHARE * Math.min(limit, lambda > 0 ? 1 / lambda : limit));
  }

  /** Down to one digit, so that a person can say it. */
  private static double rounded(double step) {
    return new BigDecimal(step).round(new MathContext(1, RoundingMode.DOWN)).doubleValue();
  }

  /** Steps between two records of the kernels. */
  public static int recordEvery(Points points, int steps) {
    int all = points.trainInputs().rows() + points.testInputs().rows();
    return all <= MOST_POINTS_RECORDED ? (steps + RECORDS - 1) / RECORDS : 0;
  }
}
