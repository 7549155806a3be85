package org.richkernel.fit;

import java.util.Arrays;
import org.richkernel.dynamics.DynamicsProblem;
import org.richkernel.result.Result;

/** Outputs in the course of a training, as a result holds them. */
final class OutputPaths {
  private OutputPaths() {}

  /**
   * Adds f_train_t and, with test points, f_test_t: times x points for one output, otherwise times
   * x points x K.
   *
   * @param suffix of both names
   * @param outputs row-major times x M x K, training points first
   */
  static Result addTo(Result result, DynamicsProblem problem, String suffix, double[] outputs) {
    int train = problem.trainPoints();
    int test = problem.testPoints();
    Result with = add(result, problem, "f_train_t" + suffix, outputs, 0, train);
    return test == 0 ? with : add(with, problem, "f_test_t" + suffix, outputs, train, test);
  }

  /**
   * Adds f_train_standard_error and, with test points, f_test_standard_error at the last time.
   *
   * @param errors row-major times x M x K, training points first
   */
  static Result addLastErrors(Result result, DynamicsProblem problem, double[] errors) {
    int k = problem.outputs();
    int width = problem.points() * k;
    int first = errors.length - width;
    int train = first + problem.trainPoints() * k;
    Result with =
        ResultParts.with(
            result, "f_train_standard_error", Arrays.copyOfRange(errors, first, train), k);
    return problem.testPoints() == 0
        ? with
        : ResultParts.with(
            with, "f_test_standard_error", Arrays.copyOfRange(errors, train, errors.length), k);
  }

  private static Result add(
      Result result, DynamicsProblem problem, String name, double[] all, int first, int count) {
    int k = problem.outputs();
    int width = problem.points() * k;
    int times = all.length / width;
    double[] paths = new double[times * count * k];
    for (int t = 0; t < times; t++) {
      System.arraycopy(all, t * width + first * k, paths, t * count * k, count * k);
    }
    return k == 1
        ? result.with(name, paths, times, count)
        : result.with(name, paths, times, count, k);
  }
}
