package org.richkernel.dynamics;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.RandomStreams;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;
import org.richkernel.solver.SolverState;

/** One population of {@link PerturbativeSolver}, followed through all times. */
final class PerturbativeRun {
  private static final String TOP = "top layer";
  private static final String FIRST = "first layer";

  private final DynamicsProblem problem;
  private final DynamicsOptions options;
  private final Backend backend;
  private final TrajectoryRecorder recorder;
  private final TrajectoryRecorder lazy;
  private final InitialKernels start;
  private final long firstSample;
  private final int points;
  private final int trainPoints;
  private final Matrix noise; // S x M
  private final Matrix factor; // M x M
  private final TopLayerExpansion top;
  private final @Nullable FirstLayerExpansion firstLayer; // with two hidden layers
  private final double[] f0; // M
  private final double[] f2; // M
  private final double[] d; // D, P
  private final double[] j; // J, P x P

  static void plan(MemoryPlan plan, DynamicsProblem problem, int samples) {
    int points = problem.points();
    plan.add("noise", Precision.FLOAT32, samples, points)
        .add("factor", Precision.FLOAT32, points, points)
        .add("start", Precision.FLOAT32, samples, points);
    LayerExpansion.planScratch(plan, samples, problem);
    TopLayerExpansion.plan(plan, samples, problem);
    ActivationDerivatives.plan(plan, TOP, samples, points);
    if (problem.network().hiddenLayers() > 1) {
      FirstLayerExpansion.plan(plan, samples, problem);
      ActivationDerivatives.plan(plan, FIRST, samples, points);
    }
  }

  /**
   * @param memory with the matrices of {@link #plan}
   * @param firstSample index of the first sample in the random streams
   */
  PerturbativeRun(
      DynamicsProblem problem,
      Backend backend,
      Workspace memory,
      TrajectoryRecorder recorder,
      InitialKernels start,
      long firstSample,
      int samples) {
    this.problem = problem;
    this.backend = backend;
    this.recorder = recorder;
    this.start = start;
    this.firstSample = firstSample;
    options = problem.options();
    lazy = new TrajectoryRecorder(problem);
    points = problem.points();
    trainPoints = problem.trainPoints();
    noise = memory.get("noise").rowRange(0, samples);
    factor = memory.get("factor");
    Activation activation = problem.network().activation();
    int layers = problem.network().hiddenLayers();
    Matrix h = memory.get("start");
    double[] inputFactor = InputFields.factor(problem, backend);

    long w = RandomStreams.stream(RandomStreams.DYNAMICS_BACKWARD_FIELD, layers, 0);
    backend.fillGaussian(options.seed(), w, firstSample, memory.get("readout"));
    double[] topFactor =
        layers == 1
            ? inputFactor
            : CovarianceFactor.of(start.layers().feature().get(0), points, backend);
    draw(RandomStreams.DYNAMICS_PREACTIVATION, layers, topFactor, h);
    top =
        new TopLayerExpansion(
            backend,
            memory,
            problem,
            ActivationDerivatives.of(backend, memory, TOP, activation, h),
            start.tangent().get(layers - 1));
    if (layers > 1) {
      draw(RandomStreams.DYNAMICS_PREACTIVATION, 1, inputFactor, h);
      draw(
          RandomStreams.DYNAMICS_BACKWARD_FIELD,
          1,
          CovarianceFactor.of(start.layers().gradient().get(1), points, backend),
          memory.get("backward source"));
      firstLayer =
          new FirstLayerExpansion(
              backend,
              memory,
              problem,
              ActivationDerivatives.of(backend, memory, FIRST, activation, h),
              start,
              top);
    } else {
      firstLayer = null;
    }
    f0 = new double[points];
    f2 = new double[points];
    d = new double[trainPoints];
    j = new double[trainPoints * trainPoints];
  }

  /** target = white noise times F^T, F (M x r) a factor of the covariance. */
  private void draw(int purpose, int layer, double[] f, Matrix target) {
    int rank = f.length / points;
    Matrix white = noise.view(0, noise.rows(), 0, rank);
    Matrix columns = factor.view(0, points, 0, rank);
    backend.upload(f, columns);
    backend.fillGaussian(
        options.seed(), RandomStreams.stream(purpose, layer, 0), firstSample, white);
    backend.gemm(Transpose.NO, Transpose.YES, 1, white, columns, 0, target);
  }

  /** Advances by one time; false after a divergence. */
  boolean advance() {
    int t = recorder.times();
    double square = options.gamma() * options.gamma();
    double[] f = new double[points];
    for (int i = 0; i < points; i++) {
      f[i] = f0[i] + square * f2[i];
    }
    if (!recorder.observe(f) || !lazy.observe(f0)) {
      return false;
    }
    List<LayerExpansion.Kernels> second = kernels(new LayerExpansion.Drive(d, j));
    if (recorder.keepsKernels(t)) {
      recorder.keep(expanded(t, second, square));
    }
    step(lazy.pull(), tangent(second));
    return true;
  }

  /** Phi_2 and G_2 of all layers. */
  private List<LayerExpansion.Kernels> kernels(LayerExpansion.Drive drive) {
    if (firstLayer == null) {
      return List.of(top.at(drive, new double[points * points]));
    }
    LayerExpansion.Kernels below = firstLayer.at(drive);
    LayerExpansion.Kernels last = top.at(drive, below.feature());
    firstLayer.addAbove(last.gradient(), below.gradient());
    return List.of(below, last);
  }

  /** K_2 = sum_l G_2^{l+1} o Phi_0^l + G_0^{l+1} o Phi_2^l with Phi_2^0 = 0, G_2^{L+1} = 0. */
  private double[] tangent(List<LayerExpansion.Kernels> second) {
    int layers = second.size();
    double[] k = second.get(layers - 1).feature().clone();
    for (int l = 0; l < layers; l++) {
      double[] feature = l == 0 ? start.input() : start.layers().feature().get(l - 1);
      double[] change = second.get(l).gradient();
      for (int i = 0; i < k.length; i++) {
        k[i] += change[i] * feature[i];
      }
      if (l > 0) {
        double[] gradient = start.layers().gradient().get(l);
        double[] featureChange = second.get(l - 1).feature();
        for (int i = 0; i < k.length; i++) {
          k[i] += gradient[i] * featureChange[i];
        }
      }
    }
    return k;
  }

  /** f_2 += eta (K_2 Delta_0 - K_0 f_2), f_0 += eta K_0 Delta_0, J += eta Delta_0 D^T, D += ... */
  private void step(double[] delta, double[] k2) {
    double eta = options.stepSize();
    double[] k0 = start.wholeTangent();
    double weight = options.loss().pull(trainPoints);
    double[] old = f2.clone();
    for (int mu = 0; mu < points; mu++) {
      for (int nu = 0; nu < trainPoints; nu++) {
        int at = mu * points + nu;
        f2[mu] += eta * (k2[at] * delta[nu] - weight * k0[at] * old[nu]);
        f0[mu] += eta * k0[at] * delta[nu];
      }
    }
    for (int nu = 0; nu < trainPoints; nu++) {
      for (int rho = 0; rho < trainPoints; rho++) {
        j[nu * trainPoints + rho] += eta * delta[nu] * d[rho];
      }
    }
    for (int nu = 0; nu < trainPoints; nu++) {
      d[nu] += eta * delta[nu];
    }
  }

  private LayerKernels expanded(int t, List<LayerExpansion.Kernels> second, double square) {
    List<double[]> feature = new ArrayList<>();
    List<double[]> gradient = new ArrayList<>();
    for (int l = 0; l < second.size(); l++) {
      feature.add(sum(start.layers().feature().get(l), square, second.get(l).feature()));
      gradient.add(sum(start.layers().gradient().get(l), square, second.get(l).gradient()));
    }
    return new LayerKernels(t, feature, gradient);
  }

  private static double[] sum(double[] a, double scale, double[] b) {
    double[] result = a.clone();
    for (int i = 0; i < result.length; i++) {
      result[i] += scale * b[i];
    }
    return result;
  }

  /** The state between two times. */
  SolverState state() {
    SolverState state = new SolverState();
    recorder.save(state);
    SolverState lowest = new SolverState();
    lazy.save(lowest);
    return state
        .put("lazy", lowest)
        .put("f0", f0.clone())
        .put("f2", f2.clone())
        .put("d", d.clone())
        .put("j", j.clone());
  }

  /** Restores a saved state. */
  void restore(SolverState state) {
    recorder.restore(state);
    lazy.restore(state.part("lazy"));
    System.arraycopy(state.doubles("f0"), 0, f0, 0, f0.length);
    System.arraycopy(state.doubles("f2"), 0, f2, 0, f2.length);
    System.arraycopy(state.doubles("d"), 0, d, 0, d.length);
    System.arraycopy(state.doubles("j"), 0, j, 0, j.length);
  }
}
