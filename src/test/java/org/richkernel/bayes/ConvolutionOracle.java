package org.richkernel.bayes;

import org.richkernel.compute.Backend;
import org.richkernel.network.ImageShape;
import org.richkernel.network.Inputs;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.SiteMap;

/** Images without random numbers, x_{mu,c,i,j} = cos(1 + mu + (mu + 1)(3 i + 5 j + 7 c)). */
final class ConvolutionOracle {
  static final int CHANNELS = 2;

  private ConvolutionOracle() {}

  static double pixel(int mu, int c, int i, int j) {
    return Math.cos(1 + mu + (mu + 1) * (3 * i + 5 * j + 7 * c));
  }

  /** The first images, 4 x 4 with two channels. */
  static Inputs images(int points) {
    double[] x = new double[points * 16 * CHANNELS];
    for (int i = 0; i < x.length; i++) {
      int site = i / CHANNELS % 16;
      x[i] = pixel(i / (16 * CHANNELS), i % CHANNELS, site / 4, site % 4);
    }
    return Inputs.of(x, points, 16 * CHANNELS).withShape(new ImageShape(4, 4, CHANNELS));
  }

  /** Factor of their patches, rows ordered (image, site). */
  static InputFactor.Exact byImage(Backend backend, NetworkSpec network, SiteMap map, int points) {
    double[] rows = ImagePatches.byImage(images(points), map);
    return InputFactor.Exact.of(
        backend, network, rows, points * map.outputSites(), map.offsets() * CHANNELS);
  }

  /** The same, rows ordered (site, image). */
  static InputFactor bySite(Backend backend, NetworkSpec network, SiteMap map, int points) {
    double[] rows = ImagePatches.bySite(images(points), 0, points, map);
    return InputFactor.of(
        backend, network, rows, points * map.outputSites(), map.offsets() * CHANNELS);
  }
}
