package org.richkernel.lazy;

import java.util.ArrayList;
import java.util.List;
import org.richkernel.metrics.LayerSites;
import org.richkernel.network.SiteMap;
import org.richkernel.network.Targets;
import org.richkernel.sampling.SampledVector;

/**
 * Sums over pairs of points of the kernels of equal sites, Phi_aa: their trace, tr Y^T Phi_aa Y and
 * |Phi_aa|_F^2, taken tile by tile where a flattened network computes these kernels anyway.
 */
final class SiteSums {
  private final Targets targets;
  private final List<SiteMap> maps;
  private final List<double[]> sums = new ArrayList<>(); // three numbers a site, by layer

  SiteSums(Targets targets, List<SiteMap> maps) {
    this.targets = targets;
    this.maps = maps;
    maps.forEach(map -> sums.add(new double[3 * map.outputSites()]));
  }

  /**
   * Adds the kernels of a tile on or below the diagonal; the tiles above it are the mirror image.
   *
   * @param kernel sites x rows x columns
   * @param row first point along rows
   * @param column first point along columns
   */
  void add(int layer, double[] kernel, int row, int rows, int column, int columns) {
    double[] sum = sums.get(layer - 1);
    int sites = maps.get(layer - 1).outputSites();
    double[] products = new double[rows * columns]; // of targets, each as often as its pair counts
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns && column + j <= row + i; j++) {
        products[i * columns + j] = (column + j < row + i ? 2 : 1) * product(row + i, column + j);
      }
    }
    for (int a = 0; a < sites; a++) {
      for (int i = 0; i < rows; i++) {
        int from = (a * rows + i) * columns;
        int below = Math.min(columns, row + i - column);
        double squares = 0;
        double fit = 0;
        for (int j = 0; j < below; j++) {
          squares += kernel[from + j] * kernel[from + j];
          fit += products[i * columns + j] * kernel[from + j];
        }
        sum[2 * sites + a] += 2 * squares;
        if (below < columns) { // the diagonal
          double value = kernel[from + below];
          fit += products[i * columns + below] * value;
          sum[a] += value / targets.rows();
          sum[2 * sites + a] += value * value;
        }
        sum[sites + a] += fit;
      }
    }
  }

  private double product(int mu, int nu) {
    double sum = 0;
    for (int k = 0; k < targets.outputs(); k++) {
      sum += targets.at(mu, k) * targets.at(nu, k);
    }
    return sum;
  }

  /** The numbers of all layers, after all tiles. */
  List<LayerSites> layers() {
    double square = 0;
    for (int mu = 0; mu < targets.rows(); mu++) {
      square += product(mu, mu);
    }
    List<LayerSites> layers = new ArrayList<>();
    for (int l = 0; l < maps.size(); l++) {
      SiteMap map = maps.get(l);
      SampledVector exact = SampledVector.exact(sums.get(l));
      layers.add(LayerSites.of(map.outputHeight(), map.outputWidth(), exact, square));
    }
    return List.copyOf(layers);
  }
}
