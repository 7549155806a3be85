package org.richkernel.bayes.sweep;

import java.util.ArrayList;
import java.util.List;
import org.richkernel.bayes.InputFactor;
import org.richkernel.bayes.RelativeJitter;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.NotPositiveDefiniteException;
import org.richkernel.compute.Precision;
import org.richkernel.compute.RandomStreams;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;
import org.richkernel.network.NetworkSpec;
import org.richkernel.stack.LayerCovariance;

/**
 * Sweeps over the layers of a network: samples of each layer move under its fixed conjugate kernel
 * and give its feature kernel and the conjugate kernel of the layer below.
 *
 * <p>Kernels and conjugate kernels are averaged over sweeps: those of S samples fluctuate by
 * S^{-1/2}, and the equations are nonlinear in them. The average of a conjugate kernel is slower
 * the farther its layer is from the targets. So the layers above each layer are in balance with the
 * targets, as at the saddle point. Averages of equal speed would oscillate around the loop of all
 * layers, with growing amplitude for strong features.
 *
 * <p>Samples move in panels that stay in the fast memory of the device. Cost: about 30 products of
 * 2 S P^2 flops per layer and sweep. Memory: S (r + (L - 1) P) floats and (2 L + 6) P^2 doubles.
 */
final class LayerSweep implements AutoCloseable {
  /** Weight of a new estimate in the averages of kernels. */
  private static final double SHARE = 0.3;

  /**
   * The same for the top kernel, which is inverted: its noise shifts v by P / S times this weight.
   */
  private static final double SHARE_OF_TOP = 0.1;

  /** The same for the conjugate kernel just below the top; 1/d of it d layers below. */
  private static final double SHARE_OF_TILT = 0.05;

  private static final int TRAJECTORIES = 2;

  private final Backend backend;
  private final NetworkSpec network;
  private final double kappa;
  private final int samples;
  private final long seed;
  private final Workspace memory;
  private final Matrix targets;
  private final Matrix dual;
  private final Matrix cholesky; // of g_L Phi^L + kappa
  private final Matrix tiltSingle; // T of the present layer, float32
  private final LayerCovariance covariance; // of the present layer, above the first
  private final SteinForm stein;
  private final List<Layer> layers = new ArrayList<>();
  private final RelativeJitter jitter;
  private boolean adapting = true;
  private long sweeps;

  /**
   * One layer.
   *
   * @param index l
   * @param kernel g_l Phi^l, P x P
   * @param tilt T^l, P x P
   * @param samples of its fields
   */
  private record Layer(int index, Matrix kernel, Matrix tilt, TiltedSamples samples) {}

  /**
   * Draws samples from the prior, without tilts.
   *
   * @param y targets, row-major P x K
   * @param samples S
   */
  LayerSweep(
      Backend backend,
      NetworkSpec network,
      InputFactor input,
      double[] y,
      double kappa,
      int samples,
      long seed) {
    int points = input.points();
    this.backend = backend;
    this.network = network;
    this.kappa = kappa;
    this.jitter = new RelativeJitter(kappa);
    this.samples = samples;
    this.seed = seed;
    MemoryPlan plan = new MemoryPlan();
    plan(backend, plan, network.hiddenLayers(), points, input.rank(), y.length / points, samples);
    memory = new Workspace(backend, plan);
    targets = memory.get("Y");
    dual = memory.get("dual");
    cholesky = memory.get("Cholesky factor of the readout");
    tiltSingle = memory.get("conjugate kernel, single");
    backend.upload(y, targets);
    backend.addDiagonal(1, unit());
    Matrix ones = memory.get("ones");
    backend.fill(1, ones);
    Matrix factor = memory.get("F");
    covariance =
        new LayerCovariance(
            backend, unit(), ones, memory.get("Cholesky factor"), factor, network.biasVariance());
    stein = new SteinForm(backend, network.activation(), memory, unit());
    Matrix inputFactor = memory.get("F of the inputs");
    backend.upload(input.factor(), inputFactor);
    for (int l = 1; l <= network.hiddenLayers(); l++) {
      Matrix xi = memory.get("fields of layer " + l);
      long stream = RandomStreams.stream(RandomStreams.SWEEP_FIELD, l, 0);
      backend.fillGaussian(seed, stream, 0, xi);
      layers.add(
          new Layer(
              l,
              memory.get("kernel of layer " + l),
              memory.get("conjugate kernel of layer " + l),
              samples(xi, l, l == 1 ? inputFactor : factor)));
    }
  }

  private TiltedSamples samples(Matrix xi, int layer, Matrix factor) {
    return new TiltedSamples(
        backend,
        network.activation(),
        memory,
        xi,
        factor,
        Tilt.of(backend, tiltSingle),
        new TiltedSamples.Streams(
            seed, RandomStreams.SWEEP_MOMENTUM, RandomStreams.SWEEP_DECISION, layer));
  }

  /** Adds the memory of sweeps to a plan. */
  static void plan(
      Backend backend, MemoryPlan plan, int depth, int points, int rank, int outputs, int samples) {
    int rows = TiltedSamples.panelRows(backend, samples, points);
    plan.add("Y", Precision.FLOAT64, points, outputs)
        .add("dual", Precision.FLOAT64, points, outputs)
        .add("Cholesky factor of the readout", Precision.FLOAT64, points, points)
        .add("Cholesky factor", Precision.FLOAT64, points, points)
        .add("unit matrix", Precision.FLOAT64, points, points)
        .add("ones", Precision.FLOAT64, points, points)
        .add("conjugate kernel, single", Precision.FLOAT32, points, points)
        .add("F of the inputs", Precision.FLOAT32, points, rank)
        .add("F", Precision.FLOAT32, points, points);
    SteinForm.plan(plan, rows, points);
    ParticlePanel.plan(plan, rows, depth == 1 ? rank : points, points);
    for (int l = 1; l <= depth; l++) {
      plan.add("fields of layer " + l, Precision.FLOAT32, samples, l == 1 ? rank : points)
          .add("kernel of layer " + l, Precision.FLOAT64, points, points)
          .add("conjugate kernel of layer " + l, Precision.FLOAT64, points, points);
    }
  }

  /**
   * One pass over all layers from the first up, followed by a solve for v.
   *
   * @param richness gamma of the data term
   * @throws NotPositiveDefiniteException if a kernel cannot be factorized
   */
  void sweep(double richness) {
    sweeps++;
    for (Layer layer : layers) {
      if (layer.index > 1) {
        Matrix below = layers.get(layer.index - 2).kernel;
        jitter.raising(() -> covariance.factorize(below, jitter.value()));
      }
      visit(layer);
    }
    Layer top = layers.get(layers.size() - 1);
    // v = (g_L Phi^L + kappa)^{-1} Y
    backend.copy(top.kernel, cholesky);
    backend.addDiagonal(kappa, cholesky);
    backend.cholesky(cholesky);
    backend.copy(targets, dual);
    backend.solveCholesky(cholesky, dual);
    // T^L = -gamma^2 g_L v v^T
    double pull = richness * richness * network.weightVariance(layers.size());
    backend.syrk(Transpose.NO, -pull, dual, 0, top.tilt);
  }

  /**
   * Weight of a new estimate. The first sweeps use the plain mean, so that the initial zeros do not
   * enter.
   */
  private double share(double settled) {
    return Math.max(settled, 1.0 / sweeps);
  }

  /** Moves the samples of a layer and updates its kernel and the conjugate kernel below. */
  private void visit(Layer layer) {
    double share = share(layer.index == layers.size() ? SHARE_OF_TOP : SHARE);
    backend.copy(layer.tilt, tiltSingle);
    backend.scale(1 - share, layer.kernel);
    double weight = share * network.weightVariance(layer.index) / samples;
    layer.samples.move(
        TRAJECTORIES,
        panel -> {
          panel.addKernel(weight, layer.kernel);
          if (layer.index > 1) {
            stein.add(panel.fields());
          }
        });
    if (layer.index > 1) {
      // T^{l-1} = g_{l-1} B^l at the tilt of the moves
      Matrix below = layers.get(layer.index - 2).tilt;
      double slow = share(SHARE_OF_TILT / (layers.size() - layer.index + 1));
      backend.scale(1 - slow, below);
      stein.addTo(slow * network.weightVariance(layer.index - 1), layer.tilt, below);
    }
  }

  /** Freezes the steps. */
  void freeze() {
    layers.forEach(layer -> layer.samples.freeze());
  }

  /** Accepted fraction of the samples in the last sweep, the smallest of all layers. */
  double acceptance() {
    return layers.stream().mapToDouble(layer -> layer.samples.acceptance()).min().orElseThrow();
  }

  /** g_l Phi^l, averaged over the last sweeps, P x P, float64; l = 1 to L. */
  Matrix kernel(int layer) {
    return layers.get(layer - 1).kernel;
  }

  /** T^l, averaged over sweeps below the top, P x P, float64; l = 1 to L. */
  Matrix tilt(int layer) {
    return layers.get(layer - 1).tilt;
  }

  /** v of the last sweep, P x K, float64. */
  Matrix dual() {
    return dual;
  }

  /** Y, P x K, float64. */
  Matrix targets() {
    return targets;
  }

  /** I, P x P, float64. */
  Matrix unit() {
    return memory.get("unit matrix");
  }

  @Override
  public void close() {
    memory.close();
  }
}
