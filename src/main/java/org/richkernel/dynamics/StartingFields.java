package org.richkernel.dynamics;

import java.util.Arrays;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Workspace;
import org.richkernel.solver.SolverState;

/**
 * A field x(0) before training as control variate of the responses &lt;x(t) omega^T&gt; to a
 * Gaussian field.
 *
 * <p>Before training, features do not depend on backward fields, and backward fields are odd in the
 * readout and so have no mean response to preactivations. So &lt;x_mu(0) omega&gt; has mean zero
 * exactly, and x_mu(t) - c_mu x_mu(0) has the mean response of x_mu(t) for any c_mu. The difference
 * has less noise: each entry of &lt;x(t) omega^T&gt; has noise |x| / sqrt(S), while responses are
 * of order gamma and outputs contain A / gamma, so at small gamma outputs would have noise of 1 /
 * (gamma sqrt(S)). The choice c_mu = &lt;x(t) x(0)&gt; / &lt;x(0)^2&gt; minimizes the noise. It is
 * then of order gamma if fields move by this much, and the noise of outputs at training points is
 * of order 1 / sqrt(S) at any gamma.
 */
final class StartingFields {
  private static final String SCRATCH = "beyond the start";
  private static final String ONES = "ones of the start";
  private static final String SUMS = "sums over the samples";
  private static final String SHARES = "shares of the start";
  private static final String NARROW_SHARES = "shares of the start, single";

  private final Backend backend;
  private final String name;
  private final Matrix start; // x(0) in the order of the problem, zero where unknown, S x M
  private final Matrix scratch; // S x M
  private final Matrix ones; // S x 1
  private final Matrix sums; // 1 x M
  private final Matrix shares; // 1 x M
  private final Matrix narrowShares; // 1 x M, float32
  private final Matrix inverses; // of -sum x(0)^2 in the order of the problem, 1 x M

  /** Adds the start of a field to a plan, and its copy in a checkpoint. */
  static void plan(MemoryPlan plan, String name, int samples, int points) {
    plan.add("start of " + name, Precision.FLOAT32, samples, points)
        .add("squares of " + name, Precision.FLOAT64, 1, points)
        .addHost((long) samples * points * Float.BYTES);
  }

  /** Adds the scratch of all fields. */
  static void planScratch(MemoryPlan plan, int samples, int points) {
    plan.add(SCRATCH, Precision.FLOAT32, samples, points)
        .add(ONES, Precision.FLOAT32, samples, 1)
        .add(SUMS, Precision.FLOAT64, 1, points)
        .add(SHARES, Precision.FLOAT64, 1, points)
        .add(NARROW_SHARES, Precision.FLOAT32, 1, points);
  }

  /** A start that is not known yet. */
  StartingFields(Backend backend, Workspace memory, String name, int samples) {
    this.backend = backend;
    this.name = name;
    start = memory.get("start of " + name).rowRange(0, samples);
    scratch = memory.get(SCRATCH).rowRange(0, samples);
    ones = memory.get(ONES).rowRange(0, samples);
    sums = memory.get(SUMS);
    shares = memory.get(SHARES);
    narrowShares = memory.get(NARROW_SHARES);
    inverses = memory.get("squares of " + name);
    backend.fill(0, inverses);
    backend.fill(1, ones);
    backend.fill(0, start);
  }

  /**
   * Stores the fields before training.
   *
   * @param now S x m
   * @param order index of each column in the order of the problem, m or more
   */
  void take(Matrix now, int[] order) {
    backend.scatterColumns(now, Arrays.copyOf(order, now.columns()), start);
    measure();
  }

  /**
   * x_mu(t) - c_mu x_mu(0), or x_mu(t) if the start is not known; valid until the next call.
   *
   * @param now S x m
   * @param order index of each column in the order of the problem, m or more
   */
  Matrix beyond(Matrix now, int[] order) {
    int[] columns = Arrays.copyOf(order, now.columns());
    int m = columns.length;
    Matrix rest = scratch.view(0, now.rows(), 0, m);
    Matrix share = shares.view(0, 1, 0, m);
    Matrix weights = narrowShares.view(0, 1, 0, m);
    backend.gatherColumns(start, columns, rest);
    backend.multiply(now, rest);
    // -c_mu
    backend.gatherColumns(inverses, columns, share);
    backend.multiply(sumsOf(rest), share);
    backend.copy(share, weights);
    backend.gatherColumns(start, columns, rest);
    backend.scaleColumns(weights, rest);
    backend.axpy(1, now, rest);
    return rest;
  }

  private void measure() {
    Matrix copy = scratch.view(0, start.rows(), 0, start.columns());
    backend.copy(start, copy);
    backend.multiply(start, copy);
    double[] squares = new double[start.columns()];
    backend.download(sumsOf(copy), squares);
    for (int i = 0; i < squares.length; i++) {
      squares[i] = squares[i] == 0 ? 0 : -1 / squares[i];
    }
    backend.upload(squares, inverses);
  }

  /** Sums over the samples, 1 x columns. */
  private Matrix sumsOf(Matrix columns) {
    Matrix target = sums.view(0, 1, 0, columns.columns());
    backend.crossGram(1, ones, columns, 0, target);
    return target;
  }

  /** Adds the state between two times to a checkpoint. */
  void save(SolverState state) {
    SavedMatrix.save(backend, state, key(), start);
  }

  private String key() {
    return "start_of_" + name.replace(' ', '_');
  }

  /** Restores a saved state. */
  void restore(SolverState state) {
    SavedMatrix.restore(backend, state, key(), start);
    measure();
  }
}
