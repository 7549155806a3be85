package org.richkernel.gallery;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.commons.math3.distribution.NormalDistribution;
import org.apache.commons.math3.linear.ArrayRealVector;
import org.apache.commons.math3.linear.RealMatrix;
import org.apache.commons.math3.linear.RealVector;
import org.richkernel.report.Figure;
import org.richkernel.report.plot.Plot;
import org.richkernel.sampling.IndependentEstimates;

/**
 * Density over the neurons of a layer of u = y.h / |y|, the preactivation along the targets: of the
 * saddle point, of networks, and of the Gaussian at initialisation.
 *
 * @param edges of the bins
 * @param theory mean over populations
 * @param networks mean over networks
 * @param initial density of the Gaussian
 * @param kurtosis excess kurtosis of the theory, 0 for a Gaussian
 */
record TargetDensity(
    int layer,
    double[] edges,
    IndependentEstimates theory,
    IndependentEstimates networks,
    double[] initial,
    Measured kurtosis) {
  private static final int BINS = 24;

  /** Standard deviations of the theory from the middle to an end of the range. */
  private static final double RANGE = 3.5;

  /**
   * Densities of a layer.
   *
   * @param populations S x P preactivations of each population
   * @param networks N x P preactivations of each network
   * @param covariance of the preactivations at initialisation, P x P
   * @param targets y, P
   */
  static TargetDensity of(
      int layer,
      List<RealMatrix> populations,
      List<RealMatrix> networks,
      RealMatrix covariance,
      double[] targets) {
    double norm = Math.sqrt(Arrays.stream(targets).map(y -> y * y).sum());
    double[] direction = Arrays.stream(targets).map(y -> y / norm).toArray();
    List<double[]> ofTheory = populations.stream().map(h -> h.operate(direction)).toList();
    List<double[]> ofNetworks = networks.stream().map(h -> h.operate(direction)).toList();
    double variance = ofTheory.stream().mapToDouble(u -> moment(u, 2)).average().orElse(Double.NaN);
    double[] edges = new double[BINS + 1];
    for (int b = 0; b <= BINS; b++) {
      edges[b] = RANGE * Math.sqrt(variance) * (2.0 * b / BINS - 1);
    }
    RealVector along = new ArrayRealVector(direction, false);
    double start = along.dotProduct(covariance.operate(along));
    return new TargetDensity(
        layer,
        edges,
        densities(ofTheory, edges),
        densities(ofNetworks, edges),
        gaussian(Math.sqrt(start), edges),
        excess(ofTheory));
  }

  private static double moment(double[] values, int power) {
    return Arrays.stream(values).map(u -> Math.pow(u, power)).average().orElse(Double.NaN);
  }

  private static Measured excess(List<double[]> draws) {
    double[] each =
        draws.stream().mapToDouble(u -> moment(u, 4) / Math.pow(moment(u, 2), 2) - 3).toArray();
    return new Measured(IndependentEstimates.mean(each), IndependentEstimates.standardError(each));
  }

  /** Even in u, as signs of neurons are free where the activation is odd: u counts as -u too. */
  private static IndependentEstimates densities(List<double[]> draws, double[] edges) {
    List<double[]> densities = new ArrayList<>();
    double bin = edges[1] - edges[0];
    for (double[] u : draws) {
      double[] density = new double[BINS];
      for (double value : u) {
        int b = (int) Math.floor((value - edges[0]) / bin);
        if (b >= 0 && b < BINS) {
          density[b] += 0.5 / (u.length * bin);
          density[BINS - 1 - b] += 0.5 / (u.length * bin);
        }
      }
      densities.add(density);
    }
    return new IndependentEstimates(densities);
  }

  /** Means over the bins of a Gaussian density. */
  private static double[] gaussian(double deviation, double[] edges) {
    NormalDistribution normal = new NormalDistribution(0, deviation);
    double[] density = new double[BINS];
    for (int b = 0; b < BINS; b++) {
      density[b] = normal.probability(edges[b], edges[b + 1]) / (edges[b + 1] - edges[b]);
    }
    return density;
  }

  /** Root mean square over the bins of the networks' density less the theory's. */
  Measured distance() {
    return Readings.distance(
        networks.mean(), networks.standardError(), theory.mean(), theory.standardError());
  }

  /** The same of the Gaussian at initialisation. */
  Measured initialDistance() {
    double[] exact = new double[BINS];
    return Readings.distance(initial, exact, theory.mean(), theory.standardError());
  }

  /** The three densities over u. */
  Figure figure(String width) {
    double[] middles = new double[BINS];
    for (int b = 0; b < BINS; b++) {
      middles[b] = (edges[b] + edges[b + 1]) / 2;
    }
    Plot plot =
        new Plot("Preactivations of layer " + layer, "u = y\u00b7h / |y|", "density")
            .size(460, 300)
            .includeY(0);
    plot.lineWithErrors("theory", "adaptive", middles, theory.mean(), theory.standardError());
    plot.dashed("Gaussian, initial", "lazy", middles, initial);
    plot.measurements(width, "c1", middles, networks.mean(), networks.standardError());
    return new Figure(
        plot, "Neurons of layer " + layer + " and their mirror images, with one standard error.");
  }
}
