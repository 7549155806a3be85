package org.richkernel.dynamics;

import java.util.List;
import java.util.function.Function;
import org.richkernel.metrics.KernelMetrics;

/**
 * Scalars of the kernels of the training points at the recorded times, or their standard errors.
 * Each array is row-major recorded times x (L + 1): Phi^1 to Phi^L, then the tangent kernel; times
 * x L for a convolutional network whose tangent kernel was not measured.
 *
 * @param alignment y^T Phi y / (|Phi|_F |y|^2)
 * @param trace Tr(Phi) / P
 * @param frobenius |Phi|_F
 * @param movement |Phi(t) - Phi(0)|_F / |Phi(0)|_F
 */
@SuppressWarnings("ArrayRecordComponent")
public record KernelCourse(
    double[] alignment, double[] trace, double[] frobenius, double[] movement) {

  /** A course without times. */
  static KernelCourse none() {
    return new KernelCourse(new double[0], new double[0], new double[0], new double[0]);
  }

  /** Whether there are no times. */
  public boolean isNone() {
    return alignment.length == 0;
  }

  /**
   * The scalars of recorded kernels.
   *
   * @param kernels of all points, the first of them before training
   */
  public static KernelCourse of(List<LayerKernels> kernels, DynamicsProblem problem) {
    int layers = problem.network().hiddenLayers();
    int columns = columns(problem, kernels);
    int size = kernels.size() * columns;
    KernelCourse course =
        new KernelCourse(new double[size], new double[size], new double[size], new double[size]);
    double[] input = follows(problem) ? problem.trainInputKernel() : new double[0];
    double[][] start = new double[columns][];
    for (int r = 0; r < kernels.size(); r++) {
      LayerKernels train = kernels.get(r).train(problem);
      for (int l = 0; l < columns; l++) {
        double[] kernel = l < layers ? train.feature().get(l) : train.tangentKernel(input);
        if (r == 0) {
          start[l] = kernel;
        }
        course.put(r * columns + l, kernel, start[l], problem);
      }
    }
    return course;
  }

  /**
   * Number of kernels of a course, L or L + 1.
   *
   * @param kernels of some times
   */
  public static int columns(DynamicsProblem problem, List<LayerKernels> kernels) {
    boolean measured = kernels.stream().allMatch(at -> at.tangent().isPresent());
    return problem.network().hiddenLayers() + (follows(problem) || measured ? 1 : 0);
  }

  /** Whether tangent kernels follow from the kernels between points. */
  public static boolean follows(DynamicsProblem problem) {
    return problem.network().convolutions().isEmpty();
  }

  private void put(int at, double[] kernel, double[] start, DynamicsProblem problem) {
    KernelMetrics metrics = KernelMetrics.of(kernel, problem.trainTargets());
    alignment[at] = metrics.alignment();
    trace[at] = metrics.trace();
    frobenius[at] = metrics.frobenius();
    double moved = 0;
    double squares = 0;
    for (int i = 0; i < kernel.length; i++) {
      moved += (kernel[i] - start[i]) * (kernel[i] - start[i]);
      squares += start[i] * start[i];
    }
    movement[at] = squares == 0 ? 0 : Math.sqrt(moved / squares);
  }

  /** Combines the same numbers of several runs. */
  static KernelCourse combine(List<KernelCourse> runs, Function<List<double[]>, double[]> numbers) {
    return new KernelCourse(
        numbers.apply(runs.stream().map(KernelCourse::alignment).toList()),
        numbers.apply(runs.stream().map(KernelCourse::trace).toList()),
        numbers.apply(runs.stream().map(KernelCourse::frobenius).toList()),
        numbers.apply(runs.stream().map(KernelCourse::movement).toList()));
  }
}
