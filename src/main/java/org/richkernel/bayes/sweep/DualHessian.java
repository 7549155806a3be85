package org.richkernel.bayes.sweep;

import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.NotPositiveDefiniteException;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;

/**
 * The curvature of the dual action of one hidden layer, H Z = (g Phi + kappa) Z + c Cov(phi a^T) Z,
 * as an operator on P x K matrices: Cov is a P K x P K matrix and is never formed. A neuron with
 * readouts at several sites has a row of phi and of a for each site, and its phi a^T is their mean.
 *
 * <p>Conjugate gradients with the preconditioner g Phi + kappa, whose small eigenvalues dominate
 * the condition of H. The remaining condition is the amplification by the tilt, 1 / (1 - lambda) at
 * most. So a few dozen steps suffice at any kappa, and float32 products of the neurons are accurate
 * enough.
 */
final class DualHessian {
  private static final double RELATIVE_ERROR = 1e-5;
  private static final int MOST_STEPS = 200;

  private final Backend backend;
  private final Matrix phi;
  private final Matrix outputs;
  private final double c;
  private final int count;
  private final Matrix base;
  private final Matrix factor;
  private final Matrix mean; // < phi a^T >
  private final Matrix narrow;
  private final Matrix projections;
  private final Matrix weight;
  private final Matrix averaged;
  private final Matrix average;
  private final Matrix z;
  private final Matrix residual;
  private final Matrix image; // of the direction, then the residual preconditioned
  private final Matrix direction;

  /**
   * @param memory with the matrices of {@link #plan}
   * @param kernel g Phi, P x P, float64
   * @param kappa noise
   * @param phi of the neurons, M q x P for q rows of each, float32
   * @param outputs a = phi v, M q x K, float32
   * @param c factor of the covariance, g^2 gamma^2
   * @throws NotPositiveDefiniteException if g Phi + kappa cannot be factorized
   */
  DualHessian(
      Backend backend,
      Workspace memory,
      Matrix phi,
      Matrix outputs,
      Matrix kernel,
      double kappa,
      double c) {
    this.backend = backend;
    this.phi = phi;
    this.outputs = outputs;
    this.c = c;
    count = phi.rows();
    base = memory.get("g Phi + kappa");
    factor = memory.get("Cholesky factor of g Phi + kappa");
    mean = memory.get("<phi a>");
    narrow = memory.get("direction, single");
    projections = memory.get("projections of the neurons");
    weight = memory.get("weight of the neurons");
    averaged = memory.get("weight averaged over sites");
    average = memory.get("average over sites");
    backend.fill(1.0 / average.rows(), average);
    z = memory.get("H^{-1} Y");
    residual = memory.get("residual of H^{-1} Y");
    image = memory.get("image of the direction");
    direction = memory.get("direction");
    backend.copy(kernel, base);
    backend.addDiagonal(kappa, base);
    backend.copy(base, factor);
    backend.cholesky(factor);
    backend.crossGram(1.0 / count, phi, outputs, 0, mean);
  }

  /**
   * @param neurons M
   * @param pooledRows q
   */
  static void plan(MemoryPlan plan, int neurons, int pooledRows, int points, int outputs) {
    int rows = Math.multiplyExact(neurons, pooledRows);
    plan.add("g Phi + kappa", Precision.FLOAT64, points, points)
        .add("Cholesky factor of g Phi + kappa", Precision.FLOAT64, points, points)
        .add("<phi a>", Precision.FLOAT64, points, outputs)
        .add("direction, single", Precision.FLOAT32, points, outputs)
        .add("projections of the neurons", Precision.FLOAT32, rows, outputs)
        .add("weight of the neurons", Precision.FLOAT32, rows, 1)
        .add("weight averaged over sites", Precision.FLOAT32, rows, 1)
        .add("average over sites", Precision.FLOAT32, pooledRows, pooledRows)
        .add("H^{-1} Y", Precision.FLOAT64, points, outputs)
        .add("residual of H^{-1} Y", Precision.FLOAT64, points, outputs)
        .add("image of the direction", Precision.FLOAT64, points, outputs)
        .add("direction", Precision.FLOAT64, points, outputs);
  }

  /** image = H direction. */
  private void apply() {
    backend.gemm(Transpose.NO, Transpose.NO, 1, base, direction, 0, image);
    // s = sum_k a_k (phi . Z_k) of every neuron, then < phi s a^T > - < phi a^T > < s >
    backend.copy(direction, narrow);
    backend.gemm(Transpose.NO, Transpose.NO, 1, phi, narrow, 0, projections);
    backend.rowDot(outputs, projections, weight);
    averageOverSites();
    backend.copy(outputs, projections);
    backend.scaleRows(averaged, projections);
    backend.crossGram(c / count, phi, projections, 1, image);
    backend.axpy(-c * backend.dot(mean, direction), mean, image);
  }

  /** Replaces the weights of all rows of a neuron by their mean. */
  private void averageOverSites() {
    int sites = average.rows();
    Matrix from = weight.reshaped(count / sites, sites);
    Matrix to = averaged.reshaped(count / sites, sites);
    backend.gemm(Transpose.NO, Transpose.NO, 1, from, average, 0, to);
  }

  /** H^{-1} Y, P x K, float64. */
  Matrix solve(Matrix y) {
    backend.fill(0, z);
    backend.copy(y, residual);
    backend.copy(y, direction);
    backend.solveCholesky(factor, direction);
    double square = backend.dot(residual, direction);
    double enough = RELATIVE_ERROR * RELATIVE_ERROR * square;
    for (int step = 0; step < MOST_STEPS && square > enough; step++) {
      apply();
      double rate = square / backend.dot(direction, image);
      backend.axpy(rate, direction, z);
      backend.axpy(-rate, image, residual);
      backend.copy(residual, image);
      backend.solveCholesky(factor, image);
      double next = backend.dot(residual, image);
      backend.scale(next / square, direction);
      backend.axpy(1, image, direction);
      square = next;
    }
    return z;
  }
}
