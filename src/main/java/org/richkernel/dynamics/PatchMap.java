package org.richkernel.dynamics;

import java.util.Arrays;
import java.util.Optional;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Workspace;
import org.richkernel.network.SiteMap;

/**
 * Index map of weights shared by all sites: at each of k offsets d, site a of the output layer
 * reads site nb(a, d) of the input layer, or nothing. A fully connected layer has one site, which
 * reads itself.
 */
final class PatchMap {
  private final Backend backend;
  private final int from;
  private final int to;
  private final Optional<Matrix> reads; // nb, to x k; empty where each site reads itself alone
  private final Optional<Matrix> isRead; // its inverse, from x k

  private PatchMap(
      Backend backend, int from, int to, Optional<Matrix> reads, Optional<Matrix> isRead) {
    this.backend = backend;
    this.from = from;
    this.to = to;
    this.reads = reads;
    this.isRead = isRead;
  }

  /** Adds the tables of a layer's weights to a plan. */
  static void plan(MemoryPlan plan, int layer, SiteMap map) {
    if (!isPointwise(map)) {
      plan.add(reads(layer), Precision.FLOAT32, map.outputSites(), map.offsets())
          .add(isRead(layer), Precision.FLOAT32, map.inputSites(), map.offsets());
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
          backend, map.inputSites(), map.outputSites(), Optional.empty(), Optional.empty());
    }
    Matrix reads = memory.get(reads(layer));
    Matrix isRead = memory.get(isRead(layer));
    backend.upload(numbers(map.inputTable()), reads);
    backend.upload(numbers(map.outputTable()), isRead);
    return new PatchMap(
        backend, map.inputSites(), map.outputSites(), Optional.of(reads), Optional.of(isRead));
  }

  private static double[] numbers(int[] table) {
    return Arrays.stream(table).asDoubleStream().toArray();
  }

  /** The same weights applied backwards. */
  PatchMap reversed() {
    return new PatchMap(backend, to, from, isRead, reads);
  }

  /** Whether every site reads itself alone. */
  boolean isPointwise() {
    return reads.isEmpty();
  }

  /** Number of sites of the input layer. */
  int from() {
    return from;
  }

  /** Number of sites of the output layer. */
  int to() {
    return to;
  }

  /** k. */
  int offsets() {
    return reads.map(Matrix::columns).orElse(1);
  }

  /**
   * Rows side by side for all offsets: target[j, (d, mu, a)] = source[j, (mu, nb(a, d))], and 0 for
   * padding.
   *
   * @param source r x (m from), float32
   * @param target r x (k m to)
   */
  void spread(Matrix source, Matrix target) {
    Matrix table = reads.orElseThrow();
    int each = target.columns() / offsets();
    for (int d = 0; d < offsets(); d++) {
      Matrix own = table.view(0, to, d, 1);
      backend.cols(own, source, target.view(0, target.rows(), d * each, each));
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
    Matrix table = isRead.orElseThrow();
    int each = source.columns() / offsets();
    backend.fill(0, target);
    for (int d = 0; d < offsets(); d++) {
      // at each offset at most one output reads an input
      Matrix own = table.view(0, from, d, 1);
      backend.cols(own, source.view(0, source.rows(), d * each, each), scratch);
      backend.axpy(1, scratch, target);
    }
  }

  /**
   * F K, the covariance of the Gaussian field at the outputs of the weights for a field of
   * covariance K.
   *
   * @param kernel (m from) x (m from), float64
   * @param target (m to) x (m to)
   */
  void covariance(Matrix kernel, Matrix target) {
    Matrix inputs = reads.orElseThrow();
    backend.averagePatches(1.0 / offsets(), inputs, inputs, kernel, target);
  }
}
