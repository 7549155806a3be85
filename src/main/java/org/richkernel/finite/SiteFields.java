package org.richkernel.finite;

import java.util.Arrays;
import java.util.function.IntFunction;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;
import org.richkernel.network.NetworkSites;
import org.richkernel.network.SiteMap;
import org.richkernel.network.SiteReadout;

/**
 * Fields of some groups of points, neurons x (group, site, point), with the products of the layers
 * and the readout on them.
 *
 * <p>Patches are gathered into one matrix that all layers share. A flattened readout has a weight
 * for each site and is divided by sqrt(s); a pooled one acts on the mean over sites. A fully
 * connected network has one site, and nothing is gathered or added.
 */
final class SiteFields {
  private static final String PATCHES = "patches";
  private static final String SUMS = "sums over sites";

  private final Backend backend;
  private final Workspace memory;
  private final String prefix;
  private final NetworkSites sites;
  private final int width;
  private final double[] constants;
  private final int[] groups;

  /**
   * @param memory of {@link #plan}, for at least as many points
   * @param prefix of the labels
   * @param constants constant features of the biases of layers 2 to L; empty without biases
   * @param groups points of each group
   */
  SiteFields(
      Backend backend,
      Workspace memory,
      String prefix,
      NetworkSites sites,
      int width,
      double[] constants,
      int... groups) {
    this.backend = backend;
    this.memory = memory;
    this.prefix = prefix;
    this.sites = sites;
    this.width = width;
    this.constants = constants;
    this.groups = groups.clone();
    for (int l = 2; l <= sites.layers(); l++) {
      if (!sites.isPointwise(l)) {
        backend.upload(inputTable(l), inputs(l, points() * sites.sites(l)));
        backend.upload(outputTable(l), outputs(l, points() * sites.sites(l - 1)));
      }
    }
  }

  private Matrix inputs(int layer, int columns) {
    return memory.get(prefix + inputs(layer)).rowRange(0, columns);
  }

  private Matrix outputs(int layer, int columns) {
    return memory.get(prefix + outputs(layer)).rowRange(0, columns);
  }

  private static String inputs(int layer) {
    return "sites read by layer " + layer;
  }

  private static String outputs(int layer) {
    return "sites that read layer " + (layer - 1);
  }

  /** Adds the shared scratch and the tables. */
  static void plan(
      MemoryPlan plan, String prefix, NetworkSites sites, int width, boolean biases, int points) {
    int rows = 0;
    int columns = 0;
    for (int l = 2; l <= sites.layers(); l++) {
      if (!sites.isPointwise(l)) {
        int own = Math.multiplyExact(points, sites.sites(l));
        rows = Math.max(rows, sites.offsets(l) * width + (biases ? 1 : 0));
        columns = Math.max(columns, own);
        plan.add(prefix + inputs(l), Precision.FLOAT32, own, sites.offsets(l))
            .add(
                prefix + outputs(l),
                Precision.FLOAT32,
                points * sites.sites(l - 1),
                sites.offsets(l));
      }
    }
    if (rows > 0) {
      plan.add(prefix + PATCHES, Precision.FLOAT32, rows, columns);
    }
    if (sites.readout() == SiteReadout.GAP) {
      plan.add(prefix + SUMS, Precision.FLOAT32, width, points);
    }
  }

  private double[] inputTable(int layer) {
    SiteMap map = sites.map(layer);
    return table(map.outputSites(), map.inputSites(), map.offsets(), map::input);
  }

  private double[] outputTable(int layer) {
    SiteMap map = sites.map(layer);
    return table(map.inputSites(), map.outputSites(), map.offsets(), map::output);
  }

  /** The table of a map between the columns of all points of all groups. */
  private double[] table(
      int own, int others, int offsets, java.util.function.IntBinaryOperator site) {
    double[] table = new double[Math.multiplyExact(points() * own, offsets)];
    int row = 0;
    int first = 0;
    for (int group : groups) {
      for (int a = 0; a < own; a++) {
        for (int mu = 0; mu < group; mu++) {
          for (int d = 0; d < offsets; d++) {
            int b = site.applyAsInt(a, d);
            table[row * offsets + d] = b < 0 ? -1 : first + b * group + mu;
          }
          row++;
        }
      }
      first += group * others;
    }
    return table;
  }

  /** Points of all groups. */
  int points() {
    return Arrays.stream(groups).sum();
  }

  /** The field of the first group alone. */
  Matrix firstGroup(Matrix field, int layer) {
    return field.view(0, field.rows(), 0, groups[0] * sites.sites(layer));
  }

  /**
   * Features that the weights of layer l = 2 to L act on: those of the layer below, or their
   * patches in a matrix that the next call overwrites; with biases a last row of constants.
   *
   * @param below features of all groups or of the first, with biases a last row of constants
   */
  Matrix read(int layer, Matrix below) {
    if (sites.isPointwise(layer)) {
      return below;
    }
    int columns = columns(layer, below.columns());
    int offsets = sites.offsets(layer);
    Matrix all =
        memory
            .get(prefix + PATCHES)
            .view(0, offsets * width + (constants.length > 0 ? 1 : 0), 0, columns);
    backend.cols(
        inputs(layer, columns), below.rowRange(0, width), all.rowRange(0, offsets * width));
    if (constants.length > 0) {
      backend.fill(constants[layer - 2], all.rowRange(offsets * width, 1));
    }
    return all;
  }

  /** Columns of a layer, from those of the layer below. */
  private int columns(int layer, int below) {
    return below / sites.map(layer).inputSites() * sites.sites(layer);
  }

  /**
   * below = scale W^T force, summed over the patches; overwrites the result of {@link #read}.
   *
   * @param weights of layer l, without biases, N x (k N)
   * @param below N x columns of the layer below
   */
  void pull(int layer, double scale, Matrix weights, Matrix force, Matrix below) {
    if (sites.isPointwise(layer)) {
      backend.gemm(Transpose.YES, Transpose.NO, scale, weights, force, 0, below);
      return;
    }
    Matrix patches = memory.get(prefix + PATCHES).view(0, weights.columns(), 0, force.columns());
    backend.gemm(Transpose.YES, Transpose.NO, scale, weights, force, 0, patches);
    backend.uncols(outputs(layer, below.columns()), patches, below);
  }

  /** Receives a block of columns: some points of one site, and their position among all points. */
  private interface BlockWork {
    void accept(int site, int firstColumn, int firstPoint, int points);
  }

  /** Visits the blocks of the groups in a field of the given number of columns. */
  private void blocks(int layer, int columns, BlockWork work) {
    int s = sites.sites(layer);
    if (s == 1) {
      work.accept(0, 0, 0, columns);
      return;
    }
    int column = 0;
    int point = 0;
    for (int group : groups) {
      for (int a = 0; a < s && column < columns; a++) {
        work.accept(a, column, point, group);
        column += group;
      }
      point += group;
    }
  }

  private static Matrix block(Matrix field, int firstColumn, int columns) {
    return field.view(0, field.rows(), firstColumn, columns);
  }

  /** The sum over sites of each point, N x points; the field itself where there is one site. */
  private Matrix sums(int layer, Matrix field) {
    int s = sites.sites(layer);
    if (s == 1) {
      return field;
    }
    Matrix sums = memory.get(prefix + SUMS).view(0, width, 0, field.columns() / s);
    backend.fill(0, sums);
    blocks(
        layer,
        field.columns(),
        (a, column, point, points) ->
            backend.axpy(1, block(field, column, points), block(sums, point, points)));
    return sums;
  }

  /**
   * kernel = scale sum_a field_a^T field_a, the sum over entries of equal sites, or with a pooled
   * readout over all pairs of sites.
   *
   * @param field N x columns of all groups or of the first
   * @param kernel points x points
   */
  void gram(double scale, int layer, Matrix field, double beta, Matrix kernel) {
    if (sites.readout() == SiteReadout.GAP || sites.sites(layer) == 1) {
      backend.gram(scale, sums(layer, field), beta, kernel);
      return;
    }
    if (beta == 0) {
      backend.fill(0, kernel);
    }
    blocks(
        layer,
        field.columns(),
        (a, column, point, points) -> {
          Matrix own = block(field, column, points);
          backend.gram(scale, own, 1, kernel.view(point, points, point, points));
          // groups before this one
          int before = 0;
          int first = 0;
          for (int group : groups) {
            if (first == point) {
              break;
            }
            Matrix other = block(field, before + a * group, group);
            backend.crossGram(scale, own, other, 1, kernel.view(point, points, first, group));
            backend.crossGram(scale, other, own, 1, kernel.view(first, group, point, points));
            before += group * sites.sites(layer);
            first += group;
          }
        });
  }

  /** Number of pairs of sites over which a feature kernel is averaged. */
  double pairs(int layer) {
    return sites.pairs(layer);
  }

  /** Factor of the sum over sites in the outputs. */
  double readoutScale() {
    return sites.readoutScale();
  }

  /** w of a site, N x K, from the weights of all sites side by side. */
  IntFunction<Matrix> bySite(Matrix readout) {
    int outputs = readout.columns() / sites.readoutSites();
    return site -> readout.view(0, width, site * outputs, outputs);
  }

  /** w of one output alone. */
  IntFunction<Matrix> bySite(Matrix readout, int output) {
    int outputs = readout.columns() / sites.readoutSites();
    return site -> readout.view(0, width, site * outputs + output, 1);
  }

  /**
   * out = scale sum_a phi_a^T w_a, without {@link #readoutScale}.
   *
   * @param top features of the last layer, of all groups or of the first
   * @param out points x K, FLOAT64
   */
  void outputs(double scale, Matrix top, IntFunction<Matrix> weights, Matrix out) {
    int layer = sites.layers();
    if (sites.readout() == SiteReadout.GAP) {
      backend.crossGram(scale, sums(layer, top), weights.apply(0), 0, out);
      return;
    }
    blocks(
        layer,
        top.columns(),
        (a, column, point, points) ->
            backend.crossGram(
                scale,
                block(top, column, points),
                weights.apply(a),
                a == 0 ? 0 : 1,
                out.rowRange(point, points)));
  }

  /**
   * force_a = scale w_a delta^T at every site.
   *
   * @param delta points x K, of all groups or of the first
   * @param force N x columns of the same groups of the last layer
   */
  void pullReadout(double scale, IntFunction<Matrix> weights, Matrix delta, Matrix force) {
    boolean pooled = sites.readout() == SiteReadout.GAP;
    blocks(
        sites.layers(),
        force.columns(),
        (a, column, point, points) ->
            backend.gemm(
                Transpose.NO,
                Transpose.YES,
                scale,
                weights.apply(pooled ? 0 : a),
                delta.rowRange(point, points),
                0,
                block(force, column, points)));
  }

  /**
   * target_a = scale phi_a delta + beta target_a, for all readout weights.
   *
   * @param top features of the last layer of all groups or of the first
   * @param delta points x K
   * @param target w_a of each site, or the common w
   */
  void readoutGradient(
      double scale, Matrix top, Matrix delta, double beta, IntFunction<Matrix> target) {
    int layer = sites.layers();
    if (sites.readout() == SiteReadout.GAP) {
      Matrix sums = sums(layer, top);
      backend.gemm(Transpose.NO, Transpose.NO, scale, sums, delta, beta, target.apply(0));
      return;
    }
    blocks(
        layer,
        top.columns(),
        (a, column, point, points) ->
            backend.gemm(
                Transpose.NO,
                Transpose.NO,
                scale,
                block(top, column, points),
                delta.rowRange(point, points),
                point == 0 ? beta : 1,
                target.apply(a)));
  }

  /**
   * force_a = sum_b phi_b tilt over the pairs of sites in {@link #gram}.
   *
   * @param top features of the last layer, of the first group
   * @param tilt points x points
   * @param force N x columns of the first group
   */
  void tilt(Matrix top, Matrix tilt, Matrix force) {
    int layer = sites.layers();
    boolean pooled = sites.readout() == SiteReadout.GAP;
    Matrix sums = pooled ? sums(layer, top) : top;
    blocks(
        layer,
        top.columns(),
        (a, column, point, points) ->
            backend.gemm(
                Transpose.NO,
                Transpose.NO,
                1,
                pooled ? sums : block(top, column, points),
                tilt,
                0,
                block(force, column, points)));
  }
}
