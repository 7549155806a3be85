package org.richkernel.finite;

import java.util.Collections;
import java.util.List;
import org.richkernel.compute.Matrix;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.NetworkSites;

/**
 * Layout of the weights of all layers in one matrix of N rows, a row per neuron: first the N x r
 * weights of the first layer in the coordinates of the training inputs, then N x N of every further
 * hidden layer, each with one more column for biases, then the N x K readout if it is sampled. All
 * have prior N(0, 1); the network multiplies them by its scales.
 *
 * @param layers L
 * @param width N
 * @param rank r, directions that the training inputs span
 * @param biases whether hidden layers have biases
 * @param readouts columns of a sampled readout, K times the number of sites with separate weights;
 *     0 for one that is integrated out
 * @param offsets k_l of layers 1 to L, the sites of the layer below that a neuron reads; k_1 is not
 *     used
 */
record WeightLayout(
    int layers, int width, int rank, boolean biases, int readouts, List<Integer> offsets) {
  WeightLayout {
    offsets = List.copyOf(offsets);
  }

  /** Fully connected layers. */
  WeightLayout(int layers, int width, int rank, boolean biases, int readouts) {
    this(layers, width, rank, biases, readouts, Collections.nCopies(layers, 1));
  }

  /**
   * The weights of a network.
   *
   * @param rank as above
   * @param outputs K for a sampled readout, 0 for one that is integrated out
   */
  static WeightLayout of(NetworkSites sites, int width, int rank, boolean biases, int outputs) {
    return new WeightLayout(
        sites.layers(),
        width,
        rank,
        biases,
        outputs * sites.readoutSites(),
        sites.maps().stream().map(map -> map.offsets()).toList());
  }

  /** Refuses networks whose weights do not fit into one matrix. */
  static void require(NetworkSites sites, int width, int rank, int outputs) {
    long columns = rank + (long) outputs * sites.readoutSites();
    for (int l = 2; l <= sites.layers(); l++) {
      columns += (long) sites.offsets(l) * width + 1;
    }
    if (columns > Integer.MAX_VALUE || width * columns > Integer.MAX_VALUE) {
      throw new InvalidProblemException(
          "width", width, "a chain's weights must stay below 2^31; use fewer neurons or layers");
    }
  }

  /** N, or N + 1 with biases: rows of a hidden layer's features. */
  int features() {
    return biases ? width + 1 : width;
  }

  /** k N, or k N + 1 with biases: columns of W^layer, for layers from 1. */
  int fanIn(int layer) {
    return offsets.get(layer) * width + (biases ? 1 : 0);
  }

  /** Columns of the matrix. */
  int columns() {
    return first(layers) + readouts;
  }

  /** The first column of W^layer; of w for L. */
  private int first(int layer) {
    int column = layer == 0 ? 0 : rank;
    for (int l = 1; l < layer; l++) {
      column += fanIn(l);
    }
    return column;
  }

  /** W^layer with biases; 0 is the first. */
  Matrix hidden(Matrix all, int layer) {
    return layer == 0
        ? all.view(0, width, 0, rank)
        : all.view(0, width, first(layer), fanIn(layer));
  }

  /** W^layer without biases, N x (k N), for layers from 1. */
  Matrix square(Matrix all, int layer) {
    return all.view(0, width, first(layer), offsets.get(layer) * width);
  }

  /** w, N x K, those of all sites side by side. */
  Matrix readout(Matrix all) {
    return all.view(0, width, columns() - readouts, readouts);
  }
}
