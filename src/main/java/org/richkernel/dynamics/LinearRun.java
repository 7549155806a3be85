package org.richkernel.dynamics;

import java.util.ArrayList;
import java.util.List;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;

/**
 * The march of {@link LinearSolver}. Rows and columns over (time, point) hold the training points
 * of all earlier times and then all points of the present one; test points leave no history, so the
 * next time overwrites theirs.
 */
final class LinearRun {
  private final Backend backend;
  private final DynamicsOptions options;
  private final TrajectoryRecorder recorder;
  private final int layers;
  private final int points;
  private final int trainPoints;
  private final double[] weights;
  private final Layer[] layer; // 1 .. L
  private final Matrix inputKernel; // Phi^0 of one time, M x M
  private final Matrix coefficients; // M x n, rows of C or D
  private final Matrix product; // M x n
  private final Matrix memoryWeights; // 1 x n
  private final Matrix outputs; // M x 1

  /**
   * @param feature Phi^l, n x n
   * @param gradient G^l, times x times
   * @param hu response of h to u, n x n
   * @param hr response of h to r, n x times; at l also A^l
   * @param zu response of z to u, times x n; at l also B^{l-1}
   * @param zr response of z to r, times x times
   */
  private record Layer(
      Matrix feature, Matrix gradient, Matrix hu, Matrix hr, Matrix zu, Matrix zr) {}

  static void plan(MemoryPlan plan, DynamicsProblem problem) {
    int n = problem.trainPoints() * problem.options().steps() + problem.points();
    int times = problem.options().steps() + 1;
    int wide = Math.max(n, times);
    for (int l = 0; l <= problem.network().hiddenLayers() + 1; l++) {
      plan.add("feature kernel " + l, Precision.FLOAT64, n, n)
          .add("gradient kernel " + l, Precision.FLOAT64, times, times)
          .add("h from u " + l, Precision.FLOAT64, n, n)
          .add("h from r " + l, Precision.FLOAT64, n, times)
          .add("z from u " + l, Precision.FLOAT64, times, n)
          .add("z from r " + l, Precision.FLOAT64, times, times);
    }
    plan.add("input kernel", Precision.FLOAT64, problem.points(), problem.points())
        .add("coefficients", Precision.FLOAT64, problem.points(), wide)
        .add("product", Precision.FLOAT64, problem.points(), wide)
        .add("memory weights", Precision.FLOAT64, 1, n)
        .add("outputs", Precision.FLOAT64, problem.points(), 1);
  }

  LinearRun(
      DynamicsProblem problem, Backend backend, Workspace memory, TrajectoryRecorder recorder) {
    this.backend = backend;
    this.recorder = recorder;
    options = problem.options();
    layers = problem.network().hiddenLayers();
    points = problem.points();
    trainPoints = problem.trainPoints();
    weights = new double[trainPoints * options.steps() + points];
    layer = new Layer[layers + 2];
    for (int l = 0; l < layer.length; l++) {
      layer[l] =
          new Layer(
              memory.get("feature kernel " + l),
              memory.get("gradient kernel " + l),
              memory.get("h from u " + l),
              memory.get("h from r " + l),
              memory.get("z from u " + l),
              memory.get("z from r " + l));
    }
    inputKernel = memory.get("input kernel");
    coefficients = memory.get("coefficients");
    product = memory.get("product");
    memoryWeights = memory.get("memory weights");
    outputs = memory.get("outputs");
    backend.upload(problem.inputKernel(), inputKernel);
    backend.fill(1, layer[layers + 1].gradient); // G^{L+1} = 1
  }

  /** One time; false when it diverged. */
  boolean advance(int t) {
    int past = t * trainPoints;
    recorder.memoryWeights(t, weights);
    backend.upload(weights, memoryWeights);
    spreadInputKernel(past);
    for (int l = 1; l <= layers; l++) {
      forward(l, t, past);
    }
    backward(layers, t, past);
    double[] f = new double[points];
    // f = <z^L h^L> / gamma
    covariance(layers, zRow(layers, t, past), layer[layers].zr.view(t, 1, 0, t + 1), t, past);
    crossCovariance(layers, past, t, outputs);
    backend.download(outputs, f);
    for (int i = 0; i < points; i++) {
      f[i] /= options.gamma();
    }
    if (!recorder.observe(f)) {
      return false;
    }
    for (int l = layers - 1; l >= 1; l--) {
      gradientKernel(l + 1, t, past);
      backward(l, t, past);
    }
    gradientKernel(1, t, past);
    if (recorder.keepsKernels(t)) {
      recorder.keep(snapshot(t, past));
    }
    return true;
  }

  /** Phi^0 does not depend on time. */
  private void spreadInputKernel(int past) {
    Matrix feature = layer[0].feature;
    Matrix train = inputKernel.view(0, points, 0, trainPoints);
    for (int s = 0; s < past; s += trainPoints) {
      backend.copy(train, feature.view(past, points, s, trainPoints));
      backend.copy(
          inputKernel.view(0, trainPoints, 0, points), feature.view(s, trainPoints, past, points));
    }
    backend.copy(inputKernel, feature.view(past, points, past, points));
  }

  /**
   * h(t) = rho^t u(t) + C(t, &lt;t) z(&lt;t) with C = rho^t A^{l-1} + eta gamma rho^{t-1-s} sum_nu
   * Phi^{l-1}(t, s) Delta_nu(s); then Phi^l(t, .).
   */
  private void forward(int l, int t, int past) {
    double decay = Math.pow(options.retention(), t);
    Layer here = layer[l];
    Matrix now = here.hu.view(past, points, 0, past + points);
    Matrix nowR = here.hr.view(past, points, 0, t + 1);
    backend.fill(0, now);
    backend.fill(0, nowR);
    if (t > 0) {
      // Sum over nu at each s: Phi(t, .) diag(weights) summed over the points of a time.
      Matrix scaled = coefficients.view(0, points, 0, past);
      backend.copy(layer[l - 1].feature.view(past, points, 0, past), scaled);
      backend.scaleColumns(memoryWeights.view(0, 1, 0, past), scaled);
      Matrix c = product.view(0, points, 0, t);
      sumOverPoints(scaled, t, c);
      if (l > 1) {
        backend.axpy(decay, layer[l - 1].hr.view(past, points, 0, t), c);
      }
      backend.gemm(
          Transpose.NO,
          Transpose.NO,
          1,
          c,
          here.zu.view(0, t, 0, past),
          0,
          now.view(0, points, 0, past));
      backend.gemm(
          Transpose.NO,
          Transpose.NO,
          1,
          c,
          here.zr.view(0, t, 0, t),
          0,
          nowR.view(0, points, 0, t));
    }
    backend.addDiagonal(decay, now.view(0, points, past, points));

    // Phi(t, .) = H_u(t) Phi^{l-1} H_u(.)^T + H_r(t) G^{l+1} H_r(.)^T
    int size = past + points;
    covariance(l, now, nowR, t, past);
    Matrix row = here.feature.view(past, points, 0, size);
    backend.gemm(
        Transpose.NO,
        Transpose.YES,
        1,
        product.view(0, points, 0, size),
        here.hu.view(0, size, 0, size),
        0,
        row);
    if (t > 0) {
      backend.gemm(
          Transpose.NO,
          Transpose.YES,
          1,
          coefficients.view(0, points, 0, t),
          here.hr.view(0, size, 0, t),
          1,
          row);
    }
    mirror(here.feature, past, points);
  }

  /** product = rowsU Phi^{l-1}, coefficients = rowsR G^{l+1}, over all times up to t. */
  private void covariance(int l, Matrix rowsU, Matrix rowsR, int t, int past) {
    int size = past + points;
    int rows = rowsU.rows();
    backend.gemm(
        Transpose.NO,
        Transpose.NO,
        1,
        rowsU,
        layer[l - 1].feature.view(0, size, 0, size),
        0,
        product.view(0, rows, 0, size));
    int known = rowsR.columns();
    backend.gemm(
        Transpose.NO,
        Transpose.NO,
        1,
        rowsR,
        layer[l + 1].gradient.view(0, known, 0, known),
        0,
        coefficients.view(0, rows, 0, known));
  }

  /** out = h(t) z(t) averaged, from the products of z's row left by {@link #covariance}. */
  private void crossCovariance(int l, int past, int t, Matrix out) {
    int size = past + points;
    backend.gemm(
        Transpose.NO,
        Transpose.YES,
        1,
        layer[l].hu.view(past, points, 0, size),
        product.view(0, 1, 0, size),
        0,
        out);
    backend.gemm(
        Transpose.NO,
        Transpose.YES,
        1,
        layer[l].hr.view(past, points, 0, t + 1),
        coefficients.view(0, 1, 0, t + 1),
        1,
        out);
  }

  /**
   * z(t) = rho^t r(t) + D(t, &lt;t) h(&lt;t) with D = rho^t B^l + eta gamma rho^{t-1-s} G^{l+1}(t,
   * s) Delta_nu(s). B^l has no equal-time part, because phi'' = 0.
   */
  private void backward(int l, int t, int past) {
    double decay = Math.pow(options.retention(), t);
    Layer here = layer[l];
    Matrix rowU = zRow(l, t, past);
    Matrix rowR = here.zr.view(t, 1, 0, t + 1);
    backend.fill(0, rowU);
    backend.fill(0, rowR);
    if (t > 0) {
      Matrix d = coefficients.view(0, 1, 0, past);
      for (int s = 0; s < t; s++) {
        Matrix entry = layer[l + 1].gradient.view(t, 1, s, 1);
        int first = s * trainPoints;
        backend.gemm(
            Transpose.NO,
            Transpose.NO,
            1,
            entry,
            memoryWeights.view(0, 1, first, trainPoints),
            0,
            d.view(0, 1, first, trainPoints));
      }
      if (l < layers) {
        backend.axpy(decay, layer[l + 1].zu.view(t, 1, 0, past), d);
      }
      backend.gemm(
          Transpose.NO,
          Transpose.NO,
          1,
          d,
          here.hu.view(0, past, 0, past),
          0,
          rowU.view(0, 1, 0, past));
      backend.gemm(
          Transpose.NO, Transpose.NO, 1, d, here.hr.view(0, past, 0, t), 0, rowR.view(0, 1, 0, t));
    }
    backend.addDiagonal(decay, rowR.view(0, 1, t, 1));
  }

  private Matrix zRow(int l, int t, int past) {
    return layer[l].zu.view(t, 1, 0, past + points);
  }

  /** G(t, .) = Z_u(t) Phi^{l-1} Z_u(.)^T + Z_r(t) G^{l+1} Z_r(.)^T. */
  private void gradientKernel(int l, int t, int past) {
    Layer here = layer[l];
    int size = past + points;
    covariance(l, zRow(l, t, past), here.zr.view(t, 1, 0, t + 1), t, past);
    Matrix row = here.gradient.view(t, 1, 0, t + 1);
    backend.gemm(
        Transpose.NO,
        Transpose.YES,
        1,
        product.view(0, 1, 0, size),
        here.zu.view(0, t + 1, 0, size),
        0,
        row);
    backend.gemm(
        Transpose.NO,
        Transpose.YES,
        1,
        coefficients.view(0, 1, 0, t + 1),
        here.zr.view(0, t + 1, 0, t + 1),
        1,
        row);
    mirror(here.gradient, t, 1);
  }

  /** Copies the newest block row of a symmetric matrix to its block column. */
  private void mirror(Matrix symmetric, int first, int count) {
    double[] row = new double[count * first];
    backend.download(symmetric.view(first, count, 0, first), row);
    double[] column = new double[row.length];
    for (int i = 0; i < count; i++) {
      for (int j = 0; j < first; j++) {
        column[j * count + i] = row[i * first + j];
      }
    }
    backend.upload(column, symmetric.view(0, first, first, count));
  }

  /** out_{i s} = sum over the P entries of time s in row i. */
  private void sumOverPoints(Matrix scaled, int times, Matrix out) {
    double[] values = new double[(int) scaled.size()];
    backend.download(scaled, values);
    double[] sums = new double[points * times];
    for (int i = 0; i < points; i++) {
      for (int s = 0; s < times; s++) {
        int from = (i * times + s) * trainPoints;
        for (int k = from; k < from + trainPoints; k++) {
          sums[i * times + s] += values[k];
        }
      }
    }
    backend.upload(sums, out);
  }

  private LayerKernels snapshot(int t, int past) {
    List<double[]> feature = new ArrayList<>();
    List<double[]> gradient = new ArrayList<>();
    for (int l = 1; l <= layers; l++) {
      double[] phi = new double[points * points];
      backend.download(layer[l].feature.view(past, points, past, points), phi);
      feature.add(phi);
      double[] g = new double[1];
      backend.download(layer[l].gradient.view(t, 1, t, 1), g);
      double[] constant = new double[points * points];
      java.util.Arrays.fill(constant, g[0]);
      gradient.add(constant);
    }
    return new LayerKernels(t, feature, gradient);
  }
}
