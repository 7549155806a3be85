package org.richkernel;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.richkernel.data.Datasets;
import org.richkernel.dynamics.DynamicsProblem;
import org.richkernel.dynamics.DynamicsSolution;
import org.richkernel.dynamics.KernelCourse;
import org.richkernel.finite.GradientDescentNetwork;
import org.richkernel.metrics.KernelMetrics;
import org.richkernel.metrics.Scores;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.Predictor;
import org.richkernel.network.Targets;
import org.richkernel.result.LayerSummary;
import org.richkernel.result.Result;
import org.richkernel.result.SavedModel;
import org.richkernel.result.Score;
import org.richkernel.result.Summary;

/** A finished {@link FiniteTraining}: means and standard errors over the networks. */
public final class FiniteTrainingFit implements Fit {
  private final Map<String, Object> options;
  private final GradientDescentNetwork.Outcome outcome;
  private final DynamicsSolution solution;
  private final Points points;
  private final Datasets data;
  private final FitCost cost;

  FiniteTrainingFit(
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
    return solution.times() == 0
        ? new double[points.trainTargets().toArray().length]
        : solution.trainOutputs(solution.times() - 1);
  }

  private double[] lastTestOutputs() {
    int size = points.testInputs().rows() * points.trainTargets().outputs();
    return solution.times() == 0 ? new double[size] : solution.testOutputs(solution.times() - 1);
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
            .seed(problem.options().seed())
            .converged(converged())
            .iterations(Math.max(0, solution.times() - 1))
            .train(withError(trainScores(), solution.standardError().trainLoss()));
    cost.addTo(summary, ioSeconds);
    testScores()
        .ifPresent(scores -> summary.test(withError(scores, solution.standardError().testLoss())));
    List<KernelMetrics> layers = new TrainingKernels(solution).last();
    KernelCourse errors = solution.standardError().course();
    for (int l = 1; l <= layers.size(); l++) {
      KernelMetrics metrics = layers.get(l - 1);
      // the last recorded time has the layers and then the tangent kernel
      int at = errors.alignment().length - layers.size() + l - 2;
      summary.layer(
          LayerSummary.of(l, metrics.alignment(), metrics.trace(), metrics.frobenius())
              .withStandardErrors(
                  errors.alignment()[at], errors.trace()[at], errors.frobenius()[at]));
    }
    summary.detail("method", "gradient descent");
    summary.detail("stop", solution.reason().name().toLowerCase(Locale.ROOT));
    summary.detail("outcome", solution.outcome());
    return arrays(summary.build());
  }

  /** The loss of the mean output, with the standard error of the loss over the networks. */
  private static Score withError(Scores scores, double[] errors) {
    Score score = ResultParts.score(scores);
    double error = errors.length == 0 ? Double.NaN : errors[errors.length - 1];
    return score.withLossStandardError(error);
  }

  private Result arrays(Summary summary) {
    Result result = ResultParts.predictions(summary, points, lastTrainOutputs(), lastTestOutputs());
    int times = solution.times();
    double[] time = new double[times];
    Arrays.setAll(time, t -> t * solution.problem().options().stepSize());
    result = result.with("time", time, times);
    result = paths(result, "f_train_t", points.trainTargets(), 0, solution.mean().outputs());
    result =
        paths(
            result,
            "f_train_t_standard_error",
            points.trainTargets(),
            0,
            solution.standardError().outputs());
    result = result.with("loss_train_t", solution.mean().trainLoss(), times);
    result =
        result.with("loss_train_t_standard_error", solution.standardError().trainLoss(), times);
    if (points.testTargets().isPresent()) {
      Targets y = points.testTargets().get();
      int first = points.trainInputs().rows();
      result = paths(result, "f_test_t", y, first, solution.mean().outputs());
      result =
          paths(result, "f_test_t_standard_error", y, first, solution.standardError().outputs());
      result = result.with("loss_test_t", solution.mean().testLoss(), times);
      result =
          result.with("loss_test_t_standard_error", solution.standardError().testLoss(), times);
    }
    return new TrainingKernels(solution).addTo(result);
  }

  /** Outputs of some of the points, times x points for one output, else times x points x K. */
  private Result paths(Result result, String name, Targets targets, int first, double[] outputs) {
    int k = targets.outputs();
    int times = solution.times();
    int rows = targets.rows();
    int all = solution.problem().points();
    double[] values = new double[times * rows * k];
    for (int t = 0; t < times; t++) {
      System.arraycopy(outputs, (t * all + first) * k, values, t * rows * k, rows * k);
    }
    return k == 1
        ? result.with(name, values, times, rows)
        : result.with(name, values, times, rows, k);
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
