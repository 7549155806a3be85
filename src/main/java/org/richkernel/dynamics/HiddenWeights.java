package org.richkernel.dynamics;

import java.util.Arrays;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.RandomStreams;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;
import org.richkernel.network.SiteMap;
import org.richkernel.solver.SolverState;

/**
 * The weights W between hidden layers l and l + 1 at infinite width, as a sum of Gaussian fields,
 * responses and learnt terms. Applied to phi^l they give the preactivations
 *
 * <pre>
 *   h^{l+1}(t) = rho^t [u(t) + sum_{s&lt;t} A^l(t, s) g^{l+1}(s)] + sum_{s&lt;t} w(t, s) Phi^l(t, s) g^{l+1}(s),
 * </pre>
 *
 * and applied backwards to g^{l+1}
 *
 * <pre>
 *   z^l(t) = rho^t [r(t) + sum_{s&lt;=t} B^l(t, s) phi^l(s)] + sum_{s&lt;t} w(t, s) G^{l+1}(t, s) phi^l(s),
 * </pre>
 *
 * with w(t, s) = eta gamma rho^{t-1-s} Delta(s) (Bordelon and Pehlevan, arXiv:2205.09653, in
 * discrete time with weight decay). With phi^l(s) = E_phi R_phi(s)^T and g^{l+1}(s) = E_g R_g(s)^T,
 * the learnt term is one matrix, C = sum_s w(t, s) R_phi(s)^T R_g(s), updated at each time. The
 * responses are measured on the difference between fields and {@link StartingFields their start}.
 *
 * <p>With weights shared by sites F Phi and F A replace Phi and A forwards, and F* G and F* B
 * replace G and B backwards. Then R_phi or R_g stands for the factor R' of F Phi forwards, or of F*
 * G backwards.
 */
class HiddenWeights {
  /** Constructor of the weights above a layer. */
  @FunctionalInterface
  interface Maker {
    /** Arguments as for the constructor of {@link HiddenWeights}. */
    HiddenWeights make(
        Backend backend,
        DynamicsOptions options,
        CausalOptions causal,
        Workspace memory,
        int layer,
        PatchMap map,
        Matrix failures,
        long firstSample,
        int samples);
  }

  private final Backend backend;
  private final PatchMap map;
  private final String name;
  private final FieldHistory features; // of phi^l
  private final FieldHistory gradients; // of g^{l+1}
  private final StartingFields firstFeatures; // phi^l(0)
  private final StartingFields firstGradients; // g^{l+1}(0)
  private final Matrix learnt; // C, r'_phi x r_g
  private final Matrix learntBack; // C as it acts backwards, r_phi x r'_g
  private final Matrix coefficients; // (M s) x r
  private final Matrix scaledRows; // (B s) x r
  private final Matrix pull; // (B s) x 1

  /** Adds the matrices of one layer's weights to a plan, and their copies in a checkpoint. */
  static void plan(
      MemoryPlan plan, int layer, int samples, HistorySize phi, HistorySize g, SiteMap map) {
    FieldHistory.plan(plan, "phi " + layer, samples, phi);
    FieldHistory.plan(plan, "g " + (layer + 1), samples, g);
    StartingFields.plan(plan, "phi " + layer, samples, phi.fields());
    StartingFields.plan(plan, "g " + (layer + 1), samples, g.fields());
    PatchMap.plan(plan, layer, map);
    planLearnt(plan, learnt(layer), phi.ownColumns(), g.columns());
    if (!PatchMap.isPointwise(map)) {
      planLearnt(plan, learntBack(layer), phi.columns(), g.ownColumns());
    }
  }

  private static void planLearnt(MemoryPlan plan, String name, int rows, int columns) {
    plan.add(name, Precision.FLOAT64, rows, columns).addHost((long) rows * columns * Double.BYTES);
  }

  private static String learnt(int layer) {
    return "learnt by weights " + layer;
  }

  private static String learntBack(int layer) {
    return learnt(layer) + " backwards";
  }

  /**
   * Adds the scratch that all weights share.
   *
   * @param columns largest r
   * @param fields largest number of columns of a field
   * @param height largest number of rows of directions
   * @param patches largest number of patches of rows; 0 if each site reads itself alone
   */
  static void planScratch(
      MemoryPlan plan, int samples, int columns, int fields, int height, int patches) {
    HistoryScratch.plan(plan, samples, columns, fields, Math.max(samples, height));
    StartingFields.planScratch(plan, samples, fields);
    if (patches > 0) {
      PatchFactor.planScratch(plan, patches, columns, fields);
    }
    plan.add("coefficients", Precision.FLOAT64, fields, columns)
        .add("scaled rows", Precision.FLOAT64, fields, columns)
        .add("pull", Precision.FLOAT64, fields, 1);
  }

  /**
   * The weights between layers l and l + 1 at the start.
   *
   * @param layer l, 1 .. L - 1
   * @param map from the sites of layer l to those of layer l + 1
   * @param failures counters of failed factorizations of both fields, 1 x 2
   */
  HiddenWeights(
      Backend backend,
      DynamicsOptions options,
      CausalOptions causal,
      Workspace memory,
      int layer,
      PatchMap map,
      Matrix failures,
      long firstSample,
      int samples) {
    this.backend = backend;
    this.map = map;
    name = learnt(layer);
    features =
        new FieldHistory(
            backend,
            options,
            causal,
            memory,
            "phi " + layer,
            RandomStreams.DYNAMICS_PREACTIVATION,
            layer + 1,
            failures.view(0, 1, 0, 1),
            map,
            firstSample,
            samples);
    gradients =
        new FieldHistory(
            backend,
            options,
            causal,
            memory,
            "g " + (layer + 1),
            RandomStreams.DYNAMICS_BACKWARD_FIELD,
            layer,
            failures.view(0, 1, 1, 1),
            map.reversed(),
            firstSample,
            samples);
    firstFeatures = new StartingFields(backend, memory, "phi " + layer, samples);
    firstGradients = new StartingFields(backend, memory, "g " + (layer + 1), samples);
    learnt = memory.get(name);
    learntBack = map.isPointwise() ? learnt : memory.get(learntBack(layer));
    coefficients = memory.get("coefficients");
    scaledRows = memory.get("scaled rows");
    pull = memory.get("pull");
    backend.fill(0, learnt);
    backend.fill(0, learntBack);
  }

  /**
   * Preactivations of the next layer.
   *
   * @param decay rho^t
   * @param phi features of the present points, S x M, those that drive first
   * @param order index of each of the present points in the order of the problem
   * @param keep number of the first points that leave a past; at least the driving ones
   * @param h S x M, at the sites of the next layer
   */
  void forward(double decay, Matrix phi, int[] order, int keep, Matrix h) {
    int[] sites = SiteColumns.of(order, map.from());
    // without a past nothing was learnt
    boolean before = features.rank() == 0;
    features.extend(phi, keep * map.from());
    if (before) {
      firstFeatures.take(phi, sites);
    }
    features.draw(decay, h);
    Matrix c = coefficients.view(0, h.columns(), 0, gradients.rank());
    forwardResponse(gradients, firstFeatures.beyond(phi, sites), c);
    int known = features.ownKnown();
    Matrix rows = features.ownRows().view(0, h.columns(), 0, known);
    Matrix own = learnt.view(0, known, 0, gradients.rank());
    backend.gemm(Transpose.NO, Transpose.NO, 1, rows, own, decay, c);
    gradients.addTo(c, h);
  }

  /**
   * Backward fields of this layer.
   *
   * @param decay rho^t
   * @param phi features of the present points, as given to {@link #forward}
   * @param g backward fields of the next layer times the slope there, of the first m present
   *     points, S x m
   * @param order index of each of the present points in the order of the problem
   * @param driving number of them that leave a past
   * @param z S x m, at the sites of this layer
   */
  void backward(double decay, Matrix phi, Matrix g, int[] order, int driving, Matrix z) {
    int[] sites = SiteColumns.of(order, map.to());
    int m = z.columns();
    boolean before = gradients.rank() == 0;
    gradients.extend(g, driving * map.to());
    if (before && driving > 0) {
      firstGradients.take(g, sites);
    }
    Matrix responding = firstGradients.beyond(g, sites);
    gradients.draw(decay, z);
    Matrix c = coefficients.view(0, m, 0, features.rank());
    backwardResponse(features, responding, c);
    backend.scale(decay, c);
    int known = gradients.ownKnown();
    Matrix rows = gradients.ownRows().view(0, m, 0, known);
    Matrix own = learntBack.view(0, features.rank(), 0, known);
    backend.gemm(Transpose.NO, Transpose.YES, 1, rows, own, 1, c);
    features.addTo(c, z);
    int extras = features.extras();
    int first = phi.columns() - extras;
    if (extras > 0 && m > first) {
      addExtraResponse(
          features,
          decay,
          phi,
          responding.view(0, g.rows(), first, extras),
          z.view(0, z.rows(), first, extras));
    }
  }

  /**
   * Computes c = A^l(t, .), the mean response of phi^l to r^l, in the directions of the past of
   * g^{l+1}.
   *
   * @param past of g^{l+1}
   * @param phi phi^l minus multiples of its start
   */
  void forwardResponse(FieldHistory past, Matrix phi, Matrix c) {
    past.response(phi, c);
  }

  /**
   * Computes c = B^l(t, .), the mean response of g^{l+1} to u^{l+1}, in the directions of the past
   * of phi^l.
   *
   * @param past of phi^l
   * @param g g^{l+1} minus multiples of its start
   */
  void backwardResponse(FieldHistory past, Matrix g, Matrix c) {
    past.response(g, c);
  }

  /** Adds rho^t B^l(t, t) phi^l(t) of points without past to z. */
  void addExtraResponse(FieldHistory past, double decay, Matrix phi, Matrix g, Matrix z) {
    past.addExtraResponse(decay, phi, g, z);
  }

  /**
   * One step of gradient descent: C = rho C + eta gamma R_phi^T diag(pull) R_g.
   *
   * @param pulls eta gamma Delta of the points that drive
   */
  void learn(double retention, double[] pulls) {
    learn(retention, pulls, map.to(), features.ownRows(), gradients.rows(), learnt);
    if (!map.isPointwise()) {
      learn(retention, pulls, map.from(), features.rows(), gradients.ownRows(), learntBack);
    }
  }

  private void learn(
      double retention, double[] pulls, int sites, Matrix phi, Matrix g, Matrix target) {
    int driving = pulls.length * sites;
    double[] each = new double[driving];
    Arrays.setAll(each, i -> pulls[i / sites]);
    Matrix weight = pull.view(0, driving, 0, 1);
    backend.upload(each, weight);
    Matrix scaled = scaledRows.view(0, driving, 0, g.columns());
    backend.copy(g.rowRange(0, driving), scaled);
    backend.scaleRows(weight, scaled);
    Matrix known = target.view(0, phi.columns(), 0, g.columns());
    Matrix rows = phi.rowRange(0, driving);
    backend.gemm(Transpose.YES, Transpose.NO, 1, rows, scaled, retention, known);
  }

  /**
   * Checks the factorizations so far.
   *
   * @param ofFeatures number of failures for phi^l
   * @param ofGradients number of failures for g^{l+1}
   * @throws org.richkernel.compute.NotPositiveDefiniteException if rounding exceeded the dropped
   *     variance
   */
  void requireFactors(double ofFeatures, double ofGradients) {
    features.requireFactors(ofFeatures);
    gradients.requireFactors(ofGradients);
  }

  /** Largest fraction of the variance of phi^l or g^{l+1} dropped for lack of directions. */
  double cut() {
    return Math.max(features.cut(), gradients.cut());
  }

  /** Adds the state between two times to a checkpoint. */
  void save(SolverState state) {
    features.save(state);
    gradients.save(state);
    firstFeatures.save(state);
    firstGradients.save(state);
    SavedMatrix.save(backend, state, key(), learntSoFar());
    if (!map.isPointwise()) {
      SavedMatrix.save(backend, state, key() + "_backwards", learntBackSoFar());
    }
  }

  private Matrix learntSoFar() {
    return learnt.view(0, features.ownRank(), 0, gradients.rank());
  }

  private Matrix learntBackSoFar() {
    return learntBack.view(0, features.rank(), 0, gradients.ownRank());
  }

  private String key() {
    return name.replace(' ', '_');
  }

  /** Restores a saved state. */
  void restore(SolverState state) {
    features.restore(state);
    gradients.restore(state);
    firstFeatures.restore(state);
    firstGradients.restore(state);
    SavedMatrix.restore(backend, state, key(), learntSoFar());
    if (!map.isPointwise()) {
      SavedMatrix.restore(backend, state, key() + "_backwards", learntBackSoFar());
    }
  }
}
