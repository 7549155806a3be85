package org.richkernel.lazy;

import java.util.ArrayList;
import java.util.List;
import org.richkernel.network.Inputs;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.SiteMap;
import org.richkernel.network.SiteReadout;

/**
 * Kernels of a convolutional network with the error function between all sites of all points in
 * plain loops; the tangent kernel in its dual form, from gradients that go backward: K = R . Phi^L
 * + sum_l Sigma^l . G^l with G^L = g_L Pd^L o R, G^l = g_l Pd^l o F* G^{l+1}.
 */
final class PlainSites {
  private final NetworkSpec network;
  private final List<SiteMap> maps;
  private final int points;
  private final boolean flatten;
  private final List<double[]> covariances = new ArrayList<>();
  private final List<double[]> features = new ArrayList<>();
  private final List<double[]> slopes = new ArrayList<>();

  PlainSites(NetworkSpec network, Inputs inputs) {
    this.network = network;
    maps = network.convolutions().orElseThrow().maps(inputs.shape());
    flatten = network.convolutions().orElseThrow().readout() == SiteReadout.FLATTEN;
    points = inputs.rows();
    double[] below = pixels(inputs);
    for (int l = 1; l <= maps.size(); l++) {
      SiteMap map = maps.get(l - 1);
      int n = points * map.outputSites();
      double[] sigma = new double[n * n];
      map.covariance(below, points, points, sigma);
      double[] phi = new double[n * n];
      double[] slope = new double[n * n];
      for (int i = 0; i < n * n; i++) {
        sigma[i] = network.weightVariance(l - 1) * sigma[i] + network.biasVariance();
      }
      for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++) {
          // arc-sine kernel of erf(h)
          double c = sigma[i * n + j];
          double a = 1 + 2 * sigma[i * n + i];
          double b = 1 + 2 * sigma[j * n + j];
          phi[i * n + j] = 2 / Math.PI * Math.asin(2 * c / Math.sqrt(a * b));
          slope[i * n + j] = 4 / Math.PI / Math.sqrt(a * b - 4 * c * c);
        }
      }
      covariances.add(sigma);
      features.add(phi);
      slopes.add(slope);
      below = phi;
    }
  }

  private static double[] pixels(Inputs inputs) {
    int channels = inputs.shape().channels();
    int n = inputs.rows() * inputs.shape().sites();
    double[] x = inputs.toArray();
    double[] kernel = new double[n * n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        for (int c = 0; c < channels; c++) {
          kernel[i * n + j] += x[i * channels + c] * x[j * channels + c] / channels;
        }
      }
    }
    return kernel;
  }

  private int sites(int layer) {
    return maps.get(layer - 1).outputSites();
  }

  /** R, the weight of a pair of sites of the last layer. */
  private double weight(int a, int b) {
    double s = sites(maps.size());
    return flatten ? (a == b ? 1 / s : 0) : 1 / (s * s);
  }

  double[] feature(int layer) {
    int s = sites(layer);
    double[] pooled = new double[points * points];
    for (int mu = 0; mu < points; mu++) {
      for (int nu = 0; nu < points; nu++) {
        for (int a = 0; a < s; a++) {
          for (int b = 0; b < s; b++) {
            double share = flatten ? (a == b ? 1.0 / s : 0) : 1.0 / (s * s);
            pooled[mu * points + nu] +=
                share * features.get(layer - 1)[(mu * s + a) * points * s + nu * s + b];
          }
        }
      }
    }
    return pooled;
  }

  double[] nngp() {
    double[] kernel = feature(maps.size());
    for (int i = 0; i < kernel.length; i++) {
      kernel[i] *= network.weightVariance(maps.size());
    }
    return kernel;
  }

  double[] ntk() {
    int depth = maps.size();
    double[] kernel = nngp();
    int s = sites(depth);
    int n = points * s;
    double[] pull = new double[n * n];
    for (int i = 0; i < n * n; i++) {
      pull[i] = network.weightVariance(depth) * weight(i / n % s, i % n % s);
    }
    for (int l = depth; l >= 1; l--) {
      double[] gradient = new double[pull.length];
      int sites = sites(l);
      int width = points * sites;
      for (int i = 0; i < pull.length; i++) {
        gradient[i] = pull[i] * slopes.get(l - 1)[i];
        int mu = i / width / sites;
        int nu = i % width / sites;
        kernel[mu * points + nu] += covariances.get(l - 1)[i] * gradient[i];
      }
      if (l > 1) {
        SiteMap map = maps.get(l - 1);
        int below = points * map.inputSites();
        pull = new double[below * below];
        map.adjoint(gradient, points, points, pull);
        for (int i = 0; i < pull.length; i++) {
          pull[i] *= network.weightVariance(l - 1);
        }
      }
    }
    return kernel;
  }
}
