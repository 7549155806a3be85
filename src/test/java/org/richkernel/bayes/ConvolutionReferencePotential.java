package org.richkernel.bayes;

import java.util.List;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.LUDecomposition;
import org.apache.commons.math3.linear.RealMatrix;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.SiteMap;
import org.richkernel.network.SiteReadout;
import org.richkernel.stack.PosteriorParameters;

/**
 * V of a convolutional network at given weights, from its definition: every image by itself, loops
 * over channels, sites and offsets in float64, nothing of the code under test but the site maps.
 */
final class ConvolutionReferencePotential {
  private final NetworkSpec network;
  private final List<SiteMap> maps;
  private final SiteReadout readout;
  private final double[] factor; // rows (site, image)
  private final int rank;
  private final double[] y;
  private final int points;
  private final PosteriorParameters parameters;

  ConvolutionReferencePotential(
      NetworkSpec network,
      List<SiteMap> maps,
      SiteReadout readout,
      InputFactor patches,
      double[] y,
      int points,
      PosteriorParameters parameters) {
    this.network = network;
    this.maps = maps;
    this.readout = readout;
    this.factor = patches.factor();
    this.rank = patches.rank();
    this.y = y;
    this.points = points;
    this.parameters = parameters;
  }

  /** phi^l of one image, channels x sites, for weights of all layers side by side. */
  private double[][] activations(double[] xi, int width, int samples, int image, int upTo) {
    double[][] phi = {};
    int column = 0;
    for (int l = 1; l <= upTo; l++) {
      SiteMap map = maps.get(l - 1);
      int sites = map.outputSites();
      double[][] next = new double[samples][sites];
      for (int i = 0; i < samples; i++) {
        for (int a = 0; a < sites; a++) {
          double h = 0;
          if (l == 1) {
            for (int r = 0; r < rank; r++) {
              h += xi[i * width + r] * factor[(a * points + image) * rank + r];
            }
          } else {
            double scale =
                Math.sqrt(network.weightVariance(l - 1) / ((double) map.offsets() * samples));
            for (int d = 0; d < map.offsets(); d++) {
              int b = map.input(a, d);
              for (int j = 0; b >= 0 && j < samples; j++) {
                h += scale * xi[i * width + column + d * samples + j] * phi[j][b];
              }
            }
            if (network.biasVariance() > 0) {
              int bias = column + map.offsets() * samples;
              h += Math.sqrt(network.biasVariance()) * xi[i * width + bias];
            }
          }
          next[i][a] = network.activation().value(h);
        }
      }
      column += l == 1 ? rank : map.offsets() * samples + (network.biasVariance() > 0 ? 1 : 0);
      phi = next;
    }
    return phi;
  }

  /** g_l Phi^l, pooled over sites, P x P. */
  double[][] kernel(double[] xi, int samples, int l) {
    int width = xi.length / samples;
    double[][][] phi = new double[points][][];
    for (int mu = 0; mu < points; mu++) {
      phi[mu] = activations(xi, width, samples, mu, l);
    }
    double[][] kernel = new double[points][points];
    int sites = maps.get(l - 1).outputSites();
    for (int mu = 0; mu < points; mu++) {
      for (int nu = 0; nu < points; nu++) {
        double sum = 0;
        for (int i = 0; i < samples; i++) {
          for (int a = 0; a < sites; a++) {
            for (int b = 0; b < sites; b++) {
              double r =
                  readout == SiteReadout.GAP ? 1.0 / (sites * sites) : a == b ? 1.0 / sites : 0;
              sum += r * phi[mu][i][a] * phi[nu][i][b];
            }
          }
        }
        kernel[mu][nu] = network.weightVariance(l) * sum / samples;
      }
    }
    return kernel;
  }

  double value(double[] xi, int samples) {
    RealMatrix a = new Array2DRowRealMatrix(kernel(xi, samples, maps.size()));
    for (int i = 0; i < points; i++) {
      a.addToEntry(i, i, parameters.kappa());
    }
    LUDecomposition lu = new LUDecomposition(a);
    RealMatrix targets = ReferencePotential.matrix(y, points);
    double fit = targets.transpose().multiply(lu.getSolver().solve(targets)).getTrace();
    return 0.5 * samples * parameters.gamma() * parameters.gamma() * fit
        + parameters.determinant(samples) * Math.log(lu.getDeterminant());
  }

  /** Central difference in one component. */
  double derivative(double[] xi, int samples, int component) {
    double step = 1e-5;
    double[] moved = xi.clone();
    moved[component] = xi[component] + step;
    double above = value(moved, samples);
    moved[component] = xi[component] - step;
    return (above - value(moved, samples)) / (2 * step);
  }
}
