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
import org.richkernel.dynamics.DynamicsOptions;
import org.richkernel.dynamics.DynamicsProblem;
import org.richkernel.dynamics.LayerKernels;
import org.richkernel.dynamics.TrajectoryRecorder;
import org.richkernel.solver.SolverState;

/**
 * One network of finite width under gradient descent, step by step; fields are neurons x points, or
 * with convolutions channels x (group, site, point), the training points being the first group.
 * The pulls of all outputs on a point are gathered at the readout, so a step goes backward once,
 * whatever the number of outputs; only the gradient kernels need a pass for each.
 */
final class NetworkTraining {
  private final DynamicsProblem problem;
  private final DynamicsOptions options;
  private final Activation activation;
  private final Backend backend;
  private final int width;
  private final int layers;
  private final int trainPoints;
  private final int outputCount;
  private final long seed;
  private final int repeat;
  private final NetworkSites sites;
  private final SiteFields fields;
  private final Matrix readout; // w, N x K, with a weight at each site N x (s K)
  private final Matrix pull; // Delta, P x K
  private final Matrix[] pulled; // backward fields of two neighbouring layers, N x (M s)
  private final Matrix ones; // M x 1
  private final Matrix outputs; // M x K
  private final Matrix kernel; // M x M
  private final List<Matrix> weights = new ArrayList<>(); // W^0 .. W^{L-1}
  private final List<Matrix> phi = new ArrayList<>(); // phi^0 = X^T (D x M) or its patches, phi^1 .. phi^L
  private final List<Matrix> slopes = new ArrayList<>(); // phi'(h^1) .. phi'(h^L)
  private final TrajectoryRecorder recorder;

  /**
   * @param repeat index of the network; names its initial weights
   */
  NetworkTraining(
      DynamicsProblem problem, Backend backend, Workspace memory, int width, int repeat) {
    this.problem = problem;
    this.options = problem.options();
    this.activation = problem.network().activation();
    this.backend = backend;
    this.width = width;
    this.repeat = repeat;
    layers = problem.network().hiddenLayers();
    trainPoints = problem.trainPoints();
    outputCount = problem.outputs();
    seed = options.seed();
    recorder = new TrajectoryRecorder(problem);
    sites = sites(problem);
    fields =
        new SiteFields(
            backend, memory, "", sites, width, new double[0], trainPoints, problem.testPoints());
    readout = memory.get("readout");
    pull = memory.get("pull");
    pulled = new Matrix[] {memory.get("pulled"), memory.get("pulled, layer below")};
    ones = memory.get("ones");
    outputs = memory.get("outputs");
    kernel = memory.get("kernel");
    phi.add(memory.get("inputs"));
    for (int l = 0; l < layers; l++) {
      weights.add(memory.get("weights " + l));
      phi.add(memory.get("features " + (l + 1)));
      slopes.add(memory.get("slopes " + (l + 1)));
    }
    backend.fill(1, ones);
    backend.upload(inputs(), phi.get(0));
    drawWeights();
  }

  /** Adds everything a training holds to a plan. */
  static void plan(MemoryPlan plan, DynamicsProblem problem, int width) {
    int points = problem.points();
    int outputs = problem.outputs();
    NetworkSites sites = sites(problem);
    int most = points * sites.mostSites();
    SiteFields.plan(plan, "", sites, width, false, points);
    plan.add("inputs", Precision.FLOAT32, sites.inputs(), points * sites.sites(1))
        .add("readout", Precision.FLOAT32, width, outputs * sites.readoutSites())
        .add("pull", Precision.FLOAT32, problem.trainPoints(), outputs)
        .add("pulled", Precision.FLOAT32, width, most)
        .add("pulled, layer below", Precision.FLOAT32, width, most)
        .add("ones", Precision.FLOAT32, points, 1)
        .add("outputs", Precision.FLOAT64, points, outputs)
        .add("kernel", Precision.FLOAT64, points, points);
    for (int l = 1; l <= sites.layers(); l++) {
      int columns = points * sites.sites(l);
      plan.add("weights " + (l - 1), Precision.FLOAT32, width, fanIn(sites, l, width))
          .add("features " + l, Precision.FLOAT32, width, columns)
          .add("slopes " + l, Precision.FLOAT32, width, columns);
    }
  }

  private static NetworkSites sites(DynamicsProblem problem) {
    return NetworkSites.of(problem.network(), problem.trainInputs().shape());
  }

  /** What a neuron of layer l = 1 to L sees. */
  static int fanIn(NetworkSites sites, int layer, int width) {
    return layer == 1 ? sites.inputs() : sites.offsets(layer) * width;
  }

  /** Sets the weights to their values before training. */
  void drawWeights() {
    for (int l = 0; l < layers; l++) {
      backend.fillGaussian(seed, stream(l), 0, weights.get(l));
    }
    backend.fillGaussian(seed, stream(layers), 0, readout);
  }

  private long stream(int layer) {
    return RandomStreams.stream(RandomStreams.FINITE_WEIGHTS, repeat, layer);
  }

  /** Patches of all points, (k C) x (M s). */
  private double[] inputs() {
    double[] train = sites.patches(problem.trainInputs(), 0, trainPoints);
    double[] test = sites.patches(problem.testInputs(), 0, problem.testPoints());
    int rows = sites.inputs();
    int columns = (train.length + test.length) / rows;
    double[] result = new double[train.length + test.length];
    for (int j = 0; j < columns; j++) {
      for (int i = 0; i < rows; i++) {
        int at = j * rows + i;
        result[i * columns + j] = at < train.length ? train[at] : test[at - train.length];
      }
    }
    return result;
  }

  /** Times that were reached, 0 before the first. */
  int times() {
    return recorder.times();
  }

  /** What was recorded so far. */
  TrajectoryRecorder recorder() {
    return recorder;
  }

  /**
   * Observes the present time and takes the step to the next, if there is one.
   *
   * @return false after the last time or a divergence
   */
  boolean advance() {
    int time = times();
    forward();
    double[] f = new double[Math.toIntExact(outputs.size())];
    // f_k = w_k . phi^L / (gamma N)
    double scale = fields.readoutScale() / (options.gamma() * width);
    fields.outputs(scale, phi.get(layers), fields.bySite(readout), outputs);
    backend.download(outputs, f);
    if (!recorder.observe(f)) {
      return false;
    }
    if (recorder.keepsKernels(time)) {
      recorder.keep(new LayerKernels(time, featureKernels(), gradientKernels()));
    }
    if (time == options.steps()) {
      return false;
    }
    descend(recorder.pull());
    return true;
  }

  /** What the weights l act on: phi^l, or its patches. */
  private Matrix read(int l, Matrix field) {
    return l == 0 ? field : fields.read(l + 1, field);
  }

  /** h^{l+1} = W^l phi^l / sqrt(fan-in). */
  private void forward() {
    for (int l = 0; l < layers; l++) {
      Matrix h = phi.get(l + 1);
      Matrix below = read(l, phi.get(l));
      backend.gemm(Transpose.NO, Transpose.NO, scale(l), weights.get(l), below, 0, h);
      backend.activateWithDerivative(activation, h, h, slopes.get(l));
    }
  }

  /**
   * W^l = rho W^l + eta gamma sum_mu g^{l+1}_mu phi^l_mu^T / sqrt(fan-in) with g that starts from
   * z^L_mu = sum_k Delta_mu,k w_k, and w_k = rho w_k + eta gamma sum_mu Delta_mu,k phi^L_mu.
   */
  private void descend(double[] delta) {
    double rho = options.retention();
    double rate = options.stepSize() * options.gamma();
    backend.upload(delta, pull);
    int top = 0;
    Matrix g = train(pulled[top], layers);
    double scale = fields.readoutScale();
    fields.pullReadout(scale, fields.bySite(readout), pull, g);
    Matrix features = train(phi.get(layers), layers);
    fields.readoutGradient(rate * scale, features, pull, rho, fields.bySite(readout));
    for (int l = layers - 1; l >= 0; l--) {
      backend.multiply(train(slopes.get(l), l + 1), g);
      Matrix below = train(pulled[1 - top], Math.max(l, 1));
      if (l > 0) {
        fields.pull(l + 1, scale(l), weights.get(l), g, below);
      }
      Matrix seen = read(l, train(phi.get(l), Math.max(l, 1)));
      backend.gemm(Transpose.NO, Transpose.YES, rate * scale(l), g, seen, rho, weights.get(l));
      g = below;
      top = 1 - top;
    }
  }

  private double scale(int layer) {
    return 1 / Math.sqrt(fanIn(sites, layer + 1, width));
  }

  private Matrix train(Matrix field, int layer) {
    return fields.firstGroup(field, layer);
  }

  /** phi^l^T phi^l / N of each layer, the mean over sites. */
  private List<double[]> featureKernels() {
    List<double[]> kernels = new ArrayList<>();
    for (int l = 1; l <= layers; l++) {
      fields.gram(1.0 / (width * fields.pairs(l)), l, phi.get(l), 0, kernel);
      kernels.add(download(kernel));
    }
    return kernels;
  }

  /**
   * Mean over the outputs of g_k^l^T g_k^l / N, the sum over sites; z^L_k = w_k, z^l = W^l^T
   * g^{l+1} / sqrt(N).
   */
  private List<double[]> gradientKernels() {
    List<double[]> kernels = new ArrayList<>();
    int points = problem.points();
    for (int l = 0; l < layers; l++) {
      kernels.add(new double[points * points]);
    }
    for (int k = 0; k < outputCount; k++) {
      int top = 0;
      Matrix g = all(pulled[top], layers);
      fields.pullReadout(fields.readoutScale(), fields.bySite(readout, k), ones, g);
      for (int l = layers - 1; l >= 0; l--) {
        backend.multiply(slopes.get(l), g);
        fields.gram(1.0 / (width * (double) outputCount), l + 1, g, 0, kernel);
        add(download(kernel), kernels.get(l));
        top = 1 - top;
        if (l > 0) {
          Matrix below = all(pulled[top], l);
          fields.pull(l + 1, scale(l), weights.get(l), g, below);
          g = below;
        }
      }
    }
    return kernels;
  }

  private Matrix all(Matrix field, int layer) {
    return field.view(0, field.rows(), 0, problem.points() * sites.sites(layer));
  }

  private static void add(double[] values, double[] sum) {
    for (int i = 0; i < sum.length; i++) {
      sum[i] += values[i];
    }
  }

  private double[] download(Matrix matrix) {
    double[] values = new double[Math.toIntExact(matrix.size())];
    backend.download(matrix, values);
    return values;
  }

  /**
   * The present network as part of an ensemble.
   *
   * @param weight its share of the mean
   */
  NetworkEnsemble.Member member(double weight) {
    List<float[]> hidden = new ArrayList<>();
    weights.forEach(w -> hidden.add(floats(w)));
    float[] u = floats(readout);
    double factor = weight * fields.readoutScale() / (options.gamma() * width);
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

  /** Adds the weights and the record to a checkpoint; to be called between two steps. */
  void save(SolverState state) {
    for (int l = 0; l < layers; l++) {
      state.put("weights_" + l, floats(weights.get(l)));
    }
    state.put("readout", floats(readout));
    recorder.save(state);
  }

  /** Takes up a checkpoint; nothing was observed before. */
  void restore(SolverState state) {
    for (int l = 0; l < layers; l++) {
      backend.upload(state.floats("weights_" + l), weights.get(l));
    }
    backend.upload(state.floats("readout"), readout);
    recorder.restore(state);
  }
}
