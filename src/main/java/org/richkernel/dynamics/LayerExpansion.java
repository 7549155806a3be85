package org.richkernel.dynamics;

import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;

/**
 * Common base of the expansions of all layers in gamma: fields of S samples at M points (float32),
 * sums over the P training points, and averages over the samples (float64).
 */
abstract class LayerExpansion {
  /**
   * Errors integrated over the training so far, to lowest order in gamma.
   *
   * @param d D_nu(t) = eta sum_{s&lt;t} Delta_nu(s), P numbers
   * @param j J_{nu rho}(t) = eta sum_{s&lt;t} Delta_nu(s) D_rho(s), row-major P x P
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Drive(double[] d, double[] j) {}

  /**
   * Terms of order gamma^2 of a layer's kernels.
   *
   * @param feature Phi_2, row-major M x M
   * @param gradient G_2, row-major M x M
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Kernels(double[] feature, double[] gradient) {}

  protected final Backend backend;
  protected final int samples;
  protected final int points;
  protected final int trainPoints;
  protected final ActivationDerivatives q;
  protected final Matrix drive; // D, 1 x P, float32
  protected final Matrix squareDrive; // P x P, float32
  protected final Matrix first; // H, S x M
  protected final Matrix second; // H2, S x M
  protected final Matrix left; // S x M
  protected final Matrix right; // S x M
  protected final Matrix scratch; // S x M
  protected final Matrix trainScratch; // S x P
  protected final Matrix trainField; // S x P
  private final Matrix average; // M x M, float64

  /** Adds the scratch that all layers share. */
  static void planScratch(MemoryPlan plan, int samples, DynamicsProblem problem) {
    int points = problem.points();
    int train = problem.trainPoints();
    plan.add("drive", Precision.FLOAT32, 1, train)
        .add("squared drive", Precision.FLOAT32, train, train)
        .add("average", Precision.FLOAT64, points, points)
        .add("training field", Precision.FLOAT32, samples, train)
        .add("training scratch", Precision.FLOAT32, samples, train);
    for (String name : new String[] {"first", "second", "left", "right", "scratch"}) {
      plan.add(name, Precision.FLOAT32, samples, points);
    }
  }

  LayerExpansion(
      Backend backend, Workspace memory, DynamicsProblem problem, ActivationDerivatives q) {
    this.backend = backend;
    this.q = q;
    samples = q.value().rows();
    points = problem.points();
    trainPoints = problem.trainPoints();
    drive = memory.get("drive");
    squareDrive = memory.get("squared drive");
    average = memory.get("average");
    first = memory.get("first");
    second = memory.get("second");
    left = memory.get("left");
    right = memory.get("right");
    scratch = memory.get("scratch");
    trainField = memory.get("training field");
    trainScratch = memory.get("training scratch");
  }

  /** The columns of the training points of a field. */
  final Matrix train(Matrix field) {
    return field.view(0, samples, 0, trainPoints);
  }

  /**
   * right = slope o H2 + bend o H^2 / 2, the second order of a function of the preactivation.
   *
   * @param slope its first derivative, S x M
   * @param bend its second derivative
   */
  final void secondChange(Matrix slope, Matrix bend) {
    product(bend, first, right);
    backend.multiply(first, right);
    backend.scale(0.5, right);
    product(slope, second, scratch);
    backend.axpy(1, scratch, right);
  }

  /** &lt;q'H (q'H)^T&gt; + Sym&lt;q (q'H2 + q''H^2/2)^T&gt;, row-major M x M. */
  final double[] featureChange() {
    product(q.first(), first, left);
    secondChange(q.first(), q.second());
    return secondOrder(left, q.value(), right);
  }

  /** target = x o y. */
  final void product(Matrix x, Matrix y, Matrix target) {
    ActivationDerivatives.product(backend, x, y, target);
  }

  /** target += alpha (x o y) with row s multiplied by weights_s. */
  final void addProduct(double alpha, Matrix x, Matrix y, Matrix weights, Matrix target) {
    product(x, y, scratch);
    backend.scaleRows(weights, scratch);
    backend.axpy(alpha, scratch, target);
  }

  /** target += x with row s multiplied by weights_s. */
  final void addScaledRows(Matrix x, Matrix weights, Matrix target) {
    backend.copy(x, scratch);
    backend.scaleRows(weights, scratch);
    backend.axpy(1, scratch, target);
  }

  /**
   * target_mu = sum_nu kernel_{mu nu} D_nu field_nu; the kernel is M x P, field and target S x M.
   */
  final void pull(Matrix kernel, Matrix field, Matrix target) {
    backend.copy(train(field), trainScratch);
    backend.scaleColumns(drive, trainScratch);
    backend.gemm(Transpose.NO, Transpose.YES, 1, trainScratch, kernel, 0, target);
  }

  /** target_mu = sum_nu matrix_{mu nu} field_nu over training points nu. */
  final void mix(Matrix matrix, Matrix field, Matrix target) {
    backend.gemm(Transpose.NO, Transpose.YES, 1, field, matrix, 0, target);
  }

  /** Matrix for {@link #mix}: kernel o J of the training points, or J itself. */
  final Matrix weighted(double[] kernel, Drive driven) {
    double[] product = driven.j().clone();
    for (int nu = 0; nu < trainPoints; nu++) {
      for (int rho = 0; rho < trainPoints; rho++) {
        product[nu * trainPoints + rho] *= kernel[nu * points + rho];
      }
    }
    backend.upload(product, squareDrive);
    return squareDrive;
  }

  /** &lt;a b^T&gt;, row-major M x M. */
  final double[] average(Matrix a, Matrix b) {
    double[] values = new double[points * points];
    backend.crossGram(1.0 / samples, a, b, 0, average);
    backend.download(average, values);
    return values;
  }

  /** &lt;a a^T&gt; + &lt;b c^T&gt; + &lt;c b^T&gt;, row-major M x M. */
  final double[] secondOrder(Matrix a, Matrix b, Matrix c) {
    double[] result = average(a, a);
    double[] mixed = average(b, c);
    for (int i = 0; i < points; i++) {
      for (int j = 0; j < points; j++) {
        result[i * points + j] += mixed[i * points + j] + mixed[j * points + i];
      }
    }
    return result;
  }

  /** An M x P matrix on the device from the training columns of an M x M kernel, float32. */
  static Matrix trainColumns(
      Backend backend, Workspace memory, String name, double[] kernel, DynamicsProblem problem) {
    Matrix columns = memory.get(name);
    backend.upload(StaticKernelSolver.trainColumns(kernel, problem), columns);
    return columns;
  }
}
