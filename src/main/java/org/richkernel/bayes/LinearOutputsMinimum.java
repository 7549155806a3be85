package org.richkernel.bayes;

import java.util.Arrays;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.ArrayRealVector;
import org.apache.commons.math3.linear.CholeskyDecomposition;
import org.apache.commons.math3.linear.NonPositiveDefiniteMatrixException;
import org.apache.commons.math3.linear.RealMatrix;
import org.apache.commons.math3.linear.RealVector;
import org.jspecify.annotations.Nullable;

/**
 * A minimum of the action of a deep linear network with K outputs.
 *
 * @param t eigenvalues of T, length K
 * @param rotation O, eigenvectors in columns, K x K
 * @param action S(T), per neuron
 * @param residual relative mismatch of the saddle equations, 0 where T is stationary: the larger of
 *     |Y - (Phi^L + kappa) V| / |Y| and that of the order parameters, |t - p| / |t| with p_k =
 *     gamma^2 m_k v_k^T C v_k
 */
@SuppressWarnings("ArrayRecordComponent")
public record LinearOutputsMinimum(
    double[] t, RealMatrix rotation, double action, double residual) {
  private static final int MOST_STEPS = 300;
  private static final double ACCURACY = 1e-12;
  private static final double DIFFERENCE = 1e-5;
  private static final double ROUNDING = 1e-13;

  /**
   * Newton's method with a shift that keeps every step downhill (Levenberg); the second derivatives
   * are differences of the gradient.
   */
  static LinearOutputsMinimum descend(LinearOutputsAction action, RealMatrix start) {
    LinearOutputsAction.Point point = action.at(start);
    double shift = 1e-8;
    for (int step = 0; step < MOST_STEPS; step++) {
      RealMatrix gradient = action.gradient(point);
      if (gradient.getFrobeniusNorm() <= ACCURACY * (1 + Math.abs(point.action()))) {
        break;
      }
      RealVector slope = packed(gradient);
      RealMatrix curvature = curvature(action, point);
      LinearOutputsAction.Point next = null;
      while (next == null && shift < 1e12) {
        next = trial(action, point, slope, curvature, shift);
        shift = next == null ? 10 * shift : Math.max(1e-14, shift / 10);
      }
      if (next == null) {
        break; // rounding: no step lowers the action
      }
      point = next;
    }
    return new LinearOutputsMinimum(
        point.t(), point.rotation(), point.action(), action.residual(point));
  }

  private static LinearOutputsAction.@Nullable Point trial(
      LinearOutputsAction action,
      LinearOutputsAction.Point point,
      RealVector slope,
      RealMatrix curvature,
      double shift) {
    RealMatrix shifted = curvature.copy();
    for (int i = 0; i < shifted.getRowDimension(); i++) {
      shifted.addToEntry(i, i, shift);
    }
    try {
      RealVector move = new CholeskyDecomposition(shifted, 1e-6, 0).getSolver().solve(slope);
      LinearOutputsAction.Point next =
          action.at(point.matrix().subtract(unpacked(move, action.outputs())));
      return improves(action, point, next) ? next : null;
    } catch (NonPositiveDefiniteMatrixException e) {
      return null; // not a descent direction: a larger shift is needed
    }
  }

  /** Whether the action falls, or the gradient if the change of the action is within rounding. */
  private static boolean improves(
      LinearOutputsAction action, LinearOutputsAction.Point from, LinearOutputsAction.Point to) {
    double rounding = ROUNDING * (1 + Math.abs(from.action()));
    if (to.action() < from.action() - rounding) {
      return true;
    }
    return to.action() <= from.action() + rounding
        && action.gradient(to).getFrobeniusNorm() < 0.5 * action.gradient(from).getFrobeniusNorm();
  }

  /** Second derivatives in the packed entries of T. */
  private static RealMatrix curvature(LinearOutputsAction action, LinearOutputsAction.Point point) {
    int outputs = action.outputs();
    int size = outputs * (outputs + 1) / 2;
    RealMatrix hessian = new Array2DRowRealMatrix(size, size);
    double e = DIFFERENCE * (1 + point.matrix().getFrobeniusNorm());
    // stay within 1 + T > 0
    e = Math.min(e, 0.1 * (1 + Arrays.stream(point.t()).min().orElse(0)));
    for (int i = 0; i < size; i++) {
      RealVector unit = new ArrayRealVector(size);
      unit.setEntry(i, e);
      RealMatrix d = unpacked(unit, outputs);
      RealVector up = packed(action.gradient(action.at(point.matrix().add(d))));
      RealVector down = packed(action.gradient(action.at(point.matrix().subtract(d))));
      hessian.setColumnVector(i, up.subtract(down).mapDivide(2 * e));
    }
    return hessian.add(hessian.transpose()).scalarMultiply(0.5);
  }

  /** Lower triangle by rows; off-diagonal entries count twice. */
  private static RealVector packed(RealMatrix gradient) {
    int n = gradient.getRowDimension();
    RealVector x = new ArrayRealVector(n * (n + 1) / 2);
    int at = 0;
    for (int i = 0; i < n; i++) {
      for (int j = 0; j <= i; j++) {
        x.setEntry(
            at++,
            i == j ? gradient.getEntry(i, i) : gradient.getEntry(i, j) + gradient.getEntry(j, i));
      }
    }
    return x;
  }

  private static RealMatrix unpacked(RealVector x, int n) {
    RealMatrix matrix = new Array2DRowRealMatrix(n, n);
    int at = 0;
    for (int i = 0; i < n; i++) {
      for (int j = 0; j <= i; j++) {
        matrix.setEntry(i, j, x.getEntry(at));
        matrix.setEntry(j, i, x.getEntry(at++));
      }
    }
    return matrix;
  }

  /** Whether another minimum has the same action and eigenvalues. */
  boolean isSameAs(LinearOutputsMinimum other, double tolerance) {
    double[] own = t.clone();
    double[] theirs = other.t.clone();
    Arrays.sort(own);
    Arrays.sort(theirs);
    double distance = Math.abs(action - other.action) / (1 + Math.abs(action));
    for (int k = 0; k < own.length; k++) {
      distance = Math.max(distance, Math.abs(own[k] - theirs[k]) / (1 + Math.abs(own[k])));
    }
    return distance < tolerance;
  }
}
