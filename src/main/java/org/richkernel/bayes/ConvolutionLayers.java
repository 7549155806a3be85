package org.richkernel.bayes;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Workspace;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.SiteReadout;
import org.richkernel.stack.ConvolutionShape;
import org.richkernel.stack.FactorSource;
import org.richkernel.stack.FieldFactor;
import org.richkernel.stack.LayerFields;
import org.richkernel.stack.LayerStack;
import org.richkernel.stack.Link;
import org.richkernel.stack.MovingFields;
import org.richkernel.stack.PooledReadout;
import org.richkernel.stack.Readout;
import org.richkernel.stack.SiteLinks;
import org.richkernel.stack.SitePool;

/**
 * The layers of a convolutional network with S channels, up to the pooled rows that the readout
 * weighs:
 *
 * <pre>
 *   h^1 = xi F_1^T,   h^l = sqrt(g_{l-1} / (k S)) W_l cols(phi^{l-1}),   or   h^l = xi^l F_l^T,
 * </pre>
 *
 * with F_1 F_1^T the covariance of patches. Given the layer below, the rows of h^l are independent
 * N(0, g F Phi^{l-1} + g_b), both by weights and by the Cholesky factor F_l of that covariance: the
 * law is the same at every S. Columns of fields are ordered (site, image).
 */
final class ConvolutionLayers {
  private final Backend backend;
  private final NetworkSpec network;
  private final ConvolutionShape shape;
  private final Workspace memory;
  private final Matrix inputFactor;
  private final SiteLinks links;
  private final Map<Integer, List<SitePool>> pools = new HashMap<>(); // by number of samples

  /**
   * @param memory with the matrices of {@link #plan} and of the links
   * @param inputFactor F_1, float32
   */
  ConvolutionLayers(
      Backend backend,
      NetworkSpec network,
      ConvolutionShape shape,
      Workspace memory,
      Matrix inputFactor,
      SiteLinks links) {
    this.backend = backend;
    this.network = network;
    this.shape = shape;
    this.memory = memory;
    this.inputFactor = inputFactor;
    this.links = links;
    SiteLinks.uploadTables(backend, memory, shape);
  }

  /** Variance of a weight on a pooled row: g_L, or g_L / s if every site has its own weights. */
  static double readoutVariance(NetworkSpec network, ConvolutionShape shape) {
    int top = shape.layers();
    return network.weightVariance(top) / shape.pooledRows(top);
  }

  /** Adds the scratch of all populations, of at most {@code samples} rows, to a plan. */
  static void plan(MemoryPlan plan, ConvolutionShape shape, int samples) {
    int points = shape.points();
    MovingFields.plan(plan, samples, shape.width(samples));
    for (int l = 1; l <= shape.layers(); l++) {
      int columns = shape.columns(l);
      plan.add("phi " + l, Precision.FLOAT32, samples, columns)
          .add("slope " + l, Precision.FLOAT32, samples, columns);
    }
    SiteLinks.planShared(plan, shape, samples);
    plan.add("pooled pull", Precision.FLOAT32, features(shape, samples), points);
    if (shape.readout() == SiteReadout.GAP) {
      plan.add("mean over sites", Precision.FLOAT32, samples, points)
          .add("force on the mean", Precision.FLOAT32, samples, points);
    }
  }

  /** Number of pooled rows of the last layer. */
  static int features(ConvolutionShape shape, int samples) {
    return Math.multiplyExact(samples, shape.pooledRows(shape.layers()));
  }

  /**
   * The moving fields of all samples.
   *
   * @param readout makes the reader of the pooled rows of the last layer
   */
  StackPosterior.Block<LayerStack> block(int samples, Function<SitePool, Readout> readout) {
    MovingFields fields = MovingFields.of(memory, samples, shape.widths(samples));
    List<LayerFields> layers = new ArrayList<>();
    List<SitePool> ofLayers = new ArrayList<>();
    for (int l = 1; l <= shape.layers(); l++) {
      LayerFields layer =
          new LayerFields(
              backend,
              network.activation(),
              memory.get("phi " + l).rowRange(0, samples),
              memory.get("slope " + l).rowRange(0, samples),
              samples);
      layers.add(layer);
      ofLayers.add(pool(layer));
    }
    FactorSource input =
        new FactorSource(
            new FieldFactor.General(backend, inputFactor),
            layers.get(0).panels(),
            fields.position(1),
            fields.gradient(1));
    List<Link> between = new ArrayList<>();
    for (int l = 2; l <= shape.layers(); l++) {
      between.add(links.link(l, fields, layers));
    }
    SitePool top = ofLayers.get(shape.layers() - 1);
    pools.put(samples, List.copyOf(ofLayers));
    LayerStack stack =
        new LayerStack(layers, input, between, new PooledReadout(top, readout.apply(top)));
    return new StackPosterior.Block<>(samples, fields, stack);
  }

  private SitePool pool(LayerFields layer) {
    int points = shape.points();
    if (shape.readout() != SiteReadout.GAP) {
      return new SitePool(backend, layer, points, shape.readout(), layer.phi(), layer.slope());
    }
    int samples = layer.phi().rows();
    return new SitePool(
        backend,
        layer,
        points,
        shape.readout(),
        memory.get("mean over sites").rowRange(0, samples),
        memory.get("force on the mean").rowRange(0, samples));
  }

  /** Scratch for the derivative of the pooled rows, n x P, float32. */
  Matrix pull(int samples) {
    return memory.get("pooled pull").rowRange(0, features(shape, samples));
  }

  /**
   * g_l / (S s), or g_l / S for means over sites: factor of the Gram matrix of pooled rows in g_l
   * Phi.
   */
  double weight(int l, int samples) {
    return network.weightVariance(l) / samples / shape.pooledRows(l);
  }

  /** Restores values that other numbers of samples have overwritten. */
  void prepare(int samples) {
    links.prepare(samples);
  }

  /** Pools the present activations of layer l, (S, or S s) x P, float32. */
  Matrix pooled(int l, int samples) {
    return pools.get(samples).get(l - 1).pool(0);
  }

  /** The {@link ConvolutionShape#inputTable} of layer l = 2 to L. */
  Matrix inputs(int l) {
    return memory.get(SiteLinks.inputs(l));
  }

  /** Sizes of the network and its training images. */
  ConvolutionShape shape() {
    return shape;
  }

  /**
   * F_l^T v with v repeated at every site.
   *
   * @param v row-major P x K
   */
  double[] directions(int layer, int samples, double[] v) {
    double[] all = new double[v.length * shape.sites(layer)];
    for (int a = 0; a < shape.sites(layer); a++) {
      System.arraycopy(v, 0, all, a * v.length, v.length);
    }
    if (layer == 1) {
      return EquilibriumIdentity.directions(backend, inputFactor, all);
    }
    SiteLinks.FeatureRows rows = links.features(layer, samples);
    return EquilibriumIdentity.image(backend, rows.transpose(), rows.matrix(), all);
  }

  /**
   * Readout weights on the host, row-major n x K.
   *
   * @param write writes them into a matrix, n x K, float32
   */
  float[] readout(int samples, int outputs, Consumer<Matrix> write) {
    int features = features(shape, samples);
    float[] values = new float[Math.multiplyExact(features, outputs)];
    MemoryPlan plan = new MemoryPlan().add("readout weights", Precision.FLOAT32, features, outputs);
    try (Workspace scratch = new Workspace(backend, plan)) {
      Matrix weights = scratch.get("readout weights");
      write.accept(weights);
      backend.download(weights, values);
    }
    return values;
  }
}
