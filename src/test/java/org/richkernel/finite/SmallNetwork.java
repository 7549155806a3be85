package org.richkernel.finite;

import org.richkernel.network.NetworkSpec;

/** A finite network and its posterior in plain loops and double precision, as an oracle. */
final class SmallNetwork {
  private final NetworkSpec network;
  private final int width;
  private final double[][] z; // [sqrt(g_0 / D) x, sqrt(g_b)] of each point

  /**
   * @param z first-layer inputs of each point: its preactivations are z . w with w ~ N(0, 1)
   */
  SmallNetwork(NetworkSpec network, int width, double[][] z) {
    this.network = network;
    this.width = width;
    this.z = z;
  }

  /** First-layer inputs of points, biases included. */
  static double[][] inputs(NetworkSpec network, double[] x, int points, int dimension) {
    boolean biases = network.biasVariance() > 0;
    double[][] z = new double[points][dimension + (biases ? 1 : 0)];
    for (int i = 0; i < points; i++) {
      for (int k = 0; k < dimension; k++) {
        z[i][k] = Math.sqrt(network.weightVariance(0) / dimension) * x[i * dimension + k];
      }
      if (biases) {
        z[i][dimension] = Math.sqrt(network.biasVariance());
      }
    }
    return z;
  }

  /** Columns of W^l, biases included. */
  int fanIn(int layer) {
    return layer == 0 ? z[0].length : width + (network.biasVariance() > 0 ? 1 : 0);
  }

  /**
   * Features of every layer.
   *
   * @param weights W^l as [neuron][input], the last input of a later layer being its bias
   * @return [layer][point][neuron]
   */
  double[][][] features(double[][][] weights) {
    double[][][] phi = new double[network.hiddenLayers()][z.length][width];
    for (int l = 0; l < phi.length; l++) {
      double scale = l == 0 ? 1 : Math.sqrt(network.weightVariance(l) / width);
      for (int p = 0; p < z.length; p++) {
        double[] below = l == 0 ? z[p] : phi[l - 1][p];
        for (int n = 0; n < width; n++) {
          double h = 0;
          for (int k = 0; k < below.length; k++) {
            h += scale * weights[l][n][k] * below[k];
          }
          if (l > 0 && network.biasVariance() > 0) {
            h += Math.sqrt(network.biasVariance()) * weights[l][n][width];
          }
          phi[l][p][n] = network.activation().value(h);
        }
      }
    }
    return phi;
  }

  /** phi^T phi / N of one layer, P x P. */
  double[] kernel(double[][] phi) {
    int points = phi.length;
    double[] kernel = new double[points * points];
    for (int i = 0; i < points; i++) {
      for (int j = 0; j < points; j++) {
        for (int n = 0; n < width; n++) {
          kernel[i * points + j] += phi[i][n] * phi[j][n] / width;
        }
      }
    }
    return kernel;
  }
}
