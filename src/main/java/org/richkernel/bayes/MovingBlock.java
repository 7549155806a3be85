package org.richkernel.bayes;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;
import org.richkernel.stack.FieldFactor;

/**
 * Scratch for the n rows of a population that are being moved: position, momentum and gradient (n x
 * r), activation and its derivative (n x P), and the products between them, taken in panels of rows
 * that stay in fast memory.
 */
final class MovingBlock {
  private final Backend backend;
  private final Activation activation;
  private final FieldFactor factor;
  private final Matrix position;
  private final Matrix momentum;
  private final Matrix gradient;
  private final Matrix phi;
  private final Matrix slope;
  private final List<Panel> panels = new ArrayList<>();

  private long gramNanos;

  private record Panel(
      Matrix position, Matrix gradient, Matrix phi, Matrix slope, @Nullable Matrix product) {}

  /**
   * @param memory holds what {@link #plan} planned
   * @param factor F, P x r
   * @param rows n, at most what was planned
   */
  MovingBlock(
      Backend backend, Activation activation, Workspace memory, FieldFactor factor, int rows) {
    this(
        backend,
        activation,
        factor,
        memory.get("position").rowRange(0, rows),
        memory.get("momentum").rowRange(0, rows),
        memory.get("gradient").rowRange(0, rows),
        memory.get("phi").rowRange(0, rows),
        memory.get("slope").rowRange(0, rows),
        null);
  }

  /**
   * A block on given matrices: one layer of a deep network, whose fields are columns of all fields.
   *
   * @param factor F, P x r
   * @param position n x r
   * @param momentum n x r
   * @param gradient n x r
   * @param phi n x P
   * @param slope n x P
   * @param scratch at least a panel of rows x P, for {@link #pullFull}; null where it is not used
   */
  MovingBlock(
      Backend backend,
      Activation activation,
      FieldFactor factor,
      Matrix position,
      Matrix momentum,
      Matrix gradient,
      Matrix phi,
      Matrix slope,
      @Nullable Matrix scratch) {
    this.backend = backend;
    this.activation = activation;
    this.factor = factor;
    this.position = position;
    this.momentum = momentum;
    this.gradient = gradient;
    this.phi = phi;
    this.slope = slope;
    int rows = position.rows();
    int step = backend.panelRows(phi.columns());
    for (int from = 0; from < rows; from += step) {
      int count = Math.min(step, rows - from);
      panels.add(
          new Panel(
              position.rowRange(from, count),
              gradient.rowRange(from, count),
              phi.rowRange(from, count),
              slope.rowRange(from, count),
              scratch == null ? null : scratch.rowRange(0, count)));
    }
  }

  /** Adds the scratch of a block of {@code rows} rows to a plan. */
  static void plan(MemoryPlan plan, int points, int rank, int rows) {
    plan.add("position", Precision.FLOAT32, rows, rank)
        .add("momentum", Precision.FLOAT32, rows, rank)
        .add("gradient", Precision.FLOAT32, rows, rank)
        .add("phi", Precision.FLOAT32, rows, points)
        .add("slope", Precision.FLOAT32, rows, points);
  }

  int rows() {
    return position.rows();
  }

  Matrix position() {
    return position;
  }

  Matrix momentum() {
    return momentum;
  }

  Matrix gradient() {
    return gradient;
  }

  Matrix phi() {
    return phi;
  }

  Matrix slope() {
    return slope;
  }

  /** phi and slope at the position: h = xi F^T, phi = f(h), slope = f'(h). */
  void forward() {
    for (int i = 0; i < panels.size(); i++) {
      forward(panels.get(i));
    }
  }

  /** The same, and kernel += weight phi^T phi (P x P, float64). */
  void forward(double weight, Matrix kernel) {
    for (int i = 0; i < panels.size(); i++) {
      Panel panel = panels.get(i);
      forward(panel);
      long start = System.nanoTime();
      backend.gram(weight, panel.phi, 1, kernel);
      gramNanos += System.nanoTime() - start;
    }
  }

  private void forward(Panel panel) {
    factor.colour(panel.position, panel.phi);
    backend.activateWithDerivative(activation, panel.phi, panel.phi, panel.slope);
  }

  /**
   * gradient = (slope o scale (phi v) v^T) F: the pull of a rank-K tilt; slope is used up.
   *
   * @param v P x K, float32
   */
  void pull(double scale, Matrix v) {
    for (int i = 0; i < panels.size(); i++) {
      Panel panel = panels.get(i);
      backend.backProject(scale, panel.phi, panel.slope, v, panel.slope);
      factor.pullBack(panel.slope, panel.gradient);
    }
  }

  /**
   * Shares of single rows in tr Y^T Phi Y: raises {@code largestAndSum[0]} to the largest |Y^T
   * phi_s|^2 and adds all of them to {@code largestAndSum[1]}.
   *
   * @param y Y, P x K, float32
   */
  void shares(Matrix y, double[] largestAndSum) {
    shares(backend, phi, 1, y, largestAndSum);
  }

  /**
   * The same for the rows of any phi.
   *
   * @param rowsOfSample rows that follow each other and belong to one sample
   */
  static void shares(
      Backend backend, Matrix phi, int rowsOfSample, Matrix y, double[] largestAndSum) {
    int rows = phi.rows();
    int outputs = y.columns();
    float[] values = new float[rows * outputs];
    try (Matrix image = backend.allocate(Precision.FLOAT32, rows, outputs, "fields on targets")) {
      backend.gemm(Transpose.NO, Transpose.NO, 1, phi, y, 0, image);
      backend.download(image, values);
    }
    int numbers = rowsOfSample * outputs;
    for (int i = 0; i < values.length; i += numbers) {
      double square = 0;
      for (int k = 0; k < numbers; k++) {
        square += (double) values[i + k] * values[i + k];
      }
      largestAndSum[0] = Math.max(largestAndSum[0], square);
      largestAndSum[1] += square;
    }
  }

  /** Wall-clock time spent in Gram matrices so far. */
  long gramNanos() {
    return gramNanos;
  }

  /** gradient += field F for a field of n x P. */
  void addToGradient(Matrix field) {
    backend.gemm(Transpose.NO, Transpose.NO, 1, field, factor.matrix(), 1, gradient);
  }
}
