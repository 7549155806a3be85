package org.richkernel.dynamics;

import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.NotPositiveDefiniteException;
import org.richkernel.compute.Precision;
import org.richkernel.compute.RandomStreams;
import org.richkernel.compute.Side;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;
import org.richkernel.solver.SolverState;

/**
 * All that is kept of the past of one field x(t) (S x points at each time), and the Gaussian field
 * whose covariance is the kernel K(t, s) = &lt;x(t) x(s)&gt;.
 *
 * <p>Training moves fields smoothly, so their past spans few directions. They are kept as an
 * orthonormal set E (S x r, E^T E = S): x(t) = E R(t)^T, where whatever has less than a small share
 * of the variance is left out. Then K(t, s) = R(t) R(s)^T, so R is a factor of the kernel, grown by
 * one block row per time, and the Gaussian field is omega R(t)^T with white omega (S x r). The
 * number r is found, not given; at worst it is the number of points times the number of times.
 *
 * <p>Responses follow from Gaussian integration by parts: &lt;y omega^T&gt; = &lt;dy/dv&gt; R for v
 * = omega R^T, so the response acts on the past of x as &lt;dy/dv&gt; x = &lt;y omega^T&gt; E^T
 * (Bordelon and Pehlevan, arXiv:2205.09653). Each entry of &lt;y omega^T&gt; is an average of S
 * samples; directions that carry little of the past would add noise and no response, so a ridge
 * damps them: &lt;y omega^T&gt; (1 - ridge (R^T R + ridge)^{-1}), the same as a ridge on K.
 *
 * <p>Points that drive no step (test points; after the first time, points outside the batch) leave
 * no past: beyond E they are drawn jointly, from noise that is the same at all times.
 */
final class FieldHistory {
  private static final int NOISE_BLOCK = 16;
  private static final long EXTRA_NOISE = 1L << 39;

  private final Backend backend;
  private final DynamicsOptions options;
  private final String name;
  private final double leftOut;
  private final double responseRidge;
  private final int purpose;
  private final int layer;
  private final long firstSample;
  private final int samples;
  private final int capacity;
  private final Matrix fields; // E, S x r
  private final Matrix noise; // omega, S x r
  private final Matrix extraNoise; // S x X
  private final Matrix extraField; // Gaussian field beyond E of the extra points, S x X
  private final Matrix damping; // ridge (R^T R + ridge)^{-1}, r x r
  private final Matrix rows; // R(now), m x r
  private final Matrix corner; // K(now, now), m x m
  private final Matrix factor; // scratch, m x m
  private final Matrix small; // scratch, m x m
  private final Matrix narrowSmall; // scratch, m x m, float32
  private final Matrix wide; // scratch, m x r
  private final Matrix narrow; // scratch, m x r, float32
  private final Matrix panel; // scratch, S x m
  private final Matrix otherPanel; // scratch, S x m
  private final Matrix ones; // S x 1
  private double[] extraVariance = new double[0];
  private double ridge;
  private double cut; // largest share of the variance that the limit of r left out
  private int rank;
  private int known; // r before the present time
  private int present; // m
  private int drivers; // the first of the present points

  /**
   * Adds the matrices of one history to a plan, and their copies in a checkpoint.
   *
   * @param columns largest r
   * @param points M
   * @param extras X, largest number of present points that leave no past
   */
  static void plan(MemoryPlan plan, String name, int samples, int columns, int points, int extras) {
    plan.add("past of " + name, Precision.FLOAT32, samples, columns)
        .add("noise of " + name, Precision.FLOAT32, samples, columns)
        .add("extra noise of " + name, Precision.FLOAT32, samples, extras)
        .add("extra field of " + name, Precision.FLOAT32, samples, extras)
        .add("damping of " + name, Precision.FLOAT64, columns, columns)
        .add("rows of " + name, Precision.FLOAT64, points, columns)
        .addHost((long) samples * columns * Float.BYTES)
        .addHost((long) columns * columns * Double.BYTES);
  }

  /** Adds the scratch that all histories share. */
  static void planScratch(MemoryPlan plan, int samples, int columns, int points) {
    plan.add("present kernel", Precision.FLOAT64, points, points)
        .add("present factor", Precision.FLOAT64, points, points)
        .add("small", Precision.FLOAT64, points, points)
        .add("small in float32", Precision.FLOAT32, points, points)
        .add("wide", Precision.FLOAT64, points, columns)
        .add("wide in float32", Precision.FLOAT32, points, columns)
        .add("panel", Precision.FLOAT32, samples, points)
        .add("other panel", Precision.FLOAT32, samples, points)
        .add("ones", Precision.FLOAT32, samples, 1);
  }

  /**
   * An empty history.
   *
   * @param purpose random stream of the Gaussian field
   * @param layer its layer
   */
  FieldHistory(
      Backend backend,
      DynamicsOptions options,
      CausalOptions causal,
      Workspace memory,
      String name,
      int purpose,
      int layer,
      long firstSample,
      int samples) {
    this.backend = backend;
    this.options = options;
    this.name = name;
    leftOut = causal.leftOut();
    responseRidge = causal.responseRidge();
    this.purpose = purpose;
    this.layer = layer;
    this.firstSample = firstSample;
    this.samples = samples;
    fields = memory.get("past of " + name).rowRange(0, samples);
    noise = memory.get("noise of " + name).rowRange(0, samples);
    extraNoise = memory.get("extra noise of " + name).rowRange(0, samples);
    extraField = memory.get("extra field of " + name).rowRange(0, samples);
    damping = memory.get("damping of " + name);
    rows = memory.get("rows of " + name);
    corner = memory.get("present kernel");
    factor = memory.get("present factor");
    small = memory.get("small");
    narrowSmall = memory.get("small in float32");
    wide = memory.get("wide");
    narrow = memory.get("wide in float32");
    panel = memory.get("panel").rowRange(0, samples);
    otherPanel = memory.get("other panel").rowRange(0, samples);
    ones = memory.get("ones").rowRange(0, samples);
    capacity = fields.columns();
    backend.fill(1, ones);
    backend.fillGaussian(
        options.seed(), RandomStreams.stream(purpose, layer, EXTRA_NOISE), firstSample, extraNoise);
  }

  /** r, directions kept. */
  int rank() {
    return rank;
  }

  /** r before the present time. */
  int known() {
    return known;
  }

  /** X, how many of the present points leave no past. */
  int extras() {
    return present - drivers;
  }

  /** R(now), m x r; valid until the next {@link #extend}. */
  Matrix rows() {
    return rows.view(0, present, 0, rank);
  }

  /** E, S x r. */
  Matrix fields() {
    return fields.view(0, samples, 0, rank);
  }

  /**
   * Takes the field of the present time.
   *
   * @param now S x m
   * @param driving how many of the points, the first ones, leave a past
   * @throws NotPositiveDefiniteException if rounding exceeds the variance that is left out
   */
  void extend(Matrix now, int driving) {
    known = rank;
    present = now.columns();
    drivers = driving;
    Matrix k = corner.view(0, present, 0, present);
    backend.gram(1.0 / samples, now, 0, k);
    project(now, 0, known);
    if (driving > 0) {
      keep(now, k);
    }
    drawExtras(k);
  }

  /** R(now) on the directions from .. to: &lt;now E&gt;. */
  private void project(Matrix now, int from, int to) {
    backend.crossGram(
        1.0 / samples,
        now,
        fields.view(0, samples, from, to - from),
        0,
        rows.view(0, present, from, to - from));
  }

  /** Adds the directions of the driving points that E lacks, and their share to the damping. */
  private void keep(Matrix now, Matrix k) {
    double[] left = new double[drivers * drivers];
    Matrix kernel = k.view(0, drivers, 0, drivers);
    backend.download(kernel, left);
    double scale = meanDiagonal(left);
    Matrix residual = small.view(0, drivers, 0, drivers);
    backend.copy(kernel, residual);
    Matrix r = rows.view(0, drivers, 0, known);
    backend.gemm(Transpose.NO, Transpose.YES, -1, r, r, 1, residual);
    backend.download(residual, left);
    int[] chosen = PivotChoice.choose(left, drivers, leftOut * scale, capacity - known);
    if (chosen.length > 0) {
      orthonormalize(now, chosen);
      drawNoise(known, known + chosen.length);
      rank += chosen.length;
      project(now, known, rank);
    }
    if (ridge == 0) {
      ridge = responseRidge * scale;
    }
    damp();
    if (rank == capacity) {
      measureCut(kernel, scale);
    }
  }

  /** With no room for more directions, what is left out may exceed what was meant to be. */
  private void measureCut(Matrix kernel, double scale) {
    Matrix residual = small.view(0, drivers, 0, drivers);
    backend.copy(kernel, residual);
    Matrix r = rows.view(0, drivers, 0, rank);
    backend.gemm(Transpose.NO, Transpose.YES, -1, r, r, 1, residual);
    double[] left = new double[drivers * drivers];
    backend.download(residual, left);
    for (int i = 0; i < drivers; i++) {
      cut = Math.max(cut, left[i * drivers + i] / scale);
    }
  }

  /** Largest share of the mean variance that was left out so far for lack of directions. */
  double cut() {
    return cut;
  }

  private double meanDiagonal(double[] matrix) {
    double trace = 0;
    for (int i = 0; i < drivers; i++) {
      trace += matrix[i * drivers + i];
    }
    // a field that vanishes (dead neurons, points at the origin) is no error
    return Math.max(trace / drivers, Float.MIN_NORMAL);
  }

  /** New directions from the chosen columns, by Gram-Schmidt, twice for the sake of rounding. */
  private void orthonormalize(Matrix now, int[] chosen) {
    int fresh = chosen.length;
    // a few columns of the wide history would be walked row by row
    Matrix e = panel.view(0, samples, 0, fresh);
    Columns.gather(backend, now, chosen, e);
    Matrix old = fields.view(0, samples, 0, known);
    Matrix overlap = wide.view(0, fresh, 0, known);
    for (int i = 0; i < fresh; i++) {
      backend.copy(rows.view(chosen[i], 1, 0, known), overlap.rowRange(i, 1));
    }
    addColumns(-1, old, overlap, 1, e);
    Matrix again = otherPanel.view(0, samples, 0, fresh);
    normalize(e, again);
    backend.crossGram(1.0 / samples, again, old, 0, overlap);
    addColumns(-1, old, overlap, 1, again);
    normalize(again, fields.view(0, samples, known, fresh));
  }

  /** target = e T^{-T} with T T^T = &lt;e e&gt;. */
  private void normalize(Matrix e, Matrix target) {
    int n = e.columns();
    Matrix gram = factor.view(0, n, 0, n);
    backend.gram(1.0 / samples, e, 0, gram);
    factorize(gram);
    Matrix inverse = small.view(0, n, 0, n);
    backend.fill(0, inverse);
    backend.addDiagonal(1, inverse);
    backend.solveTriangular(Side.LEFT, Transpose.NO, 1, gram, inverse);
    Matrix inverse32 = narrowSmall.view(0, n, 0, n);
    backend.copy(inverse, inverse32);
    backend.gemm(Transpose.NO, Transpose.YES, 1, e, inverse32, 0, target);
  }

  private void factorize(Matrix gram) {
    try {
      backend.cholesky(gram);
    } catch (NotPositiveDefiniteException e) {
      throw new NotPositiveDefiniteException(
          "covariance of " + name + " (" + known + " directions kept)",
          e.smallestEigenvalue(),
          "leave out more variance, or use more samples or a smaller step-size");
    }
  }

  /** The blocks of omega that begin among its columns from .. to - 1. */
  private void drawNoise(int from, int to) {
    int first = (from + NOISE_BLOCK - 1) / NOISE_BLOCK;
    for (int block = first; block * NOISE_BLOCK < to; block++) {
      int column = block * NOISE_BLOCK;
      int count = Math.min(NOISE_BLOCK, capacity - column);
      backend.fillGaussian(
          options.seed(),
          RandomStreams.stream(purpose, layer, block),
          firstSample,
          noise.view(0, samples, column, count));
    }
  }

  /**
   * Q = ridge (R^T R + ridge)^{-1} with the rows V of the driving points added to R: Q - Q V^T
   * (ridge + V Q V^T)^{-1} V Q (Woodbury).
   */
  private void damp() {
    int fresh = rank - known;
    backend.fill(0, damping.view(known, fresh, 0, rank));
    backend.fill(0, damping.view(0, known, known, fresh));
    backend.addDiagonal(1, damping.view(known, fresh, known, fresh));
    Matrix q = damping.view(0, rank, 0, rank);
    Matrix v = rows.view(0, drivers, 0, rank);
    Matrix vq = wide.view(0, drivers, 0, rank);
    backend.gemm(Transpose.NO, Transpose.NO, 1, v, q, 0, vq);
    Matrix gram = factor.view(0, drivers, 0, drivers);
    backend.gemm(Transpose.NO, Transpose.YES, 1, vq, v, 0, gram);
    backend.addDiagonal(ridge, gram);
    factorize(gram);
    backend.solveTriangular(Side.LEFT, Transpose.NO, 1, gram, vq);
    backend.gemm(Transpose.YES, Transpose.NO, -1, vq, vq, 1, q);
  }

  /** The Gaussian field of the extra points beyond E, from what E leaves of their kernel. */
  private void drawExtras(Matrix k) {
    int extras = present - drivers;
    extraVariance = new double[extras];
    if (extras == 0) {
      return;
    }
    Matrix left = factor.view(0, extras, 0, extras);
    backend.copy(k.view(drivers, extras, drivers, extras), left);
    double[] values = new double[extras * extras];
    backend.download(left, values);
    double trace = 0;
    for (int i = 0; i < extras; i++) {
      trace += values[i * extras + i];
    }
    Matrix r = rows.view(drivers, extras, 0, rank);
    backend.gemm(Transpose.NO, Transpose.YES, -1, r, r, 1, left);
    backend.addDiagonal(Math.max(leftOut * trace / extras, Float.MIN_NORMAL), left);
    factorize(left);
    backend.download(left, values);
    for (int i = 0; i < extras; i++) {
      for (int j = 0; j <= i; j++) {
        extraVariance[i] += values[i * extras + j] * values[i * extras + j];
      }
    }
    Matrix factor32 = narrowSmall.view(0, extras, 0, extras);
    backend.copy(left, factor32);
    backend.gemm(
        Transpose.NO,
        Transpose.YES,
        1,
        extraNoise.view(0, samples, 0, extras),
        factor32,
        0,
        extraField.view(0, samples, 0, extras));
  }

  /**
   * A multiple of the Gaussian field of the present points, given all earlier ones.
   *
   * @param target S x m
   */
  void draw(double scale, Matrix target) {
    addColumns(scale, noise.view(0, samples, 0, rank), rows(), 0, target);
    int extras = present - drivers;
    backend.axpy(
        scale, extraField.view(0, samples, 0, extras), target.view(0, samples, drivers, extras));
  }

  /** target = alpha columns c^T + beta target. */
  private void addColumns(double alpha, Matrix columns, Matrix c, double beta, Matrix target) {
    Matrix c32 = narrow.view(0, c.rows(), 0, c.columns());
    backend.copy(c, c32);
    backend.gemm(Transpose.NO, Transpose.YES, alpha, columns, c32, beta, target);
  }

  /**
   * The mean response of fields to the Gaussian field, as coefficients on E.
   *
   * @param responding S x n
   * @param result n x r
   */
  void response(Matrix responding, Matrix result) {
    backend.crossGram(1.0 / samples, responding, noise.view(0, samples, 0, rank), 0, result);
    Matrix damped = wide.view(0, result.rows(), 0, rank);
    backend.copy(result, damped);
    backend.gemm(Transpose.NO, Transpose.NO, -1, damped, damping.view(0, rank, 0, rank), 1, result);
  }

  /** target += E c^T for coefficients c (n x r' with r' at most r). */
  void addTo(Matrix c, Matrix target) {
    addColumns(1, fields.view(0, samples, 0, c.columns()), c, 1, target);
  }

  /**
   * Adds the response of extra points at equal times: each responds to its own Gaussian field
   * beyond E alone, &lt;y v&gt; / &lt;v v&gt; times its own field beyond E.
   *
   * @param now the field of the present points, S x m
   * @param responding fields of the extra points, S x X
   * @param target fields of the extra points, S x X
   */
  void addExtraResponse(double scale, Matrix now, Matrix responding, Matrix target) {
    int extras = present - drivers;
    if (extras == 0) {
      return;
    }
    Matrix work = panel.view(0, samples, 0, extras);
    backend.copy(extraField.view(0, samples, 0, extras), work);
    backend.multiply(responding, work);
    Matrix sums = small.view(0, extras, 0, 1);
    backend.crossGram(1.0 / samples, work, ones, 0, sums);
    double[] slope = new double[extras];
    backend.download(sums, slope);
    for (int i = 0; i < extras; i++) {
      slope[i] *= scale / extraVariance[i];
    }
    Matrix weights = narrowSmall.view(0, 1, 0, extras);
    backend.upload(slope, weights);
    backend.copy(now.view(0, samples, drivers, extras), work);
    addColumns(-1, fields(), rows.view(drivers, extras, 0, rank), 1, work);
    backend.scaleColumns(weights, work);
    backend.axpy(1, work, target);
  }

  /** Adds the state between two times to a checkpoint. */
  void save(SolverState state) {
    state.put(key("rank"), rank).put(key("ridge"), ridge);
    state.put(key("cut"), cut);
    SavedMatrix.save(backend, state, key("past"), fields());
    SavedMatrix.save(backend, state, key("damping"), damping.view(0, rank, 0, rank));
  }

  private String key(String what) {
    return what + "_of_" + name.replace(' ', '_');
  }

  /** Takes up a saved state. */
  void restore(SolverState state) {
    rank = (int) state.number(key("rank"));
    ridge = state.number(key("ridge"));
    cut = state.number(key("cut"));
    SavedMatrix.restore(backend, state, key("past"), fields());
    SavedMatrix.restore(backend, state, key("damping"), damping.view(0, rank, 0, rank));
    drawNoise(0, rank);
  }
}
