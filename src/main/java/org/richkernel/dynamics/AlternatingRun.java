package org.richkernel.dynamics;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.NotPositiveDefiniteException;
import org.richkernel.compute.Precision;
import org.richkernel.compute.RandomStreams;
import org.richkernel.compute.Side;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;
import org.richkernel.solver.SolverState;

/**
 * The passes of one population of the alternating solver. The random numbers are the same in all
 * passes, so the passes can come to rest.
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
  private final Layer[] layer; // 0 .. L + 1
  private final Matrix fresh; // n x n
  private final Matrix factor; // n x n
  private final Matrix factor32; // n x n, float32
  private final Matrix noise; // S x n
  private final Matrix inputField; // S x M
  private final Matrix readout; // S x 1
  private final Matrix outputs; // M x M
  private TrajectoryRecorder recorder;
  private double change;

  /**
   * Order parameters of one layer.
   *
   * @param feature Phi^l, n x n
   * @param gradient G^l, n x n
   * @param forwardResponse A^l, n x n
   * @param backwardResponse B^l, n x n
   * @param process null for the input and the readout
   */
  private record Layer(
      Matrix feature,
      Matrix gradient,
      Matrix forwardResponse,
      Matrix backwardResponse,
      @Nullable GridProcess process) {}

  static void plan(MemoryPlan plan, DynamicsProblem problem, int samples) {
    int points = problem.points();
    int n = points * (problem.options().steps() + 1);
    int layers = problem.network().hiddenLayers();
    for (int l = 0; l <= layers + 1; l++) {
      for (String what : new String[] {"Phi", "G", "A", "B"}) {
        plan.add(what + " " + l, Precision.FLOAT64, n, n);
      }
      if (l >= 1 && l <= layers) {
        GridProcess.plan(plan, l, samples, n);
      }
    }
    int rank = InputFields.rank(problem);
    GridProcess.planScratch(plan, samples, n, points);
    plan.add("fresh", Precision.FLOAT64, n, n)
        .add("factor", Precision.FLOAT64, n, n)
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
    layer = new Layer[layers + 2];
    for (int l = 0; l <= layers + 1; l++) {
      boolean hidden = l >= 1 && l <= layers;
      layer[l] =
          new Layer(
              memory.get("Phi " + l),
              memory.get("G " + l),
              memory.get("A " + l),
              memory.get("B " + l),
              hidden ? new GridProcess(backend, problem, memory, l, samples) : null);
      backend.fill(0, layer[l].forwardResponse);
      backend.fill(0, layer[l].backwardResponse);
    }
    fresh = memory.get("fresh");
    factor = memory.get("factor");
    factor32 = memory.get("factor in float32");
    noise = memory.get("noise").rowRange(0, samples);
    inputField = memory.get("input field").rowRange(0, samples);
    readout = memory.get("readout").rowRange(0, samples);
    outputs = memory.get("outputs");
    recorder = new TrajectoryRecorder(problem);
    start(memory);
  }

  /** Kernels of the start at all times, no responses, errors as at the start. */
  private void start(Workspace memory) {
    Matrix inputFactor = memory.get("input factor");
    Matrix inputNoise = memory.get("input noise").rowRange(0, samples);
    backend.upload(InputFields.factor(problem, backend), inputFactor);
    fillGaussian(RandomStreams.DYNAMICS_PREACTIVATION, 1, inputNoise);
    backend.gemm(Transpose.NO, Transpose.YES, 1, inputNoise, inputFactor, 0, inputField);
    fillGaussian(RandomStreams.DYNAMICS_BACKWARD_FIELD, layers, readout);
    repeat(problem.inputKernel(), layer[0].feature);
    backend.fill(1, layer[layers + 1].gradient);

    Activation activation = problem.network().activation();
    double[][] slopes = new double[layers + 1][];
    for (int l = 1; l <= layers; l++) {
      drawPreactivations(l);
      GridProcess process = process(l);
      backend.activateWithDerivative(activation, process.u(), process.phi(), process.g());
      repeat(presentGram(process.phi()), layer[l].feature);
      slopes[l] = presentGram(process.g());
    }
    double[] gradient = new double[points * points];
    java.util.Arrays.fill(gradient, 1);
    for (int l = layers; l >= 1; l--) {
      for (int i = 0; i < gradient.length; i++) {
        gradient[i] *= slopes[l][i];
      }
      repeat(gradient, layer[l].gradient);
    }
    java.util.Arrays.fill(pulls, 0);
  }

  private GridProcess process(int l) {
    GridProcess process = layer[l].process;
    if (process == null) {
      throw new IllegalStateException("layer " + l + " is not hidden");
    }
    return process;
  }

  private double[] presentGram(Matrix field) {
    double[] values = new double[points * points];
    backend.gram(1.0 / samples, field.view(0, samples, 0, points), 0, outputs);
    backend.download(outputs, values);
    return values;
  }

  /** The same M x M block for all pairs of times. */
  private void repeat(double[] block, Matrix target) {
    Matrix rows = target.rowRange(0, points);
    Matrix first = target.view(0, points, 0, points);
    backend.upload(block, first);
    for (int t = points; t < columns; t += points) {
      backend.copy(first, target.view(0, points, t, points));
    }
    for (int t = points; t < columns; t += points) {
      backend.copy(rows, target.rowRange(t, points));
    }
  }

  private void fillGaussian(int purpose, int l, Matrix target) {
    backend.fillGaussian(
        problem.options().seed(), RandomStreams.stream(purpose, l, 0), firstSample, target);
  }

  /** u^l, leaving omega in noise and its factor in factor. */
  private void drawPreactivations(int l) {
    Matrix u = process(l).u();
    if (l == 1) {
      for (int first = 0; first < columns; first += points) {
        backend.copy(inputField, u.view(0, samples, first, points));
      }
      return;
    }
    fillGaussian(RandomStreams.DYNAMICS_PREACTIVATION, l, noise);
    draw(layer[l - 1].feature, "Phi " + (l - 1), u);
  }

  /** r^l, leaving omega in noise and its factor in factor. */
  private void drawBackwardFields(int l) {
    Matrix r = process(l).r();
    if (l == layers) {
      Matrix ones = factor32.view(0, 1, 0, columns);
      backend.fill(1, ones);
      backend.gemm(Transpose.NO, Transpose.NO, 1, readout, ones, 0, r);
      return;
    }
    fillGaussian(RandomStreams.DYNAMICS_BACKWARD_FIELD, l, noise);
    draw(layer[l + 1].gradient, "G " + (l + 1), r);
  }

  private void draw(Matrix kernel, String name, Matrix target) {
    factorize(kernel, name);
    backend.copy(factor, factor32);
    backend.gemm(Transpose.NO, Transpose.YES, 1, noise, factor32, 0, target);
  }

  private void factorize(Matrix kernel, String name) {
    backend.copy(kernel, factor);
    double trace = trace(kernel);
    backend.addDiagonal(Math.max(alternating.jitter() * trace / columns, Float.MIN_NORMAL), factor);
    try {
      backend.cholesky(factor);
    } catch (NotPositiveDefiniteException e) {
      throw new NotPositiveDefiniteException(
          name + " on the time grid",
          e.smallestEigenvalue(),
          "raise the jitter, or use the causal solver");
    }
  }

  /** Tr K from the blocks of equal times, so that no n x n matrix comes to the host. */
  private double trace(Matrix kernel) {
    double trace = 0;
    for (int t = 0; t <= problem.options().steps(); t++) {
      double[] present = block(kernel, t);
      for (int i = 0; i < points; i++) {
        trace += present[i * points + i];
      }
    }
    return trace;
  }

  /**
   * One pass: all fields from the order parameters, and new order parameters mixed in.
   *
   * @return false when the errors left all bounds
   */
  boolean pass() {
    change = 0;
    TrajectoryRecorder next = new TrajectoryRecorder(problem);
    boolean[] finite = {true};
    for (int l = 1; l <= layers; l++) {
      drawPreactivations(l);
      drawBackwardFields(l);
      boolean top = l == layers;
      Matrix phi = process(l).phi();
      process(l)
          .integrate(
              layer[l - 1].feature,
              layer[l + 1].gradient,
              l > 1 ? layer[l - 1].forwardResponse : null,
              top ? null : layer[l].backwardResponse,
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
      // A^l from r^l and B^l from u^{l+1}, with the factors that these were drawn with
      drawBackwardFields(l);
      respond(process(l).phi(), 0, layer[l].forwardResponse);
      drawPreactivations(l + 1);
      respond(process(l + 1).g(), 1, layer[l].backwardResponse);
    }
    for (int l = 1; l <= layers; l++) {
      update(process(l).phi(), layer[l].feature);
      update(process(l).g(), layer[l].gradient);
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

  private void update(Matrix field, Matrix kernel) {
    backend.gram(1.0 / samples, field, 0, fresh);
    double total = Math.sqrt(backend.dot(fresh, fresh));
    mix(kernel, total);
  }

  /** kernel += damping (fresh - kernel); the change is measured before damping. */
  private void mix(Matrix kernel, double total) {
    backend.axpy(-1, kernel, fresh);
    double difference = Math.sqrt(backend.dot(fresh, fresh));
    change = Math.max(change, total == 0 ? 0 : difference / total);
    backend.axpy(alternating.damping(), fresh, kernel);
  }

  /**
   * &lt;y omega^T&gt; R^{-1} on the causal part.
   *
   * @param present how many of the times t, t + 1, ... a field at t may depend on
   */
  private void respond(Matrix responding, int present, Matrix response) {
    backend.crossGram(1.0 / samples, responding, noise, 0, fresh);
    for (int t = 0; t < columns; t += points) {
      int known = t + present * points;
      backend.fill(0, fresh.view(t, points, known, columns - known));
    }
    backend.solveTriangular(Side.RIGHT, Transpose.NO, 1, factor, fresh);
    // the responses follow the kernels; they do not enter the measure of change
    backend.axpy(-1, response, fresh);
    backend.axpy(alternating.damping(), fresh, response);
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

  /** The order parameters that the passes change. */
  private List<Matrix> moving() {
    List<Matrix> all = new ArrayList<>();
    for (int l = 1; l <= layers; l++) {
      all.add(layer[l].feature);
      all.add(layer[l].gradient);
      if (l < layers) {
        all.add(layer[l].forwardResponse);
        all.add(layer[l].backwardResponse);
      }
    }
    return all;
  }

  /**
   * The state between two passes.
   *
   * @param changes in each pass so far
   */
  SolverState state(double[] changes) {
    SolverState state = new SolverState().put("changes", changes).put("pulls", pulls.clone());
    recorder.save(state);
    List<Matrix> matrices = moving();
    for (int i = 0; i < matrices.size(); i++) {
      double[] values = new double[columns * columns];
      backend.download(matrices.get(i), values);
      state.put("order_" + i, values);
    }
    return state;
  }

  /** Takes up a saved state; returns the changes in each pass so far. */
  double[] restore(SolverState state) {
    System.arraycopy(state.doubles("pulls"), 0, pulls, 0, columns);
    recorder.restore(state);
    List<Matrix> matrices = moving();
    for (int i = 0; i < matrices.size(); i++) {
      backend.upload(state.doubles("order_" + i), matrices.get(i));
    }
    return state.doubles("changes");
  }

  /** Outputs of the last pass with the kernels as they are now. */
  Trajectory trajectory() {
    for (int t = 0; t <= problem.options().steps(); t++) {
      if (recorder.keepsKernels(t)) {
        List<double[]> feature = new ArrayList<>();
        List<double[]> gradient = new ArrayList<>();
        for (int l = 1; l <= layers; l++) {
          feature.add(block(layer[l].feature, t));
          gradient.add(block(layer[l].gradient, t));
        }
        recorder.keep(new LayerKernels(t, feature, gradient));
      }
    }
    return recorder.trajectory();
  }

  private double[] block(Matrix kernel, int t) {
    double[] values = new double[points * points];
    backend.download(kernel.view(t * points, points, t * points, points), values);
    return values;
  }
}
