package org.richkernel.dynamics;

import org.jspecify.annotations.Nullable;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;

/**
 * The single-site process of one hidden layer on the whole time grid, for given order parameters:
 * column t M + mu of a field is point mu at time t.
 */
final class GridProcess {
  private final Backend backend;
  private final DynamicsOptions options;
  private final Activation activation;
  private final int points;
  private final Matrix u; // S x n
  private final Matrix r; // S x n
  private final Matrix phi; // S x n
  private final Matrix g; // S x n
  private final Matrix z; // S x M, of one time
  private final Matrix coefficients; // M x n
  private final Matrix narrow; // M x n, float32

  static void plan(MemoryPlan plan, int layer, int samples, int columns) {
    for (String field : new String[] {"u", "r", "phi", "g"}) {
      plan.add(field + " of layer " + layer, Precision.FLOAT32, samples, columns);
    }
  }

  static void planScratch(MemoryPlan plan, int samples, int columns, int points) {
    plan.add("z", Precision.FLOAT32, samples, points)
        .add("coefficients", Precision.FLOAT64, points + 1, columns)
        .add("coefficients in float32", Precision.FLOAT32, points, columns);
  }

  GridProcess(Backend backend, DynamicsProblem problem, Workspace memory, int layer, int samples) {
    this.backend = backend;
    options = problem.options();
    activation = problem.network().activation();
    points = problem.points();
    u = memory.get("u of layer " + layer).rowRange(0, samples);
    r = memory.get("r of layer " + layer).rowRange(0, samples);
    phi = memory.get("phi of layer " + layer).rowRange(0, samples);
    g = memory.get("g of layer " + layer).rowRange(0, samples);
    z = memory.get("z").rowRange(0, samples);
    coefficients = memory.get("coefficients");
    narrow = memory.get("coefficients in float32");
  }

  /** The Gaussian part of h, to be filled before {@link #integrate}. */
  Matrix u() {
    return u;
  }

  /** The Gaussian part of z, to be filled before {@link #integrate}. */
  Matrix r() {
    return r;
  }

  /** phi(h), S x n. */
  Matrix phi() {
    return phi;
  }

  /** phi'(h) z, S x n. */
  Matrix g() {
    return g;
  }

  /** Receives z of each time. */
  interface Visitor {
    /** z (S x M) of a time, valid during the call. */
    void visit(int time, Matrix z);
  }

  /**
   * h(t) = rho^t [u(t) + sum_{s&lt;t} A(t, s) g(s)] + sum_{s&lt;t} w(t, s) Phi(t, s) g(s) and z(t)
   * = rho^t [r(t) + sum_{s&lt;=t} B(t, s) phi(s)] + sum_{s&lt;t} w(t, s) G(t, s) phi(s), w(t, s) =
   * eta gamma rho^{t-1-s} Delta(s).
   *
   * @param feature kernel Phi of the layer below, n x n
   * @param gradient kernel G of the layer above, n x n
   * @param forwardResponse A of the layer below, n x n; null for zero
   * @param backwardResponse B of this layer, n x n; null for zero
   * @param pulls Delta, n numbers, zero for points that do not drive
   */
  void integrate(
      Matrix feature,
      Matrix gradient,
      @Nullable Matrix forwardResponse,
      @Nullable Matrix backwardResponse,
      double[] pulls,
      Visitor visitor) {
    int samples = u.rows();
    for (int t = 0; t <= options.steps(); t++) {
      int past = t * points;
      double decay = Math.pow(options.retention(), t);
      Matrix h = u.view(0, samples, past, points);
      Matrix slope = g.view(0, samples, past, points);
      backend.copy(h, z);
      backend.scale(decay, z);
      memory(feature, t, past, pulls);
      if (forwardResponse != null) {
        backend.axpy(decay, block(forwardResponse, past, past), block(coefficients, 0, past));
      }
      addPast(g.view(0, samples, 0, past));
      backend.activateWithDerivative(activation, z, phi.view(0, samples, past, points), slope);

      backend.copy(r.view(0, samples, past, points), z);
      backend.scale(decay, z);
      int known = past + points;
      backend.fill(0, block(coefficients, 0, known));
      memory(gradient, t, past, pulls);
      if (backwardResponse != null) {
        backend.axpy(decay, block(backwardResponse, past, known), block(coefficients, 0, known));
      }
      addPast(phi.view(0, samples, 0, known));
      visitor.visit(t, z);
      backend.multiply(z, slope);
    }
  }

  private Matrix block(Matrix rows, int first, int columns) {
    return rows.view(first, points, 0, columns);
  }

  /** coefficients = w(t, s) K(t, s) for s &lt; t. */
  private void memory(Matrix kernel, int t, int past, double[] pulls) {
    double[] weights = new double[past];
    double factor = options.stepSize() * options.gamma();
    for (int s = t - 1; s >= 0; s--) {
      for (int i = s * points; i < (s + 1) * points; i++) {
        weights[i] = factor * pulls[i];
      }
      factor *= options.retention();
    }
    Matrix c = block(coefficients, 0, past);
    backend.copy(block(kernel, past, past), c);
    Matrix w = coefficients.view(points, 1, 0, past);
    backend.upload(weights, w);
    backend.scaleColumns(w, c);
  }

  /** z += past c^T. */
  private void addPast(Matrix past) {
    Matrix c = narrow.view(0, points, 0, past.columns());
    backend.copy(block(coefficients, 0, past.columns()), c);
    backend.gemm(Transpose.NO, Transpose.YES, 1, past, c, 1, z);
  }
}
