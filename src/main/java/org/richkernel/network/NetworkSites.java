package org.richkernel.network;

import java.util.Collections;
import java.util.List;

/**
 * The sites of the layers of a network; a fully connected one has a single site in every layer, and
 * its inputs are the channels of that site.
 *
 * @param maps of layers 1 to L
 * @param readout of the sites of layer L
 * @param channels C of the inputs
 */
public record NetworkSites(List<SiteMap> maps, SiteReadout readout, int channels) {
  private static final SiteMap ONE = SiteMap.of(1, 1, 1, 1, 1, SiteMap.Padding.SAME);

  /**
   * The sites of a network on inputs of a shape.
   *
   * @throws InvalidProblemException if the images are too small for a layer
   */
  public static NetworkSites of(NetworkSpec network, ImageShape image) {
    return network
        .convolutions()
        .map(layers -> new NetworkSites(layers.maps(image), layers.readout(), image.channels()))
        .orElseGet(
            () ->
                new NetworkSites(
                    Collections.nCopies(network.hiddenLayers(), ONE),
                    SiteReadout.FLATTEN,
                    image.dimension()));
  }

  /** L. */
  public int layers() {
    return maps.size();
  }

  /** The map into layer l = 1 to L. */
  public SiteMap map(int layer) {
    return maps.get(layer - 1);
  }

  /** s_l. */
  public int sites(int layer) {
    return map(layer).outputSites();
  }

  /** The largest s_l. */
  public int mostSites() {
    return maps.stream().mapToInt(SiteMap::outputSites).max().orElseThrow();
  }

  /** k_l, the number of features of a channel that a neuron of layer l = 2 to L reads. */
  public int offsets(int layer) {
    return map(layer).offsets();
  }

  /** k_1 C, the number of inputs that a neuron of layer 1 reads. */
  public int inputs() {
    return map(1).offsets() * channels;
  }

  /** Whether a neuron of a layer reads one site only, its own. */
  public boolean isPointwise(int layer) {
    return offsets(layer) == 1 && map(layer).stride() == 1;
  }

  /** Sites of the last layer that have readout weights of their own. */
  public int readoutSites() {
    return readout == SiteReadout.FLATTEN ? sites(layers()) : 1;
  }

  /** Number of pairs of sites over which the kernel between two points is averaged. */
  public double pairs(int layer) {
    double s = sites(layer);
    return readout == SiteReadout.GAP ? s * s : s;
  }

  /** Factor of the sum over sites in the outputs: 1 / sqrt(s), or 1 / s of a mean. */
  public double readoutScale() {
    double s = sites(layers());
    return readout == SiteReadout.GAP ? 1 / s : 1 / Math.sqrt(s);
  }

  /**
   * Patches of some points, (count s_1) x (k_1 C), row-major: rows ordered (site, point), columns
   * (offset, channel).
   */
  public double[] patches(Inputs inputs, int first, int count) {
    SiteMap map = map(1);
    int width = inputs();
    double[] patches = new double[Math.multiplyExact(Math.multiplyExact(count, sites(1)), width)];
    for (int a = 0; a < sites(1); a++) {
      for (int mu = 0; mu < count; mu++) {
        for (int d = 0; d < map.offsets(); d++) {
          int b = map.input(a, d);
          int at = (a * count + mu) * width + d * channels;
          for (int c = 0; c < channels && b >= 0; c++) {
            patches[at + c] = inputs.at(first + mu, b * channels + c);
          }
        }
      }
    }
    return patches;
  }
}
