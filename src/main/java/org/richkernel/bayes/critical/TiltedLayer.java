package org.richkernel.bayes.critical;

import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.RandomStreams;
import org.richkernel.compute.Side;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;

/**
 * Samples of one layer's preactivations under the tilted density N(h; 0, C) exp(U), U = (g / N)
 * phi^T Ct phi, by importance sampling from the prior with common random numbers.
 *
 * <p>Every layer and every iteration uses the same whitened normals, so the iteration is a smooth,
 * deterministic map. Only differences between tilted and prior averages are sampled, since the
 * prior averages have closed forms; the remaining noise comes from the tilt. The first-order
 * response of a linear layer with the same gain is subtracted in the samples and added exactly:
 * Cov(h h^T, h^T A h) = 2 C A C.
 */
final class TiltedLayer implements AutoCloseable {
  /** Jitter on the diagonal of C in units of its mean before factorization. */
  private static final double JITTER = 1e-9;

  private final Backend backend;
  private final Activation activation;
  private final int points;
  private final int samples;
  private final Workspace memory;
  private final Matrix normals; // S x P
  private final Matrix fields; // h, S x P
  private final Matrix phi; // S x P
  private final Matrix slope; // phi', S x P
  private final Matrix pull; // phi Ct, then phi' o phi Ct, S x P
  private final Matrix scratch; // S x P
  private final Matrix column; // S x 1
  private final Matrix weight; // w_s - 1/S, S x 1
  private final Matrix linear; // weights of the linear layer, S x 1
  private final Matrix square; // P x P
  private final Matrix small; // P x P, float32
  private final Matrix row; // 1 x P
  private final Matrix factor; // P x P

  private double tilt; // g / N
  private double[] covariance = new double[0];
  private double[] conjugate = new double[0];
  private double[] weights = new double[0];
  private double effective = Double.NaN;

  /**
   * Draws the normals.
   *
   * @param others largest number of points without targets of a call of {@link #otherPoints}
   * @param stream of the normals, see {@link RandomStreams}
   */
  TiltedLayer(
      Backend backend,
      Activation activation,
      int points,
      int samples,
      int others,
      long seed,
      long stream) {
    this.backend = backend;
    this.activation = activation;
    this.points = points;
    this.samples = samples;
    memory = new Workspace(backend, plan(points, samples, others));
    normals = memory.get("normals");
    fields = memory.get("preactivations");
    phi = memory.get("phi");
    slope = memory.get("phi'");
    pull = memory.get("pull");
    scratch = memory.get("scratch");
    column = memory.get("tilt");
    weight = memory.get("weight");
    linear = memory.get("linear weight");
    square = memory.get("average");
    small = memory.get("factor in float32");
    row = memory.get("average of a row");
    factor = memory.get("factor of the covariance");
    backend.fillGaussian(seed, stream, 0, normals);
  }

  /** Memory of a layer in all its passes. */
  static MemoryPlan plan(int points, int samples, int others) {
    int most = Math.max(points, others);
    MemoryPlan plan = new MemoryPlan();
    plan.add("normals", Precision.FLOAT32, samples, points)
        .add("preactivations", Precision.FLOAT32, samples, points)
        .add("phi", Precision.FLOAT32, samples, points)
        .add("phi'", Precision.FLOAT32, samples, points)
        .add("pull", Precision.FLOAT32, samples, points)
        .add("scratch", Precision.FLOAT32, samples, points)
        .add("tilt", Precision.FLOAT32, samples, 1)
        .add("weight", Precision.FLOAT32, samples, 1)
        .add("linear weight", Precision.FLOAT32, samples, 1)
        .add("average", Precision.FLOAT64, points, points)
        .add("factor in float32", Precision.FLOAT32, points, points)
        .add("average of a row", Precision.FLOAT64, 1, points)
        .add("factor of the covariance", Precision.FLOAT64, points, points)
        .add("C", Precision.FLOAT64, most, points)
        .add("A", Precision.FLOAT64, points, points)
        .add("covariance", Precision.FLOAT64, points, points)
        .add("C A", Precision.FLOAT64, most, points)
        .add("C A C", Precision.FLOAT64, most, points);
    if (others > 0) {
      plan.add("coordinates of other points", Precision.FLOAT64, others, points)
          .add("coordinates in float32", Precision.FLOAT32, others, points)
          .add("deviation of other points", Precision.FLOAT32, 1, others)
          .add("other preactivations", Precision.FLOAT32, samples, others)
          .add("noise of other points", Precision.FLOAT32, samples, others)
          .add("kernel of other points", Precision.FLOAT64, others, points)
          .add("variance of other points", Precision.FLOAT64, 1, others);
    }
    return plan;
  }

  /**
   * Computes the samples of a layer and their weights.
   *
   * @param c covariance of the preactivations, P x P
   * @param ct conjugate kernel of the layer above, P x P
   * @param gOverWidth g / N
   * @param gain E phi' of every point, the linear part of the activation
   */
  void tilt(double[] c, double[] ct, double gOverWidth, double[] gain) {
    covariance = c;
    conjugate = ct;
    tilt = gOverWidth;
    backend.upload(c, factor);
    double trace = 0;
    for (int i = 0; i < points; i++) {
      trace += c[i * points + i];
    }
    backend.addDiagonal(JITTER * trace / points, factor);
    backend.cholesky(factor);
    backend.copy(factor, small);
    backend.gemm(Transpose.NO, Transpose.YES, 1, normals, small, 0, fields);
    backend.activateWithDerivative(activation, fields, phi, slope);
    backend.upload(ct, small);
    backend.gemm(Transpose.NO, Transpose.NO, 1, phi, small, 0, pull);
    backend.rowDot(pull, phi, column);
    float[] u = new float[samples];
    backend.download(column, u);
    backend.upload(importance(u), weight);

    // weights of the linear layer to first order: (g/N) (h^T A h - mean) / S, A = gain Ct gain
    backend.upload(scaled(ct, gain), small);
    backend.gemm(Transpose.NO, Transpose.NO, 1, fields, small, 0, scratch);
    backend.rowDot(scratch, fields, column);
    float[] quadratic = new float[samples];
    backend.download(column, quadratic);
    double mean = 0;
    for (float q : quadratic) {
      mean += q / (double) samples;
    }
    double[] first = new double[samples];
    for (int s = 0; s < samples; s++) {
      first[s] = tilt * (quadratic[s] - mean) / samples;
    }
    backend.upload(first, linear);
  }

  /** w_s - 1/S with w_s proportional to exp(U_s). */
  private double[] importance(float[] u) {
    double largest = Double.NEGATIVE_INFINITY;
    for (float value : u) {
      largest = Math.max(largest, tilt * value);
    }
    double sum = 0;
    double squares = 0;
    weights = new double[samples];
    for (int s = 0; s < samples; s++) {
      weights[s] = Math.exp(tilt * u[s] - largest);
      sum += weights[s];
      squares += weights[s] * weights[s];
    }
    effective = sum * sum / (squares * samples);
    double[] difference = new double[samples];
    for (int s = 0; s < samples; s++) {
      weights[s] /= sum;
      difference[s] = weights[s] - 1.0 / samples;
    }
    return difference;
  }

  /** Effective fraction of the samples, (sum w)^2 / (S sum w^2); 1 without a tilt. */
  double effectiveShare() {
    return effective;
  }

  private static double[] scaled(double[] ct, double[] gain) {
    int n = gain.length;
    double[] a = new double[ct.length];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        a[i * n + j] = gain[i] * ct[i * n + j] * gain[j];
      }
    }
    return a;
  }

  /**
   * Tilted minus prior average of phi phi^T, P x P.
   *
   * @param gain as given to {@link #tilt}
   */
  double[] kernelChange(double[] gain) {
    double[] change = weighted(weight, phi, phi);
    double[] sampled = weighted(linear, fields, fields);
    double[] exact = quadraticResponse(covariance, scaled(conjugate, gain));
    for (int i = 0; i < points; i++) {
      for (int j = 0; j < points; j++) {
        int ij = i * points + j;
        change[ij] += gain[i] * gain[j] * (tilt * exact[ij] - sampled[ij]);
      }
    }
    return symmetrized(change, points);
  }

  /** 2 C A C with rows of C on the left. */
  private double[] quadraticResponse(double[] c, double[] a) {
    int rows = c.length / points;
    Matrix middle = memory.get("A");
    Matrix right = memory.get("covariance");
    try (Matrix left = memory.get("C").rowRange(0, rows);
        Matrix product = memory.get("C A").rowRange(0, rows);
        Matrix result = memory.get("C A C").rowRange(0, rows)) {
      backend.upload(c, left);
      backend.upload(a, middle);
      backend.upload(covariance, right);
      backend.gemm(Transpose.NO, Transpose.NO, 2, left, middle, 0, product);
      backend.gemm(Transpose.NO, Transpose.NO, 1, product, right, 0, result);
      double[] values = new double[c.length];
      backend.download(result, values);
      return values;
    }
  }

  /** sum_s w_s x_s y_s^T. */
  private double[] weighted(Matrix w, Matrix x, Matrix y) {
    backend.copy(x, scratch);
    backend.scaleRows(w, scratch);
    backend.crossGram(1, scratch, y, 0, square);
    double[] values = new double[points * points];
    backend.download(square, values);
    return values;
  }

  /**
   * The conjugate kernel of this layer beyond first order in the tilt: with G = E[grad grad U +
   * grad U grad U^T], (N / 2) (G tilted - (first-order part of G) prior), P x P.
   *
   * <p>Its diagonal uses C G = E[h grad U^T] (Stein's identity) in place of phi'':
   *
   * <pre>  M = (2 g / N) E[phi' phi'^T] o Ct + E[grad U grad U^T],
   *   G = M + diag(d),  d_i = (E[h_i grad_i U] - (C M)_ii) / C_ii.</pre>
   *
   * <p>Call it once, after {@link #tilt} and {@link #kernelChange}.
   */
  double[] conjugateChange() {
    double[] m = weighted(weight, slope, slope);
    backend.multiply(slope, pull); // grad U = (2 g / N) phi' o (phi Ct)
    backend.upload(weights, column);
    backend.copy(pull, scratch);
    backend.scaleRows(column, scratch);
    backend.crossGram(1, scratch, pull, 0, square);
    double[] gradients = new double[points * points];
    backend.download(square, gradients);
    backend.copy(pull, scratch);
    backend.multiply(fields, scratch);
    backend.crossGram(1, weight, scratch, 0, row);
    double[] virial = new double[points];
    backend.download(row, virial);

    for (int i = 0; i < m.length; i++) {
      m[i] = 2 * tilt * m[i] * conjugate[i] + 4 * tilt * tilt * gradients[i];
    }
    m = symmetrized(m, points);
    double[] result = m.clone();
    for (int i = 0; i < points; i++) {
      double variance = covariance[i * points + i];
      if (variance > 0) {
        double image = 0;
        for (int j = 0; j < points; j++) {
          image += covariance[i * points + j] * m[j * points + i];
        }
        result[i * points + i] += (2 * tilt * virial[i] - image) / variance;
      }
    }
    return result;
  }

  /**
   * Tilted minus prior averages at other points, whose preactivations follow the prior given those
   * of the training points.
   *
   * @param cross covariance with the training points, Q x P
   * @param variance Q variances
   * @param gain E phi' of the training points
   * @param otherGain E phi' of the other points
   * @param iteration selects the noise
   */
  OtherPoints otherPoints(
      double[] cross,
      double[] variance,
      double[] gain,
      double[] otherGain,
      long seed,
      int replica,
      long iteration) {
    int count = variance.length;
    double[] r = new double[count * points];
    double[] kernel = new double[count * points];
    double[] second = new double[count];
    try (Matrix coordinates = memory.get("coordinates of other points").rowRange(0, count);
        Matrix narrow = memory.get("coordinates in float32").rowRange(0, count);
        Matrix deviation = memory.get("deviation of other points").view(0, 1, 0, count);
        Matrix h = memory.get("other preactivations").view(0, samples, 0, count);
        Matrix noise = memory.get("noise of other points").view(0, samples, 0, count);
        Matrix product = memory.get("kernel of other points").rowRange(0, count);
        Matrix line = memory.get("variance of other points").view(0, 1, 0, count)) {
      // h(x) = k^T C^{-1} h + s z = (F^{-1} k) . xi + s z
      backend.upload(cross, coordinates);
      backend.solveTriangular(Side.RIGHT, Transpose.YES, 1, factor, coordinates);
      backend.download(coordinates, r);
      backend.copy(coordinates, narrow);
      double[] spread = new double[count];
      for (int x = 0; x < count; x++) {
        double seen = 0;
        for (int i = 0; i < points; i++) {
          seen += r[x * points + i] * r[x * points + i];
        }
        spread[x] = Math.sqrt(Math.max(0, variance[x] - seen));
      }
      backend.upload(spread, deviation);
      backend.fillGaussian(
          seed, RandomStreams.stream(RandomStreams.TEST_POINT, replica, iteration), 0, noise);
      backend.scaleColumns(deviation, noise);
      backend.gemm(Transpose.NO, Transpose.YES, 1, normals, narrow, 0, h);
      backend.axpy(1, noise, h);
      backend.copy(h, noise);
      backend.scaleRows(linear, noise);
      backend.crossGram(1, noise, fields, 0, product);
      double[] sampled = new double[count * points];
      backend.download(product, sampled);
      backend.activate(activation, h, h);
      backend.copy(h, noise);
      backend.scaleRows(weight, noise);
      backend.crossGram(1, noise, phi, 0, product);
      backend.download(product, kernel);
      backend.copy(h, noise);
      backend.multiply(h, noise);
      backend.crossGram(1, weight, noise, 0, line);
      backend.download(line, second);
      double[] exact = quadraticResponse(cross, scaled(conjugate, gain));
      for (int x = 0; x < count; x++) {
        for (int i = 0; i < points; i++) {
          int xi = x * points + i;
          kernel[xi] += otherGain[x] * gain[i] * (tilt * exact[xi] - sampled[xi]);
        }
      }
    }
    return new OtherPoints(kernel, second);
  }

  /**
   * Changes at points without targets.
   *
   * @param kernel of E[phi(x) phi^T], Q x P
   * @param second of E phi(x)^2, Q
   */
  @SuppressWarnings("ArrayRecordComponent")
  record OtherPoints(double[] kernel, double[] second) {}

  private static double[] symmetrized(double[] a, int n) {
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < i; j++) {
        double mean = 0.5 * (a[i * n + j] + a[j * n + i]);
        a[i * n + j] = mean;
        a[j * n + i] = mean;
      }
    }
    return a;
  }

  @Override
  public void close() {
    memory.close();
  }
}
