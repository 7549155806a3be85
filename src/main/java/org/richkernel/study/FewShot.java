package org.richkernel.study;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.data.ImageClasses;
import org.richkernel.data.InvalidDataException;
import org.richkernel.limit.fewshot.FewShotExperiment;
import org.richkernel.limit.fewshot.FewShotModel;
import org.richkernel.limit.fewshot.FewShotOptions;
import org.richkernel.limit.fewshot.ImagePool;
import org.richkernel.limit.fewshot.MetaSchedule;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.result.PeakMemory;
import org.richkernel.solver.RunControl;

/**
 * Few-shot learning by first-order meta-learning on classes of images: networks of infinite width,
 * of finite widths, and kernels at initialisation, on the same tasks (Yang and Hu,
 * arXiv:2011.14522, section 9.2).
 *
 * @param images all classes
 * @param split use of the classes
 * @param experiment models and tasks
 */
public record FewShot(ImageClasses images, Split split, FewShotExperiment experiment) {
  /**
   * Classes in the order in which they were read: the first for training, the next for the choice
   * of rates, the rest for evaluation.
   *
   * @param train number of classes
   * @param tune number of classes, 0 for no choice of rates
   * @param rotations whether each class stands four times, turned by quarter turns
   */
  public record Split(int train, int tune, boolean rotations) {}

  /**
   * Models on some classes.
   *
   * @throws InvalidProblemException naming the number that does not fit
   * @throws InvalidDataException naming the class that has too few images
   */
  public static FewShot of(
      ImageClasses images,
      Split split,
      FewShotOptions options,
      MetaSchedule schedule,
      List<FewShotModel> models) {
    requireClasses("train-classes", split.train(), 1, images.count() - 1, images);
    requireClasses("tune-classes", split.tune(), 0, images.count() - split.train() - 1, images);
    int held = images.count() - split.train() - split.tune();
    requireExamples(images, options);
    return new FewShot(
        images,
        split,
        new FewShotExperiment(
            options,
            schedule,
            models,
            pool(images.range(0, split.train()), split),
            split.tune() == 0
                ? Optional.empty()
                : Optional.of(pool(images.range(split.train(), split.tune()), split)),
            pool(images.range(images.count() - held, held), split)));
  }

  private static void requireClasses(
      String field, int value, int least, int most, ImageClasses images) {
    if (value < least || value > most) {
      throw new InvalidProblemException(
          field,
          value,
          String.format(
              Locale.ROOT,
              "there are %d classes, of which at least one is left to evaluate on; use %d to %d",
              images.count(),
              least,
              Math.max(least, most)));
    }
  }

  /** Each class has images enough for a task of either kind. */
  private static void requireExamples(ImageClasses images, FewShotOptions options) {
    int wanted = options.shots() + Math.max(options.queries(), options.evaluationQueries());
    for (int c = 0; c < images.count(); c++) {
      if (images.examples(c) < wanted) {
        throw new InvalidDataException(
            images.files().values().stream().findFirst().map(f -> f.name()).orElse("images"),
            "class " + images.names().get(c) + " has " + images.examples(c) + " images",
            String.format(
                Locale.ROOT,
                "a task takes %d of a class (--shots %d and queries); lower --shots, --queries or"
                    + " --evaluation-queries, or remove the class",
                wanted,
                options.shots()));
      }
    }
  }

  private static ImagePool pool(ImageClasses classes, Split split) {
    return new ImagePool(classes.images(), classes.height(), classes.width(), split.rotations());
  }

  /** Peak memory of each model. */
  public List<MemoryPlan> plans() {
    List<MemoryPlan> plans = experiment.plans();
    long read = (long) Float.BYTES * images.total() * images.pixels();
    plans.forEach(plan -> plan.addHost(2 * read));
    return plans;
  }

  /**
   * Lets every model learn, and evaluates it.
   *
   * @return empty if a stop was requested
   * @throws org.richkernel.compute.OutOfDeviceMemoryException before any work, if it would not fit
   */
  public Optional<FewShotFit> fit(Backend backend, RunControl control) {
    return experiment
        .run(backend, control)
        .map(
            learned ->
                new FewShotFit(
                    this,
                    learned,
                    backend.info(),
                    PeakMemory.of(backend),
                    control.checkpoints().seconds()));
  }
}
