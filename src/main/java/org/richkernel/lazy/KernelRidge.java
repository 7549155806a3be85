package org.richkernel.lazy;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.NotPositiveDefiniteException;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.Targets;
import org.richkernel.solver.StopSignal;

/**
 * Kernel ridge regression in float64, f*(x) = k(x)^T (K + kappa I)^{-1} Y.
 *
 * <p>The system is solved by Cholesky. Where the residual R = Y - (K + kappa I) C is not small
 * against both the targets and kappa C = Y - f, the solution is {@link Refinement refined} with
 * residuals of twice the precision; where K + kappa I cannot be factorized for rounding, the factor
 * of K + 2 kappa I takes its place in the refinement, which then halves the error at every step. So
 * no ridge above 0 is ever raised: a fit solves the requested system, or is refused.
 *
 * <p>Without a ridge the limit kappa -&gt; 0 is sought: a jitter of 1e-12, 1e-11, ... 1e-8 times
 * the mean diagonal is added where the factorization fails or leaves a residual above 1e-5 of the
 * targets. The fit records every step, and is not {@link RidgeFit#converged converged} where the
 * jitter moves the predictions. A matrix that still fails is not positive semidefinite up to
 * rounding, and the exception names its smallest eigenvalue.
 */
public final class KernelRidge {
  private static final double FIRST_JITTER = 1e-12;
  private static final int JITTER_STEPS = 5;
  private static final double LARGEST_RESIDUAL = 1e-5;

  /** Largest residual relative to kappa C. */
  private static final double LARGEST_SHARE = 1e-3;

  /** Residual relative to the targets that is small at any kappa. */
  private static final double NEGLIGIBLE = 1e-10;

  /** Target of the refinement relative to a residual that is small enough. */
  private static final double FAR_BELOW = 1e-6;

  private static final int MOST_REFINEMENTS = 60;

  private static final String FACTOR = "ridge factor";
  private static final String TARGETS = "ridge targets";
  private static final String COEFFICIENTS = "ridge coefficients";
  private static final String RESIDUAL = "ridge residual";
  private static final String EIGENVALUES = "ridge eigenvalues";

  private final Backend backend;
  private final StopSignal stop;
  private final PanelCholesky cholesky;
  private final Matrix factor;
  private final Matrix targets;
  private final Matrix coefficients;
  private final Matrix residual;
  private final Matrix eigenvalues;
  private double ridge; // kappa + jitter of the last fit

  /** A solver in a workspace that was planned by {@link #plan}. */
  public KernelRidge(Backend backend, Workspace workspace) {
    this(backend, workspace, workspace.get(FACTOR), StopSignal.never());
  }

  /**
   * A solver in a workspace that was planned by {@link #planWithoutFactor}.
   *
   * @param factor P x P, FLOAT64; overwritten by every fit
   * @param stop leaves a fit by an InterruptedRunException
   */
  KernelRidge(Backend backend, Workspace workspace, Matrix factor, StopSignal stop) {
    this.backend = backend;
    this.stop = stop;
    this.cholesky = new PanelCholesky(backend, stop, PanelCholesky.PANEL);
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
    plan.addHost(Refinement.bytes(points, outputs));
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
    double targetNorm = norm(targets);
    if (kappa > 0) {
      double rest = attempt(kernel, kappa);
      if (rest <= largestResidual(kappa * norm(coefficients), targetNorm)) {
        return fitted(y, kappa, 0, List.of(), relative(rest, targetNorm), 0);
      }
      Optional<RidgeFit> refined = refined(rest, kernel, kappa, y, targetNorm);
      return refined.orElseThrow(() -> indefinite(name, kernel, kappa));
    }
    double scale = meanDiagonal(kernel);
    List<Double> rejected = new ArrayList<>();
    double jitter = 0;
    for (int step = 0; step <= JITTER_STEPS; step++) {
      double rest = relative(attempt(kernel, jitter), targetNorm);
      if (rest <= LARGEST_RESIDUAL) {
        return fitted(y, kappa, jitter, rejected, rest, 0);
      }
      rejected.add(jitter);
      jitter = scale * FIRST_JITTER * Math.pow(10, step);
    }
    throw indefinite(name, kernel, kappa);
  }

  /** Refines the present solution, or starts from zero if the factorization failed. */
  private Optional<RidgeFit> refined(
      double rest, Matrix kernel, double kappa, Targets y, double targetNorm) {
    double[] solution = new double[y.rows() * y.outputs()];
    if (Double.isInfinite(rest)) {
      if (!factorized(kernel, 2 * kappa)) {
        return Optional.empty();
      }
    } else {
      backend.download(coefficients, solution);
    }
    Refinement refinement = new Refinement(y, kappa, solution);
    double last = Double.POSITIVE_INFINITY;
    for (int step = 0; step < MOST_REFINEMENTS; step++) {
      stop.check();
      double norm = refinement.residual(backend, kernel);
      double left = kappa * refinement.norm();
      if (norm <= FAR_BELOW * largestResidual(left, targetNorm) || !(norm < 0.75 * last)) {
        break;
      }
      last = norm;
      backend.upload(refinement.residual(), residual);
      backend.solveCholesky(factor, residual);
      backend.download(residual, solution);
      refinement.correct(solution);
    }
    double norm = refinement.residual(backend, kernel);
    backend.upload(refinement.solution(), coefficients);
    backend.upload(refinement.residual(), residual);
    return norm <= largestResidual(kappa * refinement.norm(), targetNorm)
        ? Optional.of(
            fitted(
                y,
                kappa,
                0,
                List.of(),
                relative(norm, targetNorm),
                relative(refinement.rounding(), targetNorm)))
        : Optional.empty();
  }

  /**
   * The largest norm of a residual that is small enough.
   *
   * @param left |kappa C|, the norm of Y - f
   */
  static double largestResidual(double left, double targetNorm) {
    return Math.min(
        LARGEST_RESIDUAL * targetNorm, Math.max(LARGEST_SHARE * left, NEGLIGIBLE * targetNorm));
  }

  private RidgeFit fitted(
      Targets y, double kappa, double jitter, List<Double> rejected, double rest, double rounding) {
    double[] solution = new double[y.rows() * y.outputs()];
    backend.download(coefficients, solution);
    ridge = kappa + jitter;
    double displacement = relative(jitter * norm(coefficients), norm(targets));
    return new RidgeFit(
        solution, y.rows(), y.outputs(), kappa, jitter, rejected, rest, displacement, rounding);
  }

  private NotPositiveDefiniteException indefinite(String name, Matrix kernel, double kappa) {
    int points = kernel.rows();
    return new NotPositiveDefiniteException(
        name + " + kappa I (" + points + " x " + points + ", kappa = " + kappa + ")",
        smallestEigenvalue(kernel, kappa),
        "raise kappa, and look for rows of the inputs that occur twice");
  }

  /**
   * The last fit at its own points, K C = Y - (kappa + jitter) C - R, in which no large numbers
   * cancel.
   *
   * @param out P x K
   */
  public void predictTrain(Matrix out) {
    backend.copy(targets, out);
    backend.axpy(-ridge, coefficients, out);
    backend.axpy(-1, residual, out);
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

  /** The norm of the residual of a solve, or infinity where the factorization failed. */
  private double attempt(Matrix kernel, double shift) {
    if (!factorized(kernel, shift)) {
      return Double.POSITIVE_INFINITY;
    }
    backend.copy(targets, coefficients);
    backend.solveCholesky(factor, coefficients);
    // Y - shift C - K C
    backend.copy(targets, residual);
    backend.axpy(-shift, coefficients, residual);
    backend.gemm(Transpose.NO, Transpose.NO, -1, kernel, coefficients, 1, residual);
    double norm = norm(residual);
    return Double.isNaN(norm) ? Double.POSITIVE_INFINITY : norm;
  }

  private boolean factorized(Matrix kernel, double shift) {
    backend.copy(kernel, factor);
    backend.addDiagonal(shift, factor);
    try {
      cholesky.factor(factor);
      return true;
    } catch (NotPositiveDefiniteException e) {
      return false;
    }
  }

  private double norm(Matrix a) {
    return Math.sqrt(backend.dot(a, a));
  }

  private static double relative(double norm, double targetNorm) {
    return targetNorm == 0 ? norm : norm / targetNorm;
  }

  private double meanDiagonal(Matrix kernel) {
    // Tr K = sum_ij K_ij I_ij
    backend.fill(0, factor);
    backend.addDiagonal(1, factor);
    return backend.dot(kernel, factor) / kernel.rows();
  }

  private double smallestEigenvalue(Matrix kernel, double kappa) {
    stop.check();
    backend.copy(kernel, factor);
    backend.addDiagonal(kappa, factor);
    backend.eigenSymmetric(factor, eigenvalues);
    double[] values = new double[eigenvalues.columns()];
    backend.download(eigenvalues, values);
    return values[0];
  }
}
