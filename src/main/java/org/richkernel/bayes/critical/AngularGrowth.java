package org.richkernel.bayes.critical;

import java.util.Arrays;

/**
 * How much more the angles of a data set turn in a deep network than by the source of one layer, if
 * all layers have sources alike: the propagators of {@link LinearResponse} at the kernels of the
 * data, with the part of a matrix off its diagonal, A, in place of the four-point average V,
 *
 * <pre>  Ct^l = g J_l^*[Ct^{l+1}],   D^{l+1} = g J_l[D^l] + A[Ct^{l+1}],   D^1 = A[Ct^1],
 *   growth = |D^L|_F / |A[Ct^L]|_F   for  Ct^L = 1 1^T.</pre>
 *
 * <p>For points near each other at the fixed point of the variance that is sum_{k &lt; L}
 * chi_perp^{2k} ({@link ResponseFunctions#adaptationGrowth}); for points that differ, what their
 * own angles make of it.
 */
public final class AngularGrowth {
  private AngularGrowth() {}

  /**
   * The growth of networks with 1 to L of the hidden layers of a problem.
   *
   * @param problem with at least 2 points
   */
  public static double[] of(FiniteWidthProblem problem) {
    KernelStack stack = KernelStack.prior(problem);
    int points = problem.points();
    double[] ones = new double[points * points];
    Arrays.fill(ones, 1);
    double[] source = angular(ones, points);
    double[] change = source;
    double[] growth = new double[problem.layers()];
    growth[0] = 1;
    for (int l = 1; l < growth.length; l++) {
      // off the diagonal J and its adjoint act on each pair by itself, so that the propagators of
      // all layers commute and one more layer goes around those before it
      double g = problem.weight()[l];
      double[] pulled = angular(stack.map(l).adjoint(change), points);
      double[] next = stack.map(l).apply(pulled);
      for (int i = 0; i < next.length; i++) {
        next[i] = source[i] + g * g * next[i];
      }
      change = next;
      growth[l] = KernelAdaptation.norm(change) / KernelAdaptation.norm(source);
    }
    return growth;
  }

  /** A: a perturbation that turns the points and keeps their lengths. */
  private static double[] angular(double[] a, int points) {
    double[] b = a.clone();
    for (int i = 0; i < points; i++) {
      b[i * points + i] = 0;
    }
    return b;
  }
}
