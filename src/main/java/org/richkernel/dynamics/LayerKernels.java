package org.richkernel.dynamics;

import java.util.List;
import java.util.Optional;

/**
 * Equal-time kernels of all hidden layers at one time, or their standard errors.
 *
 * @param step time t, in steps
 * @param feature Phi^1 to Phi^L, each row-major M x M, training points first
 * @param gradient G^1 to G^L, each row-major M x M; empty if not measured
 * @param tangent K, row-major M x M; empty if not measured, or if it follows from the others
 */
public record LayerKernels(
    int step, List<double[]> feature, List<double[]> gradient, Optional<double[]> tangent) {
  /**
   * @throws IllegalArgumentException if the numbers of feature and gradient kernels differ
   */
  public LayerKernels {
    feature = List.copyOf(feature);
    gradient = List.copyOf(gradient);
    if (!gradient.isEmpty() && feature.size() != gradient.size()) {
      throw new IllegalArgumentException(
          feature.size() + " feature kernels and " + gradient.size() + " gradient kernels");
    }
  }

  /** Kernels from which the tangent kernel follows, or without one. */
  public LayerKernels(int step, List<double[]> feature, List<double[]> gradient) {
    this(step, feature, gradient, Optional.empty());
  }

  /** The kernels of the training points alone, each P x P. */
  public LayerKernels train(DynamicsProblem problem) {
    return new LayerKernels(
        step,
        feature.stream().map(problem::trainBlock).toList(),
        gradient.stream().map(problem::trainBlock).toList(),
        tangent.map(problem::trainBlock));
  }

  /**
   * The tangent kernel K = sum_{l=0}^{L} G^{l+1} o Phi^l with G^{L+1} = 1, row-major M x M.
   *
   * @param inputKernel Phi^0, M x M; not used if the tangent kernel was measured
   */
  public double[] tangentKernel(double[] inputKernel) {
    if (tangent.isPresent()) {
      return tangent.get();
    }
    double[] kernel = feature.get(feature.size() - 1).clone();
    for (int l = 0; l < gradient.size(); l++) {
      double[] below = l == 0 ? inputKernel : feature.get(l - 1);
      double[] g = gradient.get(l);
      for (int i = 0; i < kernel.length; i++) {
        kernel[i] += g[i] * below[i];
      }
    }
    return kernel;
  }
}
