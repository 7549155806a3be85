package org.richkernel.limit.fewshot;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Workspace;
import org.richkernel.solver.Progress;
import org.richkernel.solver.RunControl;
import org.richkernel.solver.SolverState;

/** The course of one model: meta-steps, and evaluations at some of them. */
final class MetaTraining {
  private final FewShotModel model;
  private final FewShotOptions options;
  private final MetaRates rates;
  private final ImagePool training;
  private final ImagePool evaluation;
  private final TaskSampler trainingTasks;
  private final TaskSampler evaluationTasks;
  private final int evaluationCount;
  private final List<Integer> evaluateAt;
  private final int steps;

  private MetaTraining(
      FewShotModel model,
      FewShotOptions options,
      MetaRates rates,
      ImagePool training,
      ImagePool evaluation,
      TaskSampler.Purpose purpose,
      int evaluationCount,
      List<Integer> evaluateAt,
      int steps) {
    this.model = model;
    this.options = options;
    this.rates = rates;
    this.training = training;
    this.evaluation = evaluation;
    this.evaluationCount = evaluationCount;
    this.evaluateAt = evaluateAt;
    this.steps = steps;
    trainingTasks =
        new TaskSampler(
            training,
            options.ways(),
            options.shots(),
            options.queries(),
            options.seed(),
            TaskSampler.Purpose.TRAINING);
    evaluationTasks =
        new TaskSampler(
            evaluation,
            options.ways(),
            options.shots(),
            options.evaluationQueries(),
            options.seed(),
            purpose);
  }

  /** The course whose evaluations are reported. */
  static MetaTraining reported(
      FewShotModel model,
      FewShotOptions options,
      MetaRates rates,
      List<Integer> evaluateAt,
      ImagePool training,
      ImagePool evaluation) {
    return new MetaTraining(
        model,
        options,
        rates,
        training,
        evaluation,
        TaskSampler.Purpose.EVALUATION,
        options.evaluationTasks(),
        evaluateAt,
        options.metaSteps());
  }

  /** A shorter course for the choice of rates. */
  static MetaTraining tried(
      FewShotModel model,
      FewShotOptions options,
      MetaRates rates,
      ImagePool training,
      ImagePool tuning) {
    return new MetaTraining(
        model,
        options,
        rates,
        training,
        tuning,
        TaskSampler.Purpose.TUNING,
        options.tuneTasks(),
        List.of(options.tuneSteps()),
        options.tuneSteps());
  }

  /** Peak memory. */
  MemoryPlan plan() {
    return model
        .plan(options, training, evaluation)
        .addAll(
            "",
            MemoryPlan.largest(
                trainingTasks.plan(options.tasks()), evaluationTasks.plan(evaluationCount)))
        .addHost((long) Double.BYTES * (2L * steps + (long) evaluateAt.size() * evaluationCount));
  }

  /**
   * Runs, from a checkpoint if there is one.
   *
   * @return empty if a stop was requested
   */
  Optional<FewShotCurve> run(Backend backend, RunControl control, String phase) {
    try (Workspace memory = new Workspace(backend, model.plan(options, training, evaluation))) {
      MetaLearner learner = model.start(options, rates, training, evaluation, backend, memory);
      double[] losses = new double[steps];
      double[] norms = new double[steps];
      List<double[]> accuracies = new ArrayList<>();
      int step = 0;
      Optional<SolverState> saved = control.checkpoints().load();
      if (saved.isPresent()) {
        step = restore(saved.get(), learner, losses, norms, accuracies);
      }
      List<Task> shared = evaluationTasks.tasks(backend, 0, evaluationCount);
      while (true) {
        if (accuracies.size() < evaluateAt.size() && evaluateAt.get(accuracies.size()) == step) {
          accuracies.add(learner.evaluate(shared));
        }
        if (step == steps) {
          return Optional.of(new FewShotCurve(rates, losses, norms, accuracies));
        }
        boolean stops = control.stop().isRaised();
        if (stops || control.checkpoints().due()) {
          control.checkpoints().save(step, state(step, learner, losses, norms, accuracies));
        }
        if (stops) {
          return Optional.empty();
        }
        MetaLearner.Step seen = learner.learn(trainingTasks.tasks(backend, step, options.tasks()));
        losses[step] = seen.loss();
        norms[step] = seen.norm();
        step++;
        if (!seen.isFinite()) {
          return Optional.of(diverged(step, losses, norms, accuracies));
        }
        control
            .listener()
            .progress(new Progress(phase, Double.NaN, step, steps, Double.NaN, Double.NaN));
      }
    }
  }

  /** The curve of a model with numbers that are not finite; later accuracies are NaN. */
  private FewShotCurve diverged(
      int step, double[] losses, double[] norms, List<double[]> accuracies) {
    Arrays.fill(losses, step, steps, Double.NaN);
    Arrays.fill(norms, step, steps, Double.NaN);
    while (accuracies.size() < evaluateAt.size()) {
      double[] unknown = new double[evaluationCount];
      Arrays.fill(unknown, Double.NaN);
      accuracies.add(unknown);
    }
    return new FewShotCurve(rates, losses, norms, accuracies);
  }

  private static SolverState state(
      int step, MetaLearner learner, double[] losses, double[] norms, List<double[]> accuracies) {
    SolverState learned = new SolverState();
    learner.save(learned);
    SolverState state =
        new SolverState()
            .put("step", step)
            .put("losses", Arrays.copyOf(losses, step))
            .put("norms", Arrays.copyOf(norms, step))
            .put("evaluations", accuracies.size())
            .put("learner", learned);
    for (int e = 0; e < accuracies.size(); e++) {
      state.put("accuracy_" + e, accuracies.get(e));
    }
    return state;
  }

  private static int restore(
      SolverState state,
      MetaLearner learner,
      double[] losses,
      double[] norms,
      List<double[]> accuracies) {
    int step = (int) state.number("step");
    System.arraycopy(state.doubles("losses"), 0, losses, 0, step);
    System.arraycopy(state.doubles("norms"), 0, norms, 0, step);
    for (int e = 0; e < (int) state.number("evaluations"); e++) {
      accuracies.add(state.doubles("accuracy_" + e));
    }
    learner.restore(state.part("learner"));
    return step;
  }
}
