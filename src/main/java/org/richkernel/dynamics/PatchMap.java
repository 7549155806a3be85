package org.richkernel.dynamics;

import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Workspace;
import org.richkernel.network.SiteMap;

/**
 * Fields at the sites of a layer as weights that all sites share read them: at each of k offsets d,
 * site a of the layer to go to reads site nb(a, d) of the layer to come from, or nothing. A fully
 * connected layer has one site, which reads itself.
 */
final class PatchMap {
  private final Backend backend;
  private final int from;
  private final int to;
  private final Matrix[] reads; // nb, to x 1 for each offset
  private final Matrix[] isRead; // its inverse, from x 1 for each offset
  private final boolean pointwise;

  private PatchMap(
      Backend backend, int from, int to, Matrix[] reads, Matrix[] isRead, boolean pointwise) {
    this.backend = backend;
    this.from = from;
    this.to = to;
    this.reads = reads;
    this.isRead = isRead;
    this.pointwise = pointwise;
  }

  /** Adds the tables of a layer's weights to a plan. */
  static void plan(MemoryPlan plan, int layer, SiteMap map) {
    if (!isPointwise(map)) {
      plan.add(reads(layer), Precision.FLOAT32, map.offsets(), map.outputSites())
          .add(isRead(layer), Precision.FLOAT32, map.offsets(), map.inputSites());
    }
  }

  private static String reads(int layer) {
    return "sites read by weights " + layer;
  }

  private static String isRead(int layer) {
    return "sites that read through weights " + layer;
  }

  /** Whether every site reads itself alone. */
  static boolean isPointwise(SiteMap map) {
    return map.offsets() == 1 && map.stride() == 1;
  }

  /** The map of the weights between layers l and l + 1, seen from layer l. */
  static PatchMap of(Backend backend, Workspace memory, int layer, SiteMap map) {
    if (isPointwise(map)) {
      return new PatchMap(
          backend, map.inputSites(), map.outputSites(), new Matrix[1], new Matrix[1], true);
    }
    int offsets = map.offsets();
    Matrix[] reads = new Matrix[offsets];
    Matrix[] isRead = new Matrix[offsets];
    for (int d = 0; d < offsets; d++) {
      double[] inputs = new double[map.outputSites()];
      for (int a = 0; a < inputs.length; a++) {
        inputs[a] = map.input(a, d);
      }
      double[] outputs = new double[map.inputSites()];
      for (int b = 0; b < outputs.length; b++) {
        outputs[b] = map.output(b, d);
      }
      reads[d] = memory.get(reads(layer)).rowRange(d, 1).reshaped(inputs.length, 1);
      isRead[d] = memory.get(isRead(layer)).rowRange(d, 1).reshaped(outputs.length, 1);
      backend.upload(inputs, reads[d]);
      backend.upload(outputs, isRead[d]);
    }
    return new PatchMap(backend, map.inputSites(), map.outputSites(), reads, isRead, false);
  }

  /** The same weights applied backwards. */
  PatchMap reversed() {
    return new PatchMap(backend, to, from, isRead, reads, pointwise);
  }

  /** Whether every site reads itself alone. */
  boolean isPointwise() {
    return pointwise;
  }

  /** Sites of the layer to come from. */
  int from() {
    return from;
  }

  /** Sites of the layer to go to. */
  int to() {
    return to;
  }

  /** k. */
  int offsets() {
    return reads.length;
  }

  /**
   * Rows side by side for all offsets: target[j, (d, mu, a)] = source[j, (mu, nb(a, d))], and 0
   * where nothing is read.
   *
   * @param source r x (m from), float32
   * @param target r x (k m to)
   */
  void spread(Matrix source, Matrix target) {
    int each = target.columns() / offsets();
    for (int d = 0; d < offsets(); d++) {
      backend.cols(reads[d], source, target.view(0, target.rows(), d * each, each));
    }
  }

  /**
   * The transpose of {@link #spread}.
   *
   * @param source r x (k m to), float32
   * @param scratch r x (m from)
   * @param target r x (m from)
   */
  void collect(Matrix source, Matrix scratch, Matrix target) {
    int each = source.columns() / offsets();
    backend.fill(0, target);
    for (int d = 0; d < offsets(); d++) {
      // an input is read by one output at most at each offset
      backend.cols(isRead[d], source.view(0, source.rows(), d * each, each), scratch);
      backend.axpy(1, scratch, target);
    }
  }
}
