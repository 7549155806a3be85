package org.richkernel.fit;

import java.util.Arrays;
import java.util.Map;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.EigenDecomposition;
import org.richkernel.dynamics.Approximation;
import org.richkernel.dynamics.DynamicsProblem;
import org.richkernel.dynamics.DynamicsSolution;
import org.richkernel.dynamics.KernelCourse;
import org.richkernel.dynamics.LayerKernels;
import org.richkernel.result.Result;
import org.richkernel.result.Summary;
import org.richkernel.solver.StopReason;

/** The arrays of a dynamics result by the names that files and reports know them by. */
final class DynamicsArrays {
  /** Most recorded times whose kernels are stored whole. */
  private static final int SNAPSHOTS = 6;

  /** Largest eigenvalues that are followed over time. */
  private static final int EIGENVALUES = 8;

  /** Most training points whose spectrum is followed over time. */
  private static final int MOST_POINTS = 400;

  private final DynamicsCourse course;
  private final DynamicsProblem problem;
  private final Points points;

  DynamicsArrays(DynamicsCourse course, Points points) {
    this.course = course;
    this.problem = course.problem();
    this.points = points;
  }

  Result of(
      Summary summary, DynamicsSolution lazy, Map<Approximation, DynamicsSolution> approximations) {
    Result result =
        ResultParts.predictions(summary, points, course.trainOutputs(), course.testOutputs());
    result = OutputPaths.addTo(result, problem, "", course.outputs());
    result = OutputPaths.addTo(result, problem, "_standard_error", course.outputErrors());
    result = OutputPaths.addLastErrors(result, problem, course.outputErrors());
    int times = course.time().length;
    result =
        result
            .with("time", course.time(), times)
            .with("loss_train_t", course.trainLoss(), times)
            .with("loss_train_t_standard_error", course.trainLossError(), times);
    if (course.testLoss().length > 0) {
      result =
          result
              .with("loss_test_t", course.testLoss(), times)
              .with("loss_test_t_standard_error", course.testLossError(), times);
    }
    TrainingKernels kernels = TrainingKernels.of(course);
    result = kernels.addWhole(result, lazy.mean().kernels().get(0));
    result = kernels.addNumbers(result);
    result = snapshots(result);
    if (lazy.reason() == StopReason.CONVERGED && points.tested()) {
      result =
          ResultParts.with(
              result, "f_test_lazy", lazy.testOutputs(lazy.times() - 1), problem.outputs());
    }
    if (lazy.times() == times && lazy.testLoss().length > 0) {
      result = result.with("loss_test_lazy_t", lazy.testLoss(), times);
    }
    for (Map.Entry<Approximation, DynamicsSolution> other : approximations.entrySet()) {
      result = approximation(result, other.getKey(), other.getValue());
    }
    return history(result);
  }

  /** Whole kernels at a few times, and their largest eigenvalues at all recorded ones. */
  private Result snapshots(Result result) {
    int p = problem.trainPoints();
    int recorded = course.recorded().length;
    int layers = problem.network().hiddenLayers();
    int columns = KernelCourse.columns(problem, course.kernels());
    double[] input = KernelCourse.follows(problem) ? problem.trainInputKernel() : new double[0];
    int[] chosen = chosen(course.recorded());
    int followed = p <= MOST_POINTS ? Math.min(p, EIGENVALUES) : 0;
    double[][] stacks = new double[columns][chosen.length * p * p];
    double[][] spectra = new double[columns][recorded * followed];
    for (int r = 0; r < recorded; r++) {
      LayerKernels train = course.kernels().get(r).train(problem);
      int slot = Arrays.binarySearch(chosen, r);
      for (int l = 0; l < columns; l++) {
        double[] kernel = l < layers ? train.feature().get(l) : train.tangentKernel(input);
        if (slot >= 0) {
          System.arraycopy(kernel, 0, stacks[l], slot * p * p, p * p);
        }
        if (followed > 0) {
          System.arraycopy(largest(kernel, p, followed), 0, spectra[l], r * followed, followed);
        }
      }
    }
    Result with =
        result.with(
            "snapshot_time",
            Arrays.stream(chosen).mapToDouble(r -> course.recorded()[r]).toArray(),
            chosen.length);
    for (int l = 0; l < columns; l++) {
      String name = l < layers ? "phi_" + (l + 1) : "ntk";
      with = with.with(name + "_snapshots", stacks[l], chosen.length, p, p);
      if (followed > 0) {
        with = with.with("spectrum_" + name + "_t", spectra[l], recorded, followed);
      }
    }
    return with;
  }

  /**
   * At most {@link #SNAPSHOTS} of the recorded times: the first, the last, and those nearest to
   * equal ratios from the second on, since kernels move most at the beginning.
   */
  static int[] chosen(double[] recorded) {
    int count = Math.min(recorded.length, SNAPSHOTS);
    int[] chosen = new int[count];
    for (int i = 1; i < count; i++) {
      int last = recorded.length - count + i;
      double share = count > 2 ? (i - 1.0) / (count - 2) : 1;
      double wanted = recorded[1] * Math.pow(recorded[recorded.length - 1] / recorded[1], share);
      int at = chosen[i - 1] + 1;
      while (at < last && recorded[at + 1] * recorded[at] <= wanted * wanted) {
        at++;
      }
      chosen[i] = at;
    }
    return chosen;
  }

  /** Largest eigenvalues, decreasing. */
  private static double[] largest(double[] kernel, int size, int count) {
    double[][] rows = new double[size][];
    for (int i = 0; i < size; i++) {
      rows[i] = Arrays.copyOfRange(kernel, i * size, (i + 1) * size);
      for (int j = 0; j < i; j++) {
        // rounding may have left the halves apart
        rows[i][j] = rows[j][i];
      }
    }
    double[] values =
        new EigenDecomposition(new Array2DRowRealMatrix(rows, false)).getRealEigenvalues();
    Arrays.sort(values);
    double[] largest = new double[count];
    for (int k = 0; k < count; k++) {
      largest[k] = values[size - 1 - k];
    }
    return largest;
  }

  private Result approximation(Result result, Approximation kind, DynamicsSolution solution) {
    String suffix = "_" + DynamicsFit.key(kind);
    int times = solution.times();
    Result with =
        OutputPaths.addTo(result, problem, suffix, solution.mean().outputs())
            .with("loss_train_t" + suffix, solution.trainLoss(), times);
    with =
        solution.testLoss().length == 0
            ? with
            : with.with("loss_test_t" + suffix, solution.testLoss(), times);
    int columns = KernelCourse.columns(problem, solution.mean().kernels());
    int recorded = solution.mean().kernels().size();
    return with.with("movement_t" + suffix, solution.mean().course().movement(), recorded, columns);
  }

  /** phi_l_t and g_l_t between all pairs of times, (P T) x (P T). */
  private Result history(Result result) {
    if (course.history().isEmpty()) {
      return result;
    }
    Result with = result;
    int side = course.history().get().side();
    for (int l = 0; l < course.history().get().feature().size(); l++) {
      with =
          with.with(
                  "phi_" + (l + 1) + "_t",
                  widened(course.history().get().feature().get(l)),
                  side,
                  side)
              .with(
                  "g_" + (l + 1) + "_t",
                  widened(course.history().get().gradient().get(l)),
                  side,
                  side);
    }
    return with;
  }

  private static double[] widened(float[] values) {
    double[] wide = new double[values.length];
    for (int i = 0; i < wide.length; i++) {
      wide[i] = values[i];
    }
    return wide;
  }
}
