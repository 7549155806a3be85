package org.richkernel.bayes;

import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.RandomStreams;
import org.richkernel.compute.Side;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;
import org.richkernel.network.NetworkSpec;
import org.richkernel.stack.ConvolutionShape;

/**
 * Fields of new images given the training fields of a whitened population. All sites of one image
 * follow the conditional prior together,
 *
 * <pre>  h^l(x) = xi^l R_x^T + z C_x^T,   R_x = q(x) F_l^{-T},   C_x C_x^T = q(x, x) - R_x R_x^T,
 *   q = g F &lt;phi(x) phi^T&gt; + g_b,</pre>
 *
 * <p>s_l x n_l and s_l x s_l; pairs of different images are not needed. z is drawn below the last
 * layer. In the last layer the prediction is linear in phi(h(x)), so z is integrated site by site,
 * from the diagonal of C_x C_x^T alone. Cost for a batch of B images and layer: 4 S B s n for
 * fields and kernels, B s n_l^2 for R.
 */
final class WhitenedForward implements ImagePass {
  private static final int LAYERS_PER_SWEEP = 64;

  /** Relative pivot below which a site's variance is rounding of float32 fields. */
  private static final double ROUNDING = 1e-7;

  private final Backend backend;
  private final NetworkSpec network;
  private final ConvolutionShape shape; // with a batch for its points
  private final ConvolutionPosterior posterior;
  private final Workspace memory;
  private final ImageBatches images;

  /**
   * @param shape of the network, with the number of images of a batch for its points
   * @param projector W of the training patches, row-major (k C, or k C + 1 with biases) x r
   * @param most largest number of channels @param outputs K
   * @param posterior whose position holds the training fields
   */
  WhitenedForward(
      Backend backend,
      NetworkSpec network,
      ConvolutionShape shape,
      double[] projector,
      int most,
      int outputs,
      ConvolutionPosterior posterior) {
    this.backend = backend;
    this.network = network;
    this.shape = shape;
    this.posterior = posterior;
    MemoryPlan plan = new MemoryPlan();
    plan(plan, shape, posterior.shape().points(), most, outputs);
    memory = new Workspace(backend, plan);
    images = new ImageBatches(backend, network, shape, projector, memory);
    images.uploadTables();
    backend.fill(1, memory.get("images: ones"));
  }

  /**
   * Adds the memory of a batch to a plan.
   *
   * @param points P of the training images
   * @param most largest number of channels
   */
  static void plan(MemoryPlan plan, ConvolutionShape shape, int points, int most, int outputs) {
    ImageBatches.plan(plan, shape, most, outputs);
    int depth = shape.layers();
    ConvolutionShape training = shape.withPoints(points);
    int below = shape.mostColumns(1, depth - 1);
    int above = shape.mostColumns(2, depth);
    int trainBelow = training.mostColumns(1, depth - 1);
    int trainAbove = training.mostColumns(2, depth);
    plan.add("images: kernel with the training images", Precision.FLOAT64, below, trainBelow)
        .add("images: kernel", Precision.FLOAT64, below, below)
        .add("images: covariance with the training images", Precision.FLOAT64, above, trainAbove)
        .add("images: covariance", Precision.FLOAT64, above, above)
        .add("images: explained variance", Precision.FLOAT64, above, 1)
        .add("images: ones", Precision.FLOAT64, above, Math.max(above, trainAbove))
        .add("images: coordinates above", Precision.FLOAT32, above, trainAbove)
        .add("images: root", Precision.FLOAT32, above, above)
        .add("images: z", Precision.FLOAT32, most, above)
        .add("images: deviations", Precision.FLOAT32, 1, above);
  }

  @Override
  public ImageBatches images() {
    return images;
  }

  @Override
  public void addPrediction(
      ImageBatches.Batch batch, Matrix fields, TestPoints.Draw draw, Matrix sum) {
    int samples = fields.rows();
    int column = shape.rank();
    Matrix phi = images.firstLayer(batch, fields.view(0, samples, 0, column), draw);
    for (int l = 2; l <= shape.layers(); l++) {
      int width = posterior.shape().columns(l);
      try (Matrix xi = fields.view(0, samples, column, width)) {
        phi = pass(l, phi, xi, draw);
      }
      column += width;
    }
    images.readOut(batch, phi, sum);
  }

  private Matrix square(String name, int rows) {
    return memory.get(name).view(0, rows, 0, rows);
  }

  /** Computes phi of layer l from that of the layer below. */
  private Matrix pass(int l, Matrix below, Matrix xi, TestPoints.Draw draw) {
    int n = shape.columns(l);
    int samples = xi.rows();
    Matrix h = images.phi(l, samples);
    try (Matrix coordinates = memory.get("images: coordinates above").view(0, n, 0, xi.columns());
        Matrix covariance = square("images: covariance", n)) {
      double[] explained = condition(l, below, coordinates, covariance);
      double[] left = new double[n * n];
      backend.download(covariance, left);
      backend.gemm(Transpose.NO, Transpose.YES, 1, xi, coordinates, 0, h);
      if (l == shape.layers()) {
        try (Matrix deviations = memory.get("images: deviations").view(0, 1, 0, n)) {
          backend.upload(deviations(left, n), deviations);
          backend.activateSmoothed(network.activation(), h, deviations, h);
        }
        return h;
      }
      try (Matrix root = square("images: root", n);
          Matrix z = memory.get("images: z").view(0, samples, 0, n)) {
        backend.upload(roots(left, explained), root);
        long iteration = draw.sweep() * LAYERS_PER_SWEEP + l;
        long stream = RandomStreams.stream(RandomStreams.IMAGE_FIELD, draw.chain(), iteration);
        fill(draw, stream, z);
        backend.gemm(Transpose.NO, Transpose.YES, 1, z, root, 1, h);
      }
    }
    backend.activate(network.activation(), h, h);
    return h;
  }

  /** Normals of a batch; the key of a normal is its site, channel and image. */
  private void fill(TestPoints.Draw draw, long stream, Matrix z) {
    int samples = z.rows();
    int images = shape.points();
    for (int site = 0; site < z.columns() / images; site++) {
      try (Matrix own = z.view(0, samples, site * images, images)) {
        backend.fillGaussian(draw.seed(), stream, (long) site * samples, draw.firstPoint(), own);
      }
    }
  }

  /**
   * Computes R and q(x, x) - R R^T of a batch; blocks between different images are meaningless.
   *
   * @return the diagonal of R R^T
   */
  private double[] condition(int l, Matrix below, Matrix coordinates, Matrix covariance) {
    double weight = network.weightVariance(l - 1) / below.rows();
    double mean = 1.0 / shape.maps().get(l - 1).offsets();
    double bias = network.biasVariance();
    Matrix trained = posterior.fields(l - 1);
    Matrix rows = images.inputs(l);
    int n = coordinates.rows();
    try (Matrix cross =
            memory
                .get("images: kernel with the training images")
                .view(0, below.columns(), 0, trained.columns());
        Matrix own = square("images: kernel", below.columns());
        Matrix q =
            memory
                .get("images: covariance with the training images")
                .view(0, n, 0, coordinates.columns());
        Matrix square = memory.get("images: explained variance").rowRange(0, n);
        Matrix ones = memory.get("images: ones").view(0, n, 0, coordinates.columns());
        Matrix ownOnes = memory.get("images: ones").view(0, n, 0, n)) {
      backend.crossGram(weight, below, trained, 0, cross);
      backend.averagePatches(mean, rows, posterior.inputs(l), cross, q);
      backend.gram(weight, below, 0, own);
      backend.averagePatches(mean, rows, rows, own, covariance);
      if (bias > 0) {
        backend.axpy(bias, ones, q);
        backend.axpy(bias, ownOnes, covariance);
      }
      backend.solveTriangular(Side.RIGHT, Transpose.YES, 1, posterior.covariance(l).cholesky(), q);
      backend.gemm(Transpose.NO, Transpose.YES, -1, q, q, 1, covariance);
      backend.copy(q, coordinates);
      backend.rowDot(q, q, square);
      double[] explained = new double[n];
      backend.download(square, explained);
      return explained;
    }
  }

  /** Square roots of the diagonal, which rounding and the jitter may make slightly negative. */
  private static double[] deviations(double[] covariance, int n) {
    double[] deviations = new double[n];
    for (int i = 0; i < n; i++) {
      deviations[i] = Math.sqrt(Math.max(0, covariance[i * n + i]));
    }
    return deviations;
  }

  /**
   * The Cholesky factor of each image's own block, zeros elsewhere; rows ordered (site, image).
   * Columns of pivots that are rounding are zero.
   *
   * @param explained diagonal of R R^T, which was subtracted
   */
  private double[] roots(double[] covariance, double[] explained) {
    int count = shape.points();
    int n = explained.length;
    double[] root = new double[n * n];
    for (int mu = 0; mu < count; mu++) {
      for (int b = mu; b < n; b += count) {
        double pivot = covariance[b * n + b];
        for (int c = mu; c < b; c += count) {
          pivot -= root[b * n + c] * root[b * n + c];
        }
        if (pivot <= ROUNDING * (covariance[b * n + b] + explained[b])) {
          continue;
        }
        root[b * n + b] = Math.sqrt(pivot);
        for (int a = b + count; a < n; a += count) {
          double sum = covariance[a * n + b];
          for (int c = mu; c < b; c += count) {
            sum -= root[a * n + c] * root[b * n + c];
          }
          root[a * n + b] = sum / root[b * n + b];
        }
      }
    }
    return root;
  }

  @Override
  public void close() {
    memory.close();
  }
}
