package org.richkernel.finite;

import java.util.ArrayList;
import java.util.List;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Workspace;
import org.richkernel.dynamics.DynamicsOptions;
import org.richkernel.dynamics.DynamicsProblem;
import org.richkernel.dynamics.LayerKernels;
import org.richkernel.dynamics.TrajectoryRecorder;
import org.richkernel.network.NetworkSites;
import org.richkernel.solver.SolverState;

/**
 * Gradient descent of one network of finite width, with its outputs on all points recorded at every
 * step; the training points are the first group of its fields. The errors of all outputs are summed
 * at the readout, so a step needs one backward pass for any number of outputs; gradient kernels
 * need one pass per output.
 */
final class NetworkTraining {
  private final DynamicsProblem problem;
  private final DynamicsOptions options;
  private final Backend backend;
  private final int width;
  private final int layers;
  private final int repeat;
  private final DescentWeights weights;
  private final PointFields points;
  private final Matrix pull; // Delta, P x K
  private final Matrix ones; // M x 1
  private final Matrix outputs; // M x K
  private final Matrix kernel; // M x M
  private final TrajectoryRecorder recorder;

  /**
   * @param repeat index of the network, part of the key of its initial weights
   */
  NetworkTraining(
      DynamicsProblem problem, Backend backend, Workspace memory, int width, int repeat) {
    this.problem = problem;
    this.options = problem.options();
    this.backend = backend;
    this.width = width;
    this.repeat = repeat;
    layers = problem.network().hiddenLayers();
    recorder = new TrajectoryRecorder(problem);
    NetworkSites sites = sites(problem);
    weights = new DescentWeights(backend, memory, problem.network().activation(), sites, width);
    points =
        new PointFields(
            backend, memory, "", sites, width, problem.trainPoints(), problem.testPoints());
    pull = memory.get("pull");
    ones = memory.get("ones");
    outputs = memory.get("outputs");
    kernel = memory.get("kernel");
    backend.fill(1, ones);
    points.upload(
        sites.patches(problem.trainInputs(), 0, problem.trainPoints()),
        sites.patches(problem.testInputs(), 0, problem.testPoints()));
    drawWeights();
  }

  /** Adds the memory of a training to a plan. */
  static void plan(MemoryPlan plan, DynamicsProblem problem, int width) {
    int points = problem.points();
    int outputs = problem.outputs();
    NetworkSites sites = sites(problem);
    DescentWeights.plan(plan, sites, width, outputs);
    PointFields.plan(plan, "", sites, width, points);
    plan.add("pull", Precision.FLOAT32, problem.trainPoints(), outputs)
        .add("ones", Precision.FLOAT32, points, 1)
        .add("outputs", Precision.FLOAT64, points, outputs)
        .add("kernel", Precision.FLOAT64, points, points);
  }

  private static NetworkSites sites(DynamicsProblem problem) {
    return NetworkSites.of(problem.network(), problem.trainInputs().shape());
  }

  /** Sets the weights to their values before training. */
  void drawWeights() {
    weights.draw(options.seed(), repeat);
  }

  /** Number of observed times, 0 before the first. */
  int times() {
    return recorder.times();
  }

  /** The record so far. */
  TrajectoryRecorder recorder() {
    return recorder;
  }

  /**
   * Records the present time and takes the step to the next, if there is one.
   *
   * @return false after the last time or a divergence
   */
  boolean advance() {
    int time = times();
    weights.forward(points);
    double[] f = new double[Math.toIntExact(outputs.size())];
    weights.outputs(options.gamma(), points, outputs);
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
    backend.upload(recorder.pull(), pull);
    weights.descend(points, pull, options.stepSize() * options.gamma(), options.retention());
    return true;
  }

  /** phi^l^T phi^l / N of each layer, the mean over sites. */
  private List<double[]> featureKernels() {
    SiteFields readers = points.readers();
    List<double[]> kernels = new ArrayList<>();
    for (int l = 1; l <= layers; l++) {
      readers.gram(1.0 / (width * readers.pairs(l)), l, points.phi(l), 0, kernel);
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
    for (int l = 0; l < layers; l++) {
      kernels.add(new double[problem.points() * problem.points()]);
    }
    double scale = 1.0 / (width * (double) problem.outputs());
    for (int k = 0; k < problem.outputs(); k++) {
      weights.gradients(
          points,
          k,
          ones,
          (l, g) -> {
            points.readers().gram(scale, l, g, 0, kernel);
            add(download(kernel), kernels.get(l - 1));
          });
    }
    return kernels;
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
    return weights.member(weight * points.readers().readoutScale() / (options.gamma() * width));
  }

  /** Adds the weights and the record to a checkpoint, between two steps. */
  void save(SolverState state) {
    weights.save(state);
    recorder.save(state);
  }

  /** Restores a checkpoint, before the first record. */
  void restore(SolverState state) {
    weights.restore(state);
    recorder.restore(state);
  }
}
