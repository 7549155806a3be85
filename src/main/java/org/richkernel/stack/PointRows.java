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
 * Dense layers whose fields have a row for each point, P x S, so that sums over points are Gram
 * matrices; layers above the first are linked by weights. Points are taken in panels of a fixed
 * size, and all sizes share their scratch.
 */
public final class PointRows {
  /** Points of a panel. */
  static final int PANEL = 1024;

  private final Backend backend;
  private final NetworkSpec network;
  private final FieldShape shape;
  private final Workspace memory;

  /**
   * @param memory holds what {@link #plan} planned
   */
  public PointRows(Backend backend, NetworkSpec network, FieldShape shape, Workspace memory) {
    this.backend = backend;
    this.network = network;
    this.shape = shape;
    this.memory = memory;
  }

  /**
   * Adds the scratch to a plan.
   *
   * @param samples the largest S
   * @param rows most samples that move; all where there are several layers
   */
  public static void plan(MemoryPlan plan, FieldShape shape, int samples, int rows) {
    int points = shape.points();
    MovingFields.plan(plan, rows, shape.width(samples));
    plan.add("F", Precision.FLOAT32, points, shape.rank())
        .add("pull", Precision.FLOAT32, Math.min(PANEL, points), rows);
    for (int l = 1; l <= shape.layers(); l++) {
      int features = l < shape.layers() ? shape.features(samples) : samples;
      plan.add("phi " + l, Precision.FLOAT32, points, features)
          .add("slope " + l, Precision.FLOAT32, points, rows);
    }
  }

  /** phi of layer l of all S samples, P x S. */
  public Matrix phi(int l, int samples) {
    return memory.get("phi " + l).view(0, shape.points(), 0, samples);
  }

  /** What the weights of layer l > 1 act on: P x S, or P x (S + 1). */
  public Matrix features(int l, int samples) {
    return memory.get("phi " + (l - 1)).view(0, shape.points(), 0, shape.features(samples));
  }

  /** Scratch for a panel of derivatives by phi. */
  public Matrix pull(int rows) {
    Matrix scratch = memory.get("pull");
    return scratch.view(0, scratch.rows(), 0, rows);
  }

  /**
   * Layers of some of the S samples.
   *
   * @param first index of the first one
   * @param rows how many; all where there are several layers
   */
  public List<LayerFields> layers(int first, int rows) {
    List<LayerFields> layers = new ArrayList<>();
    for (int l = 1; l <= shape.layers(); l++) {
      layers.add(
          new LayerFields(
              backend,
              network.activation(),
              memory.get("phi " + l).view(0, shape.points(), first, rows),
              memory.get("slope " + l).view(0, shape.points(), 0, rows),
              PANEL));
    }
    return layers;
  }

  /** What makes the first layer. */
  public Source input(MovingFields fields, List<LayerFields> layers) {
    return new PointSource(
        backend,
        1,
        memory.get("F"),
        layers.get(0).panels(),
        fields.position(1),
        fields.gradient(1));
  }

  /** What makes layers 2 to L, all samples of which move. */
  public List<Link> links(MovingFields fields, List<LayerFields> layers) {
    int samples = fields.rows();
    List<Link> links = new ArrayList<>();
    for (int l = 2; l <= shape.layers(); l++) {
      links.add(
          new PointWeightLink(
              backend,
              Math.sqrt(network.weightVariance(l - 1) / samples),
              layers.get(l - 2).panels(),
              features(l, samples),
              network.biasVariance(),
              layers.get(l - 1),
              fields.position(l),
              fields.gradient(l),
              pull(samples)));
    }
    return links;
  }
}
