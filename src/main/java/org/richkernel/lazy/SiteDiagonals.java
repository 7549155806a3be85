package org.richkernel.lazy;

import java.util.List;
import org.richkernel.network.ImageShape;
import org.richkernel.network.Inputs;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.SiteMap;
import org.richkernel.network.SiteReadout;

/**
 * Diagonals of the kernels of a convolutional network, site by site of each point: entries of equal
 * points and sites need no others, Sigma^{l+1}_aa = (g_l / k) sum_d Phi^l_{a+d,a+d} + g_b.
 */
final class SiteDiagonals {
  private SiteDiagonals() {}

  /**
   * The diagonals at these points; those of preactivations point by point, site by site, and that
   * of a pooled readout a bound.
   *
   * @throws InvalidProblemException if the images are too small for a layer, or a variance
   *     overflows; the message names the layer
   */
  static KernelDiagonals of(NetworkSpec network, Inputs inputs) {
    List<SiteMap> maps = network.convolutions().orElseThrow().maps(inputs.shape());
    boolean flatten = network.convolutions().orElseThrow().readout() == SiteReadout.FLATTEN;
    int points = inputs.rows();
    int depth = network.hiddenLayers();
    double[][] preactivation = new double[depth][];
    double[] feature = pixels(inputs);
    double[] theta = new double[feature.length];
    for (int l = 1; l <= depth; l++) {
      SiteMap map = maps.get(l - 1);
      double g = network.weightVariance(l - 1);
      double[] sigma = mapped(map, points, feature, g, network.biasVariance());
      requireFinite(sigma, l, map.outputSites());
      double[] below = mapped(map, points, theta, g, 0);
      ActivationMoments moments =
          new ActivationMoments(network.activation(), KernelDiagonals.largest(sigma));
      feature = new double[sigma.length];
      theta = new double[sigma.length];
      for (int i = 0; i < sigma.length; i++) {
        feature[i] = moments.value(sigma[i]);
        // Theta^l o Phidot^l, Theta^l = Sigma^l + g F(Theta^{l-1} o Phidot^{l-1})
        theta[i] = (sigma[i] + below[i]) * moments.slope(sigma[i]);
      }
      preactivation[l - 1] = sigma;
    }
    double g = network.weightVariance(depth);
    int sites = maps.get(depth - 1).outputSites();
    double[] nngp = new double[points];
    double[] ntk = new double[points];
    for (int mu = 0; mu < points; mu++) {
      nngp[mu] = g * pooled(feature, mu, sites, flatten);
      ntk[mu] = nngp[mu] + g * pooled(theta, mu, sites, flatten);
    }
    requireFinite(ntk, depth + 1, 1);
    return new KernelDiagonals(preactivation, nngp, ntk);
  }

  /** Phi^0 of equal sites, |x_a|^2 / C. */
  private static double[] pixels(Inputs inputs) {
    ImageShape shape = inputs.shape();
    double[] squares = new double[Math.multiplyExact(inputs.rows(), shape.sites())];
    for (int i = 0; i < squares.length; i++) {
      int row = i / shape.sites();
      int first = i % shape.sites() * shape.channels();
      for (int c = 0; c < shape.channels(); c++) {
        squares[i] += inputs.at(row, first + c) * inputs.at(row, first + c) / shape.channels();
      }
    }
    return squares;
  }

  private static double[] mapped(
      SiteMap map, int points, double[] values, double scale, double bias) {
    double[] result = new double[Math.multiplyExact(points, map.outputSites())];
    map.sameSiteCovariance(values, points, result);
    for (int i = 0; i < result.length; i++) {
      result[i] = scale * result[i] + bias;
    }
    return result;
  }

  /** The mean over sites, or (mean_a m_aa^{1/2})^2, which no mean over pairs exceeds. */
  private static double pooled(double[] values, int point, int sites, boolean flatten) {
    double sum = 0;
    for (int a = point * sites; a < (point + 1) * sites; a++) {
      sum += (flatten ? values[a] : Math.sqrt(values[a])) / sites;
    }
    return flatten ? sum : sum * sum;
  }

  private static void requireFinite(double[] values, int layer, int sites) {
    int at = KernelDiagonals.firstOverflow(values);
    if (at >= 0) {
      throw KernelDiagonals.overflow(layer, at / sites, values[at]);
    }
  }
}
