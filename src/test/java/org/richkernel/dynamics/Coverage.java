package org.richkernel.dynamics;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** How often intervals of one and of two standard errors hold the truth, by kind of number. */
final class Coverage {
  private static final double NORMAL_95 = 1.959964;

  private final Map<String, List<Double>> scores = new LinkedHashMap<>();

  /** Takes all numbers of a solution beside the truth. */
  void add(Trajectory truth, DynamicsSolution seen, int trainPoints) {
    addOutputs(truth, seen, trainPoints);
    Trajectory mean = seen.mean();
    Trajectory error = seen.standardError();
    int end = mean.kernels().size() - 1;
    int layers = mean.kernels().get(0).feature().size();
    for (int l = 0; l < layers; l++) {
      kernels(
          "phi",
          truth.kernels().get(end).feature().get(l),
          mean.kernels().get(end).feature().get(l),
          error.kernels().get(end).feature().get(l),
          mean.points());
      addCourse("", l, truth, seen);
    }
    addCourse("ntk ", layers, truth, seen);
  }

  /** Takes outputs and losses. */
  void addOutputs(Trajectory truth, DynamicsSolution seen, int trainPoints) {
    Trajectory mean = seen.mean();
    Trajectory error = seen.standardError();
    int last = mean.times() - 1;
    int points = mean.points();
    for (int t : new int[] {last / 4, last / 2, last}) {
      for (int i = 0; i < points; i++) {
        int at = t * points + i;
        add(
            i < trainPoints ? "f_train" : "f_test",
            truth.outputs()[at],
            mean.outputs()[at],
            error.outputs()[at]);
      }
      add("train loss", truth.trainLoss()[t], seen.trainLoss()[t], error.trainLoss()[t]);
      add("test loss", truth.testLoss()[t], seen.testLoss()[t], error.testLoss()[t]);
    }
  }

  /**
   * Takes the numbers of one kernel at the end.
   *
   * @param kernel its place among the layers, after them the tangent kernel
   */
  void addCourse(String of, int kernel, Trajectory truth, DynamicsSolution seen) {
    int layers = truth.kernels().get(0).feature().size();
    int at = (truth.kernels().size() - 1) * (layers + 1) + kernel;
    KernelCourse right = truth.course();
    KernelCourse found = seen.mean().course();
    KernelCourse off = seen.standardError().course();
    add(of + "alignment", right.alignment()[at], found.alignment()[at], off.alignment()[at]);
    add(of + "trace", right.trace()[at], found.trace()[at], off.trace()[at]);
    add(of + "frobenius", right.frobenius()[at], found.frobenius()[at], off.frobenius()[at]);
    add(of + "movement", right.movement()[at], found.movement()[at], off.movement()[at]);
  }

  private void kernels(String name, double[] truth, double[] mean, double[] error, int points) {
    for (int i = 0; i < points; i++) {
      for (int j = 0; j <= i; j++) {
        int at = i * points + j;
        add(name, truth[at], mean[at], error[at]);
      }
    }
  }

  void add(String name, double truth, double seen, double error) {
    scores.computeIfAbsent(name, key -> new ArrayList<>()).add((seen - truth) / error);
  }

  /** Share of the numbers within so many standard errors. */
  double within(double errors) {
    return share(all(), errors);
  }

  private List<Double> all() {
    return scores.values().stream().flatMap(List::stream).toList();
  }

  private static double share(List<Double> z, double errors) {
    return z.stream().filter(value -> Math.abs(value) <= errors).count() / (double) z.size();
  }

  /** 95 % coverage of one kind. */
  double coverage(String name) {
    return share(scores.get(name), NORMAL_95);
  }

  /** Lines of a table: kind, 68 %, 95 %, standard deviation of z, largest |z|. */
  String table(String title) {
    StringBuilder lines = new StringBuilder();
    Map<String, List<Double>> rows = new LinkedHashMap<>(scores);
    rows.put("all", all());
    rows.forEach(
        (name, z) ->
            lines.append(
                String.format(
                    Locale.ROOT,
                    "| %s | %s | %.2f | %.2f | %.2f | %.1f |%n",
                    title,
                    name,
                    share(z, 1),
                    share(z, NORMAL_95),
                    Math.sqrt(z.stream().mapToDouble(v -> v * v).average().orElseThrow()),
                    z.stream().mapToDouble(Math::abs).max().orElseThrow())));
    return lines.toString();
  }
}
