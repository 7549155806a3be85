package org.richkernel.limit.fewshot;

import java.util.List;
import org.richkernel.network.InvalidProblemException;

/**
 * First-order model-agnostic meta-learning (Finn et al., arXiv:1703.03400), as the experiment of
 * Yang and Hu (arXiv:2011.14522, section 9.2) runs it: gradients of a task's queries at the adapted
 * parameters, summed over the tasks of a step, clipped, and taken as those of the parameters before.
 *
 * @param ways N, classes of a task
 * @param shots K, images of each class to learn from
 * @param queries images of each class that the outer loss is taken on
 * @param evaluationQueries images of each class to tell apart in an evaluation
 * @param tasks of a meta-step
 * @param evaluationTasks that every evaluation is made on
 * @param innerSteps steps on a task in training
 * @param evaluationInnerSteps steps on a task in an evaluation
 * @param metaSteps T
 * @param evaluateAt numbers of meta-steps after which to evaluate
 * @param clip largest norm of the outer gradient
 * @param innerRates steps on a task; each curve takes the best of several
 * @param metaRates steps of the outer gradient; each curve takes the best of several
 * @param tuneSteps meta-steps of each choice
 * @param tuneTasks tasks that choices are compared on
 * @param seed of weights and tasks
 */
public record FewShotOptions(
    int ways,
    int shots,
    int queries,
    int evaluationQueries,
    int tasks,
    int evaluationTasks,
    int innerSteps,
    int evaluationInnerSteps,
    int metaSteps,
    List<Integer> evaluateAt,
    double clip,
    List<Double> innerRates,
    List<Double> metaRates,
    int tuneSteps,
    int tuneTasks,
    long seed) {

  /**
   * Checks the numbers.
   *
   * @throws InvalidProblemException naming the first that makes no sense
   */
  public FewShotOptions {
    evaluateAt = evaluateAt.stream().distinct().sorted().toList();
    innerRates = List.copyOf(innerRates);
    metaRates = List.copyOf(metaRates);
    require(ways >= 2, "ways", ways, "use at least 2");
    require(shots >= 1, "shots", shots, "use at least 1");
    require(queries >= 1, "queries", queries, "use at least 1");
    require(evaluationQueries >= 1, "evaluation-queries", evaluationQueries, "use at least 1");
    require(tasks >= 1, "tasks", tasks, "use at least 1");
    require(evaluationTasks >= 2, "evaluation-tasks", evaluationTasks, "use at least 2");
    require(innerSteps >= 0, "inner-steps", innerSteps, "use at least 0");
    require(
        evaluationInnerSteps >= 0,
        "evaluation-inner-steps",
        evaluationInnerSteps,
        "use at least 0");
    require(metaSteps >= 0, "meta-steps", metaSteps, "use at least 0");
    require(!evaluateAt.isEmpty(), "evaluate-at", "empty", "name at least one step, such as 0");
    for (int at : evaluateAt) {
      require(
          at >= 0 && at <= metaSteps,
          "evaluate-at",
          at,
          "use steps from 0 to --meta-steps, " + metaSteps);
    }
    require(clip > 0, "clip", clip, "use a positive number");
    requireRates("inner-rates", innerRates);
    requireRates("meta-rates", metaRates);
    require(tuneSteps >= 0, "tune-steps", tuneSteps, "use at least 0");
    require(tuneTasks >= 2, "tune-tasks", tuneTasks, "use at least 2");
  }

  private static void requireRates(String field, List<Double> rates) {
    require(!rates.isEmpty(), field, "empty", "name at least one, such as 0.4");
    for (double rate : rates) {
      require(rate > 0 && Double.isFinite(rate), field, rate, "use positive numbers");
    }
  }

  private static void require(boolean holds, String field, Object value, String allowed) {
    if (!holds) {
      throw new InvalidProblemException(field, value, allowed);
    }
  }

  /** Whether there is anything to choose. */
  public boolean isTuned() {
    return innerRates.size() * metaRates.size() > 1;
  }

  /** Images of a task that it learns from. */
  int support() {
    return ways * shots;
  }

  /** Images of a batch of training tasks. */
  int batchImages() {
    return tasks * ways * (shots + queries);
  }

  /** Tasks of an evaluation that are worked on at once. */
  int evaluationBatch() {
    return Math.max(1, batchImages() / (ways * (shots + evaluationQueries)));
  }

  /** Rows that hold a batch of either kind. */
  int capacity() {
    return Math.max(batchImages(), evaluationBatch() * ways * (shots + evaluationQueries));
  }
}
