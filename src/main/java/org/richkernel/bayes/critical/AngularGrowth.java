package org.richkernel.bayes.critical;

import java.util.Arrays;

/**
 * Growth of the change of angles of a data set in a deep network relative to the source of one
 * layer, for equal sources in all layers. It uses the propagators of {@link LinearResponse} at the
 * kernels of the data, with the off-diagonal part of a matrix, A, in place of the four-point
 * average V,
 *
 * <pre>  Ct^l = g J_l^*[Ct^{l+1}],   D^{l+1} = g J_l[D^l] + A[Ct^{l+1}],   D^1 = A[Ct^1],
 *   growth = |D^L|_F / |A[Ct^L]|_F   for  Ct^L = 1 1^T.</pre>
 *
 * <p>For points near each other at the fixed point of the variance that is sum_{k &lt; L}
 * chi_perp^{2k} ({@link ResponseFunctions#adaptationGrowth}); for distant points it depends on
 * their angles.
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
      // off the diagonal J and its adjoint act on each pair separately, so the propagators of all
      // layers commute and each further layer multiplies the earlier ones
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

  /** A, the off-diagonal part: a perturbation that turns the points and keeps their lengths. */
  private static double[] angular(double[] a, int points) {
    double[] b = a.clone();
    for (int i = 0; i < points; i++) {
      b[i * points + i] = 0;
    }
    return b;
  }
}
