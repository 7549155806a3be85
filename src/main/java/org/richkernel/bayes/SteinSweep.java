package org.richkernel.bayes;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.RandomStreams;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;
import org.richkernel.network.NetworkSpec;

/**
 * Kernels of a network with a bounded smooth activation by sweeps over its layers: a route that
 * shares neither the density nor the gradient of {@link DeepPosterior}, for cross-checks.
 *
 * <p>With the conjugate kernels held fixed the samples of a layer are independent, with density
 * N(h; 0, Sigma^l) exp(-E), E = phi^T Phihat^l phi / 2. Each moves on its own; kernels follow as
 * averages, and the conjugate kernels downwards from Phihat^L = -gamma^2 v v^T in Stein's form
 *
 * <pre>
 *   Phihat^{l-1} = g_{l-1} &lt; grad grad E - grad E grad E^T &gt;,   grad E = phi' o (Phihat phi),
 * </pre>
 *
 * <p>mixed with the values before. Fields are float32, kernels float64. About twelve products of 2
 * S P^2 flops per layer and sweep and leapfrog step.
 */
final class SteinSweep implements AutoCloseable {
  /** What it is for. */
  static final Set<Activation> ACTIVATIONS = Set.of(Activation.TANH, Activation.ERF);

  private static final int RAMP = 60;
  private static final int SETTLE = 60;
  private static final double MIXING = 0.3;
  private static final int TRAJECTORIES = 2;
  private static final int LEAPFROGS = 6;
  private static final double STEP = 0.25;

  /** First chain of the random streams, beyond those of all solves of a sequence. */
  private static final int STREAM = 0xff00;

  private final Backend backend;
  private final NetworkSpec network;
  private final double gamma;
  private final double kappa;
  private final long seed;
  private final Workspace memory;
  private final Matrix targets;
  private final Matrix dual;
  private final Matrix cholesky;
  private final Matrix unit;
  private final Matrix work;
  private final Matrix conjugateSingle;
  private final Matrix phi;
  private final Matrix slope;
  private final Matrix image;
  private final Matrix position;
  private final Matrix momentum;
  private final Matrix energy;
  private final Matrix kinetic;
  private final Matrix choice;
  private final Matrix column;
  private final Matrix diagonal;
  private final Matrix uniforms;
  private final List<Layer> layers = new ArrayList<>();
  private long draws;

  /** State of one layer. */
  private static final class Layer {
    private final Matrix xi; // S x r
    private final Matrix gradient; // S x r
    private final Matrix factor; // F, P x r
    private final Matrix kernel; // Phi of the samples
    private final Matrix conjugate; // Phihat
    private final Matrix sum; // of Phi over the measured sweeps

    Layer(Workspace memory, int l) {
      xi = memory.get("fields " + l);
      gradient = memory.get("gradient " + l);
      factor = memory.get("factor " + l);
      kernel = memory.get("kernel " + l);
      conjugate = memory.get("conjugate " + l);
      sum = memory.get("sum " + l);
    }
  }

  /**
   * @param y targets, row-major P x K
   */
  SteinSweep(
      Backend backend, NetworkSpec network, InputFactor input, double[] y, SaddleOptions options) {
    if (!ACTIVATIONS.contains(network.activation())) {
      throw new IllegalArgumentException("no bounded smooth activation: " + network.activation());
    }
    this.backend = backend;
    this.network = network;
    gamma = options.gamma();
    kappa = options.kappa();
    seed = options.seed();
    int samples = options.samples();
    int points = input.points();
    MemoryPlan plan = new MemoryPlan();
    plan(plan, network.hiddenLayers(), samples, points, input.rank(), y.length / points);
    memory = new Workspace(backend, plan);
    targets = memory.get("targets");
    dual = memory.get("dual");
    cholesky = memory.get("factor of the readout");
    unit = memory.get("unit");
    work = memory.get("work");
    conjugateSingle = memory.get("conjugate, single");
    phi = memory.get("phi");
    slope = memory.get("slope");
    image = memory.get("image");
    position = memory.get("position");
    momentum = memory.get("momentum");
    energy = memory.get("energy");
    kinetic = memory.get("kinetic");
    choice = memory.get("choice");
    column = memory.get("ones");
    diagonal = memory.get("diagonal");
    uniforms = memory.get("uniforms");
    backend.upload(y, targets);
    backend.addDiagonal(1, unit);
    backend.fill(1, column);
    for (int l = 1; l <= network.hiddenLayers(); l++) {
      layers.add(new Layer(memory, l));
    }
    backend.upload(input.factor(), layers.get(0).factor);
  }

  static void plan(MemoryPlan plan, int depth, int samples, int points, int rank, int outputs) {
    plan.add("targets", Precision.FLOAT64, points, outputs)
        .add("dual", Precision.FLOAT64, points, outputs)
        .add("factor of the readout", Precision.FLOAT64, points, points)
        .add("unit", Precision.FLOAT64, points, points)
        .add("work", Precision.FLOAT64, points, points)
        .add("conjugate, single", Precision.FLOAT32, points, points)
        .add("phi", Precision.FLOAT32, samples, points)
        .add("slope", Precision.FLOAT32, samples, points)
        .add("image", Precision.FLOAT32, samples, points)
        .add("position", Precision.FLOAT32, samples, Math.max(points, rank))
        .add("momentum", Precision.FLOAT32, samples, Math.max(points, rank))
        .add("energy", Precision.FLOAT32, samples, 1)
        .add("kinetic", Precision.FLOAT32, samples, 1)
        .add("choice", Precision.FLOAT32, samples, 1)
        .add("ones", Precision.FLOAT32, samples, 1)
        .add("diagonal", Precision.FLOAT64, points, 1)
        .add("uniforms", Precision.FLOAT32, samples, 1);
    for (int l = 1; l <= depth; l++) {
      int width = l == 1 ? rank : points;
      plan.add("fields " + l, Precision.FLOAT32, samples, width)
          .add("gradient " + l, Precision.FLOAT32, samples, width)
          .add("factor " + l, Precision.FLOAT32, points, width)
          .add("kernel " + l, Precision.FLOAT64, points, points)
          .add("conjugate " + l, Precision.FLOAT64, points, points)
          .add("sum " + l, Precision.FLOAT64, points, points);
    }
  }

  /**
   * Phi^1 to Phi^L, averaged over sweeps after the richness has risen and settled.
   *
   * @param sweeps how many are averaged
   */
  List<double[]> kernels(int sweeps) {
    for (Layer layer : layers) {
      backend.fillGaussian(seed, stream(RandomStreams.INITIAL_FIELD), 0, layer.xi);
    }
    for (int s = 1; s <= RAMP + SETTLE + sweeps; s++) {
      double richness = gamma * Math.min(1, s / (double) RAMP);
      for (int l = 1; l <= layers.size(); l++) {
        up(l);
      }
      down(richness);
      if (s > RAMP + SETTLE) {
        layers.forEach(layer -> backend.axpy(1.0 / sweeps, layer.kernel, layer.sum));
      }
    }
    List<double[]> result = new ArrayList<>();
    for (Layer layer : layers) {
      double[] kernel = new double[Math.toIntExact(layer.sum.size())];
      backend.download(layer.sum, kernel);
      result.add(kernel);
    }
    return result;
  }

  private long stream(int purpose) {
    return RandomStreams.stream(purpose, STREAM, draws++);
  }

  /** F of the layer from the kernel below, some trajectories, and the layer's kernel. */
  private void up(int l) {
    Layer layer = layers.get(l - 1);
    if (l > 1) {
      // Sigma = g Phi + g_b
      backend.fill(network.biasVariance(), work);
      backend.axpy(network.weightVariance(l - 1), layers.get(l - 2).kernel, work);
      backend.addDiagonal(DeepPosterior.JITTER * backend.dot(unit, work) / work.rows(), work);
      backend.cholesky(work);
      backend.copy(work, layer.factor);
    }
    backend.copy(layer.conjugate, conjugateSingle);
    for (int t = 0; t < TRAJECTORIES; t++) {
      trajectory(layer);
    }
    evaluate(layer, layer.xi);
    backend.gram(1.0 / layer.xi.rows(), phi, 0, layer.kernel);
  }

  /** phi, slope, image = phi Phihat, energy E of every sample, and dE/dxi. */
  private void evaluate(Layer layer, Matrix xi) {
    backend.gemm(Transpose.NO, Transpose.YES, 1, xi, layer.factor, 0, phi);
    backend.activateWithDerivative(network.activation(), phi, phi, slope);
    backend.gemm(Transpose.NO, Transpose.NO, 1, phi, conjugateSingle, 0, image);
    backend.rowDot(phi, image, energy);
    backend.scale(0.5, energy);
    // grad E = phi' o (Phihat phi)
    backend.multiply(slope, image);
    backend.gemm(Transpose.NO, Transpose.NO, 1, image, layer.factor, 0, layer.gradient);
  }

  /** One trajectory of every sample, each accepted on its own. */
  private void trajectory(Layer layer) {
    int samples = layer.xi.rows();
    int width = layer.xi.columns();
    try (Matrix x = position.view(0, samples, 0, width);
        Matrix p = momentum.view(0, samples, 0, width)) {
      backend.copy(layer.xi, x);
      backend.fillGaussian(seed, stream(RandomStreams.MOMENTUM), 0, p);
      backend.fillUniform(seed, stream(RandomStreams.METROPOLIS), 0, uniforms);
      evaluate(layer, x);
      double[] before = hamiltonian(x, p);
      for (int k = 0; k < LEAPFROGS; k++) {
        backend.kickRotate(k == 0 ? 0.5 * STEP : STEP, layer.gradient, STEP, x, p);
        evaluate(layer, x);
      }
      backend.axpy(-0.5 * STEP, layer.gradient, p);
      double[] after = hamiltonian(x, p);
      float[] u = new float[samples];
      backend.download(uniforms, u);
      double[] accepted = new double[samples];
      double[] refused = new double[samples];
      for (int s = 0; s < samples; s++) {
        accepted[s] = Math.log(u[s]) < before[s] - after[s] ? 1 : 0;
        refused[s] = 1 - accepted[s];
      }
      backend.upload(accepted, choice);
      backend.scaleRows(choice, x);
      backend.upload(refused, choice);
      backend.scaleRows(choice, layer.xi);
      backend.axpy(1, x, layer.xi);
    }
  }

  /** |x|^2/2 + |p|^2/2 + E of every sample. */
  private double[] hamiltonian(Matrix x, Matrix p) {
    double[] total = new double[x.rows()];
    double[] part = new double[x.rows()];
    backend.download(energy, total);
    for (Matrix m : List.of(x, p)) {
      backend.rowDot(m, m, kinetic);
      backend.download(kinetic, part);
      for (int s = 0; s < total.length; s++) {
        total[s] += 0.5 * part[s];
      }
    }
    return total;
  }

  /** Conjugate kernels from the top down, mixed with those before. */
  private void down(double richness) {
    int depth = layers.size();
    Layer top = layers.get(depth - 1);
    // v = (g Phi + kappa)^{-1} Y, Phihat = -gamma^2 v v^T g
    double g = network.weightVariance(depth);
    backend.fill(0, cholesky);
    backend.axpy(g, top.kernel, cholesky);
    backend.addDiagonal(kappa, cholesky);
    backend.cholesky(cholesky);
    backend.copy(targets, dual);
    backend.solveCholesky(cholesky, dual);
    double pull = -richness * richness * g;
    backend.gemm(Transpose.NO, Transpose.YES, MIXING * pull, dual, dual, 1 - MIXING, top.conjugate);
    for (int l = depth; l > 1; l--) {
      stein(l);
    }
  }

  /** Phihat^{l-1} = g (&lt;grad grad E&gt; - &lt;grad E grad E^T&gt;) of layer l. */
  private void stein(int l) {
    Layer layer = layers.get(l - 1);
    Layer below = layers.get(l - 2);
    int samples = layer.xi.rows();
    double weight = network.weightVariance(l - 1) * MIXING / samples;
    backend.scale(1 - MIXING, below.conjugate);
    backend.copy(layer.conjugate, conjugateSingle);
    evaluate(layer, layer.xi);
    // <grad E grad E^T>, while image is grad E
    backend.gram(-weight, image, 1, below.conjugate);
    // <phi' phi'^T> o Phihat
    backend.gram(weight, slope, 0, work);
    backend.multiply(layer.conjugate, work);
    backend.axpy(1, work, below.conjugate);
    // diag <phi'' (Phihat phi)>; phi'' = -2 phi phi' for tanh, -2 h phi' for erf, image = phi'
    // Phihat phi
    if (network.activation() == Activation.TANH) {
      backend.multiply(phi, image);
    } else {
      backend.gemm(Transpose.NO, Transpose.YES, 1, layer.xi, layer.factor, 0, phi);
      backend.multiply(phi, image);
    }
    backend.crossGram(-2 * weight, image, column, 0, diagonal);
    backend.copy(unit, work);
    backend.scaleRows(diagonal, work);
    backend.axpy(1, work, below.conjugate);
  }

  @Override
  public void close() {
    memory.close();
  }
}
