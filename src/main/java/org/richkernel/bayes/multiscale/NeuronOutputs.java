package org.richkernel.bayes.multiscale;

import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;
import org.richkernel.network.Inputs;
import org.richkernel.network.NetworkSpec;

/**
 * Activations of sampled neurons at given points: phi_n(x) = E_z phi(xi_n . R_x + s_x z) with the
 * whitened coordinates R_x = z(x) W of a point and the noise s_x that training fields leave open.
 */
final class NeuronOutputs {
  private static final int PANEL = 256;

  private final Backend backend;
  private final NetworkSpec network;
  private final double[] projector; // W, (D, or D + 1 with biases) x rank
  private final int rank;
  private final float[] neurons; // xi, count x rank
  private final int count;

  /**
   * @param projector W, (D, or D + 1 with biases) x rank, row-major
   * @param neurons whitened weights xi, one row of length rank for each neuron
   */
  NeuronOutputs(
      Backend backend, NetworkSpec network, double[] projector, int rank, float[] neurons) {
    this.backend = backend;
    this.network = network;
    this.projector = projector;
    this.rank = rank;
    this.neurons = neurons;
    this.count = neurons.length / rank;
  }

  /** Number of neurons. */
  int count() {
    return count;
  }

  /** phi_n at points, count x rows, float32; the caller closes it. */
  Matrix at(Inputs points) {
    int rows = points.rows();
    int width = projector.length / rank;
    double[] z = features(points, width);
    double[] spread = new double[rows];
    Matrix phi = backend.allocate(Precision.FLOAT32, count, rows, "activations of kept neurons");
    try (Matrix input = backend.allocate(Precision.FLOAT64, rows, width, "points");
        Matrix w = backend.allocate(Precision.FLOAT64, width, rank, "projector");
        Matrix wide = backend.allocate(Precision.FLOAT64, rows, rank, "coordinates");
        Matrix coordinates = backend.allocate(Precision.FLOAT32, rows, rank, "coordinates");
        Matrix deviation = backend.allocate(Precision.FLOAT32, 1, rows, "deviation");
        Matrix xi = backend.allocate(Precision.FLOAT32, count, rank, "kept neurons")) {
      backend.upload(z, input);
      backend.upload(projector, w);
      backend.gemm(Transpose.NO, Transpose.NO, 1, input, w, 0, wide);
      double[] r = new double[rows * rank];
      backend.download(wide, r);
      for (int i = 0; i < rows; i++) {
        double open = 0;
        for (int k = 0; k < width; k++) {
          open += z[i * width + k] * z[i * width + k];
        }
        for (int k = 0; k < rank; k++) {
          open -= r[i * rank + k] * r[i * rank + k];
        }
        spread[i] = Math.sqrt(Math.max(0, open));
      }
      backend.copy(wide, coordinates);
      backend.upload(spread, deviation);
      backend.upload(neurons, xi);
      backend.gemm(Transpose.NO, Transpose.YES, 1, xi, coordinates, 0, phi);
      backend.activateSmoothed(network.activation(), phi, deviation, phi);
      return phi;
    } catch (RuntimeException e) {
      phi.close();
      throw e;
    }
  }

  /** [sqrt(g_0 / D) x, sqrt(g_b)]. */
  private double[] features(Inputs points, int width) {
    int dimension = points.dimension();
    double weight = Math.sqrt(network.weightVariance(0) / dimension);
    double[] z = new double[points.rows() * width];
    for (int i = 0; i < points.rows(); i++) {
      for (int k = 0; k < dimension; k++) {
        z[i * width + k] = weight * points.at(i, k);
      }
      if (width > dimension) {
        z[i * width + dimension] = Math.sqrt(network.biasVariance());
      }
    }
    return z;
  }

  /** sum_n c_n phi_n(x) at points. */
  double[] read(Inputs points, double[] readout) {
    double[] f = new double[points.rows()];
    for (int from = 0; from < points.rows(); from += PANEL) {
      int rows = Math.min(PANEL, points.rows() - from);
      Inputs part = Inputs.of(points.copyRows(from, rows), rows, points.dimension());
      try (Matrix phi = at(part);
          Matrix c = backend.allocate(Precision.FLOAT32, count, 1, "readout of kept neurons");
          Matrix sum = backend.allocate(Precision.FLOAT64, 1, rows, "outputs")) {
        backend.upload(readout, c);
        backend.crossGram(1, c, phi, 0, sum);
        double[] values = new double[rows];
        backend.download(sum, values);
        System.arraycopy(values, 0, f, from, rows);
      }
    }
    return f;
  }
}
