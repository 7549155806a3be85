package org.richkernel.stack;

import java.util.ArrayList;
import java.util.List;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Workspace;
import org.richkernel.network.NetworkSpec;

/**
 * Dense layers whose fields have a row for each point of a run of blocks, P x S, so that sums over
 * points are Gram matrices; layers above the first are linked by weights. Points are processed in
 * panels of a fixed size, and all numbers of samples share the scratch.
 */
public final class PointRows {
  private final Backend backend;
  private final NetworkSpec network;
  private final FieldShape shape;
  private final Workspace memory;
  private final PointRun.Extent extent;

  /**
   * @param memory with the matrices of {@link #plan}
   * @param extent blocks of these rows
   */
  PointRows(
      Backend backend,
      NetworkSpec network,
      FieldShape shape,
      Workspace memory,
      PointRun.Extent extent) {
    this.backend = backend;
    this.network = network;
    this.shape = shape;
    this.memory = memory;
    this.extent = extent;
  }

  /**
   * Adds the scratch to a plan.
   *
   * @param samples the largest S
   * @param rows largest number of samples that move; all if there are several layers
   */
  static void plan(
      MemoryPlan plan, FieldShape shape, PointRun.Extent extent, int samples, int rows) {
    int points = extent.points();
    MovingFields.plan(plan, rows, shape.width(samples));
    plan.add("F", Precision.FLOAT32, points, shape.rank())
        .add("pull", Precision.FLOAT32, extent.blocks().panelRows(), rows);
    for (int l = 1; l <= shape.layers(); l++) {
      int features = l < shape.layers() ? shape.features(samples) : samples;
      plan.add("phi " + l, Precision.FLOAT32, points, features)
          .add("slope " + l, Precision.FLOAT32, points, rows);
    }
  }

  /** L. */
  int layers() {
    return shape.layers();
  }

  /** F of a block, r columns. */
  Matrix inputs(int block) {
    return extent.of(memory.get("F"), block);
  }

  /** phi of layer l of all S samples and all points of the run, P x S. */
  public Matrix phi(int l, int samples) {
    return memory.get("phi " + l).view(0, extent.points(), 0, samples);
  }

  /** Rows of a block in that matrix. */
  Matrix phi(int l, int samples, int block) {
    return extent.of(phi(l, samples), block);
  }

  /**
   * Features that the weights of layer l > 1 act on, at the points of a block: S or S + 1 columns.
   */
  Matrix features(int l, int samples, int block) {
    Matrix below = memory.get("phi " + (l - 1));
    return extent.of(below, block).view(0, rowsOf(block), 0, shape.features(samples));
  }

  private int rowsOf(int block) {
    return extent.blocks().rows(block);
  }

  /** Scratch for a panel of dV/dphi. */
  Matrix pull(int rows) {
    Matrix scratch = memory.get("pull");
    return scratch.view(0, scratch.rows(), 0, rows);
  }

  /**
   * Layers of some of the S samples at the points of a block.
   *
   * @param first index of the first one
   * @param rows number of samples; all of them if there are several layers
   */
  List<LayerFields> layers(int block, int first, int rows) {
    List<LayerFields> layers = new ArrayList<>();
    for (int l = 1; l <= shape.layers(); l++) {
      layers.add(
          new LayerFields(
              backend,
              network.activation(),
              extent.of(memory.get("phi " + l), block).view(0, rowsOf(block), first, rows),
              extent.of(memory.get("slope " + l), block).view(0, rowsOf(block), 0, rows),
              extent.blocks().panelRows()));
    }
    return layers;
  }

  /** Source of the first layer at the points of a block. */
  Source input(int block, MovingFields fields, List<LayerFields> layers) {
    return new PointSource(
        backend, 1, inputs(block), layers.get(0).panels(), fields.position(1), fields.gradient(1));
  }

  /** Links into layers 2 to L, all samples of which move. */
  List<Link> links(int block, MovingFields fields, List<LayerFields> layers) {
    int samples = fields.rows();
    List<Link> links = new ArrayList<>();
    for (int l = 2; l <= shape.layers(); l++) {
      links.add(
          new PointWeightLink(
              backend,
              Math.sqrt(network.weightVariance(l - 1) / samples),
              layers.get(l - 2).panels(),
              features(l, samples, block),
              network.biasVariance(),
              layers.get(l - 1),
              fields.position(l),
              fields.gradient(l),
              pull(samples)));
    }
    return links;
  }
}
