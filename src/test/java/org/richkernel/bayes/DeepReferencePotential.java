package org.richkernel.bayes;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.apache.commons.math3.linear.CholeskyDecomposition;
import org.apache.commons.math3.linear.LUDecomposition;
import org.apache.commons.math3.linear.MatrixUtils;
import org.apache.commons.math3.linear.RealMatrix;
import org.richkernel.network.NetworkSpec;
import org.richkernel.stack.FieldForm;
import org.richkernel.stack.PosteriorParameters;

/**
 * V(xi) = (S gamma^2 / 2) tr Y^T A^{-1} Y + c ln det A of a deep network, layer by layer in float64
 * with the decompositions of Commons Math and nothing of the code under test.
 */
final class DeepReferencePotential {
  private final NetworkSpec network;
  private final FieldForm form;
  private final RealMatrix inputFactor;
  private final RealMatrix targets;
  private final PosteriorParameters parameters;

  DeepReferencePotential(
      NetworkSpec network,
      FieldForm form,
      InputFactor input,
      double[] y,
      PosteriorParameters parameters) {
    this.network = network;
    this.form = form;
    this.inputFactor = ReferencePotential.matrix(input.factor(), input.points());
    this.targets = ReferencePotential.matrix(y, input.points());
    this.parameters = parameters;
  }

  /** g_l Phi^l for l = 1 to L. */
  List<RealMatrix> kernels(double[] xi, int samples) {
    return kernels(xi, samples, kernel -> {});
  }

  private List<RealMatrix> kernels(double[] xi, int samples, Consumer<RealMatrix> rounding) {
    RealMatrix fields = ReferencePotential.matrix(xi, samples);
    List<RealMatrix> kernels = new ArrayList<>();
    RealMatrix factor = inputFactor;
    int column = 0;
    for (int l = 1; l <= network.hiddenLayers(); l++) {
      int width = factor.getColumnDimension();
      RealMatrix phi =
          fields
              .getSubMatrix(0, samples - 1, column, column + width - 1)
              .multiply(factor.transpose());
      for (int i = 0; i < phi.getRowDimension(); i++) {
        for (int j = 0; j < phi.getColumnDimension(); j++) {
          phi.setEntry(i, j, network.activation().value(phi.getEntry(i, j)));
        }
      }
      RealMatrix kernel =
          phi.transpose().multiply(phi).scalarMultiply(network.weightVariance(l) / samples);
      rounding.accept(kernel);
      kernels.add(kernel);
      column += width;
      RealMatrix sigma = kernel.scalarAdd(network.biasVariance());
      int points = sigma.getRowDimension();
      double jitter = 1e-9 * sigma.getTrace() / points;
      for (int i = 0; i < points; i++) {
        sigma.addToEntry(i, i, jitter);
      }
      if (l < network.hiddenLayers()) {
        factor =
            form == FieldForm.WHITENED
                ? new CholeskyDecomposition(sigma).getL()
                : activations(phi, network.weightVariance(l) / samples);
      }
    }
    return kernels;
  }

  /** [sqrt(weight) phi^T, sqrt(g_b) 1], P x S or P x (S + 1). */
  private RealMatrix activations(RealMatrix phi, double weight) {
    int samples = phi.getRowDimension();
    boolean biases = network.biasVariance() > 0;
    RealMatrix factor =
        MatrixUtils.createRealMatrix(phi.getColumnDimension(), biases ? samples + 1 : samples);
    factor.setSubMatrix(phi.transpose().scalarMultiply(Math.sqrt(weight)).getData(), 0, 0);
    for (int i = 0; biases && i < factor.getRowDimension(); i++) {
      factor.setEntry(i, samples, Math.sqrt(network.biasVariance()));
    }
    return factor;
  }

  double value(double[] xi, int samples) {
    return value(xi, samples, kernel -> {});
  }

  /**
   * The value with every entry of every kernel off by half a unit in the last place of float32, up
   * or down, relative to sqrt(K_ii K_jj): what is left of float32 fields summed in float64.
   */
  double roundedValue(double[] xi, int samples, Random random) {
    return value(
        xi,
        samples,
        kernel -> {
          RealMatrix exact = kernel.copy();
          for (int i = 0; i < exact.getRowDimension(); i++) {
            for (int j = 0; j <= i; j++) {
              double size = Math.sqrt(exact.getEntry(i, i) * exact.getEntry(j, j)) * 0x1p-24;
              double off = random.nextBoolean() ? size : -size;
              kernel.setEntry(i, j, exact.getEntry(i, j) + off);
              kernel.setEntry(j, i, kernel.getEntry(i, j));
            }
          }
        });
  }

  private double value(double[] xi, int samples, Consumer<RealMatrix> rounding) {
    RealMatrix a = kernels(xi, samples, rounding).get(network.hiddenLayers() - 1);
    for (int i = 0; i < a.getRowDimension(); i++) {
      a.addToEntry(i, i, parameters.kappa());
    }
    LUDecomposition lu = new LUDecomposition(a);
    double fit = targets.transpose().multiply(lu.getSolver().solve(targets)).getTrace();
    return 0.5 * samples * parameters.gamma() * parameters.gamma() * fit
        + parameters.determinant(samples) * Math.log(lu.getDeterminant());
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
