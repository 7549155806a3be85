package org.richkernel.lazy;

import java.util.function.Consumer;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;
import org.richkernel.solver.InterruptedRunException;
import org.richkernel.solver.Progress;
import org.richkernel.solver.RunControl;

/** The kernel among P points in float64, made a block of rows at a time, with its products. */
final class TiledKernel {
  private static final String IMAGE = "panel image";
  private static final String DIAGONAL = "panel diagonal";
  private static final String WEIGHTS = "coefficient norms";

  /** Half of the spacing of float64 numbers above 1. */
  private static final double UNIT = 0x1p-53;

  private final Backend backend;
  private final Workspace workspace;
  private final KernelRecursion recursion;
  private final TiledCholesky blocks;
  private final double kappa;

  /**
   * @param workspace of {@link #plan}
   * @param recursion of the training points among themselves
   * @param blocks the blocks, and scratch memory between two calls
   */
  TiledKernel(
      Backend backend,
      Workspace workspace,
      KernelRecursion recursion,
      TiledCholesky blocks,
      double kappa) {
    this.backend = backend;
    this.workspace = workspace;
    this.recursion = recursion;
    this.blocks = blocks;
    this.kappa = kappa;
  }

  /** Adds the matrices of a block of rows. */
  static void plan(MemoryPlan plan, KernelRecursion recursion, int points, int tile, int outputs) {
    recursion.planPoints(plan);
    recursion.planPanel(plan, tile);
    plan.add(IMAGE, Precision.FLOAT64, tile, outputs);
    plan.add(DIAGONAL, Precision.FLOAT64, tile, 1);
    plan.add(WEIGHTS, Precision.FLOAT64, 1, points);
  }

  /** A block of rows with its exact diagonal. */
  void rows(int block, KernelRecursion.PanelSink sink, Consumer<Matrix> consumer) {
    int first = blocks.first(block);
    int count = blocks.rows(block);
    recursion.panelTrain(
        backend,
        workspace,
        first,
        count,
        sink,
        kernel -> {
          try (Matrix diagonalBlock = kernel.view(0, count, first, count);
              Matrix diagonal = workspace.get(DIAGONAL).rowRange(0, count);
              Matrix square = blocks.scratch().view(0, count, 0, count)) {
            recursion.setDiagonal(backend, diagonalBlock, first, diagonal, square);
          }
          consumer.accept(kernel);
        });
  }

  /**
   * Adds a block of rows to y^T Phi y, Tr Phi and |Phi|_F^2 of a layer.
   *
   * @param feature Phi^l, rows x P
   * @param targets Y, P x K
   */
  void measure(int block, int layer, Matrix feature, Matrix targets, LayerSums sums) {
    int first = blocks.first(block);
    int count = blocks.rows(block);
    try (Matrix image = workspace.get(IMAGE).rowRange(0, count);
        Matrix own = targets.rowRange(first, count);
        Matrix diagonalBlock = feature.view(0, count, first, count);
        Matrix square = blocks.scratch().view(0, count, 0, count)) {
      backend.gemm(Transpose.NO, Transpose.NO, 1, feature, targets, 0, image);
      backend.fill(0, square);
      backend.addDiagonal(1, square);
      sums.add(
          layer,
          backend.dot(image, own),
          backend.dot(diagonalBlock, square),
          backend.dot(feature, feature));
    }
  }

  /**
   * target = target - (K + kappa I) C.
   *
   * @param coefficients C, P x K
   * @param target P x K
   * @return false for a stop
   */
  boolean subtract(Matrix coefficients, Matrix target, RunControl control) {
    return subtract(coefficients, target, control, rows -> {});
  }

  /**
   * The same with the rounding of the kernel.
   *
   * @return by how much the rounding of every entry of K moves K C if the roundings are
   *     independent, 2^-53 (sum_ijk K_ij^2 C_jk^2)^{1/2}; NaN for a stop
   */
  double subtractMeasured(Matrix coefficients, Matrix target, RunControl control) {
    Matrix weights = workspace.get(WEIGHTS);
    uploadNorms(coefficients, weights);
    double[] squares = {0};
    boolean complete =
        subtract(
            coefficients,
            target,
            control,
            rows -> {
              backend.scaleColumns(weights, rows);
              squares[0] += backend.dot(rows, rows);
            });
    return complete ? UNIT * Math.sqrt(squares[0]) : Double.NaN;
  }

  /**
   * The same.
   *
   * @param last receives each block of rows, which it may overwrite
   */
  private boolean subtract(
      Matrix coefficients, Matrix target, RunControl control, Consumer<Matrix> last) {
    try {
      subtractUnless(coefficients, target, control, last);
      return true;
    } catch (InterruptedRunException e) {
      return false;
    }
  }

  private void subtractUnless(
      Matrix coefficients, Matrix target, RunControl control, Consumer<Matrix> last) {
    backend.axpy(-kappa, coefficients, target);
    for (int block = 0; block < blocks.blocks(); block++) {
      control.stop().check();
      int first = blocks.first(block);
      int count = blocks.rows(block);
      rows(
          block,
          (layer, feature) -> {},
          kernel -> {
            try (Matrix own = target.rowRange(first, count)) {
              backend.gemm(Transpose.NO, Transpose.NO, -1, kernel, coefficients, 1, own);
            }
            last.accept(kernel);
          });
      control
          .listener()
          .progress(
              new Progress(
                  "residual", Double.NaN, block + 1, blocks.blocks(), Double.NaN, Double.NaN));
    }
  }

  /** The norm of each row of C. */
  private void uploadNorms(Matrix coefficients, Matrix norms) {
    double[] values = new double[Math.toIntExact(coefficients.size())];
    backend.download(coefficients, values);
    double[] rows = new double[coefficients.rows()];
    for (int i = 0; i < values.length; i++) {
      rows[i / coefficients.columns()] += values[i] * values[i];
    }
    for (int i = 0; i < rows.length; i++) {
      rows[i] = Math.sqrt(rows[i]);
    }
    backend.upload(rows, norms);
  }
}
