package org.richkernel.bayes;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.SiteReadout;
import org.richkernel.stack.ChannelLinks;
import org.richkernel.stack.ConvolutionShape;
import org.richkernel.stack.FactorSource;
import org.richkernel.stack.FieldFactor;
import org.richkernel.stack.FieldWidths;
import org.richkernel.stack.GramReadout;
import org.richkernel.stack.LayerCovariance;
import org.richkernel.stack.LayerFields;
import org.richkernel.stack.LayerStack;
import org.richkernel.stack.Link;
import org.richkernel.stack.MovingFields;
import org.richkernel.stack.PooledReadout;
import org.richkernel.stack.PosteriorParameters;
import org.richkernel.stack.SiteLinks;
import org.richkernel.stack.SitePool;
import org.richkernel.stack.WhitenedSiteLinks;

/**
 * Marginal posterior of a convolutional network with S channels per layer and the readout
 * integrated out:
 *
 * <pre>  V = (S gamma^2 / 2) tr Y^T A^{-1} Y + c ln det A,   A = g_L K + kappa,
 *   h^1 = xi F_1^T,   h^l = sqrt(g_{l-1} / (k S)) W_l cols(phi^{l-1}),   or   h^l = xi^l F_l^T,
 * </pre>
 *
 * with F_1 F_1^T the covariance of patches and K the Gram matrix of the pooled rows of phi^L, P x
 * P. Given the layer below, the rows of h^l are independent N(0, g F Phi^{l-1} + g_b), both by
 * weights and by the Cholesky factor F_l of that covariance: the law is the same at every S. With
 * weights no sites x sites matrix is formed or factorized.
 *
 * <p>Columns of fields are ordered (site, image). Memory: 3 S times the columns of the fields, 2 S
 * n_l floats for n_l = P s_l per layer, and for each layer above the first k S n_l more, or with
 * whitened fields about 10 matrices of n_l x n_l, in addition to the populations.
 */
final class ConvolutionPosterior extends KernelPosterior {
  private final NetworkSpec network;
  private final ConvolutionShape shape;
  private final Map<Integer, List<SitePool>> pools = new HashMap<>(); // by number of samples
  private final SiteLinks links;
  private final @Nullable ChannelWeights drawn; // where fields are whitened
  private final int[] sizes; // numbers of samples that were planned

  /**
   * @param shape of the network and its training images
   * @param patches factor of the covariance of patches, rows ordered (site, image)
   * @param y targets, row-major P x K
   * @param parameters with the variance of {@link #readoutVariance}
   * @param samples numbers of samples of the populations
   */
  ConvolutionPosterior(
      Backend backend,
      NetworkSpec network,
      ConvolutionShape shape,
      InputFactor patches,
      double[] y,
      PosteriorParameters parameters,
      int... samples) {
    super(
        backend,
        planned(backend, shape, y, parameters, samples),
        patches,
        y,
        parameters,
        parameters.hasDeterminant());
    this.network = network;
    this.shape = shape;
    SiteLinks.uploadTables(backend, memory(), shape);
    links =
        shape.factorizes()
            ? new WhitenedSiteLinks(
                backend, network, shape, memory(), this::jitter, record().failures())
            : new ChannelLinks(backend, network, shape, memory());
    drawn = shape.factorizes() ? new ChannelWeights(backend, network, this, memory()) : null;
    sizes = samples;
  }

  /** Variance of a weight on a pooled row: g_L, or g_L / s if every site has its own weights. */
  static double readoutVariance(NetworkSpec network, ConvolutionShape shape) {
    int top = shape.layers();
    return network.weightVariance(top) / shape.pooledRows(top);
  }

  private static MemoryPlan planned(
      Backend backend,
      ConvolutionShape shape,
      double[] y,
      PosteriorParameters parameters,
      int[] samples) {
    MemoryPlan plan = new MemoryPlan();
    int most = Arrays.stream(samples).max().orElseThrow();
    plan(backend, plan, shape, y.length / shape.points(), most, parameters.hasDeterminant());
    return plan;
  }

  /** Adds the scratch shared by all populations, of at most {@code samples} rows, to a plan. */
  static void plan(
      Backend backend,
      MemoryPlan plan,
      ConvolutionShape shape,
      int outputs,
      int samples,
      boolean determinant) {
    int points = shape.points();
    int depth = shape.layers();
    planShared(plan, points, shape.columns(1), shape.rank(), outputs, determinant);
    MovingFields.plan(plan, samples, shape.width(samples));
    for (int l = 1; l <= depth; l++) {
      int columns = shape.columns(l);
      plan.add("phi " + l, Precision.FLOAT32, samples, columns)
          .add("slope " + l, Precision.FLOAT32, samples, columns);
    }
    SiteLinks.planShared(plan, shape, samples);
    if (shape.factorizes()) {
      WhitenedSiteLinks.plan(backend, plan, shape);
      ChannelWeights.plan(plan, shape, samples);
    } else {
      ChannelLinks.plan(plan, shape, samples);
    }
    int rows = samples * shape.pooledRows(depth);
    plan.add("pooled pull", Precision.FLOAT32, rows, points);
    if (shape.readout() == SiteReadout.GAP) {
      plan.add("mean over sites", Precision.FLOAT32, samples, points)
          .add("force on the mean", Precision.FLOAT32, samples, points);
    }
  }

  @Override
  boolean isPlanned(int samples, int blocks) {
    return blocks == 1 && Arrays.stream(sizes).anyMatch(size -> size == samples);
  }

  @Override
  Block<LayerStack> block(int samples, int first, int rows) {
    MovingFields fields = MovingFields.of(memory(), samples, shape.widths(samples));
    List<LayerFields> layers = new ArrayList<>();
    for (int l = 1; l <= layers(); l++) {
      layers.add(
          new LayerFields(
              backend(),
              network.activation(),
              memory().get("phi " + l).rowRange(0, samples),
              memory().get("slope " + l).rowRange(0, samples),
              samples));
    }
    FactorSource input =
        new FactorSource(
            new FieldFactor.General(backend(), inputFactor()),
            layers.get(0).panels(),
            fields.position(1),
            fields.gradient(1));
    List<Link> between = new ArrayList<>();
    for (int l = 2; l <= layers(); l++) {
      between.add(links.link(l, fields, layers));
    }
    List<SitePool> ofLayers = new ArrayList<>();
    for (LayerFields layer : layers) {
      ofLayers.add(pool(layer));
    }
    SitePool top = ofLayers.get(layers() - 1);
    GramReadout pooled =
        new GramReadout(
            backend(),
            weight(layers(), samples),
            samples,
            kernel(),
            null,
            readout(),
            tilt(),
            top.panels(),
            memory().get("pooled pull"));
    pools.put(samples, List.copyOf(ofLayers));
    LayerStack stack = new LayerStack(layers, input, between, new PooledReadout(top, pooled));
    return new Block<>(samples, fields, stack);
  }

  private SitePool pool(LayerFields layer) {
    if (shape.readout() != SiteReadout.GAP) {
      return new SitePool(backend(), layer, points(), shape.readout(), layer.phi(), layer.slope());
    }
    int samples = layer.phi().rows();
    return new SitePool(
        backend(),
        layer,
        points(),
        shape.readout(),
        memory().get("mean over sites").rowRange(0, samples),
        memory().get("force on the mean").rowRange(0, samples));
  }

  /**
   * g_l / (S s), or g_l / S for means over sites: factor of the Gram matrix of pooled rows in g_l
   * Phi.
   */
  private double weight(int l, int samples) {
    return network.weightVariance(l) / samples / shape.pooledRows(l);
  }

  /** Restores values that other numbers of samples have overwritten. */
  @Override
  void prepare(Block<LayerStack> block) {
    links.prepare(block.samples());
  }

  @Override
  Optional<FeatureRank> featureRank() {
    return IntStream.rangeClosed(2, shape.factorizes() ? layers() : 0)
        .mapToObj(l -> FeatureRank.of(network, shape, l, samples()))
        .min(Comparator.comparingDouble(FeatureRank::share));
  }

  @Override
  @Nullable Matrix jitters() {
    return links instanceof WhitenedSiteLinks whitened ? whitened.jitters() : null;
  }

  @Override
  public int layers() {
    return shape.layers();
  }

  @Override
  FieldWidths widths() {
    return shape;
  }

  /** Sizes of the network and its training images. */
  ConvolutionShape shape() {
    return shape;
  }

  /** phi^l of the training images at the position, S x n_l. */
  Matrix fields(int l) {
    return moving().stack().layer(l).phi();
  }

  /** The {@link ConvolutionShape#inputTable} of layer l = 2 to L. */
  Matrix inputs(int l) {
    return memory().get(SiteLinks.inputs(l));
  }

  /**
   * The covariance of layer l = 2 to L at the position.
   *
   * @throws IllegalStateException if the layers have weights
   */
  LayerCovariance covariance(int l) {
    if (links instanceof WhitenedSiteLinks whitened) {
      return whitened.covariance(l);
    }
    throw new IllegalStateException("layers with weights factorize no covariance");
  }

  @Override
  public int readoutFeatures(int samples) {
    return samples * shape.pooledRows(layers());
  }

  @Override
  Matrix readoutRows() {
    return pool(layers()).pool(0);
  }

  private SitePool pool(int l) {
    return pools.get(samples()).get(l - 1);
  }

  /**
   * The readout weights of the pooled rows of phi^L, g v^T phi / (S s): predictions at other images
   * are their pooled rows times these weights.
   *
   * @param weights receives the result, (pooled rows) x K, float32
   */
  void readoutWeights(FieldPopulation of, Matrix weights) {
    use(of);
    fetch();
    forwardAndWait();
    backend()
        .gemm(
            Transpose.NO,
            Transpose.NO,
            weight(layers(), of.samples()),
            readoutRows(),
            readout().dualSingle(),
            0,
            weights);
  }

  /**
   * A network of S channels with the predictions of a population.
   *
   * @param weights of all layers side by side, row-major S x width
   * @param readout weights on the pooled rows, row-major (pooled rows) x K
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Channels(float[] weights, float[] readout) {}

  /**
   * The network of a population; with whitened fields a draw from the networks with these fields.
   *
   * @param draw selects the random numbers
   */
  Channels channels(FieldPopulation of, TestPoints.Draw draw) {
    int rows = of.samples() * shape.pooledRows(layers());
    float[] values = new float[rows * of.dual().columns()];
    MemoryPlan plan =
        new MemoryPlan().add("readout weights", Precision.FLOAT32, rows, of.dual().columns());
    try (Workspace scratch = new Workspace(backend(), plan)) {
      Matrix weights = scratch.get("readout weights");
      readoutWeights(of, weights);
      backend().download(weights, values);
    }
    if (drawn != null) {
      return new Channels(drawn.draw(of, draw), values);
    }
    float[] fields = new float[Math.toIntExact(of.xi().size())];
    backend().download(of.xi(), fields);
    return new Channels(fields, values);
  }

  /** phi^l of the last forward pass, S x (P s_l), columns ordered (site, image). */
  Matrix activations(int layer) {
    return moving().stack().layer(layer).phi();
  }

  /** Computes the pooled kernels of the layers below the last. */
  @Override
  public void complete(FieldPopulation of) {
    use(of);
    fetch();
    forwardAndWait();
    for (int l = 1; l < layers(); l++) {
      backend().gram(weight(l, of.samples()), pool(l).pool(0), 0, of.kernel(l));
    }
  }

  @Override
  public double[] directions(int layer, double[] v) {
    double[] ofSites = ofSites(v, shape.sites(layer));
    if (layer == 1) {
      return EquilibriumIdentity.directions(backend(), inputFactor(), ofSites);
    }
    SiteLinks.FeatureRows rows = links.features(layer, samples());
    return EquilibriumIdentity.image(backend(), rows.transpose(), rows.matrix(), ofSites);
  }

  /** v repeated at every site. */
  private static double[] ofSites(double[] v, int sites) {
    double[] all = new double[v.length * sites];
    for (int a = 0; a < sites; a++) {
      System.arraycopy(v, 0, all, a * v.length, v.length);
    }
    return all;
  }
}
