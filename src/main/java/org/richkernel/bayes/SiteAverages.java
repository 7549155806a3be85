package org.richkernel.bayes;

import java.util.Arrays;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;
import org.richkernel.sampling.BatchMeans;
import org.richkernel.solver.SolverState;
import org.richkernel.stack.ConvolutionShape;

/**
 * Averages along a Markov chain of a convolutional network, resolved by sites and filters: for
 * every layer and site a, with Phi_aa = phi_a^T phi_a / S,
 *
 * <pre>  tr Phi_aa / P,   tr Y^T Phi_aa Y,   |Phi_aa|_F^2,</pre>
 *
 * and W^T W / S of the weights of the first layer on patches of the images, kC x kC.
 *
 * <p>Cost of a measurement: 2 S P min(S, P) flops a site, and S kC (2 r + kC).
 */
final class SiteAverages implements AutoCloseable {
  /** Largest number of entries of a patch, kC, with averages of filters. */
  static final int MOST_PATCH = 256;

  private final Backend backend;
  private final ConvolutionShape shape;
  private final ChannelPosterior posterior;
  private final Workspace memory;
  private final Matrix ofFilters;
  private final float[] filterValues;
  private final double[] siteValues;
  private final BatchMeans sites;
  private final BatchMeans filters; // rows of the lower triangle

  /**
   * @param y targets, row-major P x K
   * @param projector of patches on the first layer's rank space, row-major, r columns
   * @param samples S
   */
  SiteAverages(
      Backend backend,
      ConvolutionShape shape,
      ChannelPosterior posterior,
      double[] y,
      double[] projector,
      int samples) {
    this.backend = backend;
    this.shape = shape;
    this.posterior = posterior;
    int outputs = y.length / shape.points();
    MemoryPlan plan = new MemoryPlan();
    plan(plan, "", shape, outputs, samples);
    memory = new Workspace(backend, plan);
    ofFilters = memory.get("filters");
    filterValues = new float[Math.toIntExact(memory.get("covariance of filters").size())];
    siteValues = new double[Math.toIntExact(memory.get("numbers of sites").size())];
    sites = new BatchMeans(siteValues.length, 1);
    filters = new BatchMeans(triangle(patch(shape)), 1);
    backend.upload(y, memory.get("targets"));
    backend.copy(memory.get("targets"), memory.get("targets, single"));
    backend.fill(1, memory.get("ones"));
    if (patch(shape) > 0) {
      double[] ofPatches = Arrays.copyOf(projector, patch(shape) * shape.rank());
      backend.upload(ofPatches, memory.get("projector"));
      backend.copy(memory.get("projector"), memory.get("projector, single"));
    }
  }

  /** kC if filters are averaged, 0 if a patch has too many entries. */
  static int patch(ConvolutionShape shape) {
    int numbers = shape.patch() - (shape.biases() ? 1 : 0);
    return numbers <= MOST_PATCH ? numbers : 0;
  }

  private static int triangle(int n) {
    return n * (n + 1) / 2;
  }

  /** Number of scalars of all sites of all layers. */
  private static int numbers(ConvolutionShape shape) {
    int sum = 0;
    for (int l = 1; l <= shape.layers(); l++) {
      sum += 3 * shape.sites(l);
    }
    return sum;
  }

  /** Adds the memory of the averages of a chain to a plan. */
  static void plan(
      MemoryPlan plan, String prefix, ConvolutionShape shape, int outputs, int samples) {
    int points = shape.points();
    int most = 0;
    for (int l = 1; l <= shape.layers(); l++) {
      most = Math.max(most, shape.sites(l));
    }
    int rows = Math.multiplyExact(samples, most);
    int side = Math.min(samples, points);
    int patch = patch(shape);
    plan.add(prefix + "targets", Precision.FLOAT64, points, outputs)
        .add(prefix + "targets, single", Precision.FLOAT32, points, outputs)
        .add(prefix + "fields on targets", Precision.FLOAT32, rows, outputs)
        .add(prefix + "squares by sample", Precision.FLOAT32, rows, 1)
        .add(prefix + "ones", Precision.FLOAT32, 1, samples)
        .add(prefix + "squares by site", Precision.FLOAT32, 1, most)
        .add(prefix + "Gram matrix of a site", Precision.FLOAT32, side, side)
        .add(prefix + "numbers of sites", Precision.FLOAT64, 1, numbers(shape))
        .add(prefix + "projector", Precision.FLOAT64, patch, shape.rank())
        .add(prefix + "projector, single", Precision.FLOAT32, patch, shape.rank())
        .add(prefix + "filters", Precision.FLOAT32, samples, patch)
        .add(prefix + "covariance of filters", Precision.FLOAT32, patch, patch)
        .addHost(
            BatchMeans.bytes((long) numbers(shape) + triangle(patch))
                + 8L * numbers(shape)
                + 4L * patch * patch);
  }

  /**
   * Adds a population whose activations are up to date with its fields.
   *
   * @see MarginalPosterior#complete
   */
  void measure(FieldPopulation population) {
    int at = 0;
    for (int l = 1; l <= shape.layers(); l++) {
      measureSites(posterior.activations(l), shape.sites(l), at);
      at += 3 * shape.sites(l);
    }
    backend.download(memory.get("numbers of sites"), siteValues);
    sites.add(siteValues);
    if (patch(shape) > 0) {
      measureFilters(population.xi(1));
    }
  }

  /**
   * Computes the three scalars of every site of a layer.
   *
   * @param phi S x (P s), columns ordered (site, image)
   * @param at index of the first of them among the scalars of all layers
   */
  private void measureSites(Matrix phi, int count, int at) {
    int samples = phi.rows();
    int points = shape.points();
    Matrix numbers = memory.get("numbers of sites");
    try (Matrix bySite = phi.reshaped(samples * count, points);
        Matrix images = memory.get("fields on targets").rowRange(0, samples * count);
        Matrix variances = numbers.view(0, 1, at, count);
        Matrix fits = numbers.view(0, 1, at + count, count)) {
      sum(1.0 / samples / points, bySite, count, variances);
      // tr Y^T Phi_aa Y = |phi_a Y|^2 / S
      Matrix targets = memory.get("targets, single");
      backend.gemm(Transpose.NO, Transpose.NO, 1, bySite, targets, 0, images);
      sum(1.0 / samples, images, count, fits);
    }
    // |phi^T phi|_F = |phi phi^T|_F, so the smaller one is formed
    Transpose side = samples <= points ? Transpose.NO : Transpose.YES;
    Matrix gram = memory.get("Gram matrix of a site");
    for (int a = 0; a < count; a++) {
      try (Matrix site = phi.view(0, samples, a * points, points);
          Matrix square = numbers.view(0, 1, at + 2 * count + a, 1)) {
        backend.syrk(side, 1.0 / samples, site, 0, gram);
        backend.dot(1, gram, gram, 0, square);
      }
    }
  }

  /**
   * target_a = scale sum_i |x_ia|^2 over samples i.
   *
   * @param x (S sites) x n, rows ordered (sample, site)
   * @param target 1 x sites, float64
   */
  private void sum(double scale, Matrix x, int count, Matrix target) {
    int samples = x.rows() / count;
    try (Matrix squares = memory.get("squares by sample").rowRange(0, x.rows());
        Matrix table = squares.reshaped(samples, count);
        Matrix sums = memory.get("squares by site").view(0, 1, 0, count)) {
      backend.rowDot(x, x, squares);
      backend.gemm(Transpose.NO, Transpose.NO, scale, memory.get("ones"), table, 0, sums);
      backend.copy(sums, target);
    }
  }

  /** W^T W / S with W = xi V^T, V the directions of the rank space among patches. */
  private void measureFilters(Matrix xi) {
    Matrix covariance = memory.get("covariance of filters");
    Matrix projector = memory.get("projector, single");
    backend.gemm(Transpose.NO, Transpose.YES, 1, xi, projector, 0, ofFilters);
    backend.syrk(Transpose.YES, 1.0 / xi.rows(), ofFilters, 0, covariance);
    backend.download(covariance, filterValues);
    int n = covariance.rows();
    double[] lower = new double[triangle(n)];
    int at = 0;
    for (int i = 0; i < n; i++) {
      for (int j = 0; j <= i; j++) {
        lower[at++] = filterValues[i * n + j];
      }
    }
    filters.add(lower);
  }

  /** The scalars of all sites, layer by layer, in the order of the three formulas. */
  BatchMeans sites() {
    return sites;
  }

  /** W^T W / S within the span of the training patches, the lower triangle by rows. */
  BatchMeans filters() {
    return filters;
  }

  /** Sizes of layer l = 1 to L. */
  ConvolutionShape shape() {
    return shape;
  }

  /** Clears all measurements. */
  void clear() {
    sites.clear();
    filters.clear();
  }

  /** Adds all measurements to a checkpoint. */
  void save(SolverState state, String name) {
    sites.save(state, name + "_sites");
    filters.save(state, name + "_filters");
  }

  /** Restores a saved state. */
  void restore(SolverState state, String name) {
    sites.restore(state, name + "_sites");
    filters.restore(state, name + "_filters");
  }

  @Override
  public void close() {
    memory.close();
  }
}
