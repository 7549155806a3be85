package org.richkernel.dynamics;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.NotPositiveDefiniteException;
import org.richkernel.compute.Precision;
import org.richkernel.compute.RandomStreams;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;
import org.richkernel.solver.SolverState;

/**
 * The passes of one population of the alternating solver. All passes use the same random numbers,
 * so the passes can converge.
 */
final class AlternatingRun {
  private final Backend backend;
  private final DynamicsProblem problem;
  private final AlternatingOptions alternating;
  private final int samples;
  private final int layers;
  private final int points;
  private final int columns; // n = M (T + 1)
  private final long firstSample;
  private final double[] pulls; // Delta of all points, n
  private final OrderParameters order;
  private final GridProcess[] processes; // 1 .. L
  private final Matrix factor; // n x n
  private final Matrix factor32; // n x n, float32
  private final Matrix noise; // S x n
  private final Matrix inputField; // S x M
  private final Matrix readout; // S x 1
  private final Matrix outputs; // M x M
  private TrajectoryRecorder recorder;
  private double change;

  static void plan(MemoryPlan plan, DynamicsProblem problem, int samples) {
    int points = problem.points();
    int n = points * (problem.options().steps() + 1);
    int layers = problem.network().hiddenLayers();
    OrderParameters.plan(plan, layers, n);
    for (int l = 1; l <= layers; l++) {
      GridProcess.plan(plan, l, samples, n);
    }
    int rank = InputFields.rank(problem);
    GridProcess.planScratch(plan, samples, n, points);
    plan.add("factor", Precision.FLOAT64, n, n)
        .add("factor in float32", Precision.FLOAT32, n, n)
        .add("noise", Precision.FLOAT32, samples, n)
        .add("input factor", Precision.FLOAT32, points, rank)
        .add("input noise", Precision.FLOAT32, samples, rank)
        .add("input field", Precision.FLOAT32, samples, points)
        .add("readout", Precision.FLOAT32, samples, 1)
        .add("outputs", Precision.FLOAT64, points, points);
  }

  AlternatingRun(
      DynamicsProblem problem,
      AlternatingOptions alternating,
      Backend backend,
      Workspace memory,
      long firstSample,
      int samples) {
    this.backend = backend;
    this.problem = problem;
    this.alternating = alternating;
    this.samples = samples;
    this.firstSample = firstSample;
    layers = problem.network().hiddenLayers();
    points = problem.points();
    columns = points * (problem.options().steps() + 1);
    pulls = new double[columns];
    order = new OrderParameters(backend, memory, layers, points, alternating.damping());
    processes = new GridProcess[layers + 1];
    for (int l = 1; l <= layers; l++) {
      processes[l] = new GridProcess(backend, problem, memory, l, samples);
    }
    factor = memory.get("factor");
    factor32 = memory.get("factor in float32");
    noise = memory.get("noise").rowRange(0, samples);
    inputField = memory.get("input field").rowRange(0, samples);
    readout = memory.get("readout").rowRange(0, samples);
    outputs = memory.get("outputs");
    recorder = new TrajectoryRecorder(problem);
    start(memory);
  }

  /**
   * Sets the kernels and errors of all times to those before training, and the responses to zero.
   */
  private void start(Workspace memory) {
    Matrix inputFactor = memory.get("input factor");
    Matrix inputNoise = memory.get("input noise").rowRange(0, samples);
    backend.upload(InputFields.factor(problem, backend), inputFactor);
    fillGaussian(RandomStreams.DYNAMICS_PREACTIVATION, 1, inputNoise);
    backend.gemm(Transpose.NO, Transpose.YES, 1, inputNoise, inputFactor, 0, inputField);
    fillGaussian(RandomStreams.DYNAMICS_BACKWARD_FIELD, layers, readout);
    order.repeat(problem.inputKernel(backend), order.feature(0));
    backend.fill(1, order.gradient(layers + 1));

    Activation activation = problem.network().activation();
    double[][] slopes = new double[layers + 1][];
    for (int l = 1; l <= layers; l++) {
      drawPreactivations(l);
      GridProcess process = processes[l];
      backend.activateWithDerivative(activation, process.u(), process.phi(), process.g());
      order.repeat(presentGram(process.phi()), order.feature(l));
      slopes[l] = presentGram(process.g());
    }
    double[] gradient = new double[points * points];
    Arrays.fill(gradient, 1);
    for (int l = layers; l >= 1; l--) {
      for (int i = 0; i < gradient.length; i++) {
        gradient[i] *= slopes[l][i];
      }
      order.repeat(gradient, order.gradient(l));
    }
    Arrays.fill(pulls, 0);
  }

  private double[] presentGram(Matrix field) {
    double[] values = new double[points * points];
    backend.gram(1.0 / samples, field.view(0, samples, 0, points), 0, outputs);
    backend.download(outputs, values);
    return values;
  }

  private void fillGaussian(int purpose, int l, Matrix target) {
    backend.fillGaussian(
        problem.options().seed(), RandomStreams.stream(purpose, l, 0), firstSample, target);
  }

  /** Draws u^l, leaving omega in noise and its factor in factor. */
  private void drawPreactivations(int l) {
    Matrix u = processes[l].u();
    if (l == 1) {
      for (int first = 0; first < columns; first += points) {
        backend.copy(inputField, u.view(0, samples, first, points));
      }
      return;
    }
    fillGaussian(RandomStreams.DYNAMICS_PREACTIVATION, l, noise);
    draw(order.feature(l - 1), "Phi " + (l - 1), u);
  }

  /** Draws r^l, leaving omega in noise and its factor in factor. */
  private void drawBackwardFields(int l) {
    Matrix r = processes[l].r();
    if (l == layers) {
      Matrix ones = factor32.view(0, 1, 0, columns);
      backend.fill(1, ones);
      backend.gemm(Transpose.NO, Transpose.NO, 1, readout, ones, 0, r);
      return;
    }
    fillGaussian(RandomStreams.DYNAMICS_BACKWARD_FIELD, l, noise);
    draw(order.gradient(l + 1), "G " + (l + 1), r);
  }

  private void draw(Matrix kernel, String name, Matrix target) {
    factorize(kernel, name);
    backend.copy(factor, factor32);
    backend.gemm(Transpose.NO, Transpose.YES, 1, noise, factor32, 0, target);
  }

  private void factorize(Matrix kernel, String name) {
    backend.copy(kernel, factor);
    double trace = order.trace(kernel);
    backend.addDiagonal(Math.max(alternating.jitter() * trace / columns, Float.MIN_NORMAL), factor);
    try {
      backend.cholesky(factor);
    } catch (NotPositiveDefiniteException e) {
      throw new NotPositiveDefiniteException(
          name + " on the time grid",
          e.smallestEigenvalue(),
          "use --solver causal, or lower --steps");
    }
  }

  /**
   * One pass: draws all fields from the order parameters, and mixes in the new order parameters.
   *
   * @return false if the errors diverged
   */
  boolean pass() {
    change = 0;
    TrajectoryRecorder next = new TrajectoryRecorder(problem);
    boolean[] finite = {true};
    for (int l = 1; l <= layers; l++) {
      drawPreactivations(l);
      drawBackwardFields(l);
      boolean top = l == layers;
      Matrix phi = processes[l].phi();
      processes[l].integrate(
          order.feature(l - 1),
          order.gradient(l + 1),
          l > 1 ? order.forwardResponse(l - 1) : null,
          top ? null : order.backwardResponse(l),
          pulls,
          (t, z) -> {
            if (top && finite[0]) {
              finite[0] = next.observe(outputs(phi.view(0, samples, t * points, points), z));
            }
          });
    }
    if (!finite[0]) {
      return false;
    }
    compare(next.trajectory().outputs(), recorder.trajectory().outputs());
    recorder = next;
    for (int l = 1; l < layers; l++) {
      // A^l from r^l and B^l from u^{l+1}, with the factors of their draws
      drawBackwardFields(l);
      order.respond(processes[l].phi(), noise, factor, 0, order.forwardResponse(l));
      drawPreactivations(l + 1);
      order.respond(processes[l + 1].g(), noise, factor, 1, order.backwardResponse(l));
    }
    for (int l = 1; l <= layers; l++) {
      change = Math.max(change, order.update(processes[l].phi(), order.feature(l)));
      change = Math.max(change, order.update(processes[l].g(), order.gradient(l)));
    }
    for (int t = 0; t <= problem.options().steps(); t++) {
      double[] delta = recorder.pull(t);
      for (int i = 0; i < delta.length; i++) {
        int at = t * points + i;
        pulls[at] += alternating.damping() * (delta[i] - pulls[at]);
      }
    }
    return Double.isFinite(change);
  }

  /** &lt;z phi&gt; / gamma of one time, M numbers. */
  private double[] outputs(Matrix phi, Matrix z) {
    backend.crossGram(1 / (problem.options().gamma() * samples), phi, z, 0, outputs);
    double[] values = new double[points * points];
    backend.download(outputs, values);
    double[] f = new double[points];
    for (int i = 0; i < points; i++) {
      f[i] = values[i * points + i];
    }
    return f;
  }

  private void compare(double[] now, double[] before) {
    double difference = 0;
    double total = 0;
    for (int i = 0; i < now.length; i++) {
      double old = before.length == 0 ? 0 : before[i];
      difference += (now[i] - old) * (now[i] - old);
      total += now[i] * now[i];
    }
    change = Math.max(change, total == 0 ? 0 : Math.sqrt(difference / total));
  }

  /** Relative change of outputs and kernels in the last pass, before damping. */
  double change() {
    return change;
  }

  /**
   * The state between two passes.
   *
   * @param changes in each pass so far
   */
  SolverState state(double[] changes) {
    SolverState state = new SolverState().put("changes", changes).put("pulls", pulls.clone());
    recorder.save(state);
    order.save(state);
    return state;
  }

  /** Restores a saved state; returns the changes in each pass so far. */
  double[] restore(SolverState state) {
    System.arraycopy(state.doubles("pulls"), 0, pulls, 0, columns);
    recorder.restore(state);
    order.restore(state);
    return state.doubles("changes");
  }

  /** Outputs of the last pass with the present kernels. */
  Trajectory trajectory() {
    for (int t = 0; t <= problem.options().steps(); t++) {
      if (recorder.keepsKernels(t)) {
        List<double[]> feature = new ArrayList<>();
        List<double[]> gradient = new ArrayList<>();
        for (int l = 1; l <= layers; l++) {
          feature.add(order.block(order.feature(l), t));
          gradient.add(order.block(order.gradient(l), t));
        }
        recorder.keep(new LayerKernels(t, feature, gradient));
      }
    }
    return recorder.trajectory();
  }
}
