package org.richkernel.bayes;

import java.util.Arrays;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Transpose;
import org.richkernel.network.NetworkSpec;
import org.richkernel.stack.ChannelLinks;
import org.richkernel.stack.ConvolutionShape;
import org.richkernel.stack.FieldWidths;
import org.richkernel.stack.GramReadout;
import org.richkernel.stack.LayerCovariance;
import org.richkernel.stack.LayerStack;
import org.richkernel.stack.PosteriorParameters;
import org.richkernel.stack.SiteLinks;
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
final class ConvolutionPosterior extends KernelPosterior implements ChannelPosterior {
  private final NetworkSpec network;
  private final ConvolutionShape shape;
  private final SiteLinks links;
  private final ConvolutionLayers layers;
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
    links =
        shape.factorizes()
            ? new WhitenedSiteLinks(
                backend, network, shape, memory(), this::jitter, record().failures())
            : new ChannelLinks(backend, network, shape, memory());
    layers = new ConvolutionLayers(backend, network, shape, memory(), inputFactor(), links);
    drawn = shape.factorizes() ? new ChannelWeights(backend, network, this, memory()) : null;
    sizes = samples;
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
    planShared(plan, points, shape.columns(1), shape.rank(), outputs, determinant);
    ConvolutionLayers.plan(plan, shape, samples);
    if (shape.factorizes()) {
      WhitenedSiteLinks.plan(backend, plan, shape);
      ChannelWeights.plan(plan, shape, samples);
    } else {
      ChannelLinks.plan(plan, shape, samples);
    }
  }

  @Override
  boolean isPlanned(int samples, int blocks) {
    return blocks == 1 && Arrays.stream(sizes).anyMatch(size -> size == samples);
  }

  @Override
  Block<LayerStack> block(int samples, int first, int rows) {
    return layers.block(
        samples,
        top ->
            new GramReadout(
                backend(),
                layers.weight(layers(), samples),
                samples,
                kernel(),
                null,
                readout(),
                tilt(),
                top.panels(),
                layers.pull(samples)));
  }

  /** Restores values that other numbers of samples have overwritten. */
  @Override
  void prepare(Block<LayerStack> block) {
    layers.prepare(block.samples());
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
    return layers.inputs(l);
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
    return ConvolutionLayers.features(shape, samples);
  }

  @Override
  Matrix readoutRows() {
    return layers.pooled(layers(), samples());
  }

  @Override
  public void readoutWeights(FieldPopulation of, Matrix weights) {
    use(of);
    fetch();
    forwardAndWait();
    backend()
        .gemm(
            Transpose.NO,
            Transpose.NO,
            layers.weight(layers(), of.samples()),
            readoutRows(),
            readout().dualSingle(),
            0,
            weights);
  }

  @Override
  public Channels channels(FieldPopulation of, TestPoints.Draw draw) {
    float[] readout =
        layers.readout(of.samples(), of.dual().columns(), weights -> readoutWeights(of, weights));
    return new Channels(drawn == null ? fields(of) : drawn.draw(of, draw), readout);
  }

  @Override
  public Matrix activations(int layer) {
    return moving().stack().layer(layer).phi();
  }

  /** Computes the pooled kernels of the layers below the last. */
  @Override
  public void complete(FieldPopulation of) {
    use(of);
    fetch();
    forwardAndWait();
    for (int l = 1; l < layers(); l++) {
      Matrix rows = layers.pooled(l, of.samples());
      backend().gram(layers.weight(l, of.samples()), rows, 0, of.kernel(l));
    }
  }

  @Override
  public double[] directions(int layer, double[] v) {
    return layers.directions(layer, samples(), v);
  }
}
