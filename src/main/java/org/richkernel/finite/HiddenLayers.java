package org.richkernel.finite;

import java.util.ArrayList;
import java.util.List;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;
import org.richkernel.network.NetworkSites;
import org.richkernel.network.NetworkSpec;

/**
 * The hidden layers of one network on the training points, forward and backward; fields are neurons
 * x points, or x (site, point). Weights, gradient and network follow one {@link WeightLayout}:
 *
 * <pre>  h^1 = W^0 F^T,   h^{l+1} = sqrt(g_l / N) W^l phi(h^l) + sqrt(g_b) b^l,</pre>
 *
 * with F the factor of the first layer's covariance. A bias is a weight on a constant feature.
 */
final class HiddenLayers {
  private final Backend backend;
  private final Activation activation;
  private final int layers;
  private final NetworkSites sites;
  private final SiteFields fields;
  private final double[] scales; // sqrt(g_l / (k N)), of W^l
  private final Matrix factor; // F, P x r
  private final List<Matrix> weights = new ArrayList<>(); // W^0 .. W^{L-1}
  private final List<Matrix> squares = new ArrayList<>(); // W^l without biases; W^0 first
  private final List<Matrix> gradients = new ArrayList<>();
  private final List<Matrix> phi = new ArrayList<>(); // N x P
  private final List<Matrix> features = new ArrayList<>(); // phi with the row of the biases
  private final List<Matrix> slopes = new ArrayList<>();
  private final Matrix[] pulls; // dV/dh of two neighbouring layers

  /**
   * @param position weights that {@link #forward} reads
   * @param gradient receives the result of {@link #backward}
   */
  HiddenLayers(
      Backend backend,
      NetworkSpec network,
      NetworkSites sites,
      SiteFields fields,
      WeightLayout layout,
      Workspace memory,
      Matrix position,
      Matrix gradient) {
    this.backend = backend;
    this.sites = sites;
    this.fields = fields;
    activation = network.activation();
    layers = layout.layers();
    factor = memory.get("F");
    scales = new double[layers];
    int width = layout.width();
    double[] constants = constants(network, sites, width);
    for (int l = 0; l < layers; l++) {
      scales[l] = l == 0 ? 1 : scale(network, sites, l, width);
      weights.add(layout.hidden(position, l));
      squares.add(l == 0 ? weights.get(0) : layout.square(position, l));
      gradients.add(layout.hidden(gradient, l));
      Matrix all = memory.get(features(l + 1));
      features.add(all);
      phi.add(all.rowRange(0, width));
      slopes.add(memory.get(slopes(l + 1)));
      if (all.rows() > width) {
        backend.fill(constants[l], all.rowRange(width, 1));
      }
    }
    pulls = new Matrix[] {memory.get("pull"), memory.get("pull of the layer below")};
  }

  /** sqrt(g_l / (k N)) of W^layer, from 1. */
  static double scale(NetworkSpec network, NetworkSites sites, int layer, int width) {
    return Math.sqrt(network.weightVariance(layer) / ((double) sites.offsets(layer + 1) * width));
  }

  /**
   * The constant features of the biases of layers 2 to L: scale times the constant is sqrt(g_b).
   */
  static double[] constants(NetworkSpec network, NetworkSites sites, int width) {
    double[] constants = new double[network.biasVariance() > 0 ? sites.layers() - 1 : 0];
    for (int l = 1; l <= constants.length; l++) {
      constants[l - 1] = Math.sqrt(network.biasVariance()) / scale(network, sites, l, width);
    }
    return constants;
  }

  /** Adds the fields to a plan. */
  static void plan(MemoryPlan plan, NetworkSites sites, WeightLayout layout, int points) {
    plan.add("F", Precision.FLOAT32, points * sites.sites(1), layout.rank());
    for (int l = 1; l <= layout.layers(); l++) {
      int rows = l < layout.layers() ? layout.features() : layout.width();
      int columns = points * sites.sites(l);
      plan.add(features(l), Precision.FLOAT32, rows, columns)
          .add(slopes(l), Precision.FLOAT32, layout.width(), columns);
    }
    int most = points * sites.mostSites();
    plan.add("pull", Precision.FLOAT32, layout.width(), most)
        .add("pull of the layer below", Precision.FLOAT32, layout.width(), most);
  }

  private static String features(int layer) {
    return "features " + layer;
  }

  private static String slopes(int layer) {
    return "slopes " + layer;
  }

  /** Computes features and slopes of all layers. */
  void forward() {
    backend.gemm(Transpose.NO, Transpose.YES, 1, weights.get(0), factor, 0, phi.get(0));
    backend.activateWithDerivative(activation, phi.get(0), phi.get(0), slopes.get(0));
    for (int l = 1; l < layers; l++) {
      Matrix h = phi.get(l);
      backend.gemm(
          Transpose.NO,
          Transpose.NO,
          scales[l],
          weights.get(l),
          fields.read(l + 1, features.get(l - 1)),
          0,
          h);
      backend.activateWithDerivative(activation, h, h, slopes.get(l));
    }
  }

  /** Receives dV/dphi^L before {@link #backward}. */
  Matrix topPull() {
    return pull(0, layers);
  }

  private Matrix pull(int which, int layer) {
    return pulls[which].view(0, pulls[which].rows(), 0, slopes.get(layer - 1).columns());
  }

  /** Computes dV/dW of every hidden layer from dV/dphi^L in {@link #topPull}. */
  void backward() {
    int top = 0;
    for (int l = layers - 1; l > 0; l--) {
      Matrix pull = pull(top, l + 1);
      backend.multiply(slopes.get(l), pull);
      // dV/dW^l = sqrt(g_l / N) pull phi^l^T; dV/dphi^l = sqrt(g_l / N) W^l^T pull
      backend.gemm(
          Transpose.NO,
          Transpose.YES,
          scales[l],
          pull,
          fields.read(l + 1, features.get(l - 1)),
          0,
          gradients.get(l));
      fields.pull(l + 1, scales[l], squares.get(l), pull, pull(1 - top, l));
      top = 1 - top;
    }
    Matrix first = pull(top, 1);
    backend.multiply(slopes.get(0), first);
    backend.gemm(Transpose.NO, Transpose.NO, 1, first, factor, 0, gradients.get(0));
  }

  /** The sites of the layers. */
  NetworkSites sites() {
    return sites;
  }

  /** Fields in the form that layers and readout read. */
  SiteFields fields() {
    return fields;
  }

  /** phi(h^l), N x (P s), l from 1. */
  Matrix phi(int layer) {
    return phi.get(layer - 1);
  }

  /** phi(h^L), N x (P s). */
  Matrix top() {
    return phi.get(layers - 1);
  }

  /** W^0 .. W^{L-1} with biases. */
  List<Matrix> weights() {
    return weights;
  }
}
