package org.richkernel.bayes.multiscale;

import java.util.ArrayList;
import java.util.List;
import org.apache.commons.math3.analysis.UnivariateFunction;
import org.apache.commons.math3.analysis.solvers.BrentSolver;

/**
 * The scale q by which one number replaces the posterior of the readout:
 *
 * <pre>  N (1 - q) - d sum_i q lambda_i / (q lambda_i + kappa)
 *       + chi q sum_i lambda_i z_i^2 / (q lambda_i + kappa)^2 = 0</pre>
 *
 * <p>with d = 0 at tree level and d = 1 for kernel rescaling (arXiv:2502.03210). All roots are
 * found; the one of largest density is the answer.
 *
 * @param q the scale
 * @param stationaryPoints number of roots
 */
record ReadoutScale(double q, int stationaryPoints) {
  private static final int GRID = 2000;
  private static final double LEAST = 1e-12;

  /** The root of largest density. */
  static ReadoutScale of(LinearModes modes, double determinant) {
    double high = modes.largestScale() * (1 + 1e-9);
    UnivariateFunction slope = q -> modes.slope(q, determinant);
    List<Double> roots = new ArrayList<>();
    double low = LEAST;
    // as q goes to 0 the slope goes to N
    while (slope.value(low) < 0) {
      low /= 10;
    }
    double step = Math.log(high / low) / GRID;
    double left = low;
    for (int i = 1; i <= GRID; i++) {
      double right = i == GRID ? high : low * Math.exp(i * step);
      if (slope.value(left) > 0 != slope.value(right) > 0) {
        roots.add(new BrentSolver(1e-15, 1e-300).solve(1000, slope, left, right));
      }
      left = right;
    }
    double best = roots.get(0);
    for (double root : roots) {
      if (modes.logDensity(root, determinant) > modes.logDensity(best, determinant)) {
        best = root;
      }
    }
    return new ReadoutScale(best, roots.size());
  }
}
