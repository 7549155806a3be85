package org.richkernel.fit;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.richkernel.metrics.Scores;
import org.richkernel.result.Result;
import org.richkernel.result.Score;
import org.richkernel.result.Summary;
import org.richkernel.sampling.SampledVector;

/**
 * Common part of the results of the Bayesian theories: data, the NNGP for comparison, and the cost.
 *
 * @param initial the NNGP fit of the same data with the same noise; empty where its P x P kernel
 *     was too large to be wanted
 */
public record BesideLazy(Points points, Optional<LazyFit> initial, FitCost cost) {
  /** With an NNGP fit. */
  public BesideLazy(Points points, LazyFit lazy, FitCost cost) {
    this(points, Optional.of(lazy), cost);
  }

  /**
   * The NNGP fit.
   *
   * @throws java.util.NoSuchElementException if there is none
   */
  LazyFit lazy() {
    return initial.orElseThrow();
  }

  /** A summary with the cost and the scores of the NNGP. */
  Summary.Builder summary(String command, Map<String, ?> config, double ioSeconds) {
    Summary.Builder summary = Summary.builder(command, config);
    initial.map(lazy -> cost.with("lazy", lazy.seconds())).orElse(cost).addTo(summary, ioSeconds);
    initial.ifPresent(lazy -> summary.data(lazy.data().origin()));
    initial.ifPresent(lazy -> summary.lazyTrain(ResultParts.score(lazy.trainScores())));
    initial
        .flatMap(LazyFit::testScores)
        .ifPresent(scores -> summary.lazyTest(ResultParts.score(scores)));
    return summary;
  }

  /** Scores of predictions at the training points. */
  Scores trainScores(double[] f) {
    return Scores.of(points.trainTargets(), f, terms());
  }

  /** Scores of predictions at the test points, if there are any. */
  Optional<Scores> testScores(double[] f) {
    return points.testTargets().map(y -> Scores.of(y, f, terms()));
  }

  /**
   * The sum of the magnitudes of the terms of a prediction: as large as that of the NNGP, whose
   * kernel is of the size of an adaptive one and whose coefficients (y - f) / kappa are not
   * smaller. Without an NNGP fit, 1: a readout of sampled neurons has terms no larger than targets.
   */
  private double terms() {
    return initial
        .map(LazyFit::solution)
        .map(lazy -> lazy.terms(lazy.fit().coefficients()))
        .orElse(1.0);
  }

  /** Standard error of the loss at the test points; 0 where f is exact or there are none. */
  double testLossError(SampledVector f) {
    return points.testTargets().map(y -> f.lossError(y.toArray())).orElse(0.0);
  }

  /** Enters the scores of predictions at the training and the test points, if there are any. */
  void scores(Summary.Builder summary, SampledVector train, SampledVector test) {
    double trainError = train.lossError(points.trainTargets().toArray());
    Score trained = ResultParts.score(trainScores(train.value()));
    summary.train(train.isExact() ? trained : trained.withLossStandardError(trainError));
    testScores(test.value())
        .map(ResultParts::score)
        .map(score -> test.isExact() ? score : score.withLossStandardError(testLossError(test)))
        .ifPresent(summary::test);
  }

  /** A result with y_train f_train y_test f_test, phi_l and the phi_lazy_l of the NNGP. */
  Result arrays(Summary summary, double[] train, double[] test, List<double[]> kernels) {
    int p = points.trainInputs().rows();
    Result result = ResultParts.predictions(summary, points, train, test);
    for (int l = 1; l <= kernels.size(); l++) {
      result = result.with("phi_" + l, kernels.get(l - 1), p, p);
      result = result.with("phi_lazy_" + l, lazy().solution().gram().feature(l), p, p);
    }
    return result;
  }

  /** Adds f_test_lazy, and f_test_standard_error if there is one. */
  Result withTests(Result result, double[] spread) {
    if (!points.tested()) {
      return result;
    }
    int outputs = points.trainTargets().outputs();
    Result more =
        initial
            .map(
                lazy ->
                    ResultParts.with(
                        result, "f_test_lazy", lazy.solution().testPredictions(), outputs))
            .orElse(result);
    return spread.length == 0
        ? more
        : ResultParts.with(more, "f_test_standard_error", spread, outputs);
  }
}
