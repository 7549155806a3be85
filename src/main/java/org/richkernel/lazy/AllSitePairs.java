package org.richkernel.lazy;

import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Set;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;
import org.richkernel.network.ImageShape;
import org.richkernel.network.Inputs;
import org.richkernel.network.SiteMap;

/** All pairs of sites, which a pooled readout needs: rows and columns are (point, site). */
final class AllSitePairs implements SitePairs {
  private static final String ROW_ONES = "row ones";
  private static final String COLUMN_ONES = "column ones";
  private static final String ROW_MEAN = "mean over row sites";
  private static final String COLUMN_MEAN = "mean over column sites";
  private static final String POOLED = "kernels pooled over rows";

  private static String table(SiteMap map) {
    return "sites of " + map;
  }

  @Override
  public int columns(int points, int sites) {
    return Math.multiplyExact(points, sites);
  }

  @Override
  public long entries(int sites) {
    return (long) sites * sites;
  }

  @Override
  public double[] ordered(double[] values, int firstPoint, int points, int sites) {
    return Arrays.copyOfRange(values, firstPoint * sites, (firstPoint + points) * sites);
  }

  @Override
  public void plan(MemoryPlan plan, int rows, int columns, Inputs inputs, Iterable<SiteMap> maps) {
    int sites = inputs.shape().sites();
    int channels = inputs.shape().channels();
    plan.add(ROWS, Precision.FLOAT64, rows * sites, channels)
        .add(COLUMNS, Precision.FLOAT64, columns * sites, channels);
    int most = 0;
    Set<SiteMap> different = new LinkedHashSet<>();
    maps.forEach(different::add);
    for (SiteMap map : different) {
      most = Math.max(most, map.outputSites());
      plan.add(table(map), Precision.FLOAT32, map.outputSites(), map.offsets());
    }
    plan.add(ROW_ONES, Precision.FLOAT64, rows * most, 1)
        .add(COLUMN_ONES, Precision.FLOAT64, columns * most, 1)
        .add(ROW_MEAN, Precision.FLOAT64, rows, rows * most)
        .add(COLUMN_MEAN, Precision.FLOAT64, columns, columns * most)
        .add(POOLED, Precision.FLOAT64, rows, columns * most);
  }

  @Override
  public void uploadMaps(Backend backend, Workspace workspace, Iterable<SiteMap> maps) {
    for (SiteMap map : maps) {
      double[] sites = Arrays.stream(map.inputTable()).asDoubleStream().toArray();
      backend.upload(sites, workspace.get(table(map)));
    }
  }

  @Override
  public void inputKernel(
      Backend backend, ImageShape shape, Matrix x, Matrix y, int rows, Matrix kernel) {
    backend.gemm(Transpose.NO, Transpose.YES, 1.0 / shape.channels(), x, y, 0, kernel);
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
    map.panelTrain(backend, workspace, layer, 0, 0, kernel, slope);
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
    Matrix table = workspace.get(table(map));
    backend.averagePatches(scale / map.offsets(), table, table, from, to);
    if (bias > 0) {
      try (Matrix left = workspace.get(ROW_ONES).rowRange(0, to.rows());
          Matrix right = workspace.get(COLUMN_ONES).rowRange(0, to.columns())) {
        backend.fill(1, left);
        backend.fill(1, right);
        backend.gemm(Transpose.NO, Transpose.YES, bias, left, right, 1, to);
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
    int rows = to.rows();
    int columns = to.columns();
    try (Matrix left = workspace.get(ROW_MEAN).view(0, rows, 0, rows * sites);
        Matrix right = workspace.get(COLUMN_MEAN).view(0, columns, 0, columns * sites);
        Matrix pooled = workspace.get(POOLED).view(0, rows, 0, columns * sites)) {
      backend.upload(mean(rows, sites), left);
      backend.upload(mean(columns, sites), right);
      backend.gemm(Transpose.NO, Transpose.NO, 1, left, from, 0, pooled);
      backend.gemm(Transpose.NO, Transpose.YES, scale, pooled, right, beta, to);
    }
  }

  /** The matrix that takes the mean over the sites of each point. */
  private static double[] mean(int points, int sites) {
    double[] matrix = new double[points * points * sites];
    for (int i = 0; i < points; i++) {
      Arrays.fill(matrix, (i * points + i) * sites, (i * points + i + 1) * sites, 1.0 / sites);
    }
    return matrix;
  }
}
