package org.richkernel.dynamics;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.RandomStreams;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;
import org.richkernel.network.NetworkSites;
import org.richkernel.solver.SolverState;

/**
 * One population of S samples marched through all times.
 *
 * <p>At each time the columns of a field are the points that drive the step, then the other
 * training points, then the test points. The first layer and the readout are Markovian: gradient
 * descent updates W^0 x and the readouts z_k = w_k + ... step by step.
 */
class CausalRun {
  /** Constructor of a population. */
  @FunctionalInterface
  interface Maker {
    /** Arguments as for the constructor of {@link CausalRun}. */
    CausalRun make(
        DynamicsProblem problem,
        CausalOptions causal,
        Backend backend,
        Workspace memory,
        TrajectoryRecorder recorder,
        @Nullable HistoryKeeper keeper,
        long firstSample,
        int samples);
  }

  private final Backend backend;
  private final DynamicsProblem problem;
  private final DynamicsOptions options;
  private final Activation activation;
  private final TrajectoryRecorder recorder;
  private final long firstSample;
  private final int samples;
  private final int layers;
  private final int points;
  private final int trainPoints;
  private final int driving; // B
  private final int outputCount; // K
  private final NetworkSites sites;
  private final boolean allLeavePast;
  private final double[] inputKernel;
  private final SiteReadouts readouts;
  private final Matrix first; // h^1 in the order of the problem, S x (M s_1)
  private final Matrix[] phi; // phi(h^l), S x (M s_l), l = 1 .. L
  private final Matrix[] slope; // phi'(h^l), S x (M s_l)
  private final Matrix[] g; // g^l, S x (M s_l)
  private final HiddenWeights[] hidden; // l = 1 .. L - 1
  private final Matrix field; // h or z, S x (M s)
  private final Matrix outputs; // M x K
  private final Matrix failures; // of factorizations in the layers, 1 x 2 (L - 1)
  private final Matrix answers; // both, one below the other
  private final PresentKernels kernels;
  private final @Nullable SiteTangents tangents; // null where they follow from kernels of points
  private final Matrix inputPull; // (B s_1) x (M s_1), float32
  private final @Nullable HistoryKeeper keeper;
  private int time;

  /**
   * @param memory with the matrices of {@link CausalPlan}, for at least this many samples
   * @param keeper of the fields of all times; null for none
   * @param firstSample index of the first sample in the random streams
   */
  CausalRun(
      DynamicsProblem problem,
      CausalOptions causal,
      Backend backend,
      Workspace memory,
      TrajectoryRecorder recorder,
      @Nullable HistoryKeeper keeper,
      long firstSample,
      int samples) {
    this(
        problem,
        causal,
        backend,
        memory,
        recorder,
        keeper,
        firstSample,
        samples,
        HiddenWeights::new);
  }

  /** The same with other weights between the hidden layers. */
  CausalRun(
      DynamicsProblem problem,
      CausalOptions causal,
      Backend backend,
      Workspace memory,
      TrajectoryRecorder recorder,
      @Nullable HistoryKeeper keeper,
      long firstSample,
      int samples,
      HiddenWeights.Maker weights) {
    this.backend = backend;
    this.problem = problem;
    this.recorder = recorder;
    this.keeper = keeper;
    this.firstSample = firstSample;
    this.samples = samples;
    options = problem.options();
    activation = problem.network().activation();
    layers = problem.network().hiddenLayers();
    points = problem.points();
    trainPoints = problem.trainPoints();
    driving = problem.batches().size();
    outputCount = problem.outputs();
    sites = problem.sites();
    allLeavePast = CausalPlan.allLeavePast(sites);
    inputKernel = problem.inputKernel(backend);
    phi = new Matrix[layers + 1];
    slope = new Matrix[layers + 1];
    g = new Matrix[layers + 1];
    hidden = new HiddenWeights[layers];
    answers = memory.get("outputs and failures");
    backend.fill(0, answers);
    outputs = answers.view(0, points, 0, outputCount);
    failures = answers.view(points, 1, 0, 2 * (layers - 1));
    for (int l = 1; l <= layers; l++) {
      phi[l] = memory.get("phi of layer " + l).rowRange(0, samples);
      slope[l] = memory.get("slope of layer " + l).rowRange(0, samples);
      g[l] = memory.get("g of layer " + l).rowRange(0, samples);
      if (l < layers) {
        hidden[l] =
            weights.make(
                backend,
                options,
                causal,
                memory,
                l,
                PatchMap.of(backend, memory, l, sites.map(l + 1)),
                failures.view(0, 1, 2 * (l - 1), 2),
                firstSample,
                samples);
      }
    }
    first = memory.get("h of layer 1").rowRange(0, samples);
    field = memory.get("field").rowRange(0, samples);
    inputPull = memory.get("input pull");
    SiteColumns columns = new SiteColumns(backend, memory, samples);
    readouts = new SiteReadouts(backend, problem, memory, columns, samples);
    kernels = new PresentKernels(backend, memory, sites, columns, samples);
    tangents =
        problem.network().convolutions().isPresent()
            ? new SiteTangents(backend, problem, memory, inputKernel, samples)
            : null;
    start(memory);
  }

  /** h^1 = a F^T and w, drawn once. */
  private void start(Workspace memory) {
    Matrix factor = memory.get("input factor");
    Matrix noise = memory.get("input noise").rowRange(0, samples);
    backend.upload(InputFields.factor(problem, backend), factor);
    backend.fillGaussian(
        options.seed(),
        RandomStreams.stream(RandomStreams.DYNAMICS_PREACTIVATION, 1, 0),
        firstSample,
        noise);
    backend.gemm(Transpose.NO, Transpose.YES, 1, noise, factor, 0, first);
    readouts.draw(firstSample);
  }

  /** Number of times done. */
  int time() {
    return time;
  }

  /** Advances by one time; false after a divergence. */
  boolean advance() {
    int[] order = order(time);
    double decay = Math.pow(options.retention(), time);
    forward(order, decay);
    if (!recorder.observe(outputs(order))) {
      return false;
    }
    boolean measures = measuresKernels(time);
    List<double[]> gradient = measures ? gradientKernels() : List.of();
    double[] tangent = new double[measures ? points * points : 0];
    if (measures && outputCount > 1) {
      addKernelsOfAllOutputs(decay, order, gradient, tangent);
    }
    Pulls pulls = Pulls.of(recorder.pull(), outputCount, order, driving);
    boolean all = keeper != null || (measures && outputCount == 1);
    int count = all ? points : driving;
    backward(pulls.directions(), order, count, driving, decay);
    if (measures) {
      if (outputCount == 1) {
        addGradientKernels(order, gradient, tangent);
      }
      measured(order, gradient, tangent);
    }
    if (keeper != null) {
      keeper.keep(time, order, phi, g);
    }
    learn(pulls, order);
    double[] failed = new double[failures.columns()];
    backend.download(failures, failed);
    requireFactors(failed, 0);
    time++;
    return true;
  }

  /** Outputs of the present time before centring, row-major M x K. */
  double[] outputs(int[] order) {
    return readOut(order);
  }

  /** Whether to measure kernels at a time. */
  boolean measuresKernels(int step) {
    return recorder.keepsKernels(step);
  }

  /** Receives the measured kernels of the present time. */
  void measured(LayerKernels present) {
    recorder.keep(present);
  }

  /** The points that drive a step, then all others, ascending. */
  private int[] order(int step) {
    int[] order = new int[points];
    int[] batch = problem.batches().batch(step);
    System.arraycopy(batch, 0, order, 0, driving);
    int next = driving;
    for (int i = 0; i < points; i++) {
      if (i >= trainPoints || !problem.batches().drives(step, i)) {
        order[next++] = i;
      }
    }
    return order;
  }

  private void forward(int[] order, double decay) {
    backend.gatherColumns(first, SiteColumns.of(order, sites.sites(1)), columns(field, 1, points));
    // points of later batches keep their initial Gaussian fields, so that f(t) - f(0) is the change
    // of one sample and not a difference of two
    int keep = allLeavePast ? points : time == 0 ? trainPoints : driving;
    for (int l = 1; l <= layers; l++) {
      Matrix h = columns(field, l, points);
      if (l > 1) {
        hidden[l - 1].forward(decay, phi[l - 1], order, keep, h);
      }
      backend.activateWithDerivative(activation, h, phi[l], slope[l]);
    }
  }

  private void requireFactors(double[] values, int first) {
    for (int l = 1; l < layers; l++) {
      hidden[l].requireFactors(values[first + 2 * (l - 1)], values[first + 2 * l - 1]);
    }
  }

  /** f_k = &lt;z_k phi^L&gt; / gamma, row-major M x K in the order of the problem. */
  private double[] readOut(int[] order) {
    readouts.outputs(phi[layers], outputs);
    int width = answers.columns();
    double[] ordered = new double[(points + 1) * width];
    backend.download(answers, ordered);
    requireFactors(ordered, points * width);
    double[] f = new double[points * outputCount];
    for (int i = 0; i < points; i++) {
      System.arraycopy(ordered, i * width, f, order[i] * outputCount, outputCount);
    }
    return f;
  }

  /**
   * Backward fields g^L to g^1 of the first present points.
   *
   * @param c directions of the points, row-major M x K
   * @param order index of each of the present points in the order of the problem
   * @param count number of points
   * @param keep number of them that leave a past
   */
  private void backward(double[] c, int[] order, int count, int keep, double decay) {
    readouts.pull(
        c,
        columns(slope[layers], layers, count),
        field.view(0, samples, 0, count),
        columns(g[layers], layers, count));
    for (int l = layers - 1; l >= 1; l--) {
      Matrix z = columns(field, l, count);
      hidden[l].backward(decay, phi[l], columns(g[l + 1], l + 1, count), order, keep, z);
      Matrix own = columns(g[l], l, count);
      backend.copy(columns(slope[l], l, count), own);
      backend.multiply(z, own);
    }
  }

  /** Columns of the first points at all sites of a layer. */
  private Matrix columns(Matrix matrix, int layer, int count) {
    return matrix.view(0, samples, 0, count * sites.sites(layer));
  }

  /** Zeros for G^1 to G^L. */
  private List<double[]> gradientKernels() {
    List<double[]> zeros = new ArrayList<>();
    for (int l = 1; l <= layers; l++) {
      zeros.add(new double[points * points]);
    }
    return zeros;
  }

  /** Mean over the outputs of &lt;g_k g_k&gt; and of their contribution to the tangent kernel. */
  private void addKernelsOfAllOutputs(
      double decay, int[] order, List<double[]> gradient, double[] tangent) {
    for (int k = 0; k < outputCount; k++) {
      double[] c = new double[points * outputCount];
      for (int i = 0; i < points; i++) {
        c[i * outputCount + k] = 1;
      }
      backward(c, order, points, 0, decay);
      addGradientKernels(order, gradient, tangent);
    }
  }

  /** Adds the present output's share of the mean over all of them. */
  private void addGradientKernels(int[] order, List<double[]> gradient, double[] tangent) {
    PresentKernels.addShare(kernels.sums(g, order), outputCount, gradient);
    if (tangents != null) {
      tangents.addTo(1.0 / outputCount, phi, g, order, tangent);
    }
  }

  /**
   * Completes the kernels of the present time; with sites also the tangent kernel, which does not
   * follow from the others.
   */
  private void measured(int[] order, List<double[]> gradient, double[] tangent) {
    List<double[]> feature = kernels.means(phi, order);
    Optional<double[]> whole = Optional.empty();
    if (tangents != null) {
      double[] top = feature.get(layers - 1);
      Arrays.setAll(tangent, i -> tangent[i] + top[i]);
      whole = Optional.of(tangent);
    }
    measured(new LayerKernels(time, feature, gradient, whole));
  }

  /** One step of gradient descent of all weights. */
  private void learn(Pulls pulls, int[] order) {
    double rate = options.stepSize() * options.gamma();
    double[] weights = new double[driving];
    int[] columns = SiteColumns.of(order, sites.sites(1));
    int fields = columns.length;
    int each = sites.sites(1);
    double[] input = new double[driving * each * fields];
    for (int i = 0; i < driving * each; i++) {
      weights[i / each] = rate * pulls.strength()[i / each];
      for (int j = 0; j < fields; j++) {
        input[i * fields + j] = weights[i / each] * inputKernel[columns[i] * fields + j];
      }
    }
    backend.upload(input, inputPull);
    double retention = options.retention();
    Matrix pulling = columns(g[1], 1, driving);
    backend.gemm(Transpose.NO, Transpose.NO, 1, pulling, inputPull, retention, first);
    readouts.learn(pulls, columns(phi[layers], layers, driving));
    for (int l = 1; l < layers; l++) {
      hidden[l].learn(retention, weights);
    }
  }

  /** Largest fraction of a field's mean variance dropped for lack of directions. */
  double cut() {
    double largest = 0;
    for (int l = 1; l < layers; l++) {
      largest = Math.max(largest, hidden[l].cut());
    }
    return largest;
  }

  /** Adds the state between two times to a checkpoint. */
  void save(SolverState state) {
    state.put("time", time);
    SavedMatrix.save(backend, state, "first_layer", first);
    readouts.save(state);
    for (int l = 1; l < layers; l++) {
      hidden[l].save(state);
    }
    if (keeper != null) {
      keeper.save(state, time);
    }
  }

  /** Restores a saved state. */
  void restore(SolverState state) {
    time = (int) state.number("time");
    SavedMatrix.restore(backend, state, "first_layer", first);
    readouts.restore(state);
    for (int l = 1; l < layers; l++) {
      hidden[l].restore(state);
    }
    if (keeper != null) {
      keeper.restore(state, time);
    }
  }
}
