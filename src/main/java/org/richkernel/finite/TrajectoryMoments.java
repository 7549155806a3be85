package org.richkernel.finite;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.richkernel.dynamics.KernelCourse;
import org.richkernel.dynamics.LayerKernels;
import org.richkernel.dynamics.Trajectory;
import org.richkernel.sampling.Student;
import org.richkernel.solver.SolverState;

/**
 * Mean and standard error of every number over several runs, updated run by run (Welford) in the
 * memory of two runs. A run that ended early shortens both.
 */
final class TrajectoryMoments {
  /** Number of parts before the kernels. */
  private static final int NUMBERS = 7;

  private int count;
  private int points;
  private int outputCount;
  private int[] steps = new int[0]; // of the kernels
  private List<double[]> mean = new ArrayList<>();
  private List<double[]> squares = new ArrayList<>(); // sums of squared deviations

  /** Adds a run. */
  void add(Trajectory run) {
    List<double[]> values = parts(run);
    if (count == 0) {
      points = run.points();
      outputCount = run.outputCount();
      for (double[] part : values) {
        mean.add(new double[part.length]);
        squares.add(new double[part.length]);
      }
    }
    if (count == 0 || run.kernels().size() < steps.length) {
      steps = run.kernels().stream().mapToInt(LayerKernels::step).toArray();
    }
    shorten(values);
    count++;
    for (int p = 0; p < mean.size(); p++) {
      double[] m = mean.get(p);
      double[] s = squares.get(p);
      double[] x = values.get(p);
      for (int i = 0; i < m.length; i++) {
        double deviation = x[i] - m[i];
        m[i] += deviation / count;
        s[i] += deviation * (x[i] - m[i]);
      }
    }
  }

  /** Outputs, losses, numbers of the kernels, then the kernels of each recorded time. */
  private static List<double[]> parts(Trajectory run) {
    List<double[]> parts = new ArrayList<>();
    parts.add(run.outputs());
    parts.add(run.trainLoss());
    parts.add(run.testLoss());
    parts.add(run.course().alignment());
    parts.add(run.course().trace());
    parts.add(run.course().frobenius());
    parts.add(run.course().movement());
    for (LayerKernels kernels : run.kernels()) {
      parts.addAll(kernels.feature());
      parts.addAll(kernels.gradient());
    }
    return parts;
  }

  private void shorten(List<double[]> run) {
    int size = Math.min(mean.size(), run.size());
    mean = new ArrayList<>(mean.subList(0, size));
    squares = new ArrayList<>(squares.subList(0, size));
    for (int p = 0; p < size; p++) {
      int length = Math.min(mean.get(p).length, run.get(p).length);
      if (length < mean.get(p).length) {
        mean.set(p, Arrays.copyOf(mean.get(p), length));
        squares.set(p, Arrays.copyOf(squares.get(p), length));
      }
    }
  }

  /** Number of runs so far. */
  int count() {
    return count;
  }

  /** The mean of the runs, at least one. */
  Trajectory mean() {
    return trajectory(mean);
  }

  /** Standard errors of the mean, with Student's factor; NaN for a single run. */
  Trajectory standardError() {
    double widening = Student.widening(count - 1);
    List<double[]> errors = new ArrayList<>();
    for (double[] part : squares) {
      double[] error = new double[part.length];
      for (int i = 0; i < error.length; i++) {
        error[i] = widening * Math.sqrt(part[i] / (count * (count - 1.0)));
      }
      errors.add(error);
    }
    return trajectory(errors);
  }

  /** Zeros in the shape of the runs. */
  Trajectory zero() {
    return trajectory(mean.stream().map(part -> new double[part.length]).toList());
  }

  private Trajectory trajectory(List<double[]> parts) {
    List<LayerKernels> kernels = new ArrayList<>();
    int layers = steps.length == 0 ? 0 : (parts.size() - NUMBERS) / (2 * steps.length);
    for (int k = 0; k < steps.length; k++) {
      int first = NUMBERS + 2 * layers * k;
      kernels.add(
          new LayerKernels(
              steps[k],
              parts.subList(first, first + layers),
              parts.subList(first + layers, first + 2 * layers)));
    }
    KernelCourse numbers = new KernelCourse(parts.get(3), parts.get(4), parts.get(5), parts.get(6));
    return new Trajectory(
        points, outputCount, parts.get(0), parts.get(1), parts.get(2), kernels, numbers);
  }

  /** Adds this to a checkpoint. */
  void save(SolverState state) {
    state.put("runs", count, points, outputCount, mean.size());
    state.put("runs_steps", Arrays.stream(steps).asDoubleStream().toArray());
    for (int p = 0; p < mean.size(); p++) {
      state.put("runs_mean_" + p, mean.get(p).clone());
      state.put("runs_squares_" + p, squares.get(p).clone());
    }
  }

  /** Restores the state that {@link #save} put into a checkpoint. */
  void restore(SolverState state) {
    double[] numbers = state.doubles("runs");
    count = (int) numbers[0];
    points = (int) numbers[1];
    outputCount = (int) numbers[2];
    steps = Arrays.stream(state.doubles("runs_steps")).mapToInt(s -> (int) s).toArray();
    mean.clear();
    squares.clear();
    for (int p = 0; p < (int) numbers[3]; p++) {
      mean.add(state.doubles("runs_mean_" + p).clone());
      squares.add(state.doubles("runs_squares_" + p).clone());
    }
  }
}
