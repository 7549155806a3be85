package org.richkernel.finite;

import org.richkernel.compute.Matrix;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.NetworkSpec;

/**
 * Where each layer's weights lie in one matrix of N rows, a row per neuron: first the N x r weights
 * of the first layer in the coordinates of the training inputs, then N x N of every further hidden
 * layer, each with a column more where there are biases, then the N x K readout if it is sampled.
 * All have prior N(0, 1); scales of the network stand in front of them.
 *
 * @param layers L
 * @param width N
 * @param rank r, directions that the training inputs span
 * @param biases whether hidden layers have biases
 * @param readouts K for a sampled readout, 0 for one that is integrated out
 */
record WeightLayout(int layers, int width, int rank, boolean biases, int readouts) {
  /** Refuses networks whose weights do not fit into one matrix. */
  static void require(NetworkSpec network, int width, int rank, int outputs) {
    long columns = rank + outputs + (network.hiddenLayers() - 1L) * (width + 1L);
    if (columns > Integer.MAX_VALUE || width * columns > Integer.MAX_VALUE) {
      throw new InvalidProblemException(
          "width", width, "a chain's weights must stay below 2^31; use fewer neurons or layers");
    }
  }

  /** N, or N + 1 with biases: rows of a hidden layer's features as the next layer sees them. */
  int fanIn() {
    return biases ? width + 1 : width;
  }

  /** Columns of the matrix. */
  int columns() {
    return rank + (layers - 1) * fanIn() + readouts;
  }

  /** W^layer as the next layer's features meet it, biases included; 0 is the first. */
  Matrix hidden(Matrix all, int layer) {
    return layer == 0
        ? all.view(0, width, 0, rank)
        : all.view(0, width, rank + (layer - 1) * fanIn(), fanIn());
  }

  /** W^layer without biases, N x N, for layers from 1. */
  Matrix square(Matrix all, int layer) {
    return all.view(0, width, rank + (layer - 1) * fanIn(), width);
  }

  /** w, N x K. */
  Matrix readout(Matrix all) {
    return all.view(0, width, columns() - readouts, readouts);
  }
}
