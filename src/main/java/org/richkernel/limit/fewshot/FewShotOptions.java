package org.richkernel.limit.fewshot;

import org.richkernel.option.Setting;
import org.richkernel.option.Settings;

/**
 * First-order model-agnostic meta-learning (Finn et al., arXiv:1703.03400), as the experiment of
 * Yang and Hu (arXiv:2011.14522, section 9.2) runs it: gradients of a task's queries at the adapted
 * parameters, summed over the tasks of a step, clipped, and applied to the parameters before
 * adaptation.
 *
 * @param ways N, classes of a task
 * @param shots K, images of each class to learn from
 * @param queries images of each class in the outer loss
 * @param evaluationQueries images of each class to classify in an evaluation
 * @param tasks of a meta-step
 * @param evaluationTasks tasks of every evaluation
 * @param innerSteps steps on a task in training
 * @param evaluationInnerSteps steps on a task in an evaluation
 * @param metaSteps T
 * @param clip largest norm of the outer gradient
 * @param tuneSteps meta-steps of each choice of rates
 * @param tuneTasks tasks that compare the choices
 * @param seed of weights and tasks
 */
public record FewShotOptions(
    @Setting(label = "N", usual = "5", min = 2, help = "Number of classes of a task.") int ways,
    @Setting(
            label = "K",
            usual = "1",
            min = 1,
            help = "Number of images of each class that a task is learned from.")
        int shots,
    @Setting(
            label = "Q",
            usual = "1",
            min = 1,
            help = "Number of images of each class that the outer loss of a task is taken on.")
        int queries,
    @Setting(
            label = "Q",
            usual = "5",
            min = 1,
            help = "Number of images of each class to tell apart in an evaluation.")
        int evaluationQueries,
    @Setting(
            label = "B",
            usual = "32",
            min = 1,
            help = "Number of tasks of a meta-step, whose gradients are summed.")
        int tasks,
    @Setting(
            label = "M",
            usual = "1000",
            min = 2,
            help = "Number of tasks of an evaluation, the same for all curves and steps.")
        int evaluationTasks,
    @Setting(
            label = "S",
            usual = "1",
            min = 0,
            help = "Number of gradient steps on a task in training.")
        int innerSteps,
    @Setting(
            label = "S",
            usual = "20",
            min = 0,
            help = "Number of gradient steps on a task in an evaluation.")
        int evaluationInnerSteps,
    @Setting(label = "T", usual = "1000", min = 0, help = "Number of meta-steps.") int metaSteps,
    @Setting(
            label = "G",
            usual = "0.5",
            above = 0,
            help = "Largest norm of an outer gradient, a pure number; longer ones are shortened.")
        double clip,
    @Setting(
            label = "T",
            usual = "300",
            min = 0,
            help = "Number of meta-steps after which choices of rates are compared.")
        int tuneSteps,
    @Setting(
            label = "M",
            usual = "400",
            min = 2,
            help = "Number of tasks, of --tune-classes, that choices of rates are compared on.")
        int tuneTasks,
    @Setting(label = "N", usual = "0", help = "Key of the random numbers, an integer.") long seed) {

  private static final Settings<FewShotOptions> SETTINGS = Settings.of(FewShotOptions.class);

  /**
   * Checks the numbers.
   *
   * @throws org.richkernel.network.InvalidProblemException naming the first invalid one
   */
  public FewShotOptions {
    SETTINGS.check(
        ways,
        shots,
        queries,
        evaluationQueries,
        tasks,
        evaluationTasks,
        innerSteps,
        evaluationInnerSteps,
        metaSteps,
        clip,
        tuneSteps,
        tuneTasks,
        seed);
  }

  /** 5-way 1-shot tasks, as published. */
  public static FewShotOptions usual() {
    return SETTINGS.usual();
  }

  /** Number of support images of a task. */
  int support() {
    return ways * shots;
  }

  /** Number of images of a batch of training tasks. */
  int batchImages() {
    return Math.multiplyExact(tasks, ways * (shots + queries));
  }

  /** Number of tasks in a batch of an evaluation. */
  int evaluationBatch() {
    return Math.max(1, batchImages() / (ways * (shots + evaluationQueries)));
  }

  /** Number of rows of the larger batch. */
  int capacity() {
    return Math.max(batchImages(), evaluationBatch() * ways * (shots + evaluationQueries));
  }
}
