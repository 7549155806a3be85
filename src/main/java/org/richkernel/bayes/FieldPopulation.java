package org.richkernel.bayes;

import java.util.ArrayList;
import java.util.List;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Workspace;
import org.richkernel.stack.FieldWidths;

/**
 * S samples of the fields of all hidden layers, cut into blocks whose sizes differ by at most one
 * row, with their kernels, dual vector and potential.
 */
final class FieldPopulation implements AutoCloseable {
  private static final String WEIGHTS = "readout weights";

  private final Workspace memory;
  private final Matrix xi;
  private final List<Matrix> layers = new ArrayList<>();
  private final List<Matrix> kernels = new ArrayList<>();
  private final Matrix dual;
  private final List<Matrix> readout; // state of the dual form
  private final List<Matrix> blockRows = new ArrayList<>();
  private double potential;
  private double jitter; // of the covariances of the layers above the first

  private FieldPopulation(
      Backend backend, MemoryPlan plan, int samples, int blocks, int[] widths, List<String> state) {
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
    readout = state.stream().map(memory::get).toList();
  }

  private static String imageOf(int layer) {
    return "fields on targets " + layer;
  }

  /**
   * A population in the primal form.
   *
   * @param hasReadout whether there are {@link #weights()}
   */
  static FieldPopulation primal(
      Backend backend,
      int samples,
      int blocks,
      FieldWidths widths,
      int points,
      int outputs,
      boolean hasReadout) {
    MemoryPlan plan = new MemoryPlan();
    planPrimal(plan, "", samples, widths, points, outputs, hasReadout);
    return new FieldPopulation(backend, plan, samples, blocks, widths.widths(samples), List.of());
  }

  /** A population in the dual form, whose kernels are G = phi phi^T, S x S. */
  static FieldPopulation dual(
      Backend backend, int samples, int blocks, FieldWidths widths, int points, int outputs) {
    MemoryPlan plan = new MemoryPlan();
    planDual(plan, "", samples, widths, points, outputs);
    int[] columns = widths.widths(samples);
    return new FieldPopulation(
        backend, plan, samples, blocks, columns, List.of(imageOf(columns.length), WEIGHTS));
  }

  /**
   * A population of channels in the dual form, which holds no kernel.
   *
   * @param features rows that the readout weighs
   */
  static FieldPopulation channels(
      Backend backend, int samples, FieldWidths widths, int points, int outputs, int features) {
    MemoryPlan plan = new MemoryPlan();
    planChannels(plan, "", samples, widths, points, outputs, features);
    return new FieldPopulation(backend, plan, samples, 1, widths.widths(samples), List.of(WEIGHTS));
  }

  /** Adds the memory of a population in the primal form to a plan. */
  static void planPrimal(
      MemoryPlan plan,
      String prefix,
      int samples,
      FieldWidths widths,
      int points,
      int outputs,
      boolean hasReadout) {
    plan(plan, prefix, samples, widths, points, outputs, points);
    if (hasReadout) {
      plan.add(prefix + WEIGHTS, Precision.FLOAT64, samples, outputs);
    }
  }

  /** Adds the memory of a population in the dual form to a plan. */
  static void planDual(
      MemoryPlan plan, String prefix, int samples, FieldWidths widths, int points, int outputs) {
    plan(plan, prefix, samples, widths, points, outputs, samples);
    for (int l = 1; l <= widths.widths(samples).length; l++) {
      plan.add(prefix + imageOf(l), Precision.FLOAT64, samples, outputs);
    }
    plan.add(prefix + WEIGHTS, Precision.FLOAT64, samples, outputs);
  }

  /** Adds the memory of a population of channels in the dual form to a plan. */
  static void planChannels(
      MemoryPlan plan,
      String prefix,
      int samples,
      FieldWidths widths,
      int points,
      int outputs,
      int features) {
    plan(plan, prefix, samples, widths, points, outputs, 0);
    plan.add(prefix + WEIGHTS, Precision.FLOAT64, features, outputs);
  }

  private static void plan(
      MemoryPlan plan,
      String prefix,
      int samples,
      FieldWidths widths,
      int points,
      int outputs,
      int kernelSize) {
    plan.add(prefix + "fields", Precision.FLOAT32, samples, widths.width(samples))
        .add(prefix + "dual vector", Precision.FLOAT64, points, outputs);
    for (int l = 1; l <= widths.widths(samples).length; l++) {
      plan.add(prefix + "kernel " + l, Precision.FLOAT64, kernelSize, kernelSize);
    }
  }

  /** First row of block b of S rows. */
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

  /** Fields of all layers side by side, float32. */
  Matrix xi() {
    return xi;
  }

  /** Fields of layer l = 1 to L, a view of {@link #xi()}. */
  Matrix xi(int layer) {
    return layers.get(layer - 1);
  }

  /** g_L Phi^L, P x P, float64; G, S x S, in the dual form, 0 x 0 for channels. */
  Matrix kernel() {
    return kernels.get(kernels.size() - 1);
  }

  /** The same of layer l = 1 to L. */
  Matrix kernel(int layer) {
    return kernels.get(layer - 1);
  }

  /** b = phi Y of the last layer in the dual form, S x K, float64. */
  Matrix image() {
    return image(layers());
  }

  /** The same of layer l = 1 to L. */
  Matrix image(int layer) {
    return memory.get(imageOf(layer));
  }

  /**
   * w of the dual form and of layers with weights, float64: the readout weights, S x K, or
   * (features of the channels) x K.
   */
  Matrix weights() {
    return memory.get(WEIGHTS);
  }

  /** b and w of the dual form, w alone of channels; empty for the primal form. */
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
   * Relative jitter of the covariances of the layers above the first in this population; 0 without
   * factorizations.
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
