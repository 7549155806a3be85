package org.richkernel.bayes.multiscale;

import org.richkernel.bayes.InputFactor;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;
import org.richkernel.network.Inputs;
import org.richkernel.network.NetworkSpec;

/**
 * Activations of sampled neurons at given points: phi_n(x) = E_z phi(xi_n . R_x + s_x z) with the
 * whitened coordinates R_x = z(x) W of a point and the noise s_x that training fields do not
 * determine.
 */
final class NeuronOutputs {
  private static final int PANEL = 256;

  private static final String ACTIVATIONS = "activations of kept neurons";

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

  /**
   * Peak memory of {@link #read}.
   *
   * @param count number of neurons
   * @param points number of points, held in panels
   */
  static MemoryPlan plan(int count, int rank, int points) {
    int rows = Math.min(PANEL, points);
    return activations(count, rows)
        .addAll("", MemoryPlan.largest(forward(count, rank, rows), sums(count, rows)));
  }

  /** Memory of the result of {@link #at}. */
  static MemoryPlan activations(int count, int rows) {
    return new MemoryPlan().add(ACTIVATIONS, Precision.FLOAT32, count, rows);
  }

  /** Scratch of {@link #at}. */
  static MemoryPlan forward(int count, int rank, int rows) {
    return new MemoryPlan()
        .add("coordinates", Precision.FLOAT32, rows, rank)
        .add("deviation", Precision.FLOAT32, 1, rows)
        .add("kept neurons", Precision.FLOAT32, count, rank);
  }

  private static MemoryPlan sums(int count, int rows) {
    return new MemoryPlan()
        .add("readout of kept neurons", Precision.FLOAT32, count, 1)
        .add("outputs", Precision.FLOAT64, 1, rows);
  }

  /** Computes phi_n at points into the matrix of {@link #activations}, count x rows, float32. */
  Matrix at(Inputs points, Workspace into) {
    int rows = points.rows();
    InputFactor.Coordinates known =
        InputFactor.coordinates(
            backend, network, projector, rank, points.toArray(), rows, points.dimension());
    Matrix phi = into.get(ACTIVATIONS);
    try (Workspace memory = new Workspace(backend, forward(count, rank, rows))) {
      Matrix coordinates = memory.get("coordinates");
      Matrix deviation = memory.get("deviation");
      Matrix xi = memory.get("kept neurons");
      backend.upload(known.whitened(), coordinates);
      backend.upload(known.deviation(), deviation);
      backend.upload(neurons, xi);
      backend.gemm(Transpose.NO, Transpose.YES, 1, xi, coordinates, 0, phi);
      backend.activateSmoothed(network.activation(), phi, deviation, phi);
      return phi;
    }
  }

  /** sum_n c_n phi_n(x) at points. */
  double[] read(Inputs points, double[] readout) {
    double[] f = new double[points.rows()];
    for (int from = 0; from < points.rows(); from += PANEL) {
      int rows = Math.min(PANEL, points.rows() - from);
      Inputs part = Inputs.of(points.copyRows(from, rows), rows, points.dimension());
      try (Workspace activations = new Workspace(backend, activations(count, rows));
          Workspace memory = new Workspace(backend, sums(count, rows))) {
        Matrix phi = at(part, activations);
        Matrix c = memory.get("readout of kept neurons");
        Matrix sum = memory.get("outputs");
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
