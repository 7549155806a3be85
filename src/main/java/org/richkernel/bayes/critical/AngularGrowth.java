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
    double[] pull = new double[problem.points() * problem.points()];
    Arrays.fill(pull, 1);
    double[] growth = new double[problem.layers()];
    for (int depth = 1; depth <= growth.length; depth++) {
      growth[depth - 1] = growth(problem, stack, pull, depth);
    }
    return growth;
  }

  private static double growth(
      FiniteWidthProblem problem, KernelStack stack, double[] top, int depth) {
    double[][] pulls = new double[depth + 1][];
    pulls[depth] = top;
    for (int l = depth - 1; l >= 1; l--) {
      pulls[l] = scaled(problem.weight()[l], stack.map(l).adjoint(pulls[l + 1]));
    }
    double[] change = angular(pulls[1], problem.points());
    for (int l = 1; l < depth; l++) {
      double[] source = angular(pulls[l + 1], problem.points());
      change = scaled(problem.weight()[l], stack.map(l).apply(change));
      for (int i = 0; i < change.length; i++) {
        change[i] += source[i];
      }
    }
    return KernelAdaptation.norm(change) / KernelAdaptation.norm(angular(top, problem.points()));
  }

  /** A: a perturbation that turns the points and keeps their lengths. */
  private static double[] angular(double[] a, int points) {
    double[] b = a.clone();
    for (int i = 0; i < points; i++) {
      b[i * points + i] = 0;
    }
    return b;
  }

  private static double[] scaled(double factor, double[] a) {
    double[] b = new double[a.length];
    for (int i = 0; i < b.length; i++) {
      b[i] = factor * a[i];
    }
    return b;
  }
}
