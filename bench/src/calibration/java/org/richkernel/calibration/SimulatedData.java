package org.richkernel.calibration;

import java.util.Random;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.CholeskyDecomposition;
import org.apache.commons.math3.linear.RealMatrix;
import org.richkernel.network.Inputs;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Targets;

/**
 * A network of finite width drawn from its prior and data drawn from that network, in plain loops
 * and double precision: h^1 = sqrt(g_0 / D) W^0 x + sqrt(g_b) b^0, h^{l+1} = sqrt(g_l / N) W^l
 * phi(h^l) + sqrt(g_b) b^l, f = sqrt(g_L) w . phi(h^L) / (gamma N), all weights N(0, 1), and y = f
 * + sqrt(kappa / (N gamma^2)) times a normal.
 */
public final class SimulatedData {
  /**
   * What data are drawn from.
   *
   * @param name for the table
   * @param network with its prior
   * @param width N
   * @param gamma richness
   * @param kappa noise
   * @param points P
   * @param dimension D
   * @param outputs K
   */
  public record Law(
      String name,
      NetworkSpec network,
      int width,
      double gamma,
      double kappa,
      int points,
      int dimension,
      int outputs) {}

  private final Law law;
  private final double[] x; // P x D
  private final RealMatrix y; // P x K
  private final RealMatrix outputs; // f, P x K
  private final RealMatrix[] kernels; // Phi^1 .. Phi^L

  /**
   * Draws a network and data.
   *
   * @param number of the data set; names its random numbers
   * @param noiseFactor on the variance of the noise: 1 for the law itself, another number for data
   *     that a sampler of the law is to be found wrong on
   */
  public SimulatedData(Law law, long number, double noiseFactor) {
    this.law = law;
    Random random = new Random(number);
    x = new double[law.points * law.dimension];
    for (int i = 0; i < x.length; i++) {
      x[i] = random.nextGaussian();
    }
    int layers = law.network.hiddenLayers();
    kernels = new RealMatrix[layers];
    RealMatrix below = new Array2DRowRealMatrix(law.points, law.dimension);
    for (int i = 0; i < x.length; i++) {
      below.setEntry(i / law.dimension, i % law.dimension, x[i]);
    }
    for (int l = 0; l < layers; l++) {
      below = features(below, l, random);
      kernels[l] = below.multiply(below.transpose()).scalarMultiply(1.0 / law.width);
    }
    double readout = Math.sqrt(law.network.weightVariance(layers)) / (law.gamma * law.width);
    outputs = below.multiply(normals(law.width, law.outputs, random)).scalarMultiply(readout);
    double noise = Math.sqrt(noiseFactor * law.kappa / law.width) / law.gamma;
    y = outputs.add(normals(law.points, law.outputs, random).scalarMultiply(noise));
  }

  /** phi(h^{l+1}), P x N, of the features below. */
  private RealMatrix features(RealMatrix below, int layer, Random random) {
    double g = law.network.weightVariance(layer) / below.getColumnDimension();
    RealMatrix h =
        below
            .multiply(normals(below.getColumnDimension(), law.width, random))
            .scalarMultiply(Math.sqrt(g));
    double bias = Math.sqrt(law.network.biasVariance());
    for (int n = 0; n < law.width; n++) {
      double b = bias * random.nextGaussian();
      for (int p = 0; p < law.points; p++) {
        h.setEntry(p, n, law.network.activation().value(h.getEntry(p, n) + b));
      }
    }
    return h;
  }

  private static RealMatrix normals(int rows, int columns, Random random) {
    RealMatrix matrix = new Array2DRowRealMatrix(rows, columns);
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        matrix.setEntry(i, j, random.nextGaussian());
      }
    }
    return matrix;
  }

  /** What the data were drawn from. */
  public Law law() {
    return law;
  }

  /** P x D. */
  public Inputs inputs() {
    return Inputs.of(x, law.points, law.dimension);
  }

  /** P x K. */
  public Targets targets() {
    double[] values = new double[law.points * law.outputs];
    for (int i = 0; i < values.length; i++) {
      values[i] = y.getEntry(i / law.outputs, i % law.outputs);
    }
    return Targets.of(values, law.points, law.outputs);
  }

  /** tr Phi^l of the network, l from 1. */
  public double trace(int layer) {
    return kernels[layer - 1].getTrace();
  }

  /** tr Y^T Phi^l Y of the network and the data. */
  public double fit(int layer) {
    return y.transpose().multiply(kernels[layer - 1]).multiply(y).getTrace();
  }

  /** A = g_L Phi^L + kappa. */
  private CholeskyDecomposition evidence() {
    int layers = kernels.length;
    RealMatrix a = kernels[layers - 1].scalarMultiply(law.network.weightVariance(layers));
    for (int i = 0; i < law.points; i++) {
      a.addToEntry(i, i, law.kappa);
    }
    return new CholeskyDecomposition(a);
  }

  /** tr Y^T A^{-1} Y, with the readout integrated out. */
  public double dualFit() {
    return y.transpose().multiply(evidence().getSolver().solve(y)).getTrace();
  }

  /** (N gamma^2 / 2) tr Y^T A^{-1} Y + (K / 2) ln det A. */
  public double evidencePotential() {
    return 0.5 * law.width * law.gamma * law.gamma * dualFit()
        + 0.5 * law.outputs * Math.log(evidence().getDeterminant());
  }

  /** tr Y^T (Y - F) / kappa, F being the outputs of the network. */
  public double residualFit() {
    return y.transpose().multiply(y.subtract(outputs)).getTrace() / law.kappa;
  }

  /** (N gamma^2 / (2 kappa)) |Y - F|^2. */
  public double residualPotential() {
    RealMatrix residual = y.subtract(outputs);
    return 0.5
        * law.width
        * law.gamma
        * law.gamma
        / law.kappa
        * residual.transpose().multiply(residual).getTrace();
  }
}
