package org.richkernel.finite;

import java.util.List;
import org.richkernel.network.Inputs;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.SiteMap;
import org.richkernel.network.SiteReadout;

/**
 * A convolutional network in plain loops and float64: h^1_a = sqrt(g_0 / (k C)) sum_d W^0_d x_{a+d}
 * + sqrt(g_b) b^0, h^{l+1}_a = sqrt(g_l / (k N)) sum_d W^l_d phi(h^l_{a+d}) + sqrt(g_b) b^l.
 */
final class PlainConvolutions {
  private final NetworkSpec network;
  private final Inputs inputs;
  private final int width;
  private final List<SiteMap> maps;

  PlainConvolutions(NetworkSpec network, Inputs inputs, int width) {
    this.network = network;
    this.inputs = inputs;
    this.width = width;
    maps = network.convolutions().orElseThrow().maps(inputs.shape());
  }

  int layers() {
    return maps.size();
  }

  int sites() {
    return maps.get(maps.size() - 1).outputSites();
  }

  boolean pooled() {
    return network.convolutions().orElseThrow().readout() == SiteReadout.GAP;
  }

  /** Weights of a neuron of layer l from 0, bias included. */
  int fanIn(int l) {
    int channels = l == 0 ? inputs.shape().channels() : width;
    return maps.get(l).offsets() * channels + (network.biasVariance() > 0 ? 1 : 0);
  }

  /**
   * phi(h^L) of a point, [neuron][site].
   *
   * @param weights of each layer, [neuron][(offset, channel), bias]
   */
  double[][] features(double[][][] weights, int point) {
    int channels = inputs.shape().channels();
    double[][] below = new double[channels][inputs.shape().sites()];
    for (int b = 0; b < below[0].length; b++) {
      for (int c = 0; c < channels; c++) {
        below[c][b] = inputs.at(point, b * channels + c);
      }
    }
    for (int l = 0; l < maps.size(); l++) {
      SiteMap map = maps.get(l);
      double scale = Math.sqrt(network.weightVariance(l) / (map.offsets() * below.length));
      double[][] phi = new double[width][map.outputSites()];
      for (int n = 0; n < width; n++) {
        for (int a = 0; a < map.outputSites(); a++) {
          double h = 0;
          for (int d = 0; d < map.offsets(); d++) {
            int b = map.input(a, d);
            for (int i = 0; i < below.length && b >= 0; i++) {
              h += scale * weights[l][n][d * below.length + i] * below[i][b];
            }
          }
          if (network.biasVariance() > 0) {
            h += Math.sqrt(network.biasVariance()) * weights[l][n][fanIn(l) - 1];
          }
          phi[n][a] = network.activation().value(h);
        }
      }
      below = phi;
    }
    return below;
  }

  /**
   * What readout weights of unit variance act on: phi_a / sqrt(s) of each site, or the mean over
   * sites, [(site), neuron].
   */
  double[] read(double[][] phi) {
    int s = phi[0].length;
    double[] read = new double[pooled() ? width : width * s];
    for (int a = 0; a < s; a++) {
      for (int n = 0; n < width; n++) {
        if (pooled()) {
          read[n] += phi[n][a] / s;
        } else {
          read[a * width + n] = phi[n][a] / Math.sqrt(s);
        }
      }
    }
    return read;
  }
}
