package org.richkernel.lazy;

import java.util.ArrayList;
import java.util.List;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.NotPositiveDefiniteException;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.Targets;

/**
 * Kernel ridge regression in float64, f*(x) = k(x)^T (K + kappa I)^{-1} Y.
 *
 * <p>The system is solved by Cholesky. Where the factorization fails, or leaves a residual above
 * 1e-5 of the targets, a jitter of 1e-12, 1e-11, ... 1e-8 times the mean diagonal is added to the
 * ridge, step by step; the fit records every step. A matrix that still fails is not positive
 * semidefinite up to rounding, and the exception names its smallest eigenvalue.
 */
public final class KernelRidge {
  private static final double FIRST_JITTER = 1e-12;
  private static final int JITTER_STEPS = 5;
  private static final double LARGEST_RESIDUAL = 1e-5;

  private static final String FACTOR = "ridge factor";
  private static final String TARGETS = "ridge targets";
  private static final String COEFFICIENTS = "ridge coefficients";
  private static final String RESIDUAL = "ridge residual";
  private static final String EIGENVALUES = "ridge eigenvalues";

  private final Backend backend;
  private final Matrix factor;
  private final Matrix targets;
  private final Matrix coefficients;
  private final Matrix residual;
  private final Matrix eigenvalues;

  /** A solver in a workspace that was planned by {@link #plan}. */
  public KernelRidge(Backend backend, Workspace workspace) {
    this(backend, workspace, workspace.get(FACTOR));
  }

  /**
   * A solver in a workspace that was planned by {@link #planWithoutFactor}.
   *
   * @param factor P x P, FLOAT64; overwritten by every fit
   */
  KernelRidge(Backend backend, Workspace workspace, Matrix factor) {
    this.backend = backend;
    this.factor = factor;
    this.targets = workspace.get(TARGETS);
    this.coefficients = workspace.get(COEFFICIENTS);
    this.residual = workspace.get(RESIDUAL);
    this.eigenvalues = workspace.get(EIGENVALUES);
  }

  /** Adds the matrices of a fit of P points with K outputs. */
  public static void plan(MemoryPlan plan, int points, int outputs) {
    plan.add(FACTOR, Precision.FLOAT64, points, points);
    planWithoutFactor(plan, points, outputs);
  }

  static void planWithoutFactor(MemoryPlan plan, int points, int outputs) {
    plan.add(TARGETS, Precision.FLOAT64, points, outputs);
    plan.add(COEFFICIENTS, Precision.FLOAT64, points, outputs);
    plan.add(RESIDUAL, Precision.FLOAT64, points, outputs);
    plan.add(EIGENVALUES, Precision.FLOAT64, 1, points);
  }

  /**
   * Fits a kernel held in an array.
   *
   * @param name which kernel, for messages
   * @param kernel P x P, row-major, symmetric
   * @param kappa the ridge, at least 0
   * @param y P x K
   * @throws NotPositiveDefiniteException if K + kappa I has a negative eigenvalue beyond rounding
   * @throws InvalidProblemException if kappa is negative or an entry is not finite
   */
  public static RidgeFit fit(
      Backend backend, String name, double[] kernel, double kappa, Targets y) {
    if (kernel.length != Math.multiplyExact(y.rows(), y.rows())) {
      throw new IllegalArgumentException(
          "a kernel of " + kernel.length + " entries does not fit " + y.rows() + " targets");
    }
    MemoryPlan plan = new MemoryPlan().add("kernel", Precision.FLOAT64, y.rows(), y.rows());
    plan(plan, y.rows(), y.outputs());
    try (Workspace workspace = new Workspace(backend, plan)) {
      backend.upload(kernel, workspace.get("kernel"));
      return new KernelRidge(backend, workspace).fit(name, workspace.get("kernel"), kappa, y);
    }
  }

  /**
   * Fits a kernel on the device, which is left as it was.
   *
   * @param name which kernel, for messages
   * @param kernel P x P, FLOAT64, symmetric
   * @param kappa the ridge, at least 0
   * @param y P x K
   * @throws NotPositiveDefiniteException if K + kappa I has a negative eigenvalue beyond rounding
   * @throws InvalidProblemException if kappa is negative or an entry is not finite
   */
  public RidgeFit fit(String name, Matrix kernel, double kappa, Targets y) {
    if (!(kappa >= 0) || Double.isInfinite(kappa)) {
      throw new InvalidProblemException("kappa", kappa, "use a finite number of at least 0");
    }
    if (!Double.isFinite(backend.sum(kernel))) {
      throw new InvalidProblemException(
          name, "not finite", "every entry of a kernel must be a finite number");
    }
    backend.upload(y.toArray(), targets);
    double scale = meanDiagonal(kernel);
    double targetNorm = Math.sqrt(backend.dot(targets, targets));
    List<Double> rejected = new ArrayList<>();
    double jitter = 0;
    for (int step = 0; step <= JITTER_STEPS; step++) {
      double relativeResidual = attempt(kernel, kappa + jitter, targetNorm);
      if (relativeResidual <= LARGEST_RESIDUAL) {
        double[] solution = new double[y.rows() * y.outputs()];
        backend.download(coefficients, solution);
        return new RidgeFit(
            solution, y.rows(), y.outputs(), kappa, jitter, rejected, relativeResidual);
      }
      rejected.add(jitter);
      jitter = scale * FIRST_JITTER * Math.pow(10, step);
    }
    throw new NotPositiveDefiniteException(
        name + " + kappa I (" + y.rows() + " x " + y.rows() + ", kappa = " + kappa + ")",
        smallestEigenvalue(kernel, kappa),
        "raise kappa, or check the kernel for errors");
  }

  /**
   * Predictions of the last fit.
   *
   * @param cross k(x), one row for each point, rows x P
   * @param out rows x K
   */
  public void predict(Matrix cross, Matrix out) {
    backend.gemm(Transpose.NO, Transpose.NO, 1, cross, coefficients, 0, out);
  }

  /** The coefficients of the last fit, P x K. */
  Matrix coefficients() {
    return coefficients;
  }

  /** The relative residual of a solve, or infinity where the factorization failed. */
  private double attempt(Matrix kernel, double ridge, double targetNorm) {
    backend.copy(kernel, factor);
    backend.addDiagonal(ridge, factor);
    try {
      backend.cholesky(factor);
    } catch (NotPositiveDefiniteException e) {
      return Double.POSITIVE_INFINITY;
    }
    backend.copy(targets, coefficients);
    backend.solveCholesky(factor, coefficients);
    // Y - ridge C - K C
    backend.copy(targets, residual);
    backend.axpy(-ridge, coefficients, residual);
    backend.gemm(Transpose.NO, Transpose.NO, -1, kernel, coefficients, 1, residual);
    double norm = Math.sqrt(backend.dot(residual, residual));
    if (Double.isNaN(norm)) {
      return Double.POSITIVE_INFINITY;
    }
    return targetNorm == 0 ? norm : norm / targetNorm;
  }

  private double meanDiagonal(Matrix kernel) {
    // Tr K = sum_ij K_ij I_ij
    backend.fill(0, factor);
    backend.addDiagonal(1, factor);
    return backend.dot(kernel, factor) / kernel.rows();
  }

  private double smallestEigenvalue(Matrix kernel, double kappa) {
    backend.copy(kernel, factor);
    backend.addDiagonal(kappa, factor);
    backend.eigenSymmetric(factor, eigenvalues);
    double[] values = new double[eigenvalues.columns()];
    backend.download(eigenvalues, values);
    return values[0];
  }
}
