package org.richkernel.bayes;

import java.util.List;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.CholeskyDecomposition;
import org.apache.commons.math3.linear.LUDecomposition;
import org.apache.commons.math3.linear.RealMatrix;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.SiteMap;
import org.richkernel.network.SiteReadout;
import org.richkernel.stack.FieldForm;
import org.richkernel.stack.PosteriorParameters;

/**
 * V of a convolutional network at given weights or whitened fields, from its definition: loops over
 * channels, sites and offsets in float64, nothing of the code under test but the site maps.
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
  private final FieldForm form;

  ConvolutionReferencePotential(
      NetworkSpec network,
      List<SiteMap> maps,
      SiteReadout readout,
      InputFactor patches,
      double[] y,
      int points,
      PosteriorParameters parameters,
      FieldForm form) {
    this.network = network;
    this.maps = maps;
    this.readout = readout;
    this.factor = Values.wide(patches.factor());
    this.rank = patches.rank();
    this.y = y;
    this.points = points;
    this.parameters = parameters;
    this.form = form;
  }

  /** phi^l of all images, images x channels x sites, for fields of all layers side by side. */
  double[][][] activations(double[] xi, int samples, int upTo) {
    int width = xi.length / samples;
    double[][][] phi = {};
    int column = 0;
    for (int l = 1; l <= upTo; l++) {
      double[][][] h =
          l == 1
              ? firstLayer(xi, width, samples)
              : form == FieldForm.WEIGHTS
                  ? byWeights(xi, width, column, samples, l, phi)
                  : byFactor(xi, width, column, samples, l, phi);
      SiteMap map = maps.get(l - 1);
      column +=
          l == 1
              ? rank
              : form == FieldForm.WEIGHTS
                  ? map.offsets() * samples + (network.biasVariance() > 0 ? 1 : 0)
                  : points * map.outputSites();
      for (double[][] image : h) {
        for (double[] channel : image) {
          for (int a = 0; a < channel.length; a++) {
            channel[a] = network.activation().value(channel[a]);
          }
        }
      }
      phi = h;
    }
    return phi;
  }

  private double[][][] firstLayer(double[] xi, int width, int samples) {
    int sites = maps.get(0).outputSites();
    double[][][] h = new double[points][samples][sites];
    for (int mu = 0; mu < points; mu++) {
      for (int i = 0; i < samples; i++) {
        for (int a = 0; a < sites; a++) {
          for (int r = 0; r < rank; r++) {
            h[mu][i][a] += xi[i * width + r] * factor[(a * points + mu) * rank + r];
          }
        }
      }
    }
    return h;
  }

  private double[][][] byWeights(
      double[] xi, int width, int column, int samples, int l, double[][][] phi) {
    SiteMap map = maps.get(l - 1);
    int sites = map.outputSites();
    double scale = Math.sqrt(network.weightVariance(l - 1) / ((double) map.offsets() * samples));
    double[][][] h = new double[points][samples][sites];
    for (int mu = 0; mu < points; mu++) {
      for (int i = 0; i < samples; i++) {
        for (int a = 0; a < sites; a++) {
          for (int d = 0; d < map.offsets(); d++) {
            int b = map.input(a, d);
            for (int j = 0; b >= 0 && j < samples; j++) {
              h[mu][i][a] += scale * xi[i * width + column + d * samples + j] * phi[mu][j][b];
            }
          }
          if (network.biasVariance() > 0) {
            int bias = column + map.offsets() * samples;
            h[mu][i][a] += Math.sqrt(network.biasVariance()) * xi[i * width + bias];
          }
        }
      }
    }
    return h;
  }

  /** g F Phi + g_b between sites of two images, from their fields below. */
  double covariance(int l, double[][] one, int a, double[][] other, int b) {
    SiteMap map = maps.get(l - 1);
    double sum = 0;
    for (int d = 0; d < map.offsets(); d++) {
      int t = map.input(a, d);
      int u = map.input(b, d);
      for (int i = 0; t >= 0 && u >= 0 && i < one.length; i++) {
        sum += one[i][t] * other[i][u];
      }
    }
    return network.weightVariance(l - 1) * sum / (map.offsets() * one.length)
        + network.biasVariance();
  }

  /** The same between all sites of the training images, ordered (site, image). */
  RealMatrix covariance(int l, double[][][] phi) {
    int n = points * maps.get(l - 1).outputSites();
    RealMatrix sigma = new Array2DRowRealMatrix(n, n);
    for (int p = 0; p < n; p++) {
      for (int q = 0; q < n; q++) {
        double entry = covariance(l, phi[p % points], p / points, phi[q % points], q / points);
        sigma.setEntry(p, q, entry);
      }
    }
    return sigma;
  }

  private double[][][] byFactor(
      double[] xi, int width, int column, int samples, int l, double[][][] phi) {
    RealMatrix sigma = covariance(l, phi);
    RealMatrix lower = new CholeskyDecomposition(sigma, 1e-9, 1e-14).getL();
    int sites = maps.get(l - 1).outputSites();
    double[][][] h = new double[points][samples][sites];
    for (int p = 0; p < lower.getRowDimension(); p++) {
      for (int i = 0; i < samples; i++) {
        for (int q = 0; q <= p; q++) {
          h[p % points][i][p / points] += xi[i * width + column + q] * lower.getEntry(p, q);
        }
      }
    }
    return h;
  }

  /** g_l Phi^l, pooled over sites, P x P. */
  double[][] kernel(double[] xi, int samples, int l) {
    double[][][] phi = activations(xi, samples, l);
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
