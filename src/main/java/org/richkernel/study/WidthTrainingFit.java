package org.richkernel.study;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.richkernel.data.Datasets;
import org.richkernel.finite.Criterion;
import org.richkernel.finite.WidthComparison;
import org.richkernel.fit.Fit;
import org.richkernel.fit.FitCost;
import org.richkernel.fit.Points;
import org.richkernel.fit.ResultParts;
import org.richkernel.metrics.Scores;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.Predictor;
import org.richkernel.network.Targets;
import org.richkernel.result.Result;
import org.richkernel.result.SavedModel;
import org.richkernel.result.Summary;
import org.richkernel.result.TrainedLoss;
import org.richkernel.sampling.IndependentEstimates;

/** Finished networks of several widths. Scores and predictions are those of the widest. */
public final class WidthTrainingFit implements Fit {
  private static final String[] NUMBERS = {"loss", "accuracy", "movement", "alignment"};

  private final WidthTraining training;
  private final WidthComparison.Outcome outcome;
  private final Points points;
  private final Datasets data;
  private final FitCost cost;

  WidthTrainingFit(
      WidthTraining training,
      WidthComparison.Outcome outcome,
      Points points,
      Datasets data,
      FitCost cost) {
    if (outcome.networks().isEmpty()) {
      throw new InvalidProblemException(
          "step-size",
          training.descent().stepSize(),
          "networks of every width diverge; use a smaller one");
    }
    this.training = training;
    this.outcome = outcome;
    this.points = points;
    this.data = data;
    this.cost = cost;
  }

  /** Records of each width. */
  public WidthComparison.Outcome outcome() {
    return outcome;
  }

  private WidthComparison.Networks widest() {
    return outcome.networks().get(outcome.networks().size() - 1);
  }

  /** Whether all steps were taken at every width. */
  @Override
  public boolean converged() {
    return outcome.divergence().isEmpty();
  }

  @Override
  public Scores trainScores() {
    return Scores.of(points.trainTargets(), widest().trained());
  }

  @Override
  public Optional<Scores> testScores() {
    return points.testTargets().map(y -> Scores.of(y, widest().tested()));
  }

  /**
   * Refuses: the networks are not kept.
   *
   * @throws InvalidProblemException always
   */
  @Override
  public Predictor predictor() {
    throw new InvalidProblemException(
        "widths", training.widths().widths(), "several are not kept; train one with --width");
  }

  @Override
  public Optional<SavedModel> model() {
    return Optional.empty();
  }

  @Override
  public Map<String, Object> options() {
    return training.describe();
  }

  /** Mean and standard error over the networks of a width. */
  private record Mean(double value, double error) {
    static Mean of(List<double[]> records, int at) {
      double[] values = records.stream().mapToDouble(record -> record[at]).toArray();
      return new Mean(
          IndependentEstimates.mean(values), IndependentEstimates.standardError(values));
    }
  }

  @Override
  public Result result(Map<String, ?> config, double ioSeconds) {
    Summary.Builder summary =
        Summary.builder("finite", config)
            .data(data.origin())
            .seed(training.descent().seed())
            .converged(converged())
            .iterations(training.descent().steps())
            .train(ResultParts.score(trainScores()));
    cost.addTo(summary, ioSeconds);
    testScores().ifPresent(scores -> summary.test(ResultParts.score(scores)));
    summary.detail("method", "gradient descent of several widths");
    if (training.widths().criterion() == Criterion.CROSS_ENTROPY) {
      addCrossEntropy(summary);
    }
    summary.detail("widths", widths());
    outcome.divergence().ifPresent(width -> summary.detail("divergedAtWidth", width));
    Result result =
        ResultParts.predictions(summary.build(), points, widest().trained(), widest().tested());
    return curves(result);
  }

  private void addCrossEntropy(Summary.Builder summary) {
    TrainedLoss.addCrossEntropy(
        summary,
        crossEntropy(points.trainTargets(), widest().trained()),
        points.testTargets().stream()
            .mapToDouble(y -> crossEntropy(y, widest().tested()))
            .findFirst());
  }

  private static double crossEntropy(Targets y, double[] f) {
    return Criterion.CROSS_ENTROPY.loss(y.toArray(), f, y.outputs());
  }

  /** Final numbers of each width. */
  private List<Map<String, Object>> widths() {
    List<Map<String, Object>> all = new ArrayList<>();
    int last = (outcome.steps().length - 1) * NUMBERS.length;
    for (WidthComparison.Networks networks : outcome.networks()) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("width", networks.width());
      row.put("gamma", networks.gamma());
      for (int q = 0; q < NUMBERS.length; q++) {
        if (isMeasured(q)) {
          Mean mean = Mean.of(networks.records(), last + q);
          row.put(NUMBERS[q], mean.value());
          if (Double.isFinite(mean.error())) {
            row.put(NUMBERS[q] + "StandardError", mean.error());
          }
        }
      }
      all.add(row);
    }
    return all;
  }

  private boolean isMeasured(int quantity) {
    return !NUMBERS[quantity].equals("accuracy")
        || testScores().orElseThrow().accuracy().isPresent();
  }

  /** Arrays widths and width_gamma (W), width_step (times), and width_NUMBER_t (times x W). */
  private Result curves(Result start) {
    int count = outcome.networks().size();
    int times = outcome.steps().length;
    double[] widths = new double[count];
    double[] gammas = new double[count];
    double[] steps = new double[times];
    for (int i = 0; i < times; i++) {
      steps[i] = outcome.steps()[i];
    }
    Result result = start;
    for (int w = 0; w < count; w++) {
      widths[w] = outcome.networks().get(w).width();
      gammas[w] = outcome.networks().get(w).gamma();
    }
    result =
        result
            .with("widths", widths, count)
            .with("width_gamma", gammas, count)
            .with("width_step", steps, times);
    for (int q = 0; q < NUMBERS.length; q++) {
      if (!isMeasured(q)) {
        continue;
      }
      double[] means = new double[times * count];
      double[] errors = new double[times * count];
      for (int i = 0; i < means.length; i++) {
        int at = i / count * NUMBERS.length + q;
        Mean mean = Mean.of(outcome.networks().get(i % count).records(), at);
        means[i] = mean.value();
        errors[i] = mean.error();
      }
      String name = "width_" + NUMBERS[q] + "_t";
      result = result.with(name, means, times, count);
      if (training.widths().repeats() > 1) {
        result = result.with(name + "_standard_error", errors, times, count);
      }
    }
    return result;
  }
}
