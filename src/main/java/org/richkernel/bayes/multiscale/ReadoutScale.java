package org.richkernel.bayes.multiscale;

import java.util.ArrayList;
import java.util.List;
import org.apache.commons.math3.analysis.UnivariateFunction;
import org.apache.commons.math3.analysis.solvers.BrentSolver;

/**
 * The scale q, one number in place of the posterior of the readout:
 *
 * <pre>  N (1 - q) - d sum_i q lambda_i / (q lambda_i + kappa)
 *       + chi q sum_i lambda_i z_i^2 / (q lambda_i + kappa)^2 = 0</pre>
 *
 * <p>with d = 0 at tree level and d = 1 for kernel rescaling (arXiv:2502.03210).
 *
 * @param q the scale; the root of largest density if there are several
 * @param stationaryPoints number of roots
 * @param evaluations number of evaluations of the left side
 */
record ReadoutScale(double q, int stationaryPoints, int evaluations) {
  private static final int GRID = 2000;
  private static final double LEAST = 1e-12;
  private static final double FIRST_STRIDE = 1.05;

  /** The left side, which counts its evaluations. */
  private static final class Slope implements UnivariateFunction {
    private final LinearModes modes;
    private final double determinant;
    private int evaluations;

    Slope(LinearModes modes, double determinant) {
      this.modes = modes;
      this.determinant = determinant;
    }

    @Override
    public double value(double q) {
      evaluations++;
      return modes.slope(q, determinant);
    }

    double root(double low, double high) {
      return new BrentSolver(1e-15, 1e-300).solve(1000, this, low, high);
    }
  }

  /** All roots, by a scan of the whole range. */
  static ReadoutScale of(LinearModes modes, double determinant) {
    double high = modes.largestScale() * (1 + 1e-9);
    Slope slope = new Slope(modes, determinant);
    List<Double> roots = new ArrayList<>();
    double low = LEAST;
    // as q goes to 0 the slope goes to N
    while (slope.value(low) < 0) {
      low /= 10;
    }
    double step = Math.log(high / low) / GRID;
    double left = low;
    boolean rising = slope.value(left) > 0;
    for (int i = 1; i <= GRID; i++) {
      double right = i == GRID ? high : low * Math.exp(i * step);
      boolean next = slope.value(right) > 0;
      if (rising != next) {
        roots.add(slope.root(left, right));
      }
      left = right;
      rising = next;
    }
    double best = roots.get(0);
    for (double root : roots) {
      if (modes.logDensity(root, determinant) > modes.logDensity(best, determinant)) {
        best = root;
      }
    }
    return new ReadoutScale(best, roots.size(), slope.evaluations);
  }

  /**
   * The same from the scale of a similar problem. A root that is certainly unique is bracketed from
   * this scale in a few evaluations. Otherwise the whole range is scanned, so no metastable root is
   * followed.
   *
   * @param start a scale, positive
   */
  static ReadoutScale from(LinearModes modes, double determinant, double start) {
    if (!unique(modes, determinant)) {
      return of(modes, determinant);
    }
    Slope slope = new Slope(modes, determinant);
    double last = modes.largestScale() * (1 + 1e-9);
    double left = Math.min(start, last);
    double right = left;
    double stride = FIRST_STRIDE;
    if (slope.value(left) > 0) {
      do {
        left = right;
        right = Math.min(last, right * stride);
        stride *= stride;
      } while (slope.value(right) > 0);
    } else {
      do {
        right = left;
        left /= stride;
        stride *= stride;
      } while (slope.value(left) <= 0);
    }
    return new ReadoutScale(slope.root(left, right), 1, slope.evaluations);
  }

  /**
   * Whether the equation certainly has one root. With u_i = q lambda_i / (q lambda_i + kappa) its
   * left side falls with ln q at every root, at the rate
   *
   * <pre>  N - d sum_i u_i^2 + 2 (chi / kappa) sum_i z_i^2 u_i^2 (1 - u_i),</pre>
   *
   * if d sum_i u_i^2 &lt;= N at the largest possible root: always at tree level, and with the
   * determinant wherever the kernel has no more than N modes above the noise.
   */
  static boolean unique(LinearModes modes, double determinant) {
    double high = modes.largestScale();
    double sum = 0;
    for (int i = 0; i < modes.points(); i++) {
      double u = high * modes.lambda(i) / (high * modes.lambda(i) + modes.kappa());
      sum += determinant * u * u;
    }
    return sum <= modes.width();
  }
}
