package org.richkernel.lazy;

import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;
import org.richkernel.network.ImageShape;
import org.richkernel.network.Inputs;
import org.richkernel.network.SiteMap;

/**
 * Pairs of equal sites, which suffice for a flattened readout with any filters: a row for each site
 * and point, ordered (site, point), and a column for each point.
 */
final class SameSitePairs implements SitePairs {
  @Override
  public int columns(int points, int sites) {
    return points;
  }

  @Override
  public long entries(int sites) {
    return sites;
  }

  @Override
  public double[] ordered(double[] values, int firstPoint, int points, int sites) {
    double[] ordered = new double[points * sites];
    for (int a = 0; a < sites; a++) {
      for (int i = 0; i < points; i++) {
        ordered[a * points + i] = values[(firstPoint + i) * sites + a];
      }
    }
    return ordered;
  }

  @Override
  public void plan(MemoryPlan plan, int rows, int columns, Inputs inputs, Iterable<SiteMap> maps) {
    plan.add(ROWS, Precision.FLOAT64, rows, inputs.dimension())
        .add(COLUMNS, Precision.FLOAT64, columns, inputs.dimension());
  }

  @Override
  public void uploadMaps(Backend backend, Workspace workspace, Iterable<SiteMap> maps) {
    // sites are blocks of rows: the host addresses them
  }

  @Override
  public void inputKernel(
      Backend backend, ImageShape shape, Matrix x, Matrix y, int rows, Matrix kernel) {
    int channels = shape.channels();
    for (int a = 0; a < shape.sites(); a++) {
      try (Matrix left = x.view(0, x.rows(), a * channels, channels);
          Matrix right = y.view(0, y.rows(), a * channels, channels);
          Matrix product = site(kernel, a, rows)) {
        backend.gemm(Transpose.NO, Transpose.YES, 1.0 / channels, left, right, 0, product);
      }
    }
  }

  private static Matrix site(Matrix kernel, int site, int rows) {
    return kernel.rowRange(site * rows, rows);
  }

  @Override
  public void dual(
      Backend backend,
      Workspace workspace,
      DualMap map,
      int layer,
      int rows,
      Matrix kernel,
      Matrix slope) {
    int columns = kernel.columns();
    for (int a = 0; a < kernel.rows() / rows; a++) {
      try (Matrix values = site(kernel, a, rows);
          Matrix slopes = site(slope, a, rows)) {
        map.panelTrain(backend, workspace, layer, a * rows, a * columns, values, slopes);
      }
    }
  }

  @Override
  public void average(
      Backend backend,
      Workspace workspace,
      SiteMap map,
      double scale,
      double bias,
      int rows,
      int columns,
      Matrix from,
      Matrix to) {
    backend.fill(bias, to);
    for (int a = 0; a < map.outputSites(); a++) {
      try (Matrix sum = site(to, a, rows)) {
        for (int d = 0; d < map.offsets(); d++) {
          int b = map.input(a, d);
          if (b >= 0) {
            try (Matrix term = site(from, b, rows)) {
              backend.axpy(scale / map.offsets(), term, sum);
            }
          }
        }
      }
    }
  }

  @Override
  public void pool(
      Backend backend,
      Workspace workspace,
      int sites,
      double scale,
      Matrix from,
      double beta,
      Matrix to) {
    backend.scale(beta, to);
    for (int a = 0; a < sites; a++) {
      try (Matrix term = site(from, a, to.rows())) {
        backend.axpy(scale / sites, term, to);
      }
    }
  }
}
