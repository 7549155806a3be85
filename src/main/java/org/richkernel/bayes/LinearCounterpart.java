package org.richkernel.bayes;

import org.richkernel.compute.Backend;

/**
 * Linear network whose input kernel is a network's readout kernel at initialisation. It estimates
 * cheaply where a first-order transition is possible.
 *
 * <p>Its saddle at order parameter t &gt;= 0 belongs to the richness (Lauditi, Bordelon and
 * Pehlevan, arXiv:2502.07998, linear networks, solved for gamma)
 *
 * <pre>  gamma(t)^2 = t / sum_k m lambda_k z_k^2 / (m lambda_k + kappa)^2,    m = (1 + t)^L,</pre>
 *
 * <p>with lambda_k the eigenvalues of the kernel and z_k the components of the targets. A richness
 * has several solutions if gamma(t) falls somewhere. This needs L &gt;= 2, t &gt; 1 / (L - 1) and
 * more noise than kernel along the targets: for a single mode kappa &gt; 63 lambda at L = 2 and
 * kappa &gt; 33 lambda at L = 4. The estimate is exact for linear networks of one output that are
 * dense, or convolutions with circular padding, no strides and means over sites, whose saddle is
 * that of the images' means.
 */
final class LinearCounterpart {
  /** Number of values of t. */
  private static final int GRID = 600;

  /** Smallest relative fall of gamma^2, above rounding. */
  private static final double FALL = 1e-9;

  /** Smallest noise of the search, relative to the given one. */
  private static final double LEAST_NOISE = 1e-9;

  private static final int BISECTIONS = 40;

  private final int layers;
  private final double[] lambda;
  private final double[][] z; // K x P

  private LinearCounterpart(int layers, KernelModes modes) {
    this.layers = layers;
    lambda = modes.lambda();
    z = new double[modes.outputs()][lambda.length];
    for (int o = 0; o < z.length; o++) {
      for (int k = 0; k < lambda.length; k++) {
        z[o][k] = modes.target(k, o);
      }
    }
  }

  /** The counterpart of a problem's network at any richness and noise. */
  static LinearCounterpart of(Backend backend, AdaptiveProblem problem) {
    int depth = problem.network().hiddenLayers();
    AdaptiveProblem lazy = problem.at(0, problem.options().kappa());
    double[] kernel = InitialKernelSaddle.solve(backend, lazy).kernels().get(depth - 1).clone();
    double variance = problem.network().weightVariance(depth);
    for (int i = 0; i < kernel.length; i++) {
      kernel[i] *= variance;
    }
    int outputs = problem.trainTargets().outputs();
    return new LinearCounterpart(
        depth, KernelModes.of(backend, kernel, problem.trainTargets().toArray(), outputs));
  }

  /** tr Y^T (C + kappa)^{-1} Y, which is tr Y^T v of the network itself at gamma = 0. */
  double initialDualFit(double kappa) {
    double sum = 0;
    for (double[] components : z) {
      for (int k = 0; k < lambda.length; k++) {
        sum += components[k] * components[k] / (lambda[k] + kappa);
      }
    }
    return sum;
  }

  /** Whether some richness up to this one has several solutions, for any output taken alone. */
  boolean hasSeveralSolutions(double gamma, double kappa) {
    for (double[] components : z) {
      if (layers > 1 && folds(components, gamma, kappa)) {
        return true;
      }
    }
    return false;
  }

  private boolean folds(double[] components, double gamma, double kappa) {
    double first = 1.0 / (layers - 1);
    // m lambda / (m lambda + kappa)^2 <= 1 / (4 kappa)
    double size = 0;
    for (double component : components) {
      size += component * component;
    }
    double last = gamma * gamma * size / (4 * kappa);
    double highest = 0;
    for (int i = 0; i <= GRID && last > first; i++) {
      double square =
          richnessSquare(components, first * Math.pow(last / first, i / (double) GRID), kappa);
      if (square < (1 - FALL) * highest && square <= gamma * gamma) {
        return true;
      }
      highest = Math.max(highest, square);
    }
    return false;
  }

  /** gamma(t)^2. */
  private double richnessSquare(double[] components, double t, double kappa) {
    double m = Math.pow(1 + t, layers);
    double sum = 0;
    for (int k = 0; k < lambda.length; k++) {
      if (lambda[k] > 0) {
        // divided by m against overflow
        double denominator = lambda[k] + kappa / m;
        sum += lambda[k] * components[k] * components[k] / (denominator * denominator);
      }
    }
    return t * m / sum;
  }

  /**
   * The largest noise up to the given one, by bisection of its logarithm, at which every richness
   * up to the given one has a single solution.
   */
  double noiseOfOneSolution(double gamma, double kappa) {
    if (!hasSeveralSolutions(gamma, kappa)) {
      return kappa;
    }
    double low = LEAST_NOISE * kappa;
    double high = kappa;
    for (int i = 0; i < BISECTIONS; i++) {
      double middle = Math.sqrt(low * high);
      if (hasSeveralSolutions(gamma, middle)) {
        high = middle;
      } else {
        low = middle;
      }
    }
    return low;
  }
}
