package org.richkernel.bayes;

import java.util.List;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;

/**
 * A kernel and targets in the kernel's eigenbasis: C = U diag(lambda) U^T and Z = U^T Y, in which
 * the saddle equations of linear networks are sums over P modes.
 */
public final class KernelModes {
  private final double[] kernel; // C, P x P
  private final double[] lambda; // at least 0
  private final double[] vectors; // U, P x P, eigenvectors in columns
  private final double[] targets; // Z, P x K
  private final int outputs;

  private KernelModes(
      double[] kernel, double[] lambda, double[] vectors, double[] targets, int outputs) {
    this.kernel = kernel;
    this.lambda = lambda;
    this.vectors = vectors;
    this.targets = targets;
    this.outputs = outputs;
  }

  /** Peak memory of {@link #of}. */
  public static MemoryPlan plan(int points) {
    return new MemoryPlan().addEigenproblem("kernel", "eigenvalues", points);
  }

  /** Peak memory of {@link #inModes}. */
  public static MemoryPlan crossPlan(int points, int count) {
    return new MemoryPlan()
        .add("cross kernel", Precision.FLOAT64, count, points)
        .add("modes", Precision.FLOAT64, points, points)
        .add("cross modes", Precision.FLOAT64, count, points);
  }

  /**
   * Diagonalizes a kernel. Eigenvalues within rounding of 0 are set to 0, as networks that multiply
   * the kernel by (1 + t)^L would amplify them.
   *
   * @param c C, row-major P x P, symmetric and positive semidefinite; not copied, so it must not
   *     change while this is in use
   * @param y Y, row-major P x K
   * @param outputs K
   */
  public static KernelModes of(Backend backend, double[] c, double[] y, int outputs) {
    int points = y.length / outputs;
    double[] vectors = new double[points * points];
    double[] lambda = new double[points];
    try (Workspace memory = new Workspace(backend, plan(points))) {
      Matrix a = memory.get("kernel");
      Matrix values = memory.get("eigenvalues");
      backend.upload(c, a);
      backend.eigenSymmetric(a, values);
      backend.download(a, vectors);
      backend.download(values, lambda);
    }
    double least = InputFactor.RANK_TOLERANCE * Math.max(0, lambda[points - 1]);
    double[] z = new double[points * outputs];
    for (int p = 0; p < points; p++) {
      lambda[p] = lambda[p] <= least ? 0 : lambda[p];
      for (int i = 0; i < points; i++) {
        for (int k = 0; k < outputs; k++) {
          z[i * outputs + k] += vectors[p * points + i] * y[p * outputs + k];
        }
      }
    }
    return new KernelModes(c, lambda, vectors, z, outputs);
  }

  /** P. */
  public int points() {
    return lambda.length;
  }

  /** K. */
  public int outputs() {
    return outputs;
  }

  /** All lambda_i; not a copy. */
  double[] lambda() {
    return lambda;
  }

  /** lambda_i, rising with i and at least 0. */
  public double lambda(int i) {
    return lambda[i];
  }

  /** Z_ik: output k of the targets along mode i. */
  public double target(int i, int k) {
    return targets[i * outputs + k];
  }

  /** Z o: the targets of one output among rotated ones, P numbers. */
  double[] targets(double[] direction) {
    double[] z = new double[lambda.length];
    for (int i = 0; i < z.length; i++) {
      for (int k = 0; k < outputs; k++) {
        z[i] += target(i, k) * direction[k];
      }
    }
    return z;
  }

  /** U x: from coefficients of the modes to the points. */
  public double[] toPoints(double[] modes) {
    int points = lambda.length;
    double[] x = new double[points];
    for (int i = 0; i < points; i++) {
      for (int k = 0; k < points; k++) {
        x[i] += vectors[i * points + k] * modes[k];
      }
    }
    return x;
  }

  /**
   * C + sum_k w_k u_k u_k^T, in O(P^2) for each k.
   *
   * @param directions u_k, P numbers each
   * @param weights w_k
   * @return row-major P x P
   */
  double[] raised(List<double[]> directions, double[] weights) {
    int points = lambda.length;
    double[] sum = kernel.clone();
    for (int k = 0; k < weights.length; k++) {
      double[] u = directions.get(k);
      for (int i = 0; i < points; i++) {
        for (int j = 0; j < points; j++) {
          sum[i * points + j] += weights[k] * (u[i] * u[j]);
        }
      }
    }
    return sum;
  }

  /** U_ik: mode k at a point. */
  double vector(int point, int k) {
    return vectors[point * lambda.length + k];
  }

  /**
   * A U: rows of a kernel in the eigenbasis.
   *
   * @param rows A, row-major count x P
   */
  public double[] inModes(Backend backend, double[] rows, int count) {
    int points = lambda.length;
    double[] result = new double[count * points];
    try (Workspace memory = new Workspace(backend, crossPlan(points, count))) {
      Matrix k = memory.get("cross kernel");
      Matrix u = memory.get("modes");
      Matrix product = memory.get("cross modes");
      backend.upload(rows, k);
      backend.upload(vectors, u);
      backend.gemm(Transpose.NO, Transpose.NO, 1, k, u, 0, product);
      backend.download(product, result);
    }
    return result;
  }
}
