package org.richkernel.finite;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.richkernel.bayes.InputFactor;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.RandomStreams;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;
import org.richkernel.network.Inputs;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.NetworkSites;
import org.richkernel.network.NetworkSpec;

/**
 * Outputs of sampled networks at test points.
 *
 * <p>The likelihood depends on r directions of a neuron's first-layer weights; the others keep
 * their prior under the posterior. So the preactivation of a test point is W^0 R_x plus s_x times
 * an independent normal for each neuron, which is exact for the mean output of each point.
 */
final class TestPointOutputs implements AutoCloseable {
  private static final int PANEL = 256;

  private static final String PREFIX = "test ";

  /** Largest number of entries of the patches of a panel. */
  private static final int PANEL_ENTRIES = 1 << 24;

  private final Backend backend;
  private final NetworkSpec network;
  private final NetworkSites sites;
  private final int panel;
  private final int width;
  private final int count;
  private final int outputs;
  private final Workspace memory;
  private final Matrix coordinates; // (Q s_1) x r, rows (panel, site, point)
  private final @Nullable Matrix deviation; // 1 x Q
  private @Nullable SiteFields fields; // of the panel at work

  TestPointOutputs(
      Backend backend,
      NetworkSpec network,
      NetworkSites sites,
      WeightLayout layout,
      int outputs,
      InputFactor.Coordinates points) {
    this.backend = backend;
    this.network = network;
    this.sites = sites;
    panel = panel(sites, layout);
    this.outputs = outputs;
    width = layout.width();
    count = points.deviation().length;
    MemoryPlan plan = new MemoryPlan();
    plan(plan, sites, layout, outputs, count);
    memory = new Workspace(backend, plan);
    coordinates = memory.get("test coordinates");
    backend.upload(points.whitened(), coordinates);
    boolean determined = java.util.Arrays.stream(points.deviation()).allMatch(s -> s == 0);
    deviation = determined ? null : memory.get("test deviations");
    if (deviation != null) {
      backend.upload(points.deviation(), deviation);
    }
  }

  static void plan(
      MemoryPlan plan, NetworkSites sites, WeightLayout layout, int outputs, int count) {
    int panel = Math.min(panel(sites, layout), count);
    int columns = panel * sites.mostSites();
    plan.add("test coordinates", Precision.FLOAT32, count * sites.sites(1), layout.rank())
        .add("test deviations", Precision.FLOAT32, 1, count)
        .add("test features", Precision.FLOAT32, layout.features(), columns)
        .add("test features, next layer", Precision.FLOAT32, layout.features(), columns)
        .add("test outputs", Precision.FLOAT64, count, outputs);
    SiteFields.plan(plan, PREFIX, sites, layout.width(), layout.biases(), panel);
  }

  /**
   * Refuses test points whose patches do not fit an array.
   *
   * @throws InvalidProblemException for 2^31 numbers or more
   */
  static void requireFit(NetworkSites sites, int points) {
    long most = Integer.MAX_VALUE / ((sites.inputs() + 1L) * sites.sites(1));
    if (points > most) {
      throw new InvalidProblemException(
          "test-size", points, "patches of test points stay below 2^31 numbers; use up to " + most);
    }
  }

  /** Number of points of a panel. */
  private static int panel(NetworkSites sites, WeightLayout layout) {
    long most = sites.inputs();
    for (int l = 1; l <= sites.layers(); l++) {
      long rows = l == 1 ? layout.width() : layout.fanIn(l - 1);
      most = Math.max(most, rows * sites.sites(l));
    }
    return sites.mostSites() == 1
        ? PANEL
        : (int) Math.max(1, Math.min(PANEL, PANEL_ENTRIES / most));
  }

  /** Patches of the test points of a convolutional network, panel after panel. */
  static InputFactor.Coordinates patches(
      NetworkSpec network, NetworkSites sites, WeightLayout layout, Inputs inputs) {
    int panel = panel(sites, layout);
    int each = sites.sites(1) * layout.rank();
    double[] all = new double[Math.multiplyExact(inputs.rows(), each)];
    for (int from = 0; from < inputs.rows(); from += panel) {
      int count = Math.min(panel, inputs.rows() - from);
      double[] patches = PosteriorInputs.scaled(network, sites, inputs, from, count);
      System.arraycopy(patches, 0, all, from * each, patches.length);
    }
    return new InputFactor.Coordinates(all, new double[inputs.rows()]);
  }

  /**
   * Outputs of one network.
   *
   * @param weights W^0 .. W^{L-1}, with biases
   * @param readout u, N x K, those of all sites side by side
   * @param seed key of the normals
   * @param chain selects their stream
   * @param iteration position in their stream
   * @return row-major Q x K
   */
  double[] of(List<Matrix> weights, Matrix readout, long seed, int chain, long iteration) {
    Matrix result = memory.get("test outputs");
    long stream = RandomStreams.stream(RandomStreams.POSTERIOR_TEST_POINT, chain, iteration);
    for (int from = 0; from < count; from += panel) {
      int points = Math.min(panel, count - from);
      SiteFields fields = fields(points);
      Matrix top = features(fields, weights, from, points, seed, stream);
      fields.outputs(1, top, fields.bySite(readout), result.rowRange(from, points));
    }
    double[] values = new double[count * outputs];
    backend.download(result, values);
    return values;
  }

  /** Fields of a panel in the form that layers and readout read. */
  private SiteFields fields(int points) {
    if (fields == null || fields.points() != points) {
      double[] constants = HiddenLayers.constants(network, sites, width);
      fields = new SiteFields(backend, memory, PREFIX, sites, width, constants, points);
    }
    return fields;
  }

  private Matrix features(
      SiteFields fields, List<Matrix> weights, int from, int points, long seed, long stream) {
    Activation activation = network.activation();
    Matrix here = columns("test features", 1, points);
    Matrix next = columns("test features, next layer", 2, points);
    Matrix h = here.rowRange(0, width);
    int first = sites.sites(1);
    Matrix seen = coordinates.rowRange(from * first, points * first);
    if (deviation == null) {
      backend.gemm(Transpose.NO, Transpose.YES, 1, weights.get(0), seen, 0, h);
    } else {
      backend.fillGaussian(seed, stream, 0, from, h);
      backend.scaleColumns(deviation.view(0, 1, from, points), h);
      backend.gemm(Transpose.NO, Transpose.YES, 1, weights.get(0), seen, 1, h);
    }
    backend.activate(activation, h, h);
    for (int l = 1; l < weights.size(); l++) {
      double scale = HiddenLayers.scale(network, sites, l, width);
      if (rows() > width) {
        backend.fill(Math.sqrt(network.biasVariance()) / scale, here.rowRange(width, 1));
      }
      h = next.rowRange(0, width);
      Matrix below = fields.read(l + 1, here);
      backend.gemm(Transpose.NO, Transpose.NO, scale, weights.get(l), below, 0, h);
      backend.activate(activation, h, h);
      here = next;
      next = columns(l % 2 == 1 ? "test features" : "test features, next layer", l + 2, points);
    }
    return h;
  }

  /** Columns of some points in a field of layer l, or of the last layer for l above L. */
  private Matrix columns(String name, int layer, int points) {
    int sitesThere = sites.sites(Math.min(layer, sites.layers()));
    return memory.get(name).view(0, rows(), 0, points * sitesThere);
  }

  private int rows() {
    return memory.get("test features").rows();
  }

  @Override
  public void close() {
    memory.close();
  }
}
