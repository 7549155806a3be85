package org.richkernel.finite;

import java.util.ArrayList;
import java.util.List;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.RandomStreams;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;
import org.richkernel.network.NetworkSites;
import org.richkernel.solver.SolverState;

/**
 * The weights of one network, its forward pass on points, and a step of gradient descent:
 *
 * <pre>  h^{l+1} = W^l phi^l / sqrt(fan-in),   f_k = w_k . phi^L / (gamma N),
 *   theta = rho theta - eta N gamma^2 dLoss/dtheta.</pre>
 */
final class DescentWeights {
  private final Backend backend;
  private final Activation activation;
  private final NetworkSites sites;
  private final int width;
  private final int layers;
  private final List<Matrix> weights = new ArrayList<>(); // W^0 .. W^{L-1}
  private final Matrix readout; // w, N x K, with a weight at each site N x (s K)

  DescentWeights(
      Backend backend, Workspace memory, Activation activation, NetworkSites sites, int width) {
    this.backend = backend;
    this.activation = activation;
    this.sites = sites;
    this.width = width;
    layers = sites.layers();
    for (int l = 0; l < layers; l++) {
      weights.add(memory.get("weights " + l));
    }
    readout = memory.get("readout");
  }

  /** Adds the weights to a plan. */
  static void plan(MemoryPlan plan, NetworkSites sites, int width, int outputs) {
    plan.add("readout", Precision.FLOAT32, width, outputs * sites.readoutSites());
    for (int l = 1; l <= sites.layers(); l++) {
      plan.add("weights " + (l - 1), Precision.FLOAT32, width, fanIn(sites, l, width));
    }
  }

  /** Number of inputs of a neuron of layer l = 1 to L. */
  static int fanIn(NetworkSites sites, int layer, int width) {
    return layer == 1 ? sites.inputs() : sites.offsets(layer) * width;
  }

  /** Draws all weights from N(0, 1). */
  void draw(long seed, int repeat) {
    for (int l = 0; l <= layers; l++) {
      long stream = RandomStreams.stream(RandomStreams.FINITE_WEIGHTS, repeat, l);
      backend.fillGaussian(seed, stream, 0, l < layers ? weights.get(l) : readout);
    }
  }

  private double scale(int layer) {
    return 1 / Math.sqrt(fanIn(sites, layer, width));
  }

  /** Computes features and slopes of points in all layers. */
  void forward(PointFields points) {
    for (int l = 1; l <= layers; l++) {
      Matrix h = points.phi(l);
      Matrix below = points.read(l, points.phi(l - 1));
      backend.gemm(Transpose.NO, Transpose.NO, scale(l), weights.get(l - 1), below, 0, h);
      backend.activateWithDerivative(activation, h, h, points.slopes(l));
    }
  }

  /**
   * out = f at the features of points.
   *
   * @param out points x K, FLOAT64
   */
  void outputs(double gamma, PointFields points, Matrix out) {
    SiteFields readers = points.readers();
    double scale = readers.readoutScale() / (gamma * width);
    readers.outputs(scale, points.phi(layers), readers.bySite(readout), out);
  }

  /**
   * A step: W^l = rho W^l + rate sum_mu g^{l+1}_mu phi^l_mu^T / sqrt(fan-in) with g that starts
   * from z^L_mu = sum_k Delta_mu,k w_k, and w_k = rho w_k + rate sum_mu Delta_mu,k phi^L_mu.
   *
   * @param points of which the first group trains, after {@link #forward}
   * @param pull Delta, (points of the first group) x K
   * @param rate eta gamma
   */
  void descend(PointFields points, Matrix pull, double rate, double rho) {
    SiteFields readers = points.readers();
    double scale = readers.readoutScale();
    Matrix g = points.first(points.pulled(layers, layers), layers);
    readers.pullReadout(scale, readers.bySite(readout), pull, g);
    Matrix top = points.first(points.phi(layers), layers);
    readers.readoutGradient(rate * scale, top, pull, rho, readers.bySite(readout));
    for (int l = layers; l >= 1; l--) {
      backend.multiply(points.first(points.slopes(l), l), g);
      Matrix pulled = g;
      if (l > 1) {
        g = pullBelow(points, l, pulled, points.first(points.pulled(l - 1, l - 1), l - 1));
      }
      Matrix seen = points.read(l, points.first(points.phi(l - 1), l - 1));
      backend.gemm(
          Transpose.NO, Transpose.YES, rate * scale(l), pulled, seen, rho, weights.get(l - 1));
    }
  }

  /** z^l = W^l^T g^{l+1} / sqrt(fan-in), from layer l = 2 to L to the one below. */
  private Matrix pullBelow(PointFields points, int layer, Matrix g, Matrix below) {
    points.readers().pull(layer, scale(layer), weights.get(layer - 1), g, below);
    return below;
  }

  /** Receives g^l of all points, N x (points s_l); overwritten afterwards. */
  interface PullSink {
    void accept(int layer, Matrix g);
  }

  /**
   * g^l of one output at all points, from layer L down to 1.
   *
   * @param ones points x 1, all 1
   */
  void gradients(PointFields points, int output, Matrix ones, PullSink sink) {
    SiteFields readers = points.readers();
    Matrix g = points.pulled(layers, layers);
    readers.pullReadout(readers.readoutScale(), readers.bySite(readout, output), ones, g);
    for (int l = layers; l >= 1; l--) {
      backend.multiply(points.slopes(l), g);
      sink.accept(l, g);
      if (l > 1) {
        g = pullBelow(points, l, g, points.pulled(l - 1, l - 1));
      }
    }
  }

  /**
   * The network as part of an ensemble.
   *
   * @param factor of its outputs w . phi^L, without the mean over sites
   */
  NetworkEnsemble.Member member(double factor) {
    List<float[]> hidden = new ArrayList<>();
    weights.forEach(w -> hidden.add(floats(w)));
    float[] u = floats(readout);
    for (int i = 0; i < u.length; i++) {
      u[i] *= (float) factor;
    }
    return new NetworkEnsemble.Member(hidden, u);
  }

  private float[] floats(Matrix matrix) {
    float[] values = new float[Math.toIntExact(matrix.size())];
    backend.download(matrix, values);
    return values;
  }

  /** Adds the weights to a checkpoint. */
  void save(SolverState state) {
    for (int l = 0; l < layers; l++) {
      state.put("weights_" + l, floats(weights.get(l)));
    }
    state.put("readout", floats(readout));
  }

  /** Restores a checkpoint. */
  void restore(SolverState state) {
    for (int l = 0; l < layers; l++) {
      backend.upload(state.floats("weights_" + l), weights.get(l));
    }
    backend.upload(state.floats("readout"), readout);
  }
}
