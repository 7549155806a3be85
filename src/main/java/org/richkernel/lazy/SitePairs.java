package org.richkernel.lazy;

import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Workspace;
import org.richkernel.network.ImageShape;
import org.richkernel.network.Inputs;
import org.richkernel.network.SiteMap;
import org.richkernel.network.SiteReadout;

/**
 * The pairs of sites that a readout needs, between some points along rows and others along columns:
 * how their kernels lie in a matrix, and the linear maps on them.
 */
interface SitePairs {
  /** Inputs along rows, float64. */
  String ROWS = "image rows";

  /** Inputs along columns, float64. */
  String COLUMNS = "image columns";

  /** Those of a readout. */
  static SitePairs of(SiteReadout readout) {
    return readout == SiteReadout.FLATTEN ? new SameSitePairs() : new AllSitePairs();
  }

  /** Columns of the kernels of so many points along columns; rows of a matrix of their inputs. */
  int columns(int points, int sites);

  /** Entries of the kernels of a pair of points. */
  long entries(int sites);

  /**
   * Values of each point and site in the order of rows and columns.
   *
   * @param values of all points, site by site of each
   */
  double[] ordered(double[] values, int firstPoint, int points, int sites);

  /**
   * Adds the memory of the maps without the kernels.
   *
   * @param rows the most points along rows
   * @param columns the most points along columns
   * @param inputs whose shape theirs is
   */
  void plan(MemoryPlan plan, int rows, int columns, Inputs inputs, Iterable<SiteMap> maps);

  /** Moves the maps of the layers to the device. */
  void uploadMaps(Backend backend, Workspace workspace, Iterable<SiteMap> maps);

  /** Moves the points along columns to the device. */
  default void uploadColumns(
      Backend backend, Workspace workspace, Inputs inputs, int first, int points) {
    try (Matrix x = workspace.get(COLUMNS).rowRange(0, columns(points, inputs.shape().sites()))) {
      backend.upload(inputs.copyRows(first, points), x);
    }
  }

  /** Phi^0 = x_a . x_b / C of points along rows and the columns uploaded last. */
  default void inputKernel(
      Backend backend,
      Workspace workspace,
      Inputs inputs,
      int first,
      int rows,
      int columns,
      Matrix kernel) {
    int sites = inputs.shape().sites();
    try (Matrix x = workspace.get(ROWS).rowRange(0, columns(rows, sites));
        Matrix y = workspace.get(COLUMNS).rowRange(0, columns(columns, sites))) {
      backend.upload(inputs.copyRows(first, rows), x);
      inputKernel(backend, inputs.shape(), x, y, rows, kernel);
    }
  }

  /**
   * The same of inputs on the device.
   *
   * @param rows points of x
   */
  void inputKernel(Backend backend, ImageShape shape, Matrix x, Matrix y, int rows, Matrix kernel);

  /** Sigma becomes Phi, and slope Phidot, by the variances that the map was told. */
  void dual(
      Backend backend,
      Workspace workspace,
      DualMap map,
      int layer,
      int rows,
      Matrix kernel,
      Matrix slope);

  /** to = scale F from + bias. */
  void average(
      Backend backend,
      Workspace workspace,
      SiteMap map,
      double scale,
      double bias,
      int rows,
      int columns,
      Matrix from,
      Matrix to);

  /**
   * to = scale times the mean over the pairs of sites, plus beta to.
   *
   * @param to rows x columns, points along both
   */
  void pool(
      Backend backend,
      Workspace workspace,
      int sites,
      double scale,
      Matrix from,
      double beta,
      Matrix to);
}
