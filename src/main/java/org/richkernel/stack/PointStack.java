package org.richkernel.stack;

import java.util.ArrayList;
import java.util.List;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;

/**
 * The moving part of the S samples of a dense network, in the dual form. Every block of points
 * passes through all layers on its device; G, b and the gradients are sums over blocks.
 */
public final class PointStack implements Passes {
  private final PointSums sums;
  private final DualReadout solver;
  private final SampleReadout readout;
  private final int samples;
  private final List<Run> runs = new ArrayList<>();
  private final PointSums.Total grams;
  private final PointSums.Total gradients;

  /** The samples on one device. */
  private record Run(PointRun points, MovingFields fields, List<Block> blocks) {
    Block block(int block) {
      return blocks.get(block - points.extent().first());
    }
  }

  /** The samples at the points of a block. */
  private record Block(LayerStack stack, SampleGramReadout top) {}

  /**
   * @param readout of S samples
   * @param shape of the fields
   * @param samples S
   * @param first index of the first sample that moves
   * @param rows number of samples that move; all if there are several layers
   */
  public PointStack(
      PointSums sums,
      DualReadout solver,
      SampleReadout readout,
      FieldShape shape,
      int samples,
      int first,
      int rows) {
    this.sums = sums;
    this.solver = solver;
    this.readout = readout;
    this.samples = samples;
    for (PointRun points : sums.runs()) {
      MovingFields fields = points.fields(rows, shape.widths(samples));
      List<Block> blocks = new ArrayList<>();
      for (int b = points.extent().first(); b < points.extent().end(); b++) {
        List<LayerFields> layers = points.rows().layers(b, first, rows);
        Panels panels = layers.get(0).panels();
        SampleGramReadout top =
            new SampleGramReadout(solver, points, b, samples, first, rows, panels);
        blocks.add(
            new Block(
                new LayerStack(
                    layers,
                    points.rows().input(b, fields, layers),
                    points.rows().links(b, fields, layers),
                    top),
                top));
      }
      runs.add(new Run(points, fields, blocks));
    }
    grams = sums.total(SampleGramReadout.targets(readout, first, rows));
    gradients = sums.total(fields().gradient());
  }

  /** The fields that move, on the first device. */
  public MovingFields fields() {
    return runs.get(0).fields;
  }

  private Run of(PointRun points) {
    return runs.get(sums.runs().indexOf(points));
  }

  private Block block(PointRun points, int block) {
    return of(points).block(block);
  }

  @Override
  public void prepare() {
    sums.forEach((points, b) -> block(points, b).stack.prepare());
  }

  @Override
  public void activations() {
    sums.share(points -> of(points).fields.position());
    sums.forEach((points, b) -> block(points, b).stack.activations());
  }

  @Override
  public void forward() {
    sums.share(points -> of(points).fields.position());
    grams.sum(
        (points, b, into) -> {
          Block block = block(points, b);
          block.stack.activations();
          block.top.fill(into);
        });
    solver.solve(readout, samples);
  }

  @Override
  public void pull() {
    if (solver.parameters().hasDeterminant()) {
      readout.invert();
      sums.share(points -> points.inverse(samples));
    }
    gradients.sum(
        (points, b, into) -> {
          Run run = of(points);
          run.block(b).stack.pull();
          add(points.backend(), run.fields.gradient(), into.get(0));
        });
  }

  /**
   * Copies the gradient of a block into the sum, unless it is already in place as with a single
   * block.
   */
  private static void add(Backend backend, Matrix gradient, Matrix into) {
    if (into != gradient) {
      backend.copy(gradient, into);
    }
  }

  /** Time of the first device. */
  @Override
  public long gramNanos() {
    return runs.get(0).blocks.stream().mapToLong(block -> block.top.gramNanos()).sum();
  }

  @Override
  public long solveNanos() {
    return 0;
  }
}
