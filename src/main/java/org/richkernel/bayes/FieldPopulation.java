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
  private final Workspace memory;
  private final Matrix xi;
  private final List<Matrix> layers = new ArrayList<>();
  private final List<Matrix> kernels = new ArrayList<>();
  private final List<Matrix> images = new ArrayList<>(); // of the dual form
  private final Matrix dual;
  private final List<Matrix> readout; // state of the dual form
  private final List<Matrix> blockRows = new ArrayList<>();
  private double potential;
  private double jitter; // of the covariances of the layers above the first

  private FieldPopulation(
      Backend backend, MemoryPlan plan, int samples, int blocks, int[] widths, boolean isDual) {
    memory = new Workspace(backend, plan);
    xi = memory.get("fields");
    dual = memory.get("dual vector");
    int column = 0;
    for (int l = 1; l <= widths.length; l++) {
      layers.add(xi.view(0, samples, column, widths[l - 1]));
      kernels.add(memory.get("kernel " + l));
      if (isDual) {
        images.add(memory.get(imageOf(l)));
      }
      column += widths[l - 1];
    }
    for (int b = 0; b < blocks; b++) {
      int first = blockStart(samples, blocks, b);
      blockRows.add(xi.rowRange(first, blockStart(samples, blocks, b + 1) - first));
    }
    readout = isDual ? List.of(image(), weights()) : List.of();
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
    return new FieldPopulation(backend, plan, samples, blocks, widths.widths(samples), false);
  }

  /** A population in the dual form, whose kernels are G = phi phi^T, S x S. */
  static FieldPopulation dual(
      Backend backend, int samples, int blocks, FieldWidths widths, int points, int outputs) {
    MemoryPlan plan = new MemoryPlan();
    planDual(plan, "", samples, widths, points, outputs);
    return new FieldPopulation(backend, plan, samples, blocks, widths.widths(samples), true);
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
      plan.add(prefix + "readout weights", Precision.FLOAT64, samples, outputs);
    }
  }

  /** Adds the memory of a population in the dual form to a plan. */
  static void planDual(
      MemoryPlan plan, String prefix, int samples, FieldWidths widths, int points, int outputs) {
    plan(plan, prefix, samples, widths, points, outputs, samples);
    for (int l = 1; l <= widths.widths(samples).length; l++) {
      plan.add(prefix + imageOf(l), Precision.FLOAT64, samples, outputs);
    }
    plan.add(prefix + "readout weights", Precision.FLOAT64, samples, outputs);
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

  /** g_L Phi^L, P x P, float64; G, S x S, in the dual form. */
  Matrix kernel() {
    return kernels.get(kernels.size() - 1);
  }

  /** The same of layer l = 1 to L. */
  Matrix kernel(int layer) {
    return kernels.get(layer - 1);
  }

  /** b = phi Y of the last layer in the dual form, S x K, float64. */
  Matrix image() {
    return images.get(images.size() - 1);
  }

  /** The same of layer l = 1 to L. */
  Matrix image(int layer) {
    return images.get(layer - 1);
  }

  /** w of the dual form and of layers with weights, S x K, float64: the readout weights. */
  Matrix weights() {
    return memory.get("readout weights");
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
