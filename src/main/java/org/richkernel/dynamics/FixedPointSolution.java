package org.richkernel.dynamics;

import java.util.List;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.NotPositiveDefiniteException;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Workspace;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.solver.StopReason;

/**
 * Fixed point of the gradient flow of a network with one hidden layer, for the population of all
 * samples, with the course towards it.
 *
 * @param problem solved problem
 * @param reason converged (residuals and distance are at most the tolerance), budget (the time ran
 *     out first), diverged (no step is short enough for the accuracy) or interrupted
 * @param time training time reached
 * @param evaluations evaluations of the velocity, by the population of all samples
 * @param readoutResidual |f - Phi Delta / lambda| relative to |y|, which vanishes at the fixed
 *     point for any activation; without weight decay |y - f|
 * @param tangentResidual |df/dt| / (2 lambda) relative to |y|: for a homogeneous activation |f - K
 *     Delta / (2 lambda)|; without weight decay |y - f|
 * @param distance estimated distance of outputs, Phi and K from rest, the largest, relative to |y|
 *     per point, |Phi| and |K|; infinite if unknown
 * @param trainOutputs f, row-major P x K
 * @param testOutputs f, row-major Q x K
 * @param kernels Phi and G of all points, with convolutions K too, M x M, training points first
 * @param neurons for outputs at other inputs
 * @param course outputs and kernels in time with their sampling errors at these times; its mean is
 *     extrapolated to infinitely many samples, while the numbers above are those of the samples
 * @param left estimated distance from rest of each number of {@code course} at its last time, 0 at
 *     the times before; NaN if unknown
 */
@SuppressWarnings("ArrayRecordComponent")
public record FixedPointSolution(
    DynamicsProblem problem,
    StopReason reason,
    double time,
    int evaluations,
    double readoutResidual,
    double tangentResidual,
    double distance,
    double[] trainOutputs,
    double[] testOutputs,
    LayerKernels kernels,
    FlowNeurons neurons,
    DynamicsSolution course,
    Trajectory left) {

  /**
   * The course with errors that refer to the fixed point: at the last time the distance from rest,
   * which is independent of the sampling error, is added in quadrature. Meaningful only close to
   * rest.
   */
  public DynamicsSolution rest() {
    Trajectory both =
        Trajectory.combine(
            List.of(course.standardError(), left), values -> Math.hypot(values[0], values[1]));
    return new DynamicsSolution(
        problem,
        course.reason(),
        course.divergence(),
        course.mean(),
        both,
        course.sampleBias(),
        course.jitter());
  }

  /** The largest of both residuals and the distance from rest. */
  public double residual() {
    return Math.max(distance, Math.max(readoutResidual, tangentResidual));
  }

  /** Phi, row-major M x M. */
  public double[] featureKernel() {
    return kernels.feature().get(0);
  }

  /** K = Phi + G o X X^T / D, with sites a sum over their pairs, row-major M x M. */
  public double[] tangentKernel() {
    return problem.tangentKernel(kernels);
  }

  /**
   * The aNNGP predictor Phi(x, X) (Phi + lambda)^{-1} y of all points, row-major M x K; at the
   * fixed point it is f, exactly. For a mean loss lambda is multiplied by P.
   *
   * @throws InvalidProblemException without weight decay
   */
  public double[] featurePredictor(Backend backend) {
    return predictor(backend, featureKernel(), 1);
  }

  /**
   * The aNTK predictor K(x, X) (K + 2 lambda)^{-1} y of all points, M numbers; at the fixed point
   * it is f, exactly, because the network is homogeneous of degree 2 in its weights.
   *
   * @throws InvalidProblemException without weight decay, for several outputs, whose kernels mix,
   *     or for an activation that is not homogeneous
   */
  public double[] tangentPredictor(Backend backend) {
    Activation activation = problem.network().activation();
    if (!activation.isHomogeneous()) {
      throw new InvalidProblemException(
          "activation", activation.id(), "the tangent predictor needs relu, leaky-relu or linear");
    }
    problem.requireOneOutput("the tangent predictor");
    return predictor(backend, tangentKernel(), 2);
  }

  private double[] predictor(Backend backend, double[] kernel, double degree) {
    double lambda = problem.options().weightDecay();
    if (lambda == 0) {
      throw new InvalidProblemException(
          "weight-decay", 0.0, "the kernel predictors need weight decay; use the outputs f");
    }
    int p = problem.trainPoints();
    int all = problem.points();
    double ridge = degree * lambda / problem.options().loss().pull(p);
    double[] coefficients = problem.trainTargets().toArray();
    int outputs = problem.outputs();
    double[] result = new double[all * outputs];
    MemoryPlan plan =
        new MemoryPlan()
            .add("adaptive kernel", Precision.FLOAT64, all, all)
            .add("kernel coefficients", Precision.FLOAT64, p, outputs);
    try (Workspace memory = new Workspace(backend, plan)) {
      Matrix k = memory.get("adaptive kernel");
      Matrix c = memory.get("kernel coefficients");
      backend.upload(kernel, k);
      backend.upload(coefficients, c);
      Matrix train = k.view(0, p, 0, p);
      backend.addDiagonal(ridge, train);
      try {
        backend.cholesky(train);
      } catch (NotPositiveDefiniteException e) {
        throw new NotPositiveDefiniteException(
            "adaptive kernel of " + p + " points with its ridge",
            e.smallestEigenvalue(),
            "raise --weight-decay");
      }
      backend.solveCholesky(train, c);
      backend.download(c, coefficients);
    }
    for (int i = 0; i < all; i++) {
      for (int j = 0; j < p; j++) {
        for (int k = 0; k < outputs; k++) {
          result[i * outputs + k] += kernel[i * all + j] * coefficients[j * outputs + k];
        }
      }
    }
    return result;
  }
}
