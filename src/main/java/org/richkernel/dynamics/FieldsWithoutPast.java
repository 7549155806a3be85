package org.richkernel.dynamics;

import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.RandomStreams;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;

/**
 * The Gaussian field of points that drive no step (test points; after the first time, points
 * outside the batch): they leave no past. Their part beyond the directions E of the past of other
 * points is drawn jointly, from the same noise at all times.
 */
final class FieldsWithoutPast {
  private static final long STREAM = 1L << 39;

  private final Backend backend;
  private final HistoryScratch scratch;
  private final PastDirections past;
  private final double leftOut;
  private final int samples;
  private final Matrix noise; // S x X
  private final Matrix field; // Gaussian field beyond E, S x X
  private final Matrix variance; // of each, X x 1
  private int count; // X

  /**
   * Adds the matrices of one history to a plan.
   *
   * @param extras X, largest number of present points that leave no past
   */
  static void plan(MemoryPlan plan, String name, int samples, int extras) {
    plan.add("extra noise of " + name, Precision.FLOAT32, samples, extras)
        .add("extra field of " + name, Precision.FLOAT32, samples, extras)
        .add("extra variance of " + name, Precision.FLOAT64, extras, 1);
  }

  /**
   * @param purpose random stream of the Gaussian field
   * @param layer its layer
   */
  FieldsWithoutPast(
      Backend backend,
      DynamicsOptions options,
      CausalOptions causal,
      Workspace memory,
      HistoryScratch scratch,
      PastDirections past,
      String name,
      int purpose,
      int layer,
      long firstSample,
      int samples) {
    this.backend = backend;
    this.scratch = scratch;
    this.past = past;
    this.samples = samples;
    leftOut = causal.leftOut();
    noise = memory.get("extra noise of " + name).rowRange(0, samples);
    field = memory.get("extra field of " + name).rowRange(0, samples);
    variance = memory.get("extra variance of " + name);
    backend.fillGaussian(
        options.seed(), RandomStreams.stream(purpose, layer, STREAM), firstSample, noise);
  }

  /** Number of these points, the last ones of the present points. */
  int count() {
    return count;
  }

  /**
   * Draws their part beyond E from the Schur complement of their kernel.
   *
   * @param kernel of all present points, m x m
   * @param first index of the first point without past
   */
  void draw(Matrix kernel, int first) {
    int extras = kernel.rows() - first;
    count = extras;
    if (extras == 0) {
      return;
    }
    Matrix left = scratch.factor(extras);
    Matrix own = kernel.view(first, extras, first, extras);
    backend.copy(own, left);
    Matrix r = past.rows(first, extras);
    backend.gemm(Transpose.NO, Transpose.YES, -1, r, r, 1, left);
    scratch.addMeanDiagonal(leftOut, own, Float.MIN_NORMAL, left);
    past.factorize(left);
    backend.rowDot(left, left, variance.rowRange(0, extras));
    Matrix factor32 = scratch.narrowSmall(extras, extras);
    backend.copy(left, factor32);
    backend.gemm(
        Transpose.NO, Transpose.YES, 1, noise.view(0, samples, 0, extras), factor32, 0, present());
  }

  private Matrix present() {
    return field.view(0, samples, 0, count());
  }

  /** target += scale times their field beyond E, S x X. */
  void addTo(double scale, Matrix target) {
    backend.axpy(scale, present(), target);
  }

  /**
   * Adds the equal-time response. Each point responds only to its own Gaussian field v beyond E:
   * &lt;y v&gt; / &lt;v v&gt; times its own field beyond E.
   *
   * @param now the field of the present points, S x m
   * @param responding fields y that respond, S x X
   * @param target S x X
   */
  void addResponse(double scale, Matrix now, Matrix responding, Matrix target) {
    int extras = count();
    if (extras == 0) {
      return;
    }
    int first = now.columns() - extras;
    Matrix work = scratch.panel(extras);
    backend.copy(present(), work);
    backend.multiply(responding, work);
    Matrix sums = scratch.small(extras, 1);
    backend.crossGram(1.0 / samples, work, scratch.ones(), 0, sums);
    double[] slope = new double[extras];
    backend.download(sums, slope);
    double[] variances = new double[extras];
    backend.download(variance.rowRange(0, extras), variances);
    for (int i = 0; i < extras; i++) {
      slope[i] *= scale / variances[i];
    }
    Matrix weights = scratch.narrowSmall(1, extras);
    backend.upload(slope, weights);
    backend.copy(now.view(0, samples, first, extras), work);
    scratch.addColumns(-1, past.fields(), past.rows(first, extras), 1, work);
    backend.scaleColumns(weights, work);
    backend.axpy(1, work, target);
  }
}
