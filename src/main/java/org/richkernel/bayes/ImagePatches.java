package org.richkernel.bayes;

import org.richkernel.network.Inputs;
import org.richkernel.network.SiteMap;

/**
 * Patches of images as rows: the inputs of the first layer at a site, ordered by offset and
 * channel, 0 beyond the edges.
 */
final class ImagePatches {
  private ImagePatches() {}

  /** k C, numbers of a patch. */
  static int width(Inputs images, SiteMap map) {
    return Math.multiplyExact(map.offsets(), images.shape().channels());
  }

  /**
   * Patches in rows ordered (site, image), like fields.
   *
   * @param first of the images
   * @param count of images
   */
  static double[] bySite(Inputs images, int first, int count, SiteMap map) {
    int width = width(images, map);
    int sites = map.outputSites();
    double[] rows = new double[Math.multiplyExact(Math.multiplyExact(count, sites), width)];
    for (int a = 0; a < sites; a++) {
      for (int mu = 0; mu < count; mu++) {
        fill(images, first + mu, a, map, rows, (a * count + mu) * width);
      }
    }
    return rows;
  }

  /** Patches in rows ordered (image, site), like pairs of sites. */
  static double[] byImage(Inputs images, SiteMap map) {
    int width = width(images, map);
    int sites = map.outputSites();
    double[] rows = new double[Math.multiplyExact(Math.multiplyExact(images.rows(), sites), width)];
    for (int mu = 0; mu < images.rows(); mu++) {
      for (int a = 0; a < sites; a++) {
        fill(images, mu, a, map, rows, (mu * sites + a) * width);
      }
    }
    return rows;
  }

  private static void fill(Inputs images, int image, int a, SiteMap map, double[] rows, int at) {
    int channels = images.shape().channels();
    for (int d = 0; d < map.offsets(); d++) {
      int b = map.input(a, d);
      for (int c = 0; b >= 0 && c < channels; c++) {
        rows[at + d * channels + c] = images.at(image, b * channels + c);
      }
    }
  }
}
