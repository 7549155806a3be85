package org.richkernel.bayes;

import java.util.ArrayList;
import java.util.List;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Workspace;

/**
 * S samples of whitened fields, cut into blocks whose sizes differ by at most one row, with the
 * kernel, dual vector and potential that belong to them.
 */
final class FieldPopulation implements AutoCloseable {
  private final Workspace memory;
  private final Matrix xi;
  private final Matrix kernel;
  private final Matrix dual;
  private final List<Matrix> blockRows = new ArrayList<>();
  private double potential;

  FieldPopulation(Backend backend, int samples, int blocks, int rank, int points, int outputs) {
    MemoryPlan plan = new MemoryPlan();
    plan(plan, "", samples, rank, points, outputs);
    memory = new Workspace(backend, plan);
    xi = memory.get("fields");
    kernel = memory.get("kernel");
    dual = memory.get("dual vector");
    for (int b = 0; b < blocks; b++) {
      int first = blockStart(samples, blocks, b);
      blockRows.add(xi.rowRange(first, blockStart(samples, blocks, b + 1) - first));
    }
  }

  /** Adds what a population takes to a plan. */
  static void plan(MemoryPlan plan, String prefix, int samples, int rank, int points, int outputs) {
    plan.add(prefix + "fields", Precision.FLOAT32, samples, rank)
        .add(prefix + "kernel", Precision.FLOAT64, points, points)
        .add(prefix + "dual vector", Precision.FLOAT64, points, outputs);
  }

  /** First row of block b when S rows are cut into blocks. */
  static int blockStart(int samples, int blocks, int b) {
    return (int) ((long) samples * b / blocks);
  }

  int samples() {
    return xi.rows();
  }

  int blocks() {
    return blockRows.size();
  }

  int firstSample(int block) {
    return blockStart(samples(), blocks(), block);
  }

  /** Rows of one block, a view of {@link #xi()}. */
  Matrix block(int b) {
    return blockRows.get(b);
  }

  /** Whitened fields, S x r, float32. */
  Matrix xi() {
    return xi;
  }

  /** g Phi, P x P, float64. */
  Matrix kernel() {
    return kernel;
  }

  /** v = (g Phi + kappa)^{-1} Y, P x K, float64. */
  Matrix dual() {
    return dual;
  }

  /** V at the present fields. */
  double potential() {
    return potential;
  }

  void setPotential(double value) {
    potential = value;
  }

  @Override
  public void close() {
    memory.close();
  }
}
