package org.richkernel.study;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.richkernel.limit.fewshot.FewShotExperiment.Learned;
import org.richkernel.limit.fewshot.KernelModel;
import org.richkernel.metrics.AlikeValues;
import org.richkernel.sampling.IndependentEstimates;

/**
 * Accuracies of models on shared tasks. Errors are those of the mean over tasks; with several
 * networks of a width, whose scores of a task are averaged first, the error of their mean from
 * their scatter is added in quadrature.
 */
final class FewShotScores {
  /** Probability .95 lies within so many standard errors of a normal variable. */
  private static final double NORMAL_95 = 1.959964;

  /**
   * A mean with its standard error.
   *
   * @param error NaN where it is not known
   */
  record Score(double value, double error) {
    /** Whether it differs from 0 by more than its 95 % interval. */
    boolean isResolved() {
      return Math.abs(value) > NORMAL_95 * error;
    }

    /** Half of the 95 % interval. */
    double halfWidth() {
      return NORMAL_95 * error;
    }
  }

  /** Networks of one width, or one kernel. */
  record Group(String name, boolean isKernel, List<Learned> members) {
    /** Accuracy on each task, mean over the networks. */
    double[] perTask(int mark) {
      return new IndependentEstimates(
              members.stream().map(m -> m.curve().accuracies().get(mark)).toList())
          .mean();
    }

    /** Squared standard error of the mean over the networks; 0 of a single one, which is itself. */
    private double networkVariance(int mark) {
      if (members.size() < 2) {
        return 0;
      }
      ToDoubleFunction<Learned> mean =
          m -> IndependentEstimates.mean(m.curve().accuracies().get(mark));
      double error =
          IndependentEstimates.standardError(members.stream().mapToDouble(mean).toArray());
      return error * error;
    }

    /** Accuracy at an evaluation. */
    Score accuracy(int mark) {
      double[] tasks = perTask(mark);
      return new Score(IndependentEstimates.mean(tasks), error(tasks, networkVariance(mark)));
    }

    /** Difference of this accuracy from another one, task by task. */
    Score over(Group other, int mark) {
      double[] tasks = perTask(mark);
      double[] others = other.perTask(mark);
      for (int t = 0; t < tasks.length; t++) {
        tasks[t] -= others[t];
      }
      return new Score(
          IndependentEstimates.mean(tasks),
          error(tasks, networkVariance(mark) + other.networkVariance(mark)));
    }

    private static double error(double[] tasks, double networkVariance) {
      double scatter = IndependentEstimates.standardError(tasks);
      // tasks that all come out alike do not tell that others would
      double error = scatter == 0 ? AlikeValues.standardError(tasks.length) : scatter;
      return Math.sqrt(error * error + networkVariance);
    }
  }

  private final List<Group> groups;

  FewShotScores(List<Learned> learned) {
    Map<String, List<Learned>> byName = new LinkedHashMap<>();
    for (Learned one : learned) {
      byName.computeIfAbsent(one.model().name(), name -> new ArrayList<>()).add(one);
    }
    groups =
        byName.entrySet().stream()
            .map(
                e ->
                    new Group(
                        e.getKey(),
                        e.getValue().get(0).model() instanceof KernelModel,
                        List.copyOf(e.getValue())))
            .toList();
  }

  /** In the order of the models; differences are taken against the first. */
  List<Group> groups() {
    return groups;
  }

  /**
   * Each model beside the one before it, and each kernel beside the last network: ">" or "<" where
   * the paired difference is larger than its 95 % interval, "=" where it is not resolved.
   */
  String order(int mark) {
    StringBuilder text = new StringBuilder();
    Group last = null;
    List<String> kernels = new ArrayList<>();
    for (Group group : groups) {
      if (group.isKernel() && last != null) {
        kernels.add(last.name() + " " + sign(last, group, mark) + " " + group.name());
      } else if (last != null) {
        text.append(' ').append(sign(last, group, mark)).append(' ').append(group.name());
      } else {
        text.append(group.name());
      }
      last = group.isKernel() ? last : group;
    }
    kernels.forEach(kernel -> text.append(", ").append(kernel));
    return text.toString();
  }

  private static String sign(Group better, Group worse, int mark) {
    Score difference = better.over(worse, mark);
    return !difference.isResolved() ? "=" : difference.value() > 0 ? ">" : "<";
  }
}
