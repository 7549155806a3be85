package org.richkernel.bayes;

import java.util.ArrayList;
import java.util.List;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Workspace;

/**
 * S samples of whitened fields of all hidden layers, cut into blocks whose sizes differ by at most
 * one row, with the kernels, dual vector and potential that belong to them.
 */
final class FieldPopulation implements AutoCloseable {
  private final Workspace memory;
  private final Matrix xi;
  private final List<Matrix> layers = new ArrayList<>();
  private final List<Matrix> kernels = new ArrayList<>();
  private final Matrix dual;
  private final List<Matrix> readout = new ArrayList<>(); // of the dual form
  private final List<Matrix> blockRows = new ArrayList<>();
  private double potential;
  private double jitter; // of the covariances of the layers above the first

  /**
   * @param widths columns of each layer's fields: the rank of the inputs, then P for every other
   *     layer
   */
  FieldPopulation(Backend backend, int samples, int blocks, int[] widths, int points, int outputs) {
    this(backend, planned(samples, widths, points, outputs), samples, blocks, widths);
  }

  private FieldPopulation(Backend backend, MemoryPlan plan, int samples, int blocks, int[] widths) {
    memory = new Workspace(backend, plan);
    xi = memory.get("fields");
    dual = memory.get("dual vector");
    int column = 0;
    for (int l = 1; l <= widths.length; l++) {
      layers.add(xi.view(0, samples, column, widths[l - 1]));
      kernels.add(memory.get("kernel " + l));
      column += widths[l - 1];
    }
    for (int b = 0; b < blocks; b++) {
      int first = blockStart(samples, blocks, b);
      blockRows.add(xi.rowRange(first, blockStart(samples, blocks, b + 1) - first));
    }
  }

  private static MemoryPlan planned(int samples, int[] widths, int points, int outputs) {
    MemoryPlan plan = new MemoryPlan();
    plan(plan, "", samples, widths, points, outputs);
    return plan;
  }

  /**
   * A population of one hidden layer whose readout is in the dual form: {@link #kernel()} is G =
   * phi phi^T, S x S.
   */
  static FieldPopulation dual(
      Backend backend, int samples, int blocks, int rank, int points, int outputs) {
    MemoryPlan plan = new MemoryPlan();
    planDual(plan, "", samples, rank, points, outputs);
    FieldPopulation made = new FieldPopulation(backend, plan, samples, blocks, new int[] {rank});
    made.readout.add(made.memory.get("fields on targets"));
    made.readout.add(made.memory.get("readout weights"));
    return made;
  }

  /** Adds what such a population takes to a plan. */
  static void planDual(
      MemoryPlan plan, String prefix, int samples, int rank, int points, int outputs) {
    plan.add(prefix + "fields", Precision.FLOAT32, samples, rank)
        .add(prefix + "kernel 1", Precision.FLOAT64, samples, samples)
        .add(prefix + "dual vector", Precision.FLOAT64, points, outputs)
        .add(prefix + "fields on targets", Precision.FLOAT64, samples, outputs)
        .add(prefix + "readout weights", Precision.FLOAT64, samples, outputs);
  }

  /** Adds what a population takes to a plan. */
  static void plan(
      MemoryPlan plan, String prefix, int samples, int[] widths, int points, int outputs) {
    int width = 0;
    for (int w : widths) {
      width = Math.addExact(width, w);
    }
    plan.add(prefix + "fields", Precision.FLOAT32, samples, width);
    for (int l = 1; l <= widths.length; l++) {
      plan.add(prefix + "kernel " + l, Precision.FLOAT64, points, points);
    }
    plan.add(prefix + "dual vector", Precision.FLOAT64, points, outputs);
  }

  /** Columns of the fields of each of L layers: r, P, P, ... */
  static int[] widths(int layers, int rank, int points) {
    int[] widths = new int[layers];
    java.util.Arrays.fill(widths, points);
    widths[0] = rank;
    return widths;
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

  /** L. */
  int layers() {
    return layers.size();
  }

  /** Whitened fields of all layers side by side, S x (r + (L - 1) P), float32. */
  Matrix xi() {
    return xi;
  }

  /** Whitened fields of layer l = 1 to L, a view of {@link #xi()}. */
  Matrix xi(int layer) {
    return layers.get(layer - 1);
  }

  /** g_L Phi^L, P x P, float64; G, S x S, in the dual form. */
  Matrix kernel() {
    return kernels.get(kernels.size() - 1);
  }

  /** g_l Phi^l for l = 1 to L, P x P, float64. */
  Matrix kernel(int layer) {
    return kernels.get(layer - 1);
  }

  /** b = phi Y of the dual form, S x K, float64. */
  Matrix image() {
    return readout.get(0);
  }

  /** w of the dual form, S x K, float64: the readout weights of the samples. */
  Matrix weights() {
    return readout.get(1);
  }

  /** b and w of the dual form; empty for the primal one. */
  List<Matrix> readout() {
    return readout;
  }

  /** v = (g_L Phi^L + kappa)^{-1} Y, P x K, float64. */
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

  /**
   * Relative jitter that the covariances of the layers above the first take here; 0 where there is
   * none.
   */
  double jitter() {
    return jitter;
  }

  void setJitter(double relative) {
    jitter = relative;
  }

  @Override
  public void close() {
    memory.close();
  }
}
