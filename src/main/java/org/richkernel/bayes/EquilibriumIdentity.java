package org.richkernel.bayes;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;
import org.richkernel.sampling.MonteCarloSeries;

/**
 * Test that the samples of one layer follow the density of the saddle point, by an integration by
 * parts.
 *
 * <p>For any fixed direction u of the layer's whitened space and density exp(-|xi|^2/2 - V),
 *
 * <pre>  &lt; (xi_s . u)^2 + (xi_s . u) (u . dV/dxi_s) &gt; = |u|^2,</pre>
 *
 * the projection on u of the equation for the conjugate kernel, F^{-T} (1 - &lt;xi xi^T&gt;) F^{-1}
 * = F^{-T} &lt;xi grad E^T&gt;: its left side follows from the samples, its right side from the
 * density. It holds at every S, so it needs no extrapolation. The directions are F^T v, one per
 * output. Features are learnt along them, and there a sampler out of equilibrium deviates most.
 *
 * <p>Given the layer below, it holds for any u that depends on that layer alone. For weights, whose
 * space changes with the layer below, the directions are F^T v of the present layer with fixed v,
 * and |u|^2 is averaged too.
 */
final class EquilibriumIdentity implements AutoCloseable {
  private final Backend backend;
  private final Workspace memory;
  private final Matrix directions; // U, r x K, unit columns if fixed
  private final @Nullable Matrix followed; // v, P x K, if the directions follow
  private final List<Matrix[]> scratch = new ArrayList<>(); // xi U and G U, by block size
  private final MonteCarloSeries mismatch = new MonteCarloSeries();
  private final MonteCarloSeries spread = new MonteCarloSeries();
  private final Matrix sums; // of the sweep so far, squares and products
  private final Matrix squares;
  private final Matrix products;
  private final @Nullable Matrix lengths; // |u|^2, if the directions follow
  private final double[] read;
  private int samples;

  /**
   * @param width r, columns of the layer's fields
   * @param blockRows rows of the largest block
   */
  EquilibriumIdentity(Backend backend, int width, int outputs, int blockRows) {
    this(backend, width, 0, outputs, blockRows);
  }

  /**
   * @param width columns of the layer's fields
   * @param points P if the directions follow the layer below; 0 if they are fixed
   * @param blockRows rows of the largest block
   */
  EquilibriumIdentity(Backend backend, int width, int points, int outputs, int blockRows) {
    this.backend = backend;
    MemoryPlan plan = new MemoryPlan();
    plan(plan, "", width, points, outputs, blockRows);
    memory = new Workspace(backend, plan);
    directions = memory.get("directions");
    followed = points == 0 ? null : memory.get("followed vectors");
    sums = memory.get("sums of projections");
    lengths = points == 0 ? null : sums.view(0, 1, 2, 1);
    read = new double[sums.columns()];
    squares = sums.view(0, 1, 0, 1);
    products = sums.view(0, 1, 1, 1);
    Matrix fields = memory.get("projected fields");
    Matrix forces = memory.get("projected forces");
    for (int rows : new int[] {blockRows - 1, blockRows}) {
      scratch.add(new Matrix[] {fields.rowRange(0, rows), forces.rowRange(0, rows)});
    }
  }

  static void plan(
      MemoryPlan plan, String prefix, int width, int points, int outputs, int blockRows) {
    if (points > 0) {
      plan.add(prefix + "followed vectors", Precision.FLOAT32, points, outputs);
    }
    plan.add(prefix + "directions", Precision.FLOAT32, width, outputs)
        .add(prefix + "projected fields", Precision.FLOAT32, blockRows, outputs)
        .add(prefix + "projected forces", Precision.FLOAT32, blockRows, outputs)
        .add(prefix + "sums of projections", Precision.FLOAT64, 1, points > 0 ? 3 : 2);
  }

  /**
   * F^T v.
   *
   * @param factor F, row-major P x r
   * @param v row-major P x K
   * @return row-major r x K
   */
  static double[] directions(double[] factor, double[] v, int points) {
    int rank = factor.length / points;
    int outputs = v.length / points;
    double[] u = new double[rank * outputs];
    for (int p = 0; p < points; p++) {
      for (int i = 0; i < rank; i++) {
        for (int k = 0; k < outputs; k++) {
          u[i * outputs + k] += factor[p * rank + i] * v[p * outputs + k];
        }
      }
    }
    return u;
  }

  /** The same for a factor on the backend, P x r. */
  static double[] directions(Backend backend, Matrix factor, double[] v) {
    double[] values = new double[Math.toIntExact(factor.size())];
    backend.download(factor, values);
    return directions(values, v, factor.rows());
  }

  /**
   * features v, or its transpose: directions in the space of weights on these features.
   *
   * @param v row-major, a row for each column of the features, or for each row if they are
   *     transposed
   * @return row-major
   */
  static double[] image(Backend backend, Transpose transpose, Matrix features, double[] v) {
    boolean plain = transpose == Transpose.NO;
    int points = plain ? features.columns() : features.rows();
    int width = plain ? features.rows() : features.columns();
    int outputs = v.length / points;
    MemoryPlan plan =
        new MemoryPlan()
            .add("v", Precision.FLOAT32, points, outputs)
            .add("F^T v", Precision.FLOAT32, width, outputs);
    try (Workspace scratch = new Workspace(backend, plan)) {
      Matrix dual = scratch.get("v");
      Matrix image = scratch.get("F^T v");
      double[] values = new double[width * outputs];
      backend.upload(v, dual);
      backend.gemm(transpose, Transpose.NO, 1, features, dual, 0, image);
      backend.download(image, values);
      return values;
    }
  }

  /**
   * Fixes the directions u = F^T v / |F^T v|.
   *
   * @param sought F^T v, row-major r x K
   */
  void setDirections(double[] sought) {
    int rank = directions.rows();
    int outputs = directions.columns();
    double[] u = sought.clone();
    for (int k = 0; k < outputs; k++) {
      double square = 0;
      for (int i = 0; i < rank; i++) {
        square += u[i * outputs + k] * u[i * outputs + k];
      }
      for (int i = 0; i < rank; i++) {
        u[i * outputs + k] = square > 0 ? u[i * outputs + k] / Math.sqrt(square) : i == 0 ? 1 : 0;
      }
    }
    backend.upload(u, directions);
  }

  /**
   * Fixes the directions, or the vectors v that they follow.
   *
   * @param v row-major P x K
   * @param sought F^T v, row-major r x K
   */
  void aim(double[] v, double[] sought) {
    if (follows()) {
      follow(v, sought);
    } else {
      setDirections(sought);
    }
  }

  /** Whether the directions follow the present layer below. */
  boolean follows() {
    return followed != null;
  }

  /**
   * Fixes the vectors v of the directions F^T v, scaled to unit length in the present layer.
   *
   * @param v row-major P x K
   * @param sought F^T v, row-major r x K
   */
  private void follow(double[] v, double[] sought) {
    int outputs = directions.columns();
    double[] scaled = v.clone();
    for (int k = 0; k < outputs; k++) {
      double square = 0;
      for (int i = k; i < sought.length; i += outputs) {
        square += sought[i] * sought[i];
      }
      for (int i = k; i < v.length; i += outputs) {
        scaled[i] = square > 0 ? v[i] / Math.sqrt(square) : 0;
      }
    }
    backend.upload(scaled, Objects.requireNonNull(followed));
  }

  /**
   * Updates the directions to the present layer below.
   *
   * @param projection writes F^T v of its first argument into its second one
   */
  void turn(BiConsumer<Matrix, Matrix> projection) {
    projection.accept(Objects.requireNonNull(followed), directions);
  }

  /**
   * Adds one block: its fields (n x r) and dV/dxi (n x r), both in equilibrium if the chain is. The
   * call does not wait for the backend.
   */
  void observe(Matrix xi, Matrix gradient) {
    Matrix[] rows = scratch.get(xi.rows() == scratch.get(1)[0].rows() ? 1 : 0);
    backend.gemm(Transpose.NO, Transpose.NO, 1, xi, directions, 0, rows[0]);
    backend.gemm(Transpose.NO, Transpose.NO, 1, gradient, directions, 0, rows[1]);
    double keep = samples == 0 ? 0 : 1;
    backend.dot(1, rows[0], rows[0], keep, squares);
    backend.dot(1, rows[0], rows[1], keep, products);
    if (lengths != null) {
      // a layer with weights has one block
      backend.dot(1, directions, directions, 0, lengths);
    }
    samples += xi.rows();
  }

  /** Ends a sweep over all blocks. */
  void endSweep() {
    int outputs = directions.columns();
    backend.download(sums, read);
    spread.add(read[0] / samples);
    mismatch.add((read[0] + read[1]) / samples - (follows() ? read[2] : outputs));
    discardSweep();
  }

  /** Discards the blocks since the end of the last sweep. */
  void discardSweep() {
    samples = 0;
  }

  /** Discards all sweeps; the directions stay. */
  void clear() {
    discardSweep();
    mismatch.clear();
    spread.clear();
  }

  /** &lt;(xi.u)^2 + (xi.u)(u.dV/dxi)&gt; - |u|^2, one value per sweep. */
  MonteCarloSeries mismatch() {
    return mismatch;
  }

  /** &lt;(xi.u)^2&gt;, one value per sweep: the scale of {@link #mismatch()}. */
  MonteCarloSeries spread() {
    return spread;
  }

  /** Directions, row-major r x K, or the vectors v, P x K, for a checkpoint. */
  double[] directions() {
    Matrix kept = followed == null ? directions : followed;
    double[] u = new double[Math.toIntExact(kept.size())];
    backend.download(kept, u);
    return u;
  }

  void restore(double[] u, double[] mismatches, double[] spreads) {
    backend.upload(u, followed == null ? directions : followed);
    mismatch.restore(mismatches);
    spread.restore(spreads);
  }

  @Override
  public void close() {
    memory.close();
  }
}
