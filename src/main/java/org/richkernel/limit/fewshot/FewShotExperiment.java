package org.richkernel.limit.fewshot;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.solver.RunControl;
import org.richkernel.solver.Stages;

/**
 * Models that meta-learn on the same tasks, one after the other, and are evaluated on the same
 * tasks of another pool. If there is a choice of rates, each model takes those that do best on
 * tasks of a third pool, apart from the evaluation.
 *
 * @param models in order
 * @param training pool of the training tasks
 * @param tuning pool of the choice of rates; empty without a choice
 * @param evaluation pool of the evaluation tasks
 */
public record FewShotExperiment(
    FewShotOptions options,
    MetaSchedule schedule,
    List<FewShotModel> models,
    ImagePool training,
    Optional<ImagePool> tuning,
    ImagePool evaluation) {

  /**
   * A trial of a model with some rates.
   *
   * @param accuracy mean over the tuning tasks, NaN if it diverged
   */
  public record Trial(MetaRates rates, double accuracy) {}

  /**
   * A model and its curve.
   *
   * @param trials of all choices, empty without a choice
   */
  public record Learned(FewShotModel model, FewShotCurve curve, List<Trial> trials) {
    /** Takes a copy of the list. */
    public Learned {
      trials = List.copyOf(trials);
    }
  }

  /**
   * Checks that the pools have enough classes and images.
   *
   * @throws InvalidProblemException naming the pool that is too small
   */
  public FewShotExperiment {
    models = List.copyOf(models);
    if (models.isEmpty()) {
      throw new InvalidProblemException(
          "widths", "none", "name at least one width, or a kernel with --kernels");
    }
    int last = schedule.evaluateAt().get(schedule.evaluateAt().size() - 1);
    if (last > options.metaSteps()) {
      throw new InvalidProblemException(
          "evaluate-at", last, "use steps from 0 to --meta-steps, " + options.metaSteps());
    }
    requireFits("training", training, options, options.queries());
    requireFits("evaluation", evaluation, options, options.evaluationQueries());
    if (schedule.isTuned()) {
      ImagePool pool =
          tuning.orElseThrow(
              () ->
                  new InvalidProblemException(
                      "tune-classes",
                      0,
                      "a choice of --inner-rates or --meta-rates needs classes of its own; give"
                          + " some, or one rate each"));
      requireFits("tuning", pool, options, options.evaluationQueries());
    }
  }

  private static void requireFits(String of, ImagePool pool, FewShotOptions options, int queries) {
    if (pool.classes() < options.ways()) {
      throw new InvalidProblemException(
          "ways",
          options.ways(),
          String.format(
              Locale.ROOT,
              "there are %d %s classes, turned ones counted; use at most so many",
              pool.classes(),
              of));
    }
    int images = options.shots() + queries;
    if (pool.fewestExamples() < images) {
      throw new InvalidProblemException(
          "shots",
          options.shots(),
          String.format(
              Locale.ROOT,
              "a task takes %d images of a class with its queries, and a %s class has %d; lower"
                  + " --shots or the number of queries",
              images,
              of,
              pool.fewestExamples()));
    }
  }

  private MetaTraining tried(FewShotModel model, MetaRates rates) {
    return MetaTraining.tried(model, options, rates, training, tuning.orElseThrow());
  }

  private MetaTraining reported(FewShotModel model, MetaRates rates) {
    return MetaTraining.reported(
        model, options, rates, schedule.evaluateAt(), training, evaluation);
  }

  /** Peak memory of each model. */
  public List<MemoryPlan> plans() {
    List<MemoryPlan> plans = new ArrayList<>();
    MetaRates some = schedule.choices().get(0);
    for (FewShotModel model : models) {
      plans.add(reported(model, some).plan());
      if (schedule.isTuned()) {
        plans.add(tried(model, some).plan());
      }
    }
    return plans;
  }

  /**
   * Trains and evaluates every model.
   *
   * @return empty if a stop was requested
   * @throws org.richkernel.compute.OutOfDeviceMemoryException before any work, if it would not fit
   */
  public Optional<List<Learned>> run(Backend backend, RunControl control) {
    plans().forEach(plan -> plan.requireFits(backend, "leave out --kernels, or lower --tasks"));
    Stages stages = new Stages(control);
    List<Learned> all = new ArrayList<>();
    for (FewShotModel model : models) {
      List<Trial> trials = new ArrayList<>();
      MetaRates best = schedule.choices().get(0);
      if (schedule.isTuned()) {
        for (MetaRates rates : schedule.choices()) {
          String phase =
              String.format(
                  Locale.ROOT, "%s, trying %s, %s", label(model), rates.inner(), rates.meta());
          Optional<FewShotCurve> curve =
              stages.next(
                  FewShotCurve.Form.FORM, own -> tried(model, rates).run(backend, own, phase));
          if (curve.isEmpty()) {
            return Optional.empty();
          }
          trials.add(new Trial(rates, mean(curve.get().accuracies().get(0))));
        }
        best = best(trials);
      }
      MetaRates chosen = best;
      Optional<FewShotCurve> curve =
          stages.next(
              FewShotCurve.Form.FORM,
              own -> reported(model, chosen).run(backend, own, label(model)));
      if (curve.isEmpty()) {
        return Optional.empty();
      }
      all.add(new Learned(model, curve.get(), trials));
    }
    return Optional.of(all);
  }

  private static String label(FewShotModel model) {
    return model.repeat() == 0 ? model.name() : model.name() + " #" + (model.repeat() + 1);
  }

  private static double mean(double[] values) {
    return Arrays.stream(values).sum() / values.length;
  }

  private static MetaRates best(List<Trial> trials) {
    Trial best = trials.get(0);
    for (Trial trial : trials) {
      boolean better = trial.accuracy() > best.accuracy() || Double.isNaN(best.accuracy());
      best = better && !Double.isNaN(trial.accuracy()) ? trial : best;
    }
    return best.rates();
  }
}
