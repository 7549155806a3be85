package org.richkernel.dynamics;

import org.jspecify.annotations.Nullable;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.NotPositiveDefiniteException;
import org.richkernel.compute.Precision;
import org.richkernel.compute.RandomStreams;
import org.richkernel.compute.Workspace;
import org.richkernel.solver.SolverState;

/**
 * Compressed past of one field x(t) (S x points at each time), and the Gaussian field with the
 * covariance K(t, s) = &lt;x(t) x(s)&gt;.
 *
 * <p>Training moves fields smoothly, so their past spans few directions E (S x r), x(t) = E R(t)^T
 * ({@link PastDirections}). Then K(t, s) = R(t) R(s)^T, so R is a factor of the kernel with one new
 * block row per time, and the Gaussian field is omega R(t)^T with white omega (S x r). The number r
 * follows from the fields; at worst it is the number of points times the number of times.
 *
 * <p>Responses follow from Gaussian integration by parts: &lt;y omega^T&gt; = &lt;dy/dv&gt; R for v
 * = omega R^T, so the response acts on the past of x as &lt;dy/dv&gt; x = &lt;y omega^T&gt; E^T
 * (Bordelon and Pehlevan, arXiv:2205.09653). Each entry of &lt;y omega^T&gt; is an average of S
 * samples, whose noise {@link ResponseDamping} damps.
 *
 * <p>With weights shared by sites the Gaussian field has covariance F K, and a {@link PatchFactor}
 * gives its factor R' and omega. Otherwise R' = R.
 *
 * <p>Points that drive no step leave no past ({@link FieldsWithoutPast}).
 */
final class FieldHistory {
  private static final int NOISE_BLOCK = 16;

  private final Backend backend;
  private final DynamicsOptions options;
  private final HistoryScratch scratch;
  private final PatchMap map;
  private final PastDirections past;
  private final @Nullable PatchFactor patches; // null where each site reads itself alone
  private final PastDirections factor; // R'
  private final ResponseDamping damping;
  private final FieldsWithoutPast others;
  private final int purpose;
  private final int layer;
  private final long firstSample;
  private final int samples;
  private final Matrix noise; // omega, S x r'
  private int present; // m
  private int ownPresent; // of the Gaussian field

  /** Adds the matrices of one history to a plan, and their copies in a checkpoint. */
  static void plan(MemoryPlan plan, String name, int samples, HistorySize size) {
    PastDirections.plan(plan, name, samples, size.columns(), size.fields());
    if (size.offsets() > 0) {
      PatchFactor.plan(
          plan, name, size.offsets(), size.columns(), size.ownColumns(), size.ownFields());
    }
    plan.add("noise of " + name, Precision.FLOAT32, samples, size.ownColumns());
    FieldsWithoutPast.plan(plan, name, samples, size.extras());
    ResponseDamping.plan(plan, name, size.ownColumns());
  }

  /**
   * An empty history.
   *
   * @param purpose random stream of the Gaussian field
   * @param layer its layer
   * @param failures counter of failed factorizations, 1 x 1
   * @param map of the weights from the sites of the field
   */
  FieldHistory(
      Backend backend,
      DynamicsOptions options,
      CausalOptions causal,
      Workspace memory,
      String name,
      int purpose,
      int layer,
      Matrix failures,
      PatchMap map,
      long firstSample,
      int samples) {
    this.backend = backend;
    this.options = options;
    this.purpose = purpose;
    this.layer = layer;
    this.firstSample = firstSample;
    this.samples = samples;
    this.map = map;
    scratch = new HistoryScratch(backend, memory, samples);
    past = PastDirections.ofSamples(backend, causal, memory, scratch, name, failures, samples);
    patches =
        map.isPointwise()
            ? null
            : new PatchFactor(backend, causal, memory, scratch, map, name, failures);
    factor = patches == null ? past : patches.directions();
    damping = new ResponseDamping(backend, causal, memory, scratch, factor, name);
    others =
        new FieldsWithoutPast(
            backend,
            options,
            causal,
            memory,
            scratch,
            factor,
            name,
            purpose,
            layer,
            firstSample,
            samples);
    noise = memory.get("noise of " + name).rowRange(0, samples);
  }

  /** r, directions kept. */
  int rank() {
    return past.rank();
  }

  /** r before the present time. */
  int known() {
    return past.known();
  }

  /** X, number of the present points that leave no past. */
  int extras() {
    return others.count();
  }

  /** R(now), m x r; valid until the next {@link #extend}. */
  Matrix rows() {
    return past.rows(0, present);
  }

  /** r'. */
  int ownRank() {
    return factor.rank();
  }

  /** r' before the present time. */
  int ownKnown() {
    return factor.known();
  }

  /** R'(now), at the output sites of the weights; valid until the next {@link #extend}. */
  Matrix ownRows() {
    return factor.rows(0, ownPresent);
  }

  /**
   * Adds the field of the present time.
   *
   * @param now S x m
   * @param driving number of its first columns that leave a past
   */
  void extend(Matrix now, int driving) {
    present = now.columns();
    ownPresent = present / map.from() * map.to();
    Matrix k = scratch.corner(present);
    backend.gram(1.0 / samples, now, 0, k);
    past.observe(now);
    int own = driving / map.from() * map.to();
    double variance = driving == 0 ? 0 : past.keep(now, k.view(0, driving, 0, driving));
    if (patches != null) {
      variance = patches.extend(past.rows(0, present), own);
    }
    if (driving > 0) {
      drawNoise(factor.known(), factor.rank());
      damping.extend(variance, own);
    }
    boolean averaged = patches != null && driving < present;
    others.draw(averaged ? patches.covariance(k) : k, averaged ? own : driving);
  }

  /** Draws the blocks of omega that begin among its columns from .. to - 1. */
  private void drawNoise(int from, int to) {
    int first = (from + NOISE_BLOCK - 1) / NOISE_BLOCK;
    for (int block = first; block * NOISE_BLOCK < to; block++) {
      int column = block * NOISE_BLOCK;
      int count = Math.min(NOISE_BLOCK, factor.capacity() - column);
      backend.fillGaussian(
          options.seed(),
          RandomStreams.stream(purpose, layer, block),
          firstSample,
          noise.view(0, samples, column, count));
    }
  }

  /** omega, S x r'. */
  private Matrix noise() {
    return noise.view(0, samples, 0, factor.rank());
  }

  /**
   * Draws a multiple of the Gaussian field of the present points, given all earlier times.
   *
   * @param target S x m, at the output sites of the weights
   */
  void draw(double scale, Matrix target) {
    scratch.addColumns(scale, noise(), ownRows(), 0, target);
    int extras = others.count();
    others.addTo(scale, target.view(0, samples, ownPresent - extras, extras));
  }

  /**
   * The mean response of fields to the Gaussian field, as coefficients on E.
   *
   * @param responding S x n, at the output sites of the weights
   * @param result n x r, at the sites of the field
   */
  void response(Matrix responding, Matrix result) {
    Matrix own = patches == null ? result : patches.response(responding.columns());
    backend.crossGram(1.0 / samples, responding, noise(), 0, own);
    damping.apply(own);
    if (patches != null) {
      patches.collect(own, result);
    }
  }

  /** target += E c^T for coefficients c (n x r' with r' at most r). */
  void addTo(Matrix c, Matrix target) {
    scratch.addColumns(1, past.fields().view(0, samples, 0, c.columns()), c, 1, target);
  }

  /** Adds the equal-time response of points without past, {@link FieldsWithoutPast}. */
  void addExtraResponse(double scale, Matrix now, Matrix responding, Matrix target) {
    others.addResponse(scale, now, responding, target);
  }

  /**
   * Checks the factorizations so far.
   *
   * @param failed number of failures
   * @throws NotPositiveDefiniteException if rounding exceeded the dropped variance
   */
  void requireFactors(double failed) {
    past.requireFactors(failed);
  }

  /** Largest fraction of the mean variance dropped so far for lack of directions. */
  double cut() {
    return Math.max(past.cut(), factor.cut());
  }

  /** Adds the state between two times to a checkpoint. */
  void save(SolverState state) {
    past.save(state);
    if (patches != null) {
      patches.save(state);
    }
    damping.save(state);
  }

  /** Key of an array of a history in a checkpoint. */
  static String key(String what, String name) {
    return what + "_of_" + name.replace(' ', '_');
  }

  /** Restores a saved state. */
  void restore(SolverState state) {
    past.restore(state);
    if (patches != null) {
      patches.restore(state, past.rank());
    }
    damping.restore(state);
    drawNoise(0, factor.rank());
  }
}
