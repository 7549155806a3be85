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
 * One pass of {@link LinearSolver} over time. Rows and columns over (time, point) hold the training
 * points of all earlier times and then all points of the present one; test points leave no history,
 * so the next time overwrites their rows. With K outputs, rows and columns of backward fields hold
 * the K outputs of each time: z^l_k is the field of output k, and C_{(t, mu)(s, k)} = eta gamma
 * rho^{t-1-s} sum_nu Phi_{mu nu}(t, s) Delta_{nu k}(s).
 */
final class LinearRun {
  private final Backend backend;
  private final DynamicsOptions options;
  private final TrajectoryRecorder recorder;
  private final int layers;
  private final int points;
  private final int trainPoints;
  private final int outputCount; // K
  private final double[] weights; // over (time, point, output)
  private final Layer[] layer; // 1 .. L
  private final Matrix inputKernel; // Phi^0 of one time, M x M
  private final Matrix coefficients; // M x n, rows of C or D
  private final Matrix product; // M x n
  private final Matrix outputs; // M x K

  /**
   * @param feature Phi^l, n x n
   * @param gradient G^l, K times square
   * @param hu response of h to u, n x n
   * @param hr response of h to r, n x K times; at l also A^l
   * @param zu response of z to u, K times x n; at l also B^{l-1}
   * @param zr response of z to r, K times square
   */
  private record Layer(
      Matrix feature, Matrix gradient, Matrix hu, Matrix hr, Matrix zu, Matrix zr) {}

  static void plan(MemoryPlan plan, DynamicsProblem problem) {
    int n = problem.trainPoints() * problem.options().steps() + problem.points();
    int times = (problem.options().steps() + 1) * problem.outputs();
    int wide = Math.max(n, times);
    int rows = Math.max(problem.points(), problem.outputs());
    for (int l = 0; l <= problem.network().hiddenLayers() + 1; l++) {
      plan.add("feature kernel " + l, Precision.FLOAT64, n, n)
          .add("gradient kernel " + l, Precision.FLOAT64, times, times)
          .add("h from u " + l, Precision.FLOAT64, n, n)
          .add("h from r " + l, Precision.FLOAT64, n, times)
          .add("z from u " + l, Precision.FLOAT64, times, n)
          .add("z from r " + l, Precision.FLOAT64, times, times);
    }
    plan.add("input kernel", Precision.FLOAT64, problem.points(), problem.points())
        .add("coefficients", Precision.FLOAT64, rows, wide)
        .add("product", Precision.FLOAT64, rows, wide)
        .add("outputs", Precision.FLOAT64, problem.points(), problem.outputs());
    // a block row, its sums or its transpose, and the weights
    plan.addHost(Double.BYTES * (2L * rows * wide + (long) n * problem.outputs()));
  }

  LinearRun(
      DynamicsProblem problem, Backend backend, Workspace memory, TrajectoryRecorder recorder) {
    this.backend = backend;
    this.recorder = recorder;
    options = problem.options();
    layers = problem.network().hiddenLayers();
    points = problem.points();
    trainPoints = problem.trainPoints();
    outputCount = problem.outputs();
    weights = new double[trainPoints * options.steps() * outputCount];
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
    outputs = memory.get("outputs");
    backend.upload(problem.inputKernel(backend), inputKernel);
    spreadReadout(layer[layers + 1].gradient);
  }

  /** Sets G^{L+1}_{k k'}(t, s) = 1 for k = k', 0 otherwise. */
  private void spreadReadout(Matrix gradient) {
    int side = gradient.columns();
    double[] rows = new double[outputCount * side];
    for (int k = 0; k < outputCount; k++) {
      for (int j = k; j < side; j += outputCount) {
        rows[k * side + j] = 1;
      }
    }
    Matrix first = gradient.rowRange(0, outputCount);
    backend.upload(rows, first);
    for (int t = outputCount; t < side; t += outputCount) {
      backend.copy(first, gradient.rowRange(t, outputCount));
    }
  }

  /** Advances by one time; false after a divergence. */
  boolean advance(int t) {
    int past = t * trainPoints;
    recorder.memoryWeights(t, weights);
    spreadInputKernel(past);
    for (int l = 1; l <= layers; l++) {
      forward(l, t, past);
    }
    backward(layers, t, past);
    double[] f = new double[points * outputCount];
    // f_k = <z^L_k h^L> / gamma
    covariance(layers, zRows(layers, t, past), zrRows(layers, t), past);
    crossCovariance(layers, past, t, outputs);
    backend.download(outputs, f);
    for (int i = 0; i < f.length; i++) {
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

  /** Copies Phi^0, which does not depend on time, to the block row of the present time. */
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
    int known = t * outputCount;
    Layer here = layer[l];
    Matrix now = here.hu.view(past, points, 0, past + points);
    Matrix nowR = here.hr.view(past, points, 0, known + outputCount);
    backend.fill(0, now);
    backend.fill(0, nowR);
    if (t > 0) {
      Matrix c = product.view(0, points, 0, known);
      sumOverPoints(layer[l - 1].feature.view(past, points, 0, past), t, c);
      if (l > 1) {
        backend.axpy(decay, layer[l - 1].hr.view(past, points, 0, known), c);
      }
      multiply(c, here.zu.view(0, known, 0, past), now.view(0, points, 0, past));
      multiply(c, here.zr.view(0, known, 0, known), nowR.view(0, points, 0, known));
    }
    backend.addDiagonal(decay, now.view(0, points, past, points));

    // Phi(t, .) = H_u(t) Phi^{l-1} H_u(.)^T + H_r(t) G^{l+1} H_r(.)^T
    int size = past + points;
    covariance(l, now, nowR, past);
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
          coefficients.view(0, points, 0, known),
          here.hr.view(0, size, 0, known),
          1,
          row);
    }
    mirror(here.feature, past, points);
  }

  private void multiply(Matrix a, Matrix b, Matrix target) {
    backend.gemm(Transpose.NO, Transpose.NO, 1, a, b, 0, target);
  }

  /** product = rowsU Phi^{l-1}, coefficients = rowsR G^{l+1}, over all times up to t. */
  private void covariance(int l, Matrix rowsU, Matrix rowsR, int past) {
    int size = past + points;
    int rows = rowsU.rows();
    int known = rowsR.columns();
    multiply(rowsU, layer[l - 1].feature.view(0, size, 0, size), product.view(0, rows, 0, size));
    multiply(
        rowsR,
        layer[l + 1].gradient.view(0, known, 0, known),
        coefficients.view(0, rows, 0, known));
  }

  /** out = h(t) z(t) averaged, from the products of z's rows left by {@link #covariance}. */
  private void crossCovariance(int l, int past, int t, Matrix out) {
    int size = past + points;
    int known = (t + 1) * outputCount;
    backend.gemm(
        Transpose.NO,
        Transpose.YES,
        1,
        layer[l].hu.view(past, points, 0, size),
        product.view(0, outputCount, 0, size),
        0,
        out);
    backend.gemm(
        Transpose.NO,
        Transpose.YES,
        1,
        layer[l].hr.view(past, points, 0, known),
        coefficients.view(0, outputCount, 0, known),
        1,
        out);
  }

  /**
   * z(t) = rho^t r(t) + D(t, &lt;t) h(&lt;t) with D = rho^t B^l + eta gamma rho^{t-1-s} G^{l+1}(t,
   * s) Delta_nu(s). B^l has no equal-time part, because phi'' = 0.
   */
  private void backward(int l, int t, int past) {
    double decay = Math.pow(options.retention(), t);
    int known = t * outputCount;
    Layer here = layer[l];
    Matrix rowU = zRows(l, t, past);
    Matrix rowR = zrRows(l, t);
    backend.fill(0, rowU);
    backend.fill(0, rowR);
    if (t > 0) {
      Matrix d = coefficients.view(0, outputCount, 0, past);
      sumOverOutputs(layer[l + 1].gradient.view(known, outputCount, 0, known), t, d);
      if (l < layers) {
        backend.axpy(decay, layer[l + 1].zu.view(known, outputCount, 0, past), d);
      }
      multiply(d, here.hu.view(0, past, 0, past), rowU.view(0, outputCount, 0, past));
      multiply(d, here.hr.view(0, past, 0, known), rowR.view(0, outputCount, 0, known));
    }
    backend.addDiagonal(decay, rowR.view(0, outputCount, known, outputCount));
  }

  private Matrix zRows(int l, int t, int past) {
    return layer[l].zu.view(t * outputCount, outputCount, 0, past + points);
  }

  private Matrix zrRows(int l, int t) {
    return layer[l].zr.view(t * outputCount, outputCount, 0, (t + 1) * outputCount);
  }

  /** G(t, .) = Z_u(t) Phi^{l-1} Z_u(.)^T + Z_r(t) G^{l+1} Z_r(.)^T. */
  private void gradientKernel(int l, int t, int past) {
    Layer here = layer[l];
    int size = past + points;
    int known = (t + 1) * outputCount;
    covariance(l, zRows(l, t, past), zrRows(l, t), past);
    Matrix row = here.gradient.view(t * outputCount, outputCount, 0, known);
    backend.gemm(
        Transpose.NO,
        Transpose.YES,
        1,
        product.view(0, outputCount, 0, size),
        here.zu.view(0, known, 0, size),
        0,
        row);
    backend.gemm(
        Transpose.NO,
        Transpose.YES,
        1,
        coefficients.view(0, outputCount, 0, known),
        here.zr.view(0, known, 0, known),
        1,
        row);
    mirror(here.gradient, t * outputCount, outputCount);
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

  /** out_{i (s k)} = sum over the P entries of time s in row i, weighted for output k. */
  private void sumOverPoints(Matrix rows, int times, Matrix out) {
    double[] values = new double[(int) rows.size()];
    backend.download(rows, values);
    double[] sums = new double[points * times * outputCount];
    for (int i = 0; i < points; i++) {
      for (int j = 0; j < times * trainPoints; j++) {
        int at = (i * times + j / trainPoints) * outputCount;
        for (int k = 0; k < outputCount; k++) {
          sums[at + k] += values[i * times * trainPoints + j] * weights[j * outputCount + k];
        }
      }
    }
    backend.upload(sums, out);
  }

  /** out_{k (s nu)} = sum over the K entries of time s in row k, weighted for point nu. */
  private void sumOverOutputs(Matrix rows, int times, Matrix out) {
    double[] values = new double[(int) rows.size()];
    backend.download(rows, values);
    double[] sums = new double[outputCount * times * trainPoints];
    for (int k = 0; k < outputCount; k++) {
      for (int j = 0; j < times * trainPoints; j++) {
        int from = (k * times + j / trainPoints) * outputCount;
        for (int q = 0; q < outputCount; q++) {
          sums[k * times * trainPoints + j] += values[from + q] * weights[j * outputCount + q];
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
      int first = t * outputCount;
      double[] g = new double[outputCount * outputCount];
      backend.download(layer[l].gradient.view(first, outputCount, first, outputCount), g);
      double mean = 0;
      for (int k = 0; k < outputCount; k++) {
        mean += g[k * outputCount + k] / outputCount;
      }
      double[] constant = new double[points * points];
      java.util.Arrays.fill(constant, mean);
      gradient.add(constant);
    }
    return new LayerKernels(t, feature, gradient);
  }
}
