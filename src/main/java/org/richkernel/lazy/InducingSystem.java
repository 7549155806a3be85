package org.richkernel.lazy;

import java.util.function.Consumer;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.NotPositiveDefiniteException;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Side;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;
import org.richkernel.network.Inputs;
import org.richkernel.solver.InterruptedRunException;
import org.richkernel.solver.StopSignal;

/**
 * The normal equations of kernel ridge regression on M inducing points C,
 *
 * <pre>
 *   (K_PC^T K_PC + kappa K_CC) a = K_PC^T Y,
 * </pre>
 *
 * and their preconditioner (FALKON: Rudi, Carratino and Rosasco 2017, arXiv:1705.10958, eq. 13).
 * With K_CC = L L^T the matrix is near L (P/M L^T L + kappa) L^T, which is factorized once. Points
 * are in the order of {@link InducingPoints}: the rows of K_PC at the inducing points are K_CC, and
 * only the others are made, a block at a time; they are kept where the plan has room for them.
 */
final class InducingSystem {
  /** Rows of the kernel between the points that are no inducing points and these, if kept. */
  private static final String ROWS = "kernel rows";

  private static final String KERNEL = "inducing kernel";
  private static final String INNER = "inducing ridge factor";
  private static final String TARGETS = "targets";
  private static final String REST = "inducing rest";
  private static final String COEFFICIENTS = "coefficients";
  private static final String IMAGE = "coefficients image";
  private static final String SCRATCH = "coefficients scratch";
  private static final String BLOCK = "panel image";

  /** Relative to the trace: rounding of residuals is divided by the root of the jitter. */
  private static final double FIRST_JITTER = 1e-14;

  private static final int JITTER_STEPS = 5;

  private final Backend backend;
  private final Workspace workspace;
  private final KernelRecursion recursion;
  private final double kappa;
  private final int inducing;
  private final int others;
  private final int panel;
  private final Matrix kernel;
  private final Matrix factor;
  private final Matrix inner;
  private final PanelCholesky cholesky;
  private boolean filled;

  /**
   * @param workspace of {@link #plan}
   * @param recursion between the others and the inducing points
   * @param stop leaves {@link #prepare} by an InterruptedRunException
   */
  InducingSystem(
      Backend backend,
      Workspace workspace,
      KernelRecursion recursion,
      double kappa,
      StopSignal stop) {
    this.backend = backend;
    this.cholesky = new PanelCholesky(backend, stop, PanelCholesky.PANEL);
    this.workspace = workspace;
    this.recursion = recursion;
    recursion.obey(stop);
    this.kappa = kappa;
    this.factor = workspace.get(KernelRecursion.SPARE);
    this.inner = workspace.get(INNER);
    this.kernel = workspace.get(KERNEL);
    this.inducing = kernel.rows();
    this.others = recursion.otherPoints();
    this.panel = workspace.get(BLOCK).rows();
  }

  /**
   * Adds all matrices.
   *
   * @param keepRows whether K_PC is kept rather than made again at every step
   */
  static void plan(
      MemoryPlan plan,
      Backend backend,
      KernelRecursion recursion,
      Inputs inducing,
      int outputs,
      boolean keepRows) {
    int count = inducing.rows();
    int others = recursion.otherPoints();
    int panel = PanelSize.of(backend, inducing, others);
    recursion.planPoints(plan);
    recursion.planTrainTrain(plan);
    recursion.planPanel(plan, panel);
    plan.add(KERNEL, Precision.FLOAT64, count, count);
    plan.add(INNER, Precision.FLOAT64, count, count);
    plan.add(TARGETS, Precision.FLOAT64, count + others, outputs);
    plan.add(REST, Precision.FLOAT64, count + others, outputs);
    plan.add(COEFFICIENTS, Precision.FLOAT64, count, outputs);
    plan.add(IMAGE, Precision.FLOAT64, count, outputs);
    plan.add(SCRATCH, Precision.FLOAT64, count, outputs);
    plan.add(BLOCK, Precision.FLOAT64, panel, outputs);
    if (keepRows) {
      plan.add(ROWS, Precision.FLOAT64, others, count);
    }
  }

  /**
   * Makes K_CC and the preconditioner.
   *
   * @param name of the kernel, for messages
   * @param targets Y in the order of the inducing points, P x K
   * @throws NotPositiveDefiniteException if K_CC is indefinite beyond rounding
   */
  void prepare(String name, double[] targets) {
    recursion.uploadPoints(backend, workspace);
    backend.upload(targets, workspace.get(TARGETS));
    backend.copy(recursion.trainTrain(backend, workspace, (layer, feature) -> {}), kernel);
    factorize(name);
    // P/M L^T L + kappa I
    double share = (double) (inducing + others) / inducing;
    backend.syrk(Transpose.YES, share, factor, 0, inner);
    backend.addDiagonal(kappa, inner);
    cholesky.factor(inner);
  }

  /** L of K_CC with a jitter, which the equations do not see. */
  private void factorize(String name) {
    backend.fill(0, inner);
    backend.addDiagonal(1, inner);
    double jitter = FIRST_JITTER * backend.dot(kernel, inner);
    for (int step = 0; step < JITTER_STEPS; step++) {
      backend.copy(kernel, factor);
      backend.addDiagonal(jitter, factor);
      try {
        cholesky.factor(factor);
        return;
      } catch (NotPositiveDefiniteException e) {
        jitter *= 10;
      }
    }
    throw new NotPositiveDefiniteException(
        name + " kernel of the inducing points (" + inducing + " x " + inducing + ")",
        Double.NaN,
        "take another --seed, and look for rows of the inputs that occur twice");
  }

  /** z = M^{-1} r with the preconditioner M, M x K. */
  boolean precondition(double[] r, double[] z) {
    Matrix vector = workspace.get(IMAGE);
    backend.upload(r, vector);
    backend.solveTriangular(Side.LEFT, Transpose.NO, 1, factor, vector);
    backend.solveCholesky(inner, vector);
    backend.solveTriangular(Side.LEFT, Transpose.YES, 1, factor, vector);
    backend.download(vector, z);
    return true;
  }

  /**
   * to = (K_PC^T K_PC + kappa K_CC) from.
   *
   * @return false if a stop was requested
   */
  boolean apply(double[] from, double[] to, StopSignal stop) {
    Matrix coefficients = workspace.get(COEFFICIENTS);
    Matrix image = workspace.get(IMAGE);
    Matrix scratch = workspace.get(SCRATCH);
    backend.upload(from, coefficients);
    // K_CC (K_CC + kappa) a
    backend.gemm(Transpose.NO, Transpose.NO, 1, kernel, coefficients, 0, scratch);
    backend.gemm(Transpose.NO, Transpose.NO, 1, kernel, scratch, 0, image);
    backend.axpy(kappa, scratch, image);
    boolean complete =
        blocks(
            stop,
            (first, rows) -> {
              try (Matrix block = workspace.get(BLOCK).rowRange(0, rows.rows())) {
                backend.gemm(Transpose.NO, Transpose.NO, 1, rows, coefficients, 0, block);
                backend.gemm(Transpose.YES, Transpose.NO, 1, rows, block, 1, image);
              }
            });
    if (complete) {
      backend.download(image, to);
    }
    return complete;
  }

  /**
   * r = K_PC^T (Y - K_PC a) - kappa K_CC a, M x K.
   *
   * @param rest receives Y - K_PC a, P x K
   * @return false if a stop was requested
   */
  boolean residual(double[] a, double[] r, double[] rest, StopSignal stop) {
    Matrix coefficients = workspace.get(COEFFICIENTS);
    Matrix image = workspace.get(IMAGE);
    Matrix scratch = workspace.get(SCRATCH);
    Matrix left = workspace.get(REST);
    backend.upload(a, coefficients);
    backend.copy(workspace.get(TARGETS), left);
    backend.gemm(Transpose.NO, Transpose.NO, 1, kernel, coefficients, 0, scratch);
    try (Matrix own = left.rowRange(0, inducing)) {
      backend.axpy(-1, scratch, own);
      // K_CC (Y_C - K_CC a - kappa a)
      backend.copy(own, scratch);
      backend.axpy(-kappa, coefficients, scratch);
      backend.gemm(Transpose.NO, Transpose.NO, 1, kernel, scratch, 0, image);
    }
    boolean complete =
        blocks(
            stop,
            (first, rows) -> {
              try (Matrix block = left.rowRange(inducing + first, rows.rows())) {
                backend.gemm(Transpose.NO, Transpose.NO, -1, rows, coefficients, 1, block);
                backend.gemm(Transpose.YES, Transpose.NO, 1, rows, block, 1, image);
              }
            });
    if (complete) {
      backend.download(image, r);
      backend.download(left, rest);
    }
    return complete;
  }

  /** Receives rows of K_PC while they are valid. */
  @FunctionalInterface
  private interface Block {
    /**
     * @param first of the others
     */
    void accept(int first, Matrix rows);
  }

  private boolean blocks(StopSignal stop, Block block) {
    for (int begin = 0; begin < others; begin += panel) {
      if (stop.isRaised()) {
        return false;
      }
      int first = begin;
      int count = Math.min(panel, others - first);
      try {
        rows(first, count, rows -> block.accept(first, rows));
      } catch (InterruptedRunException e) {
        return false;
      }
    }
    filled = true;
    return true;
  }

  private void rows(int first, int count, Consumer<Matrix> consumer) {
    if (!workspace.holds(ROWS)) {
      recursion.panelTrain(backend, workspace, first, count, consumer);
      return;
    }
    try (Matrix kept = workspace.get(ROWS).rowRange(first, count)) {
      if (!filled) {
        recursion.panelTrain(backend, workspace, first, count, made -> backend.copy(made, kept));
      }
      consumer.accept(kept);
    }
  }
}
