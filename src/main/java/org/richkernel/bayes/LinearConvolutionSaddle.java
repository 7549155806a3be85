package org.richkernel.bayes;

import java.util.ArrayList;
import java.util.List;
import org.richkernel.compute.Backend;
import org.richkernel.network.SiteMap;
import org.richkernel.solver.QuasiNewtonDescent;

/**
 * The saddle point of a linear convolutional network without Monte Carlo. The action is minimized
 * along a path of richness, once from the kernel at initialisation upwards and once from a richer
 * network downwards. The end of smaller action is the solution: deep networks can have several
 * minima (a first-order transition), and a single path could stay on a metastable branch.
 *
 * @param dual V, row-major P x K
 * @param kernels pooled Phi^1 to Phi^L, row-major P x P
 * @param coefficients one array s_1 x r for each output: f(x) = sum_a R_a(x) c_a over the whitened
 *     coordinates of the patches of x
 * @param action S per channel
 * @param residual |dS/dT| / |T|, relative violation of the saddle equations
 */
@SuppressWarnings("ArrayRecordComponent")
record LinearConvolutionSaddle(
    double[] dual,
    List<double[]> kernels,
    List<double[]> coefficients,
    double action,
    double residual) {
  private static final double[] RISE = {0.25, 0.5, 0.75, 1};
  private static final double[] RICHER = {2, 4};
  private static final double[] FALL = {2, 1.5, 1.25, 1};
  private static final int MOST_STEPS = 2000;
  private static final double ACCURACY = 1e-9;
  private static final double ON_THE_WAY = 1e-4;

  /** Solves; see {@link LinearConvolutionAction} for the arguments. */
  static LinearConvolutionSaddle solve(
      Backend backend,
      InputFactor.Exact patches,
      List<SiteMap> maps,
      double[] variance,
      boolean average,
      double[] y,
      int points,
      double gamma,
      double kappa) {
    try (LinearConvolutionAction action =
        new LinearConvolutionAction(
            backend, patches, maps, variance, average, y, points, gamma, kappa)) {
      double[] rising = path(action, action.atInitialisation(), RISE);
      QuasiNewtonDescent.End best = end(action, rising);
      double[] rich = path(action, best.x(), RICHER);
      QuasiNewtonDescent.End other = end(action, path(action, rich, FALL));
      if (other.value() < best.value()) {
        best = other;
      }
      action.evaluate(best.x(), new double[best.x().length]);
      List<double[]> kernels = new ArrayList<>();
      for (int l = 1; l <= maps.size(); l++) {
        kernels.add(action.kernel(l));
      }
      List<double[]> coefficients = new ArrayList<>();
      for (int k = 0; k < y.length / points; k++) {
        coefficients.add(action.coefficients(k));
      }
      double square = 0;
      for (double t : best.x()) {
        square += t * t;
      }
      return new LinearConvolutionSaddle(
          action.dual(), kernels, coefficients, best.value(), best.slope() / Math.sqrt(square));
    }
  }

  private static QuasiNewtonDescent.End end(LinearConvolutionAction action, double[] start) {
    return QuasiNewtonDescent.descend(action::evaluate, start, ACCURACY, MOST_STEPS);
  }

  /** Follows a minimum through multiples of the richness. */
  private static double[] path(LinearConvolutionAction action, double[] start, double[] multiples) {
    double[] at = start;
    for (double multiple : multiples) {
      double richness2 = multiple * multiple * action.richness2();
      at =
          QuasiNewtonDescent.descend(
                  (x, gradient) -> action.evaluate(richness2, x, gradient),
                  at,
                  ON_THE_WAY,
                  MOST_STEPS)
              .x();
    }
    return at;
  }
}
