package org.richkernel.bayes;

import org.richkernel.compute.Backend;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.SiteMap;

/** Images without random numbers, x_{mu,c,i,j} = cos(1 + mu + (mu + 1)(3 i + 5 j + 7 c)). */
final class ConvolutionOracle {
  static final int CHANNELS = 2;

  private ConvolutionOracle() {}

  static double pixel(int mu, int c, int i, int j) {
    return Math.cos(1 + mu + (mu + 1) * (3 * i + 5 * j + 7 * c));
  }

  /** Patches of the first images, rows (image, site), columns (offset, channel). */
  static double[] patchRows(SiteMap map, int points) {
    int width = map.offsets() * CHANNELS;
    double[] rows = new double[points * map.outputSites() * width];
    int at = 0;
    for (int mu = 0; mu < points; mu++) {
      for (int a = 0; a < map.outputSites(); a++) {
        for (int d = 0; d < map.offsets(); d++) {
          int b = map.input(a, d);
          for (int c = 0; c < CHANNELS; c++) {
            rows[at++] =
                b < 0 ? 0 : pixel(mu, c, b / map.inputWidth(), b % map.inputWidth());
          }
        }
      }
    }
    return rows;
  }

  static InputFactor patches(Backend backend, NetworkSpec network, SiteMap map, int points) {
    return InputFactor.of(
        backend,
        network,
        patchRows(map, points),
        points * map.outputSites(),
        map.offsets() * CHANNELS);
  }
}
