package org.richkernel;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.richkernel.data.Datasets;
import org.richkernel.dynamics.DynamicsProblem;
import org.richkernel.dynamics.DynamicsSolution;
import org.richkernel.dynamics.LayerKernels;
import org.richkernel.finite.GradientDescentNetwork;
import org.richkernel.metrics.KernelMetrics;
import org.richkernel.metrics.Scores;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.Predictor;
import org.richkernel.network.Targets;
import org.richkernel.result.LayerSummary;
import org.richkernel.result.Result;
import org.richkernel.result.ResultFolder;
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
    if (!solution.mean().kernels().isEmpty()) {
      addLayers(summary);
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

  private void addLayers(Summary.Builder summary) {
    List<double[]> kernels = solution.lastKernels().feature();
    for (int l = 1; l <= kernels.size(); l++) {
      KernelMetrics metrics =
          KernelMetrics.of(trainBlock(kernels.get(l - 1)), points.trainTargets());
      summary.layer(LayerSummary.of(l, metrics.alignment(), metrics.trace(), metrics.frobenius()));
    }
  }

  /** The training points of an M x M kernel. */
  private double[] trainBlock(double[] kernel) {
    int p = points.trainInputs().rows();
    int m = solution.problem().points();
    double[] block = new double[p * p];
    for (int i = 0; i < p; i++) {
      System.arraycopy(kernel, i * m, block, i * p, p);
    }
    return block;
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
    return solution.mean().kernels().isEmpty() ? result : kernels(result);
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

  private Result kernels(Result result) {
    int p = points.trainInputs().rows();
    List<LayerKernels> all = solution.mean().kernels();
    LayerKernels start = all.get(0);
    LayerKernels last = all.get(all.size() - 1);
    LayerKernels error = solution.standardError().kernels().get(all.size() - 1);
    for (int l = 1; l <= last.feature().size(); l++) {
      result = result.with("phi_" + l, trainBlock(last.feature().get(l - 1)), p, p);
      result = result.with("phi_lazy_" + l, trainBlock(start.feature().get(l - 1)), p, p);
      result =
          result.with("phi_" + l + "_standard_error", trainBlock(error.feature().get(l - 1)), p, p);
    }
    double[] inputKernel = solution.problem().inputKernel();
    result = result.with("ntk", trainBlock(last.tangentKernel(inputKernel)), p, p);
    return result.with("ntk_lazy", trainBlock(start.tangentKernel(inputKernel)), p, p);
  }

  @Override
  public void save(Path folder, Map<String, ?> config, double ioSeconds) {
    if (converged()) {
      ModelSettings.write(folder, predictor(), data, points.trainTargets().outputs());
    } else {
      org.richkernel.result.ModelFile.remove(folder);
    }
    ResultFolder.write(folder, result(config, ioSeconds));
  }

  @Override
  public void save(Path folder) {
    ResultFolder.prepare(folder);
    save(folder, options, 0);
  }
}
