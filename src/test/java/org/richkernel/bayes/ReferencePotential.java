package org.richkernel.bayes;

import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.LUDecomposition;
import org.apache.commons.math3.linear.RealMatrix;
import org.richkernel.compute.Activation;
import org.richkernel.stack.PosteriorParameters;

/**
 * V(xi) = (S gamma^2 / 2) tr Y^T A^{-1} Y + c ln det A, A = g phi(h)^T phi(h) / S + kappa, h = xi
 * F^T, written down in float64 with LU decompositions and nothing of the code under test.
 */
final class ReferencePotential {
  private final Activation activation;
  private final RealMatrix factor;
  private final RealMatrix targets;
  private final PosteriorParameters parameters;

  ReferencePotential(
      Activation activation, InputFactor input, double[] y, PosteriorParameters parameters) {
    this.activation = activation;
    this.factor = matrix(input.factor(), input.points());
    this.targets = matrix(y, input.points());
    this.parameters = parameters;
  }

  static RealMatrix matrix(double[] values, int rows) {
    int columns = values.length / rows;
    RealMatrix m = new Array2DRowRealMatrix(rows, columns);
    for (int i = 0; i < values.length; i++) {
      m.setEntry(i / columns, i % columns, values[i]);
    }
    return m;
  }

  static RealMatrix matrix(float[] values, int rows) {
    return matrix(Values.wide(values), rows);
  }

  /** g Phi. */
  RealMatrix kernel(double[] xi, int samples) {
    RealMatrix phi = matrix(xi, samples).multiply(factor.transpose());
    for (int i = 0; i < phi.getRowDimension(); i++) {
      for (int j = 0; j < phi.getColumnDimension(); j++) {
        phi.setEntry(i, j, activation.value(phi.getEntry(i, j)));
      }
    }
    return phi.transpose().multiply(phi).scalarMultiply(parameters.readoutVariance() / samples);
  }

  double value(double[] xi, int samples) {
    RealMatrix a = kernel(xi, samples);
    for (int i = 0; i < a.getRowDimension(); i++) {
      a.addToEntry(i, i, parameters.kappa());
    }
    LUDecomposition lu = new LUDecomposition(a);
    double fit = targets.transpose().multiply(lu.getSolver().solve(targets)).getTrace();
    return 0.5 * samples * parameters.gamma() * parameters.gamma() * fit
        + parameters.determinant() * Math.log(lu.getDeterminant());
  }

  /** Central difference in one component. */
  double derivative(double[] xi, int samples, int component) {
    double step = 1e-5;
    double[] moved = xi.clone();
    moved[component] = xi[component] + step;
    double above = value(moved, samples);
    moved[component] = xi[component] - step;
    return (above - value(moved, samples)) / (2 * step);
  }
}
