package org.richkernel.dynamics;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import org.richkernel.solver.SolverState;

/**
 * Record of one run: outputs and losses at all times and kernels at some.
 *
 * @param points M, training points first
 * @param outputCount K
 * @param outputs f(t) - f(0), row-major times x M x K, for the reached times 0, 1, ...
 * @param trainLoss mean of (y - f)^2 over training points and outputs, at each time
 * @param testLoss the same over the test points; empty without test targets
 * @param kernels kernels at the recorded times, ascending
 * @param course scalars of the training kernels at the recorded times, if measured
 */
@SuppressWarnings("ArrayRecordComponent")
public record Trajectory(
    int points,
    int outputCount,
    double[] outputs,
    double[] trainLoss,
    double[] testLoss,
    List<LayerKernels> kernels,
    KernelCourse course) {
  public Trajectory {
    kernels = List.copyOf(kernels);
  }

  /** A run without scalars of the kernels. */
  public Trajectory(
      int points,
      int outputCount,
      double[] outputs,
      double[] trainLoss,
      double[] testLoss,
      List<LayerKernels> kernels) {
    this(points, outputCount, outputs, trainLoss, testLoss, kernels, KernelCourse.none());
  }

  /** The same with other losses. */
  Trajectory withLosses(double[] train, double[] test) {
    return new Trajectory(points, outputCount, outputs, train, test, kernels, course);
  }

  /** Bytes of a trajectory of a problem that is followed to its last step. */
  public static long bytes(DynamicsProblem problem) {
    DynamicsOptions options = problem.options();
    long points = problem.points();
    long outputs = (options.steps() + 1L) * points * problem.outputs();
    long recorded = options.recordEvery() == 0 ? 2 : options.steps() / options.recordEvery() + 2;
    long each = 2L * problem.network().hiddenLayers();
    each += problem.network().convolutions().isPresent() ? 1 : 0;
    long kernels = recorded * each * points * points;
    return Double.BYTES * (outputs + kernels);
  }

  /** Number of times reached, the start included. */
  public int times() {
    return outputs.length / (points * outputCount);
  }

  /**
   * Applies a function to the values of each number in several runs; runs that stopped early
   * shorten the result.
   *
   * @param runs at least one, all of the same problem
   * @param function of the values of one number, in the order of the runs; must not keep the array
   */
  public static Trajectory combine(List<Trajectory> runs, ToDoubleFunction<double[]> function) {
    Trajectory first = runs.get(0);
    int times = runs.stream().mapToInt(Trajectory::times).min().orElseThrow();
    int recorded = runs.stream().mapToInt(run -> run.kernels.size()).min().orElseThrow();
    int width = first.points * first.outputCount;
    double[] outputs =
        combine(runs.stream().map(Trajectory::outputs).toList(), times * width, function);
    double[] trainLoss =
        combine(runs.stream().map(Trajectory::trainLoss).toList(), times, function);
    double[] testLoss =
        combine(
            runs.stream().map(Trajectory::testLoss).toList(),
            Math.min(times, first.testLoss.length),
            function);
    List<LayerKernels> kernels = new ArrayList<>();
    for (int k = 0; k < recorded; k++) {
      int snapshot = k;
      List<LayerKernels> same = runs.stream().map(run -> run.kernels.get(snapshot)).toList();
      List<double[]> feature = new ArrayList<>();
      List<double[]> gradient = new ArrayList<>();
      int size = first.points * first.points;
      for (int l = 0; l < same.get(0).feature().size(); l++) {
        int layer = l;
        feature.add(
            combine(same.stream().map(s -> s.feature().get(layer)).toList(), size, function));
      }
      for (int l = 0; l < same.get(0).gradient().size(); l++) {
        int layer = l;
        gradient.add(
            combine(same.stream().map(s -> s.gradient().get(layer)).toList(), size, function));
      }
      kernels.add(new LayerKernels(same.get(0).step(), feature, gradient, tangent(same, function)));
    }
    boolean measured = runs.stream().noneMatch(run -> run.course.isNone());
    int numbers = recorded * first.course.alignment().length / Math.max(1, first.kernels.size());
    KernelCourse course =
        measured
            ? KernelCourse.combine(
                runs.stream().map(Trajectory::course).toList(),
                arrays -> combine(arrays, numbers, function))
            : KernelCourse.none();
    return new Trajectory(
        first.points, first.outputCount, outputs, trainLoss, testLoss, kernels, course);
  }

  /** The tangent kernels of several runs, if all have one. */
  private static Optional<double[]> tangent(
      List<LayerKernels> runs, ToDoubleFunction<double[]> function) {
    List<double[]> all = runs.stream().flatMap(run -> run.tangent().stream()).toList();
    return all.size() < runs.size()
        ? Optional.empty()
        : Optional.of(combine(all, all.get(0).length, function));
  }

  private static double[] combine(
      List<double[]> arrays, int size, ToDoubleFunction<double[]> function) {
    double[] result = new double[size];
    double[] values = new double[arrays.size()];
    for (int i = 0; i < size; i++) {
      for (int r = 0; r < values.length; r++) {
        values[r] = arrays.get(r)[i];
      }
      result[i] = function.applyAsDouble(values);
    }
    return result;
  }

  /** Adds this to a checkpoint. */
  void save(SolverState state, String name) {
    state.put(name + "_outputs", outputs);
    state.put(name + "_train_loss", trainLoss).put(name + "_test_loss", testLoss);
    double[] steps = new double[kernels.size()];
    for (int k = 0; k < steps.length; k++) {
      LayerKernels at = kernels.get(k);
      steps[k] = at.step();
      for (int l = 0; l < at.feature().size(); l++) {
        state.put(name + "_phi_" + l + "_" + k, at.feature().get(l));
      }
      for (int l = 0; l < at.gradient().size(); l++) {
        state.put(name + "_g_" + l + "_" + k, at.gradient().get(l));
      }
    }
    for (int k = 0; k < steps.length; k++) {
      String tangent = name + "_ntk_" + k;
      kernels.get(k).tangent().ifPresent(values -> state.put(tangent, values));
    }
    state.put(name + "_recorded", steps);
    state.put(name + "_alignment", course.alignment()).put(name + "_trace", course.trace());
    state.put(name + "_frobenius", course.frobenius()).put(name + "_movement", course.movement());
  }

  /** A saved trajectory of a problem. */
  static Trajectory restore(SolverState state, String name, DynamicsProblem problem) {
    List<LayerKernels> kernels = new ArrayList<>();
    double[] steps = state.doubles(name + "_recorded");
    for (int k = 0; k < steps.length; k++) {
      List<double[]> feature = new ArrayList<>();
      List<double[]> gradient = new ArrayList<>();
      for (int l = 0; l < problem.network().hiddenLayers(); l++) {
        feature.add(state.doubles(name + "_phi_" + l + "_" + k));
        if (state.allDoubles().containsKey(name + "_g_" + l + "_" + k)) {
          gradient.add(state.doubles(name + "_g_" + l + "_" + k));
        }
      }
      Optional<double[]> tangent = Optional.ofNullable(state.allDoubles().get(name + "_ntk_" + k));
      kernels.add(new LayerKernels((int) steps[k], feature, gradient, tangent));
    }
    return new Trajectory(
        problem.points(),
        problem.outputs(),
        state.doubles(name + "_outputs"),
        state.doubles(name + "_train_loss"),
        state.doubles(name + "_test_loss"),
        kernels,
        new KernelCourse(
            state.doubles(name + "_alignment"),
            state.doubles(name + "_trace"),
            state.doubles(name + "_frobenius"),
            state.doubles(name + "_movement")));
  }
}
