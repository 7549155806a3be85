package org.richkernel.bayes;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.richkernel.compute.Activation;

/**
 * Finds the wells of a single neuron at a fixed dual vector: the maxima over the whitened field xi
 * (length r) of
 *
 * <pre>  U(xi) = (gamma^2 g / 2) |phi(F xi)^T v|^2 - |xi|^2 / 2.</pre>
 *
 * <p>Newton's method with a damped Hessian ascends from every start. Steps are bounded by a
 * fraction of the distance from the origin, so that they do not skip the plateaus of a bounded
 * activation. The search may miss maxima.
 */
final class WellSearch {
  /** Largest step, absolute and in units of |xi|. */
  private static final double LEAST_REACH = 0.3;

  private static final double REACH = 0.1;

  private static final int MOST_STEPS = 300;

  /** Largest gradient at a maximum. */
  private static final double TOLERANCE = 1e-8;

  /** Maxima closer than this, in units of 1 + |xi|, are one. */
  private static final double SAME = 1e-3;

  /** Largest number of wells; lighter ones are dropped. */
  private static final int MOST_WELLS = 40;

  private final Activation activation;
  private final double[] factor; // F, P x r
  private final double[] dual; // v, P x K
  private final double strength; // gamma^2 g
  private final int points;
  private final int rank;
  private final int outputs;

  private final double[] gradient;
  private final double[] hessian; // of -U, r x r
  private final double[] root; // its Cholesky factor
  private final double[] trial;
  private final double[] fit; // phi^T v, K
  private final double[] fitGradient; // K x r

  /**
   * @param factor F, row-major P x r
   * @param dual v, row-major P x K
   * @param strength gamma^2 g
   */
  WellSearch(Activation activation, double[] factor, int rank, double[] dual, double strength) {
    this.activation = activation;
    this.factor = factor;
    this.dual = dual;
    this.strength = strength;
    this.rank = rank;
    points = factor.length / rank;
    outputs = dual.length / points;
    gradient = new double[rank];
    hessian = new double[rank * rank];
    root = new double[rank * rank];
    trial = new double[rank];
    fit = new double[outputs];
    fitGradient = new double[outputs * rank];
  }

  /**
   * A maximum of U; its mirror image is another.
   *
   * @param maximum xi, of length r
   * @param covarianceRoot lower triangle L, row-major r x r, of the inverse curvature L L^T
   * @param logMass logarithm of the mass in Laplace's approximation, up to a constant
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Well(double[] maximum, double[] covarianceRoot, double logMass) {}

  /**
   * Ascends from every start.
   *
   * @param starts each of length r
   * @return the wells, the heaviest first
   */
  List<Well> from(List<double[]> starts) {
    List<Well> wells = new ArrayList<>();
    for (double[] start : starts) {
      double[] xi = start.clone();
      if (climb(xi) && wells.stream().noneMatch(well -> isSame(well.maximum, xi))) {
        wells.add(well(xi));
      }
    }
    wells.sort(Comparator.comparingDouble(Well::logMass).reversed());
    return wells.stream().limit(MOST_WELLS).toList();
  }

  /** Whether two maxima are the same, or mirror images. */
  private boolean isSame(double[] a, double[] b) {
    double minus = 0;
    double plus = 0;
    double square = 0;
    for (int i = 0; i < rank; i++) {
      minus += (a[i] - b[i]) * (a[i] - b[i]);
      plus += (a[i] + b[i]) * (a[i] + b[i]);
      square += a[i] * a[i];
    }
    return Math.sqrt(Math.min(minus, plus)) < SAME * (1 + Math.sqrt(square));
  }

  /** Moves xi to a maximum; false if none is reached. */
  private boolean climb(double[] xi) {
    double value = expand(xi);
    double damping = 0;
    for (int step = 0; step < MOST_STEPS; step++) {
      double size = norm(xi);
      if (norm(gradient) < TOLERANCE * (1 + size)) {
        return factorize(0);
      }
      while (!factorize(damping)) {
        damping = Math.max(0.1, 2 * damping);
      }
      double[] move = gradient.clone();
      solve(move);
      double length = norm(move);
      double scale = Math.min(1, Math.max(LEAST_REACH, REACH * size) / length);
      double next = Double.NEGATIVE_INFINITY;
      while (scale * length > 1e-12 * (1 + size)) {
        for (int i = 0; i < rank; i++) {
          trial[i] = xi[i] + scale * move[i];
        }
        next = value(trial);
        if (next >= value - 1e-12 * Math.abs(value)) {
          break;
        }
        scale *= 0.5;
      }
      if (!(next >= value - 1e-12 * Math.abs(value))) {
        return false;
      }
      System.arraycopy(trial, 0, xi, 0, rank);
      value = expand(xi);
      damping = scale == 1 ? damping * 0.25 : damping;
      if (damping < 1e-3) {
        damping = 0;
      }
    }
    return false;
  }

  private double value(double[] xi) {
    java.util.Arrays.fill(fit, 0);
    for (int p = 0; p < points; p++) {
      double phi = activation.value(field(p, xi));
      for (int k = 0; k < outputs; k++) {
        fit[k] += phi * dual[p * outputs + k];
      }
    }
    return height(xi);
  }

  private double height(double[] xi) {
    double size = norm(xi);
    double squares = 0;
    for (double f : fit) {
      squares += f * f;
    }
    return 0.5 * (strength * squares - size * size);
  }

  /** U; fills its gradient and the Hessian of -U. */
  private double expand(double[] xi) {
    double value = value(xi);
    java.util.Arrays.fill(fitGradient, 0);
    java.util.Arrays.fill(hessian, 0);
    for (int p = 0; p < points; p++) {
      double h = field(p, xi);
      double slope = activation.derivative(h);
      double bend = 0;
      for (int k = 0; k < outputs; k++) {
        double v = dual[p * outputs + k];
        bend += v * fit[k];
        for (int i = 0; i < rank; i++) {
          fitGradient[k * rank + i] += slope * v * factor[p * rank + i];
        }
      }
      bend *= -strength * activation.curvature(h);
      for (int i = 0; i < rank; i++) {
        for (int j = 0; j <= i; j++) {
          hessian[i * rank + j] += bend * factor[p * rank + i] * factor[p * rank + j];
        }
      }
    }
    for (int i = 0; i < rank; i++) {
      gradient[i] = -xi[i];
      hessian[i * rank + i] += 1;
      for (int k = 0; k < outputs; k++) {
        gradient[i] += strength * fit[k] * fitGradient[k * rank + i];
        for (int j = 0; j <= i; j++) {
          hessian[i * rank + j] -= strength * fitGradient[k * rank + i] * fitGradient[k * rank + j];
        }
      }
    }
    return value;
  }

  private double field(int p, double[] xi) {
    double h = 0;
    for (int i = 0; i < rank; i++) {
      h += factor[p * rank + i] * xi[i];
    }
    return h;
  }

  /** Cholesky factor of the Hessian of -U plus a damping; false if it is indefinite. */
  private boolean factorize(double damping) {
    for (int i = 0; i < rank; i++) {
      for (int j = 0; j <= i; j++) {
        double sum = hessian[i * rank + j] + (i == j ? damping : 0);
        for (int k = 0; k < j; k++) {
          sum -= root[i * rank + k] * root[j * rank + k];
        }
        if (i > j) {
          root[i * rank + j] = sum / root[j * rank + j];
        } else if (sum > 1e-14) {
          root[i * rank + i] = Math.sqrt(sum);
        } else {
          return false;
        }
      }
    }
    return true;
  }

  private void solve(double[] b) {
    for (int i = 0; i < rank; i++) {
      for (int k = 0; k < i; k++) {
        b[i] -= root[i * rank + k] * b[k];
      }
      b[i] /= root[i * rank + i];
    }
    for (int i = rank - 1; i >= 0; i--) {
      for (int k = i + 1; k < rank; k++) {
        b[i] -= root[k * rank + i] * b[k];
      }
      b[i] /= root[i * rank + i];
    }
  }

  /** The well at the present maximum, with the Hessian factorized. */
  private Well well(double[] xi) {
    double logMass = value(xi);
    for (int i = 0; i < rank; i++) {
      logMass -= Math.log(root[i * rank + i]);
    }
    // The covariance column by column, then its own factor.
    for (int c = 0; c < rank; c++) {
      double[] column = new double[rank];
      column[c] = 1;
      solve(column);
      for (int i = 0; i < rank; i++) {
        hessian[i * rank + c] = column[i];
      }
    }
    factorize(0);
    double[] lower = new double[rank * rank];
    for (int i = 0; i < rank; i++) {
      System.arraycopy(root, i * rank, lower, i * rank, i + 1);
    }
    return new Well(xi, lower, logMass);
  }

  private double norm(double[] a) {
    double square = 0;
    for (int i = 0; i < rank; i++) {
      square += a[i] * a[i];
    }
    return Math.sqrt(square);
  }
}
