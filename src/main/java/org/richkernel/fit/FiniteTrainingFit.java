package org.richkernel.fit;

import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.richkernel.data.Datasets;
import org.richkernel.dynamics.DynamicsProblem;
import org.richkernel.dynamics.DynamicsSolution;
import org.richkernel.dynamics.KernelCourse;
import org.richkernel.finite.GradientDescentNetwork;
import org.richkernel.metrics.Scores;
import org.richkernel.model.ModelSettings;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.Predictor;
import org.richkernel.result.LayerSummary;
import org.richkernel.result.Result;
import org.richkernel.result.SavedModel;
import org.richkernel.result.Score;
import org.richkernel.result.Summary;

/** Finished trainings of finite networks: means and standard errors over the networks. */
public final class FiniteTrainingFit implements Fit {
  private final Map<String, Object> options;
  private final GradientDescentNetwork.Outcome outcome;
  private final DynamicsSolution solution;
  private final Points points;
  private final Datasets data;
  private final FitCost cost;

  /** The trained networks, with the options by the names of the command line. */
  public FiniteTrainingFit(
      Map<String, Object> options,
      GradientDescentNetwork.Outcome outcome,
      Points points,
      Datasets data,
      FitCost cost) {
    this.options = options;
    this.outcome = outcome;
    this.solution = outcome.solution();
    this.points = points;
    this.data = data;
    this.cost = cost;
  }

  /** Outputs, losses and kernels over time. */
  public DynamicsSolution solution() {
    return solution;
  }

  /** Whether all steps were taken; false after a divergence. */
  @Override
  public boolean converged() {
    return outcome.predictor().isPresent();
  }

  @Override
  public Scores trainScores() {
    return Scores.of(points.trainTargets(), lastTrainOutputs());
  }

  @Override
  public Optional<Scores> testScores() {
    return points.testTargets().map(y -> Scores.of(y, lastTestOutputs()));
  }

  private double[] lastTrainOutputs() {
    return solution.trainOutputs(solution.times() - 1);
  }

  private double[] lastTestOutputs() {
    return solution.testOutputs(solution.times() - 1);
  }

  /**
   * The trained networks, as many as are kept.
   *
   * @throws InvalidProblemException if the training diverged
   */
  @Override
  public Predictor predictor() {
    return outcome
        .predictor()
        .orElseThrow(
            () ->
                new InvalidProblemException(
                    "training", solution.outcome(), "only a finished training predicts"));
  }

  @Override
  public Result result(Map<String, ?> config, double ioSeconds) {
    DynamicsProblem problem = solution.problem();
    Summary.Builder summary =
        Summary.builder("finite", config)
            .data(data.origin())
            .seed(problem.options().seed())
            .converged(converged())
            .iterations(solution.times() - 1)
            .train(withError(trainScores(), solution.trainLossStandardError()));
    cost.addTo(summary, ioSeconds);
    testScores()
        .ifPresent(scores -> summary.test(withError(scores, solution.testLossStandardError())));
    TrainingKernels kernels = TrainingKernels.of(solution);
    KernelCourse numbers = kernels.numbers();
    KernelCourse errors = solution.standardError().course();
    for (int l = 1; l <= problem.network().hiddenLayers(); l++) {
      int at = kernels.last(l);
      summary.layer(
          LayerSummary.of(l, numbers.alignment()[at], numbers.trace()[at], numbers.frobenius()[at])
              .withStandardErrors(
                  errors.alignment()[at], errors.trace()[at], errors.frobenius()[at]));
    }
    summary.detail("method", "gradient descent");
    summary.detail("stop", solution.reason().name().toLowerCase(Locale.ROOT));
    summary.detail("outcome", solution.outcome());
    return arrays(summary.build(), kernels);
  }

  /**
   * The loss of the mean output, with the standard error that the spread of the networks' own
   * losses gives: to first order in the spread of their outputs both losses err alike, beyond it
   * that of one network errs more.
   */
  private static Score withError(Scores scores, double[] errors) {
    Score score = ResultParts.score(scores);
    double error = errors.length == 0 ? Double.NaN : errors[errors.length - 1];
    return score.withLossStandardError(error);
  }

  private Result arrays(Summary summary, TrainingKernels kernels) {
    DynamicsProblem problem = solution.problem();
    Result result = ResultParts.predictions(summary, points, lastTrainOutputs(), lastTestOutputs());
    int times = solution.times();
    double[] time = new double[times];
    Arrays.setAll(time, t -> t * problem.options().stepSize());
    result = result.with("time", time, times);
    result = OutputPaths.addTo(result, problem, "", solution.mean().outputs());
    double[] errors = solution.standardError().outputs();
    result = OutputPaths.addTo(result, problem, "_standard_error", errors);
    result = OutputPaths.addLastErrors(result, problem, errors);
    result =
        result
            .with("loss_train_t", solution.trainLoss(), times)
            .with("loss_train_t_standard_error", solution.trainLossStandardError(), times);
    if (points.testTargets().isPresent()) {
      result =
          result
              .with("loss_test_t", solution.testLoss(), times)
              .with("loss_test_t_standard_error", solution.testLossStandardError(), times);
    }
    return kernels.addNumbers(kernels.addWhole(result, kernels.kernels().get(0)));
  }

  @Override
  public Map<String, Object> options() {
    return options;
  }

  @Override
  public Optional<SavedModel> model() {
    return outcome.predictor().map(predictor -> ModelSettings.of(predictor, data));
  }
}
