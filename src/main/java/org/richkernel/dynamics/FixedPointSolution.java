package org.richkernel.dynamics;

import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.NotPositiveDefiniteException;
import org.richkernel.compute.Precision;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.solver.StopReason;

/**
 * Where the gradient flow of a network with one hidden layer came to rest.
 *
 * @param problem what was solved
 * @param reason converged, budget (the time ran out first) or interrupted
 * @param time training time that was reached
 * @param evaluations evaluations of the velocity
 * @param residual the larger of |f - Phi Delta / lambda| and |df/dt| / lambda (over a quarter of 1
 *     / lambda; infinite before that), relative to |y|; without weight decay |y - f|
 * @param trainOutputs f, P numbers
 * @param testOutputs f, Q numbers
 * @param kernels Phi and G of all points, M x M, training points first
 */
@SuppressWarnings("ArrayRecordComponent")
public record FixedPointSolution(
    DynamicsProblem problem,
    StopReason reason,
    double time,
    int evaluations,
    double residual,
    double[] trainOutputs,
    double[] testOutputs,
    LayerKernels kernels) {

  /** Phi, row-major M x M. */
  public double[] featureKernel() {
    return kernels.feature().get(0);
  }

  /** K = Phi + G o X X^T / D, row-major M x M. */
  public double[] tangentKernel() {
    return kernels.tangentKernel(problem.inputKernel());
  }

  /**
   * The aNNGP predictor Phi(x, X) (Phi + lambda)^{-1} y of all points, M numbers; at the fixed
   * point it is f, exactly. For a mean loss lambda is multiplied by P.
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
   * @throws InvalidProblemException without weight decay, or for an activation that is not
   *     homogeneous
   */
  public double[] tangentPredictor(Backend backend) {
    Activation activation = problem.network().activation();
    if (activation != Activation.RELU && activation != Activation.LINEAR) {
      throw new InvalidProblemException(
          "activation", activation.id(), "the tangent predictor needs relu or linear");
    }
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
    double[] result = new double[all];
    try (Matrix k = backend.allocate(Precision.FLOAT64, all, all, "adaptive kernel");
        Matrix c = backend.allocate(Precision.FLOAT64, p, 1, "kernel coefficients")) {
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
            "raise the weight decay");
      }
      backend.solveCholesky(train, c);
      backend.download(c, coefficients);
    }
    for (int i = 0; i < all; i++) {
      for (int j = 0; j < p; j++) {
        result[i] += kernel[i * all + j] * coefficients[j];
      }
    }
    return result;
  }
}
