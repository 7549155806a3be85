package org.richkernel.dynamics;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.richkernel.solver.SolverState;

/**
 * Outputs of a flow at the times 0, eta, 2 eta, ..., interpolated between the times of the
 * integrator, and kernels at some times.
 */
final class FlowRecord {
  private static final double ROUNDING = 1e-9;

  private final DynamicsProblem problem;
  private final int width;
  private final double[] outputs; // times x M x K
  private final List<LayerKernels> kernels = new ArrayList<>();
  private final double[] nodeTimes = new double[3]; // oldest first
  private final double[][] nodes = new double[3][];
  private int times;

  FlowRecord(DynamicsProblem problem) {
    this.problem = problem;
    width = problem.points() * problem.outputs();
    outputs = new double[(problem.options().steps() + 1) * width];
    Arrays.setAll(nodes, i -> new double[width]);
  }

  /** Bytes of the record of a problem. */
  static long bytes(DynamicsProblem problem) {
    return Trajectory.bytes(problem) + 3L * Double.BYTES * problem.points() * problem.outputs();
  }

  /**
   * Adds the outputs at the next time of the integrator. Recorded times before it are interpolated
   * by the parabola through three times; the first call is for time 0.
   *
   * @param f row-major M x K
   */
  void observe(double time, double[] f) {
    if (times == 0) {
      TrajectoryRecorder.requireFinite(problem, f);
      System.arraycopy(f, 0, outputs, 0, width);
      times = 1;
    }
    for (int n = 0; n < 2; n++) {
      nodeTimes[n] = nodeTimes[n + 1];
      nodes[n] = nodes[n + 1];
    }
    nodeTimes[2] = time;
    nodes[2] = f.clone();
    double eta = problem.options().stepSize();
    for (; times * eta <= time * (1 + ROUNDING) && times * width < outputs.length; times++) {
      interpolate(Math.min(times * eta, time), times * width);
    }
  }

  private void interpolate(double t, int target) {
    double[] c = nodeTimes;
    for (int i = 0; i < width; i++) {
      double slope = (nodes[2][i] - nodes[1][i]) / (c[2] - c[1]);
      double bend = 0;
      if (c[1] > c[0]) {
        double slopeBefore = (nodes[1][i] - nodes[0][i]) / (c[1] - c[0]);
        bend = (slope - slopeBefore) / (c[2] - c[0]);
      }
      outputs[target + i] = nodes[2][i] + (t - c[2]) * (slope + (t - c[1]) * bend);
    }
  }

  /** Keeps kernels. */
  void keep(LayerKernels snapshot) {
    kernels.add(snapshot);
  }

  /** Kernels kept last. */
  LayerKernels lastKernels() {
    return kernels.get(kernels.size() - 1);
  }

  /** The first step after the given one at which kernels are due, the last one included. */
  int nextSnapshot(int step, int lastStep) {
    int every = problem.options().recordEvery();
    return every == 0 ? lastStep : Math.min(lastStep, (step / every + 1) * every);
  }

  /** Outputs at the latest time, M x K. */
  double[] latest() {
    return nodes[2].clone();
  }

  /** The record so far. */
  Trajectory trajectory() {
    double[] trainLoss = new double[times];
    boolean tested = problem.testTargets().rows() > 0;
    double[] testLoss = new double[tested ? times : 0];
    int train = problem.trainPoints() * problem.outputs();
    for (int t = 0; t < times; t++) {
      double[] f = Arrays.copyOfRange(outputs, t * width, (t + 1) * width);
      trainLoss[t] = TrajectoryRecorder.loss(problem.trainTargets(), f);
      if (tested) {
        double[] test = Arrays.copyOfRange(f, train, width);
        testLoss[t] = TrajectoryRecorder.loss(problem.testTargets(), test);
      }
    }
    return new Trajectory(
        problem.points(),
        problem.outputs(),
        Arrays.copyOf(outputs, times * width),
        trainLoss,
        testLoss,
        kernels,
        KernelCourse.of(kernels, problem));
  }

  /** Adds this to a checkpoint. */
  void save(SolverState state, String name) {
    state.put(name + "_outputs", Arrays.copyOf(outputs, times * width));
    state.put(name + "_node_times", nodeTimes.clone());
    for (int n = 0; n < nodes.length; n++) {
      state.put(name + "_node_" + n, nodes[n].clone());
    }
    state.put(name + "_kernel_steps", kernels.stream().mapToDouble(LayerKernels::step).toArray());
    for (int n = 0; n < kernels.size(); n++) {
      state.put(name + "_phi_" + n, kernels.get(n).feature().get(0));
      state.put(name + "_g_" + n, kernels.get(n).gradient().get(0));
      String tangent = name + "_ntk_" + n;
      kernels.get(n).tangent().ifPresent(k -> state.put(tangent, k));
    }
  }

  /** A saved record of a problem. */
  static FlowRecord restore(SolverState state, String name, DynamicsProblem problem) {
    FlowRecord record = new FlowRecord(problem);
    double[] saved = state.doubles(name + "_outputs");
    System.arraycopy(saved, 0, record.outputs, 0, saved.length);
    record.times = saved.length / record.width;
    System.arraycopy(state.doubles(name + "_node_times"), 0, record.nodeTimes, 0, 3);
    for (int n = 0; n < 3; n++) {
      record.nodes[n] = state.doubles(name + "_node_" + n).clone();
    }
    double[] steps = state.doubles(name + "_kernel_steps");
    for (int n = 0; n < steps.length; n++) {
      record.keep(
          new LayerKernels(
              (int) steps[n],
              List.of(state.doubles(name + "_phi_" + n)),
              List.of(state.doubles(name + "_g_" + n)),
              Optional.ofNullable(state.allDoubles().get(name + "_ntk_" + n))));
    }
    return record;
  }
}
