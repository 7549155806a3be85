package org.richkernel.fit;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.richkernel.dynamics.DynamicsProblem;
import org.richkernel.dynamics.DynamicsSolution;
import org.richkernel.dynamics.KernelCourse;
import org.richkernel.dynamics.LayerKernels;
import org.richkernel.result.Result;

/**
 * The kernels of a training as a result holds them: whole ones of the training points at the start
 * and at the last recorded time, and numbers of those at all recorded times.
 *
 * @param time training time of each recorded kernel
 * @param kernels of all points, at least those of the start
 * @param numbers of the kernels of the training points
 * @param errors their standard errors, where they are known
 * @param lastErrors standard errors of the kernels of all points at the last recorded time, where
 *     they are known
 */
@SuppressWarnings("ArrayRecordComponent")
record TrainingKernels(
    DynamicsProblem problem,
    double[] time,
    List<LayerKernels> kernels,
    KernelCourse numbers,
    Optional<KernelCourse> errors,
    Optional<LayerKernels> lastErrors) {

  /**
   * The kernels of networks: the numbers are those of the mean kernels, the errors come from the
   * spread of the same numbers over the networks, which to first order in 1/sqrt(N) is the same.
   */
  static TrainingKernels of(DynamicsSolution solution) {
    DynamicsProblem problem = solution.problem();
    List<LayerKernels> kernels = solution.mean().kernels();
    double eta = problem.options().stepSize();
    return new TrainingKernels(
        problem,
        kernels.stream().mapToDouble(at -> at.step() * eta).toArray(),
        kernels,
        KernelCourse.of(kernels, problem),
        Optional.of(solution.standardError().course()),
        lastErrors(solution));
  }

  /** Standard errors of the kernels at the last recorded time; empty where nothing was sampled. */
  static Optional<LayerKernels> lastErrors(DynamicsSolution solution) {
    List<LayerKernels> all = solution.standardError().kernels();
    boolean exact =
        all.stream()
            .flatMap(kernels -> kernels.feature().stream())
            .flatMapToDouble(Arrays::stream)
            .allMatch(error -> error == 0);
    return exact ? Optional.empty() : Optional.of(all.get(all.size() - 1));
  }

  /** The kernels of a solution of the theory. */
  static TrainingKernels of(DynamicsCourse course) {
    return new TrainingKernels(
        course.problem(),
        course.recorded(),
        course.kernels(),
        course.numbers(),
        course.numberErrors(),
        course.kernelErrors());
  }

  /** Index among the numbers of a layer, from 1, at the last recorded time; L + 1 is the NTK. */
  int last(int layer) {
    return (kernels.size() - 1) * columns() + layer - 1;
  }

  private int columns() {
    return KernelCourse.columns(problem, kernels);
  }

  /**
   * Adds phi_l, g_l and ntk of the last recorded time, phi_l_standard_error and g_l_standard_error
   * where they are known, phi_lazy_l and ntk_lazy; tangent kernels of a convolutional network where
   * they were measured, with their standard errors.
   *
   * @param lazy kernels of all points before training
   */
  Result addWhole(Result result, LayerKernels lazy) {
    int p = problem.trainPoints();
    LayerKernels last = kernels.get(kernels.size() - 1).train(problem);
    LayerKernels start = lazy.train(problem);
    Result with = result;
    for (int l = 0; l < last.feature().size(); l++) {
      with =
          with.with("phi_" + (l + 1), last.feature().get(l), p, p)
              .with("phi_lazy_" + (l + 1), start.feature().get(l), p, p);
    }
    for (int l = 0; l < last.gradient().size(); l++) {
      with = with.with("g_" + (l + 1), last.gradient().get(l), p, p);
    }
    if (lastErrors.isPresent()) {
      LayerKernels errors = lastErrors.get().train(problem);
      for (int l = 0; l < errors.feature().size(); l++) {
        with =
            with.with("phi_" + (l + 1) + "_standard_error", errors.feature().get(l), p, p)
                .with("g_" + (l + 1) + "_standard_error", errors.gradient().get(l), p, p);
      }
    }
    if (KernelCourse.follows(problem)) {
      double[] input = problem.trainInputKernel();
      return with.with("ntk", last.tangentKernel(input), p, p)
          .with("ntk_lazy", start.tangentKernel(input), p, p);
    }
    with = add(with, "ntk", last);
    with = add(with, "ntk_lazy", start);
    return lastErrors.isEmpty()
        ? with
        : add(with, "ntk_standard_error", lastErrors.get().train(problem));
  }

  /** Adds a tangent kernel that was measured. */
  private static Result add(Result result, String name, LayerKernels kernels) {
    int p = (int) Math.round(Math.sqrt(kernels.feature().get(0).length));
    return kernels.tangent().map(k -> result.with(name, k, p, p)).orElse(result);
  }

  /**
   * Adds alignment_t, trace_t and movement_t (recorded times x (L + 1), the tangent kernel last, L
   * without it) over kernel_time, with standard errors.
   */
  Result addNumbers(Result result) {
    int times = time.length;
    int columns = columns();
    Result with =
        result
            .with("kernel_time", time, times)
            .with("alignment_t", numbers.alignment(), times, columns)
            .with("trace_t", numbers.trace(), times, columns)
            .with("movement_t", numbers.movement(), times, columns);
    return errors
        .map(
            e ->
                with.with("alignment_t_standard_error", e.alignment(), times, columns)
                    .with("trace_t_standard_error", e.trace(), times, columns)
                    .with("movement_t_standard_error", e.movement(), times, columns))
        .orElse(with);
  }
}
