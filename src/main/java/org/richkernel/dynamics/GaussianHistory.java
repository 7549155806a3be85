package org.richkernel.dynamics;

import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.NotPositiveDefiniteException;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Side;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;

/**
 * A Gaussian field that is drawn time by time from a covariance that is learnt time by time, and
 * the mean response of other fields to it.
 *
 * <p>The covariance K is factorized as R R^T, grown by one block row per time; the field is omega
 * R^T with white omega (S x n). Columns are the training points of all earlier times and then all
 * points of the present one; the next time overwrites the columns of the test points.
 *
 * <p>Responses follow from Gaussian integration by parts: &lt;f x^T&gt; = &lt;df/dx&gt; K for x =
 * omega R^T, hence &lt;df/dx&gt; = &lt;f omega^T&gt; R^T (K + ridge)^{-1}, where the ridge damps
 * the directions of K that the samples cannot resolve (Bordelon and Pehlevan, arXiv:2205.09653,
 * without the ridge).
 */
final class GaussianHistory {
  private final Backend backend;
  private final double jitter;
  private final double responseRidge;
  private final String name;
  private final int samples;
  private final int points;
  private final int trainPoints;
  private final Matrix noise; // omega, S x n, float32
  private final Matrix factor; // R, n x n
  private final Matrix ridged; // factor of K + ridge, n x n
  private final Matrix correlation; // scratch, M x n
  private final Matrix narrow; // scratch, M x n, float32
  private final double[] diagonalBlock;

  /** Adds the matrices of one history to a plan. */
  static void plan(MemoryPlan plan, String name, int samples, int columns) {
    plan.add("noise " + name, Precision.FLOAT32, samples, columns)
        .add("factor " + name, Precision.FLOAT64, columns, columns)
        .add("ridged factor " + name, Precision.FLOAT64, columns, columns);
  }

  /** Adds the scratch that all histories share. */
  static void planScratch(MemoryPlan plan, int points, int columns) {
    plan.add("correlation with noise", Precision.FLOAT64, points, columns)
        .add("rows in float32", Precision.FLOAT32, points, columns);
  }

  GaussianHistory(
      Backend backend,
      CausalOptions options,
      Workspace memory,
      String name,
      int samples,
      int points,
      int trainPoints) {
    this.backend = backend;
    jitter = options.jitter();
    responseRidge = options.responseRidge();
    this.name = name;
    this.samples = samples;
    this.points = points;
    this.trainPoints = trainPoints;
    noise = memory.get("noise " + name).rowRange(0, samples);
    factor = memory.get("factor " + name);
    ridged = memory.get("ridged factor " + name);
    backend.fill(0, factor);
    backend.fill(0, ridged);
    correlation = memory.get("correlation with noise");
    narrow = memory.get("rows in float32");
    diagonalBlock = new double[points * points];
  }

  /**
   * Extends both factors by the present time.
   *
   * @param past columns of earlier times
   * @param row covariance of the present points with the past and with themselves, M x (past + M)
   * @throws NotPositiveDefiniteException if the jitter does not make up for rounding in the float32
   *     products of the covariance
   */
  void extend(int past, Matrix row) {
    backend.download(row.view(0, points, past, points), diagonalBlock);
    double train = meanDiagonal(0, trainPoints);
    double test = meanDiagonal(trainPoints, points);
    grow(factor, past, row, jitter * train, jitter * test);
    grow(ridged, past, row, responseRidge * train, responseRidge * test);
  }

  private double meanDiagonal(int from, int to) {
    double trace = 0;
    for (int i = from; i < to; i++) {
      trace += diagonalBlock[i * points + i];
    }
    // a field that vanishes (dead neurons, points at the origin) still has a factor
    return Math.max(trace / Math.max(1, to - from), Float.MIN_NORMAL);
  }

  /** Grows a factor of K + ridge by a block row of K; the ridges of test points are their own. */
  private void grow(Matrix grown, int past, Matrix row, double trainRidge, double testRidge) {
    // L21 = K21 L11^{-T}, L22 L22^T = K22 + ridge - L21 L21^T
    Matrix below = grown.view(past, points, 0, past);
    Matrix corner = grown.view(past, points, past, points);
    backend.copy(row.view(0, points, 0, past), below);
    backend.solveTriangular(Side.RIGHT, Transpose.YES, 1, grown.view(0, past, 0, past), below);
    backend.copy(row.view(0, points, past, points), corner);
    backend.gemm(Transpose.NO, Transpose.YES, -1, below, below, 1, corner);
    int testPoints = points - trainPoints;
    backend.addDiagonal(trainRidge, corner.view(0, trainPoints, 0, trainPoints));
    backend.addDiagonal(testRidge, corner.view(trainPoints, testPoints, trainPoints, testPoints));
    try {
      backend.cholesky(corner);
    } catch (NotPositiveDefiniteException e) {
      throw new NotPositiveDefiniteException(
          "covariance of " + name + " (" + (past + points) + " columns)",
          e.smallestEigenvalue(),
          "raise the jitter, or use more samples or a smaller step-size");
    }
  }

  /**
   * Draws the field of the present time, given all earlier ones.
   *
   * @param seed key of the random numbers
   * @param firstSample index of the first sample
   * @param trainStream stream of the training points' noise
   * @param testStream stream of the test points' noise
   * @param target S x M
   */
  void draw(
      int past, long seed, long firstSample, long trainStream, long testStream, Matrix target) {
    int testPoints = points - trainPoints;
    backend.fillGaussian(seed, trainStream, firstSample, noise.view(0, samples, past, trainPoints));
    backend.fillGaussian(
        seed, testStream, firstSample, noise.view(0, samples, past + trainPoints, testPoints));
    int size = past + points;
    Matrix rows = narrow.view(0, points, 0, size);
    backend.copy(factor.view(past, points, 0, size), rows);
    backend.gemm(Transpose.NO, Transpose.YES, 1, noise.view(0, samples, 0, size), rows, 0, target);
  }

  /**
   * Mean response of fields to the Gaussian field.
   *
   * @param fields S x m
   * @param known how many columns of the history the fields may depend on
   * @param response m x known
   */
  void response(Matrix fields, int known, Matrix response) {
    int rows = fields.columns();
    Matrix withNoise = correlation.view(0, rows, 0, known);
    backend.crossGram(1.0 / samples, fields, noise.view(0, samples, 0, known), 0, withNoise);
    backend.gemm(
        Transpose.NO, Transpose.YES, 1, withNoise, factor.view(0, known, 0, known), 0, response);
    Matrix l = ridged.view(0, known, 0, known);
    backend.solveTriangular(Side.RIGHT, Transpose.YES, 1, l, response);
    backend.solveTriangular(Side.RIGHT, Transpose.NO, 1, l, response);
  }
}
